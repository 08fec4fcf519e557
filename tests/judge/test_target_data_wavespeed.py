"""WaveSpeedAI's limits, line by line of the ledger, on both sides of every bound."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from target_cases import (
    CLIP,
    INVALID,
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

from wanprep.job.references.styles import STYLES as KNOWN_STYLES
from wanprep.judge.target import load_target

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
TARGET: Final = load_target(PLUGINS / "wanprep_wavespeed/targets/wan-2.7-reference-to-video.json")
LEDGER: Final = {f"WS-{number:02}" for number in range(1, 48)}
# The lines that can be told from a job and the headers of its media.
CHECKED: Final = """
    WS-03 WS-04 WS-05 WS-06 WS-08 WS-10 WS-11 WS-12 WS-13 WS-14 WS-17 WS-18 WS-28 WS-37 WS-38 WS-39
    WS-40 WS-41 WS-42 WS-43 WS-47
""".split()

DOUBTFUL_ALPHA: Final = {"alpha-unsupported": "warning"}
NO_VOICE: Final = {"voice-unsupported": "warning"}
NO_FRAME: Final = {"first-frame-unsupported": "warning"}
MISSING: Final = {"references-missing": "error"}
IMAGES: Final = {"too-many-images": "error"}
VIDEOS: Final = {"too-many-videos": "error"}
DOUBTFUL_VIDEOS: Final = {"too-many-videos": "warning"}
UNBOUND: Final = {"prompt-ref-unbound": "error"}
UNUSED: Final = {"prompt-ref-unused": "note"}
STYLE: Final = {"prompt-ref-style": "error"}
DOUBTFUL_STYLE: Final = {"prompt-ref-style": "warning"}
UNSAFE: Final = {"callback-url-unsafe": "error"}
UNKNOWN: Final = {"parameter-unknown": "error"}

ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": only_upstream(
        [
            *picture_cases("WS-08", "WS-41", "WS-41", "WS-41"),
            *shape_cases("WS-41", PICTURE),
            Case("WS-41", "PNG with alpha", changed(PICTURE, alpha=True), DOUBTFUL_ALPHA),
        ],
        "reference-kind-unsupported",
    ),
    "reference_video": only_upstream(
        [
            *clip_cases("WS-04", "WS-41", "WS-41", "WS-41", "WS-41"),
            *shape_cases("WS-41", CLIP),
        ],
        "reference-kind-unsupported",
    ),
    "first_frame": [Case("WS-39", "a picture", PICTURE, NO_FRAME)],
    "voice": [Case("WS-38", "a voice", SOUND, NO_VOICE)],
}


def with_clip(**parameters: Any) -> dict[str, Any]:
    return job(0, 1, **parameters)


def naming(*tokens: tuple[str, str, bool], unused: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make a job of a picture and two clips whose prompt names them so: kind, style, bound."""
    told = prompt(bound=[bound for _, _, bound in tokens])
    for token, (kind, style, _) in zip(told["tokens"], tokens, strict=True):
        token |= {"kind": kind, "style": style}
    return job(1, 2) | {
        "prompt": told | {"unused": [{"kind": kind, "index": 1} for kind in unused]}
    }


def callback(**told: Any) -> dict[str, Any]:
    sound = {"https": True, "private": False, "length": 30, "valid": True}
    return with_clip(callback_url="https://a.org/done") | {"callback": sound | told}


JOBS: Final = [
    Case("WS-04", "one clip", with_clip(), {}),
    Case("WS-04", "nothing", job(0), MISSING),
    Case("WS-04 WS-28", "one picture", job(), MISSING),
    Case("WS-37", "two pictures", job(2), MISSING | IMAGES),
    Case("WS-08", "a picture beside a clip", job(1, 1), {}),
    Case("WS-08 WS-37", "two pictures beside a clip", job(2, 1), IMAGES),
    Case("WS-06", "4 clips", job(0, 4), {}),
    Case("WS-06", "4 clips and a picture", job(1, 4), {}),
    Case("WS-05 WS-06", "5 clips", job(0, 5), DOUBTFUL_VIDEOS),
    Case("WS-05 WS-06", "6 clips", job(0, 6), VIDEOS),
    Case("WS-38", "a voice", job(0, 1, 1), NO_VOICE),
    Case("WS-39", "a first frame", job(0, 1, first_frame=True), NO_FRAME),
    Case("WS-03", "no prompt", without_prompt() | {"images": 0, "videos": 1},
         {"prompt-missing": "error"}),
    Case("WS-10", "Video 1", naming(("video", "Image 1", True)), {}),
    Case("WS-10", "Video 3", naming(("video", "Image 1", False)), UNBOUND),
    Case("WS-43", "Image 1", naming(("image", "Image 1", True)), DOUBTFUL_STYLE),
    Case("WS-43", "Image 2", naming(("image", "Image 1", False)), UNBOUND),
    Case("WS-43", "image1 is the core's to report", naming(("image", "image1", True)), {}),
    Case("WS-10", "a clip is never named", naming(unused=("video",)), UNUSED),
    Case("WS-43", "a picture is never named", naming(unused=("image",)), {}),
    Case("WS-42", "5000 characters", with_clip() | {"prompt": prompt(5000)}, {}),
    Case("WS-42", "5001 characters", with_clip() | {"prompt": prompt(5001)},
         {"prompt-too-long": "warning"}),
    Case("WS-42", "500 characters", with_clip() | {"negative_prompt": prompt(500)}, {}),
    Case("WS-42", "501 characters", with_clip() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "warning"}),
    *(
        Case(each.ledger, each.name, with_clip(**each.given["parameters"]), each.rules)
        for each in [*ratio_cases("WS-13", ""), *switch_cases("WS-17", "prompt_extend")]
        if each.ledger
    ),
    Case("WS-12", "720p", with_clip(resolution="720p"), {}),
    Case("WS-12", "1080p", with_clip(resolution="1080p"), {}),
    Case("WS-12", "480p", with_clip(resolution="480p"), INVALID),
    Case("WS-14", "1 s", with_clip(duration=1), INVALID),
    Case("WS-14", "2 s", with_clip(duration=2), {}),
    Case("WS-14", "10 s", with_clip(duration=10), {}),
    Case("WS-14", "11 s", with_clip(duration=11), INVALID),
    Case("WS-14", "the 15 s of the price list", with_clip(duration=15), INVALID),
    Case("WS-14", "text", with_clip(duration="5"), INVALID),
    Case("WS-18", "-2", with_clip(seed=-2), INVALID),
    Case("WS-18", "-1", with_clip(seed=-1), {}),
    Case("WS-18", "2147483647", with_clip(seed=2147483647), {}),
    Case("WS-18", "2147483648", with_clip(seed=2147483648), INVALID),
    Case("WS-18", "a fraction", with_clip(seed=0.5), INVALID),
    Case("WS-47", "a public webhook", callback(), {}),
    Case("WS-47", "by plain http", callback(https=False), UNSAFE),
    Case("WS-47", "of a local network", callback(private=True), UNSAFE),
    Case("WS-47", "no address", with_clip(callback_url=5) | {"callback": {"valid": False}}, UNSAFE),
]  # fmt: skip


def native(**changes: Any) -> dict[str, Any]:
    """Make a sound body; what is changed to None is left out."""
    sound: dict[str, Any] = {
        "prompt": "Video 1 meets Video 2.",
        "videos": ["https://a.org/1.mp4", "https://a.org/2.mp4"],
        "image": "https://a.org/1.png",
        "seed": -1,
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


ONE: Final = "https://a.org/1"
BODIES: Final = [
    Case("WS-04 WS-08", "as shown", native(), {}),
    Case("WS-03", "a prompt that is no text", native(prompt=["a"]), INVALID),
    Case("WS-11", "no text", native(negative_prompt=["blurry"]), INVALID),
    Case("WS-04", "one URL in place of a list", native(videos=ONE), INVALID),
    Case("WS-04", "objects", native(videos=[{"url": ONE}]), INVALID),
    Case("WS-08", "a list of pictures", native(image=[ONE]), INVALID),
]

STYLES: Final = [
    Case("WS-10", "as shown", "Image 1", {}),
    Case("WS-10", "no gap", "image1", STYLE),
    Case("WS-10", "at sign", "@Image1", STYLE),
    Case("WS-10", "of Wan 2.6", "character1", STYLE),
    Case("WS-10", "Chinese", "图1", DOUBTFUL_STYLE),
    Case("WS-10", "a list", "Images 1 and 2", DOUBTFUL_STYLE),
]

PARAMETERS: Final = [
    Case("WS-40", "multi_shots", "multi_shots", UNKNOWN),
    Case("WS-40", "watermark", "watermark", UNKNOWN),
    Case("WS-40", "misspelt", "durations", UNKNOWN),
    Case("WS-47", "callback_url", "callback_url", {}),
]


@pytest.mark.parametrize(
    ("role", "case"),
    [(role, case) for role, cases in ASSETS.items() for case in cases],
    ids=str,
)
def test_media(role: str, case: Case) -> None:
    assert asset_rules(case.given, TARGET, role) == case.rules


@pytest.mark.parametrize("case", JOBS, ids=str)
def test_jobs(case: Case) -> None:
    assert rules_of(case.given, TARGET.job) == case.rules


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_native_bodies(case: Case) -> None:
    assert rules_of(case.given, TARGET.body) == case.rules


@pytest.mark.parametrize("case", STYLES, ids=str)
def test_ways_of_writing_a_reference(case: Case) -> None:
    assert style_rules(TARGET, case.given) == case.rules


def test_ways_of_writing_are_known_ones() -> None:
    data = TARGET.data

    assert {*data["prompt_styles"], *data["doubtful_styles"]} <= KNOWN_STYLES.keys()


@pytest.mark.parametrize("case", PARAMETERS, ids=str)
def test_parameters_without_a_field(case: Case) -> None:
    told = TARGET.data["unknown_key"]
    known = case.given in TARGET.data["fields"]["parameters"]

    assert ({} if known else {told["x-rule"]: told["x-severity"]}) == case.rules


def test_every_line_of_the_ledger_has_a_bound_or_a_reason() -> None:
    reasons = set(TARGET.data["ledger"])

    assert ledger_of(TARGET) | reasons == LEDGER
    assert not ledger_of(TARGET) & reasons


def test_every_line_that_can_be_checked_has_a_case() -> None:
    every = chain(*ASSETS.values(), JOBS, BODIES, STYLES, PARAMETERS)
    tested = {number for case in every for number in case.ledger.split()}

    assert set(CHECKED) <= tested
    assert set(CHECKED) <= ledger_of(TARGET)


def test_every_annotation_says_how_bad_it_is_and_who_says_so() -> None:
    for told in bounds_of(TARGET):
        assert told["x-severity"] in {"note", "warning", "error"}
        assert told["x-source"].keys() == {"doc", "says", "checked", "confidence"}
        assert told["x-ledger"]


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        pytest.param(native(), True, id="sound"),
        pytest.param(native(videos=None), False, id="no clip"),
        pytest.param(native(videos=[]), False, id="an empty list"),
        pytest.param(native(videos=[ONE] * 5), True, id="5 clips"),
        pytest.param(native(videos=[ONE] * 6), False, id="6 clips"),
        pytest.param(native(image=[ONE]), False, id="a list of pictures"),
        pytest.param(native(seed=-2), False, id="seed -2"),
        pytest.param(native(duration=11), False, id="11 s"),
        pytest.param(native(webhook="https://a.org/done"), False, id="a webhook in the body"),
        pytest.param(native(durations=10), False, id="a misspelt field"),
    ],
)
def test_request_schema(body: dict[str, Any], *, passes: bool) -> None:
    assert TARGET.request

    Draft202012Validator.check_schema(TARGET.request)
    assert Draft202012Validator(TARGET.request).is_valid(body) == passes


def test_the_fields_are_those_of_the_request() -> None:
    assert TARGET.request
    fields, native_fields = TARGET.data["fields"], TARGET.request["properties"]
    in_body = [told for told in fields["parameters"].values() if told.get("in") != "query"]
    names = [fields["prompt"], fields["negative_prompt"]]
    names += [fields[role]["name"] for role in ("reference_image", "reference_video")]
    names += [told["name"] for told in in_body]

    assert {*names, "enable_sync_mode"} == native_fields.keys()
    for told in in_body:
        values = native_fields[told["name"]].get("enum")
        assert list(told.get("values", {}).values()) in ([], values)
    assert fields["parameters"]["callback_url"] == {"name": "webhook", "in": "query"}
