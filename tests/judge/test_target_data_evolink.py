"""EvoLink's limits, line by line of the ledger, on both sides of every bound."""

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
    Case,
    asset_rules,
    bounds_of,
    changed,
    clip_cases,
    duration_cases,
    job,
    ledger_of,
    picture_cases,
    prompt,
    ratio_cases,
    rules_of,
    shape_cases,
    style_rules,
    switch_cases,
    voice_cases,
    without_prompt,
)

from wanprep.job.references.styles import STYLES as KNOWN_STYLES
from wanprep.judge.target import load_target

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
TARGET: Final = load_target(PLUGINS / "wanprep_evolink/targets/wan2.7-reference-video.json")
LEDGER: Final = {f"EV-{number:02}" for number in range(1, 91)}
# The lines that can be told from a job and the headers of its media.
CHECKED: Final = """
    EV-03 EV-05 EV-06 EV-07 EV-08 EV-09 EV-10 EV-11 EV-12 EV-13 EV-14 EV-15 EV-16 EV-17 EV-19 EV-21
    EV-23 EV-24 EV-25 EV-27 EV-28 EV-29 EV-30 EV-31 EV-32 EV-34 EV-35 EV-36 EV-37 EV-38 EV-39 EV-42
    EV-43 EV-44 EV-45 EV-46 EV-47 EV-48 EV-49 EV-50 EV-51 EV-52 EV-53 EV-54 EV-55 EV-56 EV-58 EV-59
    EV-60 EV-62 EV-63 EV-64 EV-65 EV-67 EV-69 EV-70 EV-71 EV-72 EV-83 EV-84 EV-85 EV-86 EV-87 EV-88
    EV-89
""".split()
# Facts about prices, sizes and what is read how: there is nothing that a job could do wrong.
TOLD: Final = {"EV-03", "EV-12", "EV-13", "EV-49", "EV-59", "EV-63"}

UPLOAD: Final = {"format-unsupported": "warning"}
ALPHA: Final = {"alpha-unsupported": "error"}
DOUBTFUL_ALPHA: Final = {"alpha-unsupported": "warning"}
MISSING: Final = {"references-missing": "error"}
MANY: Final = {"too-many-references": "error"}
UNSAFE: Final = {"callback-url-unsafe": "error"}
STYLE: Final = {"prompt-ref-style": "error"}
DOUBTFUL_STYLE: Final = {"prompt-ref-style": "warning"}


def opaque(ledger: str) -> list[Case]:
    """List what holds for transparency, and for what EvoLink's upload takes."""
    return [
        Case(ledger, "PNG with alpha", changed(PICTURE, alpha=True), ALPHA),
        Case(
            "EV-86", "WEBP with alpha", changed(PICTURE, format="webp", alpha=True), DOUBTFUL_ALPHA
        ),
        Case("EV-87", "BMP on this disk", changed(PICTURE, format="bmp"), UPLOAD),
        Case(
            "EV-87", "BMP behind a link", changed(PICTURE, format="bmp", path="HTTPS://a.org/b"), {}
        ),
    ]


SILENT: Final = changed(CLIP, audio_tracks=0, audio_codec=None, audio_duration=None)
ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": [
        *picture_cases("EV-32", "EV-34", "EV-36", "EV-38"),
        *shape_cases("EV-37", PICTURE),
        *opaque("EV-35"),
    ],
    "first_frame": [
        *picture_cases("EV-23", "EV-27", "EV-29", "EV-31"),
        *shape_cases("EV-30", PICTURE),
        *opaque("EV-28"),
    ],
    "reference_video": [
        *clip_cases("EV-39", "EV-43", "EV-44", "EV-45", "EV-47"),
        *shape_cases("EV-46", CLIP),
        Case("EV-42 EV-52", "with a sound of its own", CLIP, {}),
        Case("EV-42 EV-52", "silent", SILENT, {}),
    ],
    "voice": voice_cases("EV-53", "EV-54", "EV-55", "EV-56"),
}


def callback(**told: Any) -> dict[str, Any]:
    sound = {"https": True, "login": False, "private": False, "length": 30, "valid": True}
    return job(callback_url="https://a.org/done") | {"callback": sound | told}


JOBS: Final = [
    Case("EV-05", "one picture", job(), {}),
    Case("EV-05", "one clip", job(0, 1), {}),
    Case("EV-05", "nothing", job(0), MISSING),
    Case("EV-06", "only a first frame", job(0, first_frame=True), MISSING),
    Case("EV-07", "five pictures", job(5), {}),
    Case("EV-07", "five of both", job(3, 2), {}),
    Case("EV-07", "six of both", job(3, 3), MANY),
    Case("EV-07", "six with voices", job(6, 0, 6), MANY),
    Case("EV-24", "five and a first frame", job(5, first_frame=True), {}),
    Case("EV-10", "a token of the list", job(2) | {"prompt": prompt(bound=[True, True])}, {}),
    Case("EV-10", "a token beyond it", job(2) | {"prompt": prompt(bound=[True, False])},
         {"prompt-ref-unbound": "error"}),
    Case("EV-11", "Video 1 without a clip", job(1) | {"prompt": prompt(bound=[False])},
         {"prompt-ref-unbound": "error"}),
    Case("EV-19", "one is never named", job(2) | {"prompt": prompt(bound=[True], unused=1)},
         {"prompt-ref-unused": "note"}),
    Case("EV-19", "plain words for the only one", job(), {}),
    Case("EV-15", "no prompt", without_prompt(), {"prompt-missing": "error"}),
    Case("EV-16 EV-17", "5000 characters", job() | {"prompt": prompt(5000)}, {}),
    Case("EV-16", "5001 characters", job() | {"prompt": prompt(5001)},
         {"prompt-too-long": "warning"}),
    Case("EV-21", "500 characters", job() | {"negative_prompt": prompt(500)}, {}),
    Case("EV-21", "501 characters", job() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "warning"}),
    *duration_cases("EV-64 EV-65", "EV-48 EV-64"),
    Case("EV-50", "five voices", job(5, 0, 5), {}),
    Case("EV-50 EV-83", "six voices", job(5) | {"voices": 6}, MANY),
    Case("EV-85", "as many voices as references", job(1, 1, 2), {}),
    Case("EV-85", "fewer", job(3, 1, 2), {}),
    *(
        Case("EV-85", f"{count + 1} voices for {count}", job(count) | {"voices": count + 1},
             {"parameter-invalid": "warning"})
        for count in (1, 2, 3, 4)
    ),
    Case("EV-58", "720p", job(resolution="720p"), {}),
    Case("EV-58", "1080p", job(resolution="1080p"), {}),
    Case("EV-58", "480p", job(resolution="480p"), INVALID),
    Case("EV-58", "a number", job(resolution=720), INVALID),
    *ratio_cases("EV-60", "EV-62"),
    Case("EV-67", "0", job(seed=0), INVALID),
    Case("EV-67", "1", job(seed=1), {}),
    Case("EV-67", "2147483647", job(seed=2147483647), {}),
    Case("EV-67", "2147483648", job(seed=2147483648), INVALID),
    Case("EV-67", "-1", job(seed=-1), INVALID),
    Case("EV-67", "text", job(seed="42"), INVALID),
    *switch_cases("EV-69", "prompt_extend"),
    Case("EV-70", "https", callback(), {}),
    Case("EV-70", "http", callback(https=False), UNSAFE),
    Case("EV-70", "no address", callback(valid=False, https=False), UNSAFE),
    Case("EV-71", "an internal address", callback(private=True), UNSAFE),
    Case("EV-71", "a login in it", callback(login=True), UNSAFE),
    Case("EV-72", "2048 characters", callback(length=2048), {}),
    Case("EV-72", "2049 characters", callback(length=2049), UNSAFE),
]  # fmt: skip


def native(**changes: Any) -> dict[str, Any]:
    """Make a sound body; what is changed to None is left out."""
    sound: dict[str, Any] = {
        "model": "wan2.7-reference-video",
        "prompt": "Image 1 meets Video 1.",
        "image_urls": ["https://a.org/1.png", "https://a.org/2.png"],
        "video_urls": ["https://a.org/1.mp4"],
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


def bound(*names: str, **changes: Any) -> dict[str, Any]:
    """Make a body whose voice_bindings have these names."""
    voices = dict.fromkeys(names, "https://a.org/1.wav")
    return native(model_params={"voice_bindings": voices}, **changes)


UNBOUND: Final = {"prompt-ref-unbound": "warning"}
VOICES: Final = ["https://a.org/1.wav"]
OBJECTS: Final = [{"url": "https://a.org/1"}]
BODIES: Final = [
    Case("EV-14", "the model", native(), {}),
    Case("EV-14", "another model", native(model="wan2.6-reference-video"),
         {"target-unknown": "error"}),
    Case("EV-15", "a prompt that is no text", native(prompt=5), INVALID),
    Case("EV-23", "a first frame", native(image_start="https://a.org/0.png"), {}),
    Case("EV-23", "a list of first frames", native(image_start=["https://a.org/0.png"]), INVALID),
    Case("EV-25", "a voice for the first frame", bound("image_start"),
         {"voice-unsupported": "error"}),
    Case("EV-32", "one URL in place of a list", native(image_urls="https://a.org/1.png"), INVALID),
    Case("EV-32", "objects in place of URLs", native(image_urls=OBJECTS), INVALID),
    Case("EV-39", "one URL in place of a list", native(video_urls="https://a.org/1.mp4"), INVALID),
    Case("EV-39", "objects in place of URLs", native(video_urls=OBJECTS), INVALID),
    Case("EV-51", "voices by position", native(audio_urls=VOICES), {}),
    Case("EV-51", "voices by name", bound("image1"), {}),
    Case("EV-51", "both", bound("image1", audio_urls=VOICES), {"parameter-ignored": "warning"}),
    Case("EV-51", "both, one of them empty", bound("image1", audio_urls=[]), {}),
    Case("EV-58", "a capital P", native(quality="720P"), INVALID),
    Case("EV-58", "a small p", native(quality="720p"), {}),
    Case("EV-70", "a callback that is no text", native(callback_url=5), INVALID),
    *(
        Case("EV-83", name, bound(name), INVALID)
        for name in ("Image 1", "image_1", "Image1", "image01", "image0", "image6", "character1")
    ),
    Case("EV-83", "no URL", native(model_params={"voice_bindings": {"image1": 1}}), INVALID),
    Case("EV-83", "a list", native(model_params={"voice_bindings": VOICES}), INVALID),
    Case("EV-83", "no object around it", native(model_params=VOICES), INVALID),
    Case("EV-84", "all that there are", bound("image1", "image2", "video1"), {}),
    Case("EV-84", "a third picture of two", bound("image3"), UNBOUND),
    Case("EV-84", "a second clip of one", bound("video2"), UNBOUND),
    Case("EV-84", "a picture of none", bound("image1", image_urls=None), UNBOUND),
    Case("EV-84", "a fifth of five", bound("image5", image_urls=["https://a.org/1.png"] * 5), {}),
]  # fmt: skip

STYLES: Final = [
    Case("EV-08", "图1", "图1", {}),
    Case("EV-08", "full-width digits", "图１", STYLE),
    Case("EV-08", "another word", "图片1", STYLE),
    Case("EV-08", "a gap", "图 1", DOUBTFUL_STYLE),
    Case("EV-08", "a list", "图1、2", DOUBTFUL_STYLE),
    Case("EV-09", "Image 1", "Image 1", {}),
    Case("EV-09", "small letters", "image 1", STYLE),
    Case("EV-09", "no gap", "image1", STYLE),
    Case("EV-09", "at sign", "@Image1", STYLE),
    Case("EV-09", "of Wan 2.6", "character1", STYLE),
    Case("EV-09", "a list", "Images 1 and 2", DOUBTFUL_STYLE),
    Case("EV-09", "plain words", "first image", DOUBTFUL_STYLE),
]

UNKNOWN: Final = {"parameter-unknown": "warning"}
PARAMETERS: Final = [
    Case("EV-88", "shot_type", "shot_type", UNKNOWN),
    Case("EV-89", "watermark", "watermark", UNKNOWN),
    Case("EV-89", "multi_shots", "multi_shots", UNKNOWN),
    Case("EV-89", "resolution is translated", "resolution", {}),
    Case("EV-89", "callback_url", "callback_url", {}),
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


def test_voices_in_a_row_go_to_the_videos_first() -> None:
    voice = TARGET.data["fields"]["voice"]

    assert voice["positional"] == "audio_urls"
    assert voice["positional_order"] == ["reference_video", "reference_image"]


def test_every_line_of_the_ledger_has_a_bound_or_a_reason() -> None:
    reasons = set(TARGET.data["ledger"])

    assert ledger_of(TARGET) | reasons == LEDGER
    assert not ledger_of(TARGET) & reasons


def test_every_line_that_can_be_checked_has_a_case() -> None:
    every = chain(*ASSETS.values(), JOBS, BODIES, STYLES, PARAMETERS)
    tested = {number for case in every for number in case.ledger.split()}

    assert set(CHECKED) - tested == TOLD
    assert set(TARGET.data["ledger"]) >= TOLD


def test_every_annotation_says_how_bad_it_is_and_who_says_so() -> None:
    for told in bounds_of(TARGET):
        assert told["x-severity"] in {"note", "warning", "error"}
        assert told["x-source"].keys() == {"doc", "says", "checked", "confidence"}
        assert told["x-ledger"]


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        pytest.param(native(), True, id="sound"),
        pytest.param(native(prompt="?" * 5001), True, id="a long prompt is cut, not refused"),
        pytest.param(bound("image1", "video1"), True, id="voices"),
        pytest.param(native(duration=10), True, id="10 s with a clip"),
        pytest.param(native(duration=11), False, id="11 s with a clip"),
        pytest.param(native(duration=15, video_urls=None), True, id="15 s without"),
        pytest.param(native(image_urls=None, video_urls=None), False, id="no reference"),
        pytest.param(native(seed=0), False, id="seed 0"),
        pytest.param(native(resolution="720p"), False, id="a field that is not there"),
        pytest.param(bound("Image 1"), False, id="a binding's name"),
        pytest.param(native(callback_url="http://a.org"), False, id="a plain callback"),
    ],
)
def test_request_schema(body: dict[str, Any], *, passes: bool) -> None:
    assert TARGET.request

    Draft202012Validator.check_schema(TARGET.request)
    assert Draft202012Validator(TARGET.request).is_valid(body) == passes


def test_the_fields_are_those_of_the_request() -> None:
    assert TARGET.request
    fields, native_fields = TARGET.data["fields"], TARGET.request["properties"]
    names = [fields[role] for role in ("prompt", "negative_prompt", "first_frame")]
    names += [fields[role]["name"] for role in ("reference_image", "reference_video")]
    names += [told["name"] for told in fields["parameters"].values()]
    names += [fields["voice"]["positional"], fields["voice"]["bindings"].partition(".")[0]]

    assert {*names, *fields["constants"]} == native_fields.keys()
    for told in fields["parameters"].values():
        assert list(told.get("values", {}).values()) in (
            [],
            native_fields[told["name"]].get("enum"),
        )
    for name, value in fields["constants"].items():
        assert native_fields[name] == {"const": value}
