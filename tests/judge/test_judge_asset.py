from __future__ import annotations

from dataclasses import replace

import pytest
from sound_jobs import CLIP, PICTURE, SOUND, VOICE

from wanprep.judge.judge_asset import judge_asset, judged, lacks
from wanprep.judge.target import all_targets
from wanprep.probe.facts import Facts
from wanprep.probe.problems import LFS_POINTER, MISSING, NOT_DECODED, NOT_READ

TARGETS = all_targets()
WAN = TARGETS["wan/2.7"]


def rules_of(facts: Facts, role: str) -> list[str]:
    return [broken.rule for broken in judge_asset(facts, WAN, role)]


@pytest.mark.parametrize("role", SOUND)
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_sound_breaks_nothing_where_its_role_exists(name: str, role: str) -> None:
    target = TARGETS[name]
    told = [broken.rule for broken in judge_asset(SOUND[role], target, role)]
    assert bool(told) is lacks(target, role)
    assert set(told) <= {
        "voice-unsupported",
        "first-frame-unsupported",
        "reference-kind-unsupported",
    }


GONE = Facts(path="gone.png", extension_format="png", problem=MISSING)


@pytest.mark.parametrize(
    ("facts", "role", "rules"),
    [
        pytest.param(GONE, "reference_image", ["asset-missing"], id="missing"),
        pytest.param(
            replace(GONE, problem=f"{MISSING}: a link to nowhere"),
            "reference_image",
            ["asset-missing"],
            id="a link to nothing",
        ),
        pytest.param(
            replace(GONE, bytes=0, problem="empty: 0 bytes"), "voice", ["asset-empty"], id="empty"
        ),
        pytest.param(
            replace(GONE, bytes=130, problem=LFS_POINTER),
            "reference_video",
            ["asset-lfs-pointer"],
            id="LFS pointer",
        ),
        pytest.param(
            replace(GONE, problem=f"{NOT_READ}: permission denied"),
            "reference_image",
            ["asset-unreadable"],
            id="of what was not opened nothing else is said",
        ),
        pytest.param(
            replace(GONE, bytes=9, problem="text, not media"),
            "reference_image",
            ["asset-unreadable", "format-unsupported"],
            id="text",
        ),
        pytest.param(
            replace(PICTURE, readable=False, problem="cut off"),
            "reference_image",
            ["asset-unreadable"],
            id="cut off",
        ),
        pytest.param(
            replace(CLIP, width=100, height=100, aspect=1.0, duration=31.0, video_duration=31.0),
            "reference_video",
            ["video-too-small", "video-too-long"],
            id="each rule once, however many bounds name it",
        ),
        pytest.param(
            replace(PICTURE, format="png"), "first_frame", ["format-mismatch"], id="falsely named"
        ),
        pytest.param(
            replace(CLIP, format="mov"), "reference_video", [], id="mov and mp4 are one family"
        ),
        pytest.param(
            replace(VOICE, extension_format=None), "voice", [], id="a name that claims nothing"
        ),
        pytest.param(
            replace(VOICE, problem="the header says 9 s, 5 s are there"),
            "voice",
            ["duration-ambiguous"],
            id="a header that lies",
        ),
        pytest.param(
            replace(CLIP, problem=f"{NOT_DECODED}: too large"),
            "reference_video",
            [],
            id="undecoded",
        ),
        pytest.param(
            replace(CLIP, bit_depth=10, hdr=True), "reference_video", ["codec-risky"], id="HDR"
        ),
        pytest.param(
            PICTURE,
            "voice",
            ["reference-kind-unsupported", "format-unsupported"],
            id="a picture as a voice",
        ),
        pytest.param(
            replace(PICTURE, alpha=True), "reference_image", ["alpha-unsupported"], id="alpha"
        ),
    ],
)
def test_rules(facts: Facts, role: str, rules: list[str]) -> None:
    told = rules_of(facts, role)
    assert sorted(told) == sorted(rules)
    assert len(told) == len(set(told))


def test_where_a_role_is_lacking_the_file_does_not_matter() -> None:
    target = TARGETS["runcomfy/wan-2-2-image-to-video"]
    assert [broken.rule for broken in judge_asset(GONE, target, "voice")] == ["voice-unsupported"]


def test_what_follows_from_several_facts() -> None:
    told = judged(PICTURE)
    assert told["exists"]
    assert told["named_truly"]
    assert told["header_true"]
    assert not told["empty"]
    assert not told["lfs_pointer"]


@pytest.mark.parametrize(
    ("keyword", "limit", "length"), [("maximum", 8, 31.0), ("minimum", 3, 0.5)]
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_of_a_bound_that_is_narrowed_the_narrower_one_is_told(
    keyword: str, limit: int, length: float, first: bool
) -> None:
    rule = "video-too-long" if keyword == "maximum" else "video-too-short"
    source = {"doc": "https://example.com", "says": "so", "checked": "2026-11-20",
              "confidence": "documented"}  # fmt: skip
    bound = {keyword: limit, "x-rule": rule, "x-severity": "error", "x-source": source}
    both = [{"properties": {"duration": bound}}, WAN.roles["reference_video"]]
    role = {"allOf": both if first else both[::-1]}
    target = replace(WAN, roles={**WAN.roles, "reference_video": role})
    facts = replace(CLIP, duration=length, video_duration=length, audio_duration=None)
    told = [b for b in judge_asset(facts, target, "reference_video") if b.rule == rule]
    assert [(broken.keyword, broken.limit) for broken in told] == [(keyword, limit)]
