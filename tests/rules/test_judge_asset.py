"""One file, judged for one role of a target."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from valid_jobs import BY_ROLE, IMAGE, VIDEO, VOICE

from wanprep.media.facts import FIELDS, LFS_POINTER, MISSING, NOT_DECODED, NOT_READ, Facts
from wanprep.rules.judge_asset import facts_for_rules, invalid_fact, judge_asset
from wanprep.rules.target import all_targets
from wanprep.schemas import load_schema

TARGETS = all_targets()
WAN = TARGETS["wan/2.7"]


def rules_of(facts: Facts, role: str) -> list[str]:
    return [broken.rule for broken in judge_asset(facts, WAN, role)]


@pytest.mark.parametrize("role", BY_ROLE)
@pytest.mark.parametrize("name", TARGETS)
def test_valid_files_break_nothing_where_their_role_exists(name: str, role: str) -> None:
    target = TARGETS[name]
    found = [broken.rule for broken in judge_asset(BY_ROLE[role], target, role)]
    assert bool(found) is not target.has_role(role)
    assert set(found) <= {
        "voice-unsupported",
        "first-frame-unsupported",
        "reference-kind-unsupported",
        "role-unsupported",
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
            id="not opened, so nothing else is checked",
        ),
        pytest.param(
            replace(GONE, bytes=9, problem="text, not media"),
            "reference_image",
            ["asset-unreadable"],
            id="text",
        ),
        pytest.param(
            replace(IMAGE, readable=False, problem="cut off"),
            "reference_image",
            ["asset-unreadable"],
            id="cut off",
        ),
        pytest.param(
            replace(VIDEO, width=100, height=100, aspect=1.0, duration=31.0, video_duration=31.0),
            "reference_video",
            ["video-too-small", "video-too-long"],
            id="each rule once, however many bounds name it",
        ),
        pytest.param(
            replace(IMAGE, format="png"), "first_frame", ["format-mismatch"], id="wrong suffix"
        ),
        pytest.param(
            replace(VIDEO, format="mov"), "reference_video", [], id="mov and mp4 are one family"
        ),
        pytest.param(replace(VOICE, extension_format=None), "voice", [], id="no suffix"),
        pytest.param(
            replace(VOICE, problem="the header says 9 s, 5 s are there"),
            "voice",
            ["duration-ambiguous"],
            id="wrong length in the header",
        ),
        pytest.param(
            replace(VIDEO, problem=f"{NOT_DECODED}: too large"),
            "reference_video",
            ["asset-not-decoded"],
            id="not decoded",
        ),
        pytest.param(
            replace(VIDEO, bit_depth=10, hdr=True), "reference_video", ["codec-risky"], id="HDR"
        ),
        pytest.param(
            IMAGE,
            "voice",
            ["reference-kind-unsupported"],
            id="an image as a voice",
        ),
        pytest.param(
            replace(IMAGE, alpha=True), "reference_image", ["alpha-unsupported"], id="alpha"
        ),
    ],
)
def test_rules(facts: Facts, role: str, rules: list[str]) -> None:
    found = rules_of(facts, role)
    assert sorted(found) == sorted(rules)
    assert len(found) == len(set(found))


def test_files_are_not_checked_where_the_role_is_missing() -> None:
    target = TARGETS["runcomfy/wan-2-2-image-to-video"]
    assert [broken.rule for broken in judge_asset(GONE, target, "voice")] == ["voice-unsupported"]


def test_derived_facts() -> None:
    found = facts_for_rules(IMAGE)
    assert found["exists"]
    assert found["named_truly"]
    assert found["header_true"]
    assert not found["empty"]
    assert not found["lfs_pointer"]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"bit_depth": 8}, []),
        ({"bit_depth": 9}, ["codec-risky"]),
        ({"sar": 0.99}, []),
        ({"sar": 0.9899}, ["non-square-pixels"]),
        ({"sar": 1.01}, []),
        ({"sar": 1.0101}, ["non-square-pixels"]),
    ],
    ids=str,
)
def test_limits_of_every_target(changes: dict[str, float], rules: list[str]) -> None:
    assert rules_of(Facts.from_json(VIDEO.as_json() | changes), "reference_video") == rules


@pytest.mark.parametrize(
    ("keyword", "limit", "length"), [("maximum", 8, 31.0), ("minimum", 3, 0.5)]
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_the_narrower_of_two_bounds_is_reported(
    keyword: str, limit: int, length: float, first: bool
) -> None:
    rule = "video-too-long" if keyword == "maximum" else "video-too-short"
    source = {"doc": "https://example.com", "says": "so", "checked": "2026-11-20",
              "confidence": "documented"}  # fmt: skip
    bound = {keyword: limit, "x-rule": rule, "x-severity": "error", "x-source": source}
    both = [{"properties": {"duration": bound}}, WAN.roles["reference_video"]]
    role = {"allOf": both if first else both[::-1]}
    target = replace(WAN, roles={**WAN.roles, "reference_video": role})
    facts = replace(VIDEO, duration=length, video_duration=length, audio_duration=None)
    found = [b for b in judge_asset(facts, target, "reference_video") if b.rule == rule]
    assert [(broken.keyword, broken.limit) for broken in found] == [(keyword, limit)]


IMAGE_FACTS: dict[str, Any] = {
    "path": "a.png", "kind": "image", "format": "png", "bytes": 900, "width": 300, "height": 300,
    "aspect": 1.0, "readable": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        pytest.param({}, None, id="an image"),
        pytest.param({"width": "300"}, "width", id="a number as a string"),
        pytest.param({"width": True}, "width", id="a boolean for a number"),
        pytest.param({"aspect": math.nan}, "aspect", id="not a number"),
        pytest.param({"aspect": math.inf}, "aspect", id="infinite"),
        pytest.param({"width": -1}, "width", id="negative"),
        pytest.param({"rotation": 45}, "rotation", id="no such rotation"),
        pytest.param({"colour": "rgb"}, "colour", id="an unknown fact"),
        pytest.param({"readable": False}, "problem", id="unreadable without a reason"),
        pytest.param({"kind": "video"}, "duration", id="a video without a length"),
    ],
)
def test_invalid_facts(change: dict[str, Any], culprit: str | None) -> None:
    assert invalid_fact(IMAGE_FACTS | change) == culprit


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 400), st.floats(-5, 400), st.sampled_from(
        ["", "image", "audio", "png", "rgb", "h264", 0, 90, 1, 8, 9]
    ),
)  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
def test_it_agrees_with_a_full_validation(changes: dict[str, Any]) -> None:
    facts = IMAGE_FACTS | changes
    facts = {name: value for name, value in facts.items() if value is not None}
    valid = Draft202012Validator(load_schema("facts")).is_valid(facts)
    assert (invalid_fact(facts) is None) is valid


def test_impossible_facts_never_pass() -> None:
    facts = Facts(path="a.png", kind="image", format="png", bytes=9, readable=True)
    rules = [each.rule for each in judge_asset(facts, all_targets()["wan/2.7"], "reference_image")]
    assert rules == ["asset-unreadable"]
