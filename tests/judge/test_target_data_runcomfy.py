"""RunComfy's limits, line by line of the ledger, on both sides of every bound."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator
from target_cases import (
    CLIP,
    FORMAT,
    INVALID,
    MB,
    MIB,
    PICTURE,
    SOUND,
    Case,
    asset_rules,
    bounds_of,
    changed,
    clip_cases,
    job,
    ledger_of,
    only_upstream,
    picture_cases,
    prompt,
    ratio_cases,
    rules_of,
    shape_cases,
    style_rules,
    switch_cases,
    without_prompt,
)

from wanprep.judge.target import load_target

if TYPE_CHECKING:
    from wanprep.judge.target import Target

TARGETS: Final = Path(__file__).parents[2] / "plugins/wanprep_runcomfy/targets"
REFERENCES: Final = load_target(TARGETS / "wan-2-7-reference-to-video.json")
FRAME: Final = load_target(TARGETS / "wan-2-2-image-to-video.json")
LEDGER: Final = {
    REFERENCES.id: {f"RC27-{number:02}" for number in range(1, 52)},
    FRAME.id: {f"RC22-{number:02}" for number in range(1, 34)},
}
# The lines that can be told from a job, the headers of its media and its addresses as written.
CHECKED: Final = """
    RC27-09 RC27-14 RC27-15 RC27-17 RC27-18 RC27-19 RC27-20 RC27-21 RC27-22 RC27-23 RC27-24 RC27-26
    RC27-27 RC27-28 RC27-29 RC27-30 RC27-32 RC27-33 RC27-35 RC27-37 RC27-38 RC27-40 RC27-41 RC27-44
    RC27-45 RC27-46 RC27-47 RC27-48 RC27-49 RC27-50 RC27-51
    RC22-04 RC22-05 RC22-06 RC22-07 RC22-09 RC22-10 RC22-11 RC22-12 RC22-13 RC22-14 RC22-15 RC22-16
    RC22-17 RC22-18 RC22-19 RC22-21 RC22-23 RC22-25 RC22-26 RC22-30 RC22-31 RC22-32 RC22-33
""".split()
# Judged by the core at the addresses of a job, by these annotations.
ADDRESSES: Final = {"RC27-09", "RC22-29"}

ALPHA: Final = {"alpha-unsupported": "error"}
DOUBTFUL_ALPHA: Final = {"alpha-unsupported": "warning"}
NO_VOICE: Final = {"voice-unsupported": "warning"}
NO_FRAME: Final = {"first-frame-unsupported": "warning"}
MISSING: Final = {"references-missing": "error"}
DEMO: Final = {"references-missing": "warning"}
IMAGES: Final = {"too-many-images": "error"}
DOUBTFUL_IMAGES: Final = {"too-many-images": "warning"}
VIDEOS: Final = {"too-many-videos": "error"}
DOUBTFUL_VIDEOS: Final = {"too-many-videos": "warning"}
DOUBTFUL_MANY: Final = {"too-many-references": "warning"}
UNBOUND: Final = {"prompt-ref-unbound": "warning"}
STYLE: Final = {"prompt-ref-style": "warning"}
UNKNOWN: Final = {"parameter-unknown": "warning"}
DOUBTFUL: Final = {"parameter-invalid": "warning"}
SMALL: Final = {"image-too-small": "error"}
LARGE: Final = {"image-too-large": "error"}
NEAR: Final = {"file-near-limit": "warning"}
OVER: Final = {"file-too-large": "error"}

REFERENCE_ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": only_upstream(
        [
            *picture_cases("RC27-22", "RC27-49", "RC27-49", "RC27-14 RC27-24"),
            *shape_cases("RC27-49", PICTURE),
            Case("RC27-49", "PNG with alpha", changed(PICTURE, alpha=True), DOUBTFUL_ALPHA),
        ],
        "reference-kind-unsupported",
        "file-too-large",
    ),
    "reference_video": only_upstream(
        [
            *clip_cases("RC27-28", "RC27-49", "RC27-49", "RC27-49", "RC27-15 RC27-30"),
            *shape_cases("RC27-49", CLIP),
        ],
        "reference-kind-unsupported",
        "file-too-large",
    ),
    "first_frame": [Case("RC27-45", "a picture", PICTURE, NO_FRAME)],
    "voice": [Case("RC27-44", "a voice", SOUND, NO_VOICE)],
}


def only_picture() -> list[Case]:
    """List what holds for the one picture, whichever way it is written."""
    webp = changed(PICTURE, format="webp", alpha=True)
    return [
        Case("RC22-11", "ordinary", PICTURE, {}),
        Case("RC22-11", "JPEG", changed(PICTURE, format="jpeg"), {}),
        Case("RC22-11", "WEBP", changed(PICTURE, format="webp"), {}),
        Case("RC22-11", "BMP", changed(PICTURE, format="bmp"), {}),
        Case("RC22-11", "GIF", changed(PICTURE, format="gif"), FORMAT),
        Case("RC22-11", "HEIC", changed(PICTURE, format="heic"), FORMAT),
        Case("RC22-10", "a clip", CLIP, {"reference-kind-unsupported": "error", **FORMAT}),
        Case("RC22-12", "PNG with alpha", changed(PICTURE, alpha=True), ALPHA),
        Case("RC22-33", "WEBP with alpha", webp, DOUBTFUL_ALPHA),
        Case("RC22-33", "APNG", changed(PICTURE, animated=True), {"animated-image": "warning"}),
        Case("RC22-15", "360 wide", changed(PICTURE, width=360, height=800), SMALL),
        Case("RC22-16", "360 high", changed(PICTURE, width=800, height=360), SMALL),
        Case("RC22-15 RC22-16", "361 x 361", changed(PICTURE, width=361, height=361), {}),
        Case("RC22-13 RC22-14", "1999 x 1999", changed(PICTURE, width=1999, height=1999), {}),
        Case("RC22-13", "2000 wide", changed(PICTURE, width=2000, height=800), LARGE),
        Case("RC22-14", "2000 high", changed(PICTURE, width=800, height=2000), LARGE),
        Case("RC22-32", "1999 x 361", changed(PICTURE, width=1999, height=361), {}),
        Case("RC22-32", "361 x 1999", changed(PICTURE, width=361, height=1999), {}),
        Case("RC22-32", "1999 x 360", changed(PICTURE, width=1999, height=360),
             {**SMALL, "aspect-out-of-range": "error"}),
        Case("RC22-32", "361 x 2000", changed(PICTURE, width=361, height=2000),
             {**LARGE, "aspect-out-of-range": "error"}),
        Case("RC22-17", "a byte under 10 MB", changed(PICTURE, bytes=10 * MB - 1), {}),
        Case("RC22-17", "10 MB", changed(PICTURE, bytes=10 * MB), NEAR),
        Case("RC22-17", "a byte under 10 MiB", changed(PICTURE, bytes=10 * MIB - 1), NEAR),
        Case("RC22-17", "10 MiB", changed(PICTURE, bytes=10 * MIB), OVER),
    ]  # fmt: skip


FRAME_ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": only_picture(),
    "first_frame": only_picture(),
    "reference_video": [Case("RC22-30", "a clip", CLIP, {"reference-kind-unsupported": "warning"})],
    "voice": [Case("RC22-30", "a voice", SOUND, NO_VOICE)],
}

REFERENCE_JOBS: Final = [
    Case("RC27-47", "one picture", job(), {}),
    Case("RC27-47", "nothing", job(0), MISSING),
    Case("RC27-26", "clips alone", job(0, 1), DEMO),
    Case("RC27-26", "a picture and a clip", job(1, 1), {}),
    Case("RC27-23", "5 pictures", job(5), {}),
    Case("RC27-23", "6 pictures", job(6), DOUBTFUL_IMAGES),
    Case("RC27-23", "10 pictures", job(10), DOUBTFUL_IMAGES),
    Case("RC27-23", "11 pictures", job(11), IMAGES),
    Case("RC27-29", "5 clips", job(0, 5), DEMO),
    Case("RC27-29", "6 clips", job(1, 6), DOUBTFUL_VIDEOS),
    Case("RC27-29", "10 clips", job(1, 10), DOUBTFUL_VIDEOS),
    Case("RC27-29", "11 clips", job(1, 11), VIDEOS),
    Case("RC27-23 RC27-29", "11 of each", job(11, 11), IMAGES | VIDEOS),
    Case("RC27-48", "5 of both", job(3, 2), {}),
    Case("RC27-48", "6 of both", job(3, 3), DOUBTFUL_MANY),
    Case("RC27-48", "10 of both", job(5, 5), DOUBTFUL_MANY),
    Case("RC27-44", "a voice", job(1, 0, 1), NO_VOICE),
    Case("RC27-45", "a first frame", job(first_frame=True), NO_FRAME),
    Case("RC27-45 RC27-47", "only a first frame", job(0, first_frame=True), NO_FRAME | MISSING),
    Case("RC27-17 RC27-20", "no prompt", without_prompt(), {"prompt-missing": "error"}),
    Case("RC27-19", "5000 characters", job() | {"prompt": prompt(5000)}, {}),
    Case("RC27-19", "5001 characters", job() | {"prompt": prompt(5001)},
         {"prompt-too-long": "error"}),
    Case("RC27-32", "500 characters", job() | {"negative_prompt": prompt(500)}, {}),
    Case("RC27-32", "501 characters", job() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "error"}),
    Case("RC27-50", "names of the list", job(2) | {"prompt": prompt(bound=[True, True])}, {}),
    Case("RC27-50", "a name beyond it", job(2) | {"prompt": prompt(bound=[False])}, UNBOUND),
    Case("RC27-50", "one is never named", job(2) | {"prompt": prompt(bound=[True], unused=1)},
         {"prompt-ref-unused": "note"}),
    *(each for each in ratio_cases("RC27-33", "") if each.ledger),
    Case("RC27-35", "720p", job(resolution="720p"), {}),
    Case("RC27-35", "1080p", job(resolution="1080p"), {}),
    Case("RC27-35", "480p", job(resolution="480p"), INVALID),
    Case("RC27-38", "1 s", job(duration=1), INVALID),
    Case("RC27-38", "2 s", job(duration=2), {}),
    Case("RC27-38", "10 s", job(duration=10), {}),
    Case("RC27-38", "11 s", job(duration=11), INVALID),
    Case("RC27-37", "text", job(duration="5"), INVALID),
    Case("RC27-37", "a fraction", job(duration=5.5), INVALID),
    *switch_cases("RC27-40", "multi_shots"),
    Case("RC27-41", "-1", job(seed=-1), INVALID),
    Case("RC27-41", "0", job(seed=0), {}),
    Case("RC27-41", "2147483647", job(seed=2147483647), {}),
    Case("RC27-41", "2147483648", job(seed=2147483648), INVALID),
    Case("RC27-41", "text", job(seed="42"), INVALID),
]  # fmt: skip

FRAME_JOBS: Final = [
    Case("RC22-09", "a reference", job(), {}),
    Case("RC22-09", "a first frame", job(0, first_frame=True), {}),
    Case("RC22-09 RC22-18", "nothing", job(0), MISSING),
    Case("RC22-09 RC22-30", "only a clip", job(0, 1), MISSING),
    Case("RC22-10", "two pictures", job(2), IMAGES),
    Case("RC22-10", "a reference and a first frame", job(1, first_frame=True), IMAGES),
    Case("RC22-30", "a voice", job(1, 0, 1), NO_VOICE),
    Case("RC22-04 RC22-06", "no prompt", without_prompt(), {"prompt-missing": "error"}),
    Case("RC22-05", "799 characters", job() | {"prompt": prompt(799)}, {}),
    Case("RC22-05", "800 characters", job() | {"prompt": prompt(800)},
         {"prompt-too-long": "error"}),
    Case("RC22-07", "500 characters", job() | {"negative_prompt": prompt(500)}, {}),
    Case("RC22-07", "501 characters", job() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "error"}),
    Case("RC22-19", "none", job(template=""), {}),
    Case("RC22-19", "squish", job(template="squish"), {}),
    Case("RC22-19", "another", job(template="melt"), DOUBTFUL),
    Case("RC22-21", "480p", job(resolution="480p"), {}),
    Case("RC22-21", "1080p", job(resolution="1080p"), {}),
    Case("RC22-21", "720p", job(resolution="720p"), INVALID),
    Case("RC22-23", "4 s", job(duration=4), INVALID),
    Case("RC22-23", "5 s", job(duration=5), {}),
    Case("RC22-23", "6 s", job(duration=6), INVALID),
    Case("RC22-23", "text", job(duration="5"), INVALID),
    *switch_cases("RC22-25", "prompt_extend"),
    Case("RC22-26", "-1", job(seed=-1), {}),
    Case("RC22-26", "very large", job(seed=2**40), {}),
    Case("RC22-26", "text", job(seed="42"), DOUBTFUL),
]  # fmt: skip


def references_body(**changes: Any) -> dict[str, Any]:
    """Make a sound body; what is changed to None is left out."""
    sound: dict[str, Any] = {
        "prompt": "Image 1 meets Video 1.",
        "reference_image_urls": ["https://a.org/1.png"],
        "reference_video_urls": ["https://a.org/1.mp4"],
        "resolution": "720p",
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


def frame_body(**changes: Any) -> dict[str, Any]:
    """Make a sound body; what is changed to None is left out."""
    sound: dict[str, Any] = {
        "prompt": "She turns round.",
        "img_url": "https://a.org/1.png",
        "resolution": "480P",
        "duration": 5,
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


ONE: Final = "https://a.org/1"
REFERENCE_BODIES: Final = [
    Case("RC27-21 RC27-27", "as shown", references_body(), {}),
    Case("RC27-18", "a prompt that is no text", references_body(prompt=["a"]), INVALID),
    Case("RC27-32", "no text", references_body(negative_prompt=5), INVALID),
    Case("RC27-21", "one URL", references_body(reference_image_urls=ONE), INVALID),
    Case("RC27-21", "objects", references_body(reference_image_urls=[{"url": ONE}]), INVALID),
    Case("RC27-27", "one URL", references_body(reference_video_urls=ONE), INVALID),
    Case("RC27-27", "objects", references_body(reference_video_urls=[{"url": ONE}]), INVALID),
]
FRAME_BODIES: Final = [
    Case("RC22-10", "as shown", frame_body(), {}),
    Case("RC22-04", "a prompt that is no text", frame_body(prompt=["a"]), INVALID),
    Case("RC22-07", "no text", frame_body(negative_prompt=5), INVALID),
    Case("RC22-10", "a list", frame_body(img_url=[ONE]), INVALID),
    Case("RC22-21", "a small p", frame_body(resolution="480p"), INVALID),
    Case("RC22-21", "a capital P", frame_body(resolution="1080P"), {}),
]

STYLES: Final = [
    Case("RC27-50", "Alibaba's", "Image 1", {}),
    Case("RC27-50", "Alibaba's in Chinese", "图1", {}),
    Case("RC27-50", "no gap", "image1", STYLE),
    Case("RC27-50", "at sign", "@Image1", STYLE),
    Case("RC27-50", "of Wan 2.6", "character1", STYLE),
]

PARAMETERS: Final = [
    (REFERENCES, Case("RC27-46", "prompt_extend", "prompt_extend", UNKNOWN)),
    (REFERENCES, Case("RC27-46", "watermark", "watermark", UNKNOWN)),
    (REFERENCES, Case("RC27-46", "callback_url", "callback_url", UNKNOWN)),
    (REFERENCES, Case("RC27-51", "anything else", "steps", UNKNOWN)),
    (REFERENCES, Case("RC27-40", "multi_shots", "multi_shots", {})),
    (FRAME, Case("RC22-31", "aspect_ratio", "aspect_ratio", UNKNOWN)),
    (FRAME, Case("RC22-31", "watermark", "watermark", UNKNOWN)),
    (FRAME, Case("RC22-31", "callback_url", "callback_url", UNKNOWN)),
    (FRAME, Case("RC22-19", "template", "template", {})),
]


@pytest.mark.parametrize(
    ("target", "role", "case"),
    [
        (target, role, case)
        for target, assets in ((REFERENCES, REFERENCE_ASSETS), (FRAME, FRAME_ASSETS))
        for role, cases in assets.items()
        for case in cases
    ],
    ids=lambda each: getattr(each, "id", str(each)),
)
def test_media(target: Target, role: str, case: Case) -> None:
    assert asset_rules(case.given, target, role) == case.rules


@pytest.mark.parametrize("case", REFERENCE_JOBS, ids=str)
def test_jobs_with_references(case: Case) -> None:
    assert rules_of(case.given, REFERENCES.job) == case.rules


@pytest.mark.parametrize("case", FRAME_JOBS, ids=str)
def test_jobs_with_one_picture(case: Case) -> None:
    assert rules_of(case.given, FRAME.job) == case.rules


@pytest.mark.parametrize(
    ("target", "case"),
    [
        *((REFERENCES, case) for case in REFERENCE_BODIES),
        *((FRAME, case) for case in FRAME_BODIES),
    ],
    ids=lambda each: getattr(each, "id", str(each)),
)
def test_native_bodies(target: Target, case: Case) -> None:
    assert rules_of(case.given, target.body) == case.rules


@pytest.mark.parametrize("case", STYLES, ids=str)
def test_ways_of_writing_a_reference(case: Case) -> None:
    assert style_rules(REFERENCES, case.given) == case.rules


def test_one_picture_needs_no_name() -> None:
    assert "prompt_styles" not in FRAME.data


@pytest.mark.parametrize(
    ("target", "case"), PARAMETERS, ids=lambda each: getattr(each, "id", str(each))
)
def test_parameters_without_a_field(target: Target, case: Case) -> None:
    told = target.data["unknown_key"]
    known = case.given in target.data["fields"]["parameters"]

    assert ({} if known else {told["x-rule"]: told["x-severity"]}) == case.rules


@pytest.mark.parametrize("target", [REFERENCES, FRAME], ids=lambda target: target.id)
def test_addresses(target: Target) -> None:
    told = target.data["urls"]

    assert (told["https"]["x-rule"], told["https"]["x-severity"]) == ("asset-url-unsafe", "error")
    assert told["public"]["x-rule"] == "asset-url-unreachable"
    assert ADDRESSES & set(told["https"]["x-ledger"])


@pytest.mark.parametrize("target", [REFERENCES, FRAME], ids=lambda target: target.id)
def test_every_line_of_the_ledger_has_a_bound_or_a_reason(target: Target) -> None:
    reasons = set(target.data["ledger"])

    assert ledger_of(target) | reasons == LEDGER[target.id]
    assert not ledger_of(target) & reasons


def test_every_line_that_can_be_checked_has_a_case() -> None:
    every = chain(
        *REFERENCE_ASSETS.values(),
        *FRAME_ASSETS.values(),
        REFERENCE_JOBS,
        FRAME_JOBS,
        REFERENCE_BODIES,
        FRAME_BODIES,
        STYLES,
        (case for _, case in PARAMETERS),
    )
    tested = {number for case in every for number in case.ledger.split()}

    assert set(CHECKED) - ADDRESSES <= tested
    assert set(CHECKED) <= ledger_of(REFERENCES) | ledger_of(FRAME)


@pytest.mark.parametrize("target", [REFERENCES, FRAME], ids=lambda target: target.id)
def test_every_annotation_says_how_bad_it_is_and_who_says_so(target: Target) -> None:
    for told in bounds_of(target):
        assert told["x-severity"] in {"note", "warning", "error"}
        assert told["x-source"].keys() == {"doc", "says", "checked", "confidence"}
        assert told["x-ledger"]


@pytest.mark.parametrize(
    ("target", "body", "passes"),
    [
        pytest.param(REFERENCES, references_body(), True, id="sound"),
        pytest.param(REFERENCES, references_body(prompt="?" * 5001), False, id="a long prompt"),
        pytest.param(
            REFERENCES, references_body(reference_image_urls=[ONE] * 10), True, id="10 pictures"
        ),
        pytest.param(
            REFERENCES, references_body(reference_image_urls=[ONE] * 11), False, id="11 pictures"
        ),
        pytest.param(REFERENCES, references_body(resolution="1080P"), False, id="a capital P"),
        pytest.param(REFERENCES, references_body(duration=11), False, id="11 s"),
        pytest.param(REFERENCES, references_body(watermark=True), False, id="no such field"),
        pytest.param(FRAME, frame_body(), True, id="sound picture"),
        pytest.param(FRAME, frame_body(img_url=None), False, id="no picture"),
        pytest.param(FRAME, frame_body(prompt="?" * 799), True, id="799 characters"),
        pytest.param(FRAME, frame_body(prompt="?" * 800), False, id="800 characters"),
        pytest.param(FRAME, frame_body(resolution="480p"), False, id="a small p"),
        pytest.param(FRAME, frame_body(duration=10), False, id="10 s"),
    ],
)
def test_request_schemas(target: Target, body: dict[str, Any], *, passes: bool) -> None:
    assert target.request

    Draft202012Validator.check_schema(target.request)
    assert Draft202012Validator(target.request).is_valid(body) == passes


@pytest.mark.parametrize("target", [REFERENCES, FRAME], ids=lambda target: target.id)
def test_the_fields_are_those_of_the_request(target: Target) -> None:
    assert target.request
    fields, native_fields = target.data["fields"], target.request["properties"]
    media = [fields[role] for role in ("reference_image", "reference_video") if role in fields]
    names = [fields["prompt"], fields["negative_prompt"], *(told["name"] for told in media)]
    names += [told["name"] for told in fields["parameters"].values()]

    assert {*names} == native_fields.keys()
    for told in media:
        assert told["many"] == (native_fields[told["name"]]["type"] == "array")
    for told in fields["parameters"].values():
        values = native_fields[told["name"]].get("enum")
        assert list(told.get("values", {}).values()) in ([], values)
