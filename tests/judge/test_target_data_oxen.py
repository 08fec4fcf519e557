"""Oxen's limits, line by line of the ledger, on both sides of every bound."""

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
TARGET: Final = load_target(PLUGINS / "wanprep_oxen/targets/wan-v2-7-reference-to-video.json")
LEDGER: Final = {f"OX-{number:02}" for number in range(1, 58)}
# The lines that can be told from a job and the headers of its media.
CHECKED: Final = """
    OX-01 OX-02 OX-03 OX-11 OX-12 OX-14 OX-15 OX-16 OX-18 OX-19 OX-20 OX-21 OX-22 OX-23 OX-25 OX-26
    OX-27 OX-28 OX-29 OX-30 OX-31 OX-32 OX-33 OX-34 OX-36 OX-38 OX-40 OX-41 OX-43 OX-45 OX-47 OX-48
    OX-49 OX-50 OX-51 OX-52 OX-54 OX-55 OX-56
""".split()

DOUBTFUL_ALPHA: Final = {"alpha-unsupported": "warning"}
MISSING: Final = {"references-missing": "error"}
MANY: Final = {"too-many-references": "error"}
DOUBTFUL_MANY: Final = {"too-many-references": "warning"}
UNBOUND: Final = {"prompt-ref-unbound": "error"}
STYLE: Final = {"prompt-ref-style": "error"}
DOUBTFUL_STYLE: Final = {"prompt-ref-style": "warning"}
UNKNOWN: Final = {"parameter-unknown": "warning"}

TRANSPARENT: Final = [
    Case("OX-49", "PNG with alpha", changed(PICTURE, alpha=True), DOUBTFUL_ALPHA),
    Case("OX-49", "WEBP with alpha", changed(PICTURE, format="webp", alpha=True), DOUBTFUL_ALPHA),
    Case("OX-49", "BMP on this disk", changed(PICTURE, format="bmp"), {}),
]
ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": [
        *picture_cases("OX-15 OX-16", "OX-18", "OX-19", "OX-21"),
        *shape_cases("OX-20", PICTURE),
        *TRANSPARENT,
    ],
    "first_frame": [
        *picture_cases("OX-30", "OX-31", "OX-32", "OX-33"),
        *shape_cases("OX-51", PICTURE, "warning"),
        *TRANSPARENT,
    ],
    "reference_video": [
        *clip_cases("OX-22 OX-23", "OX-25", "OX-26", "OX-27", "OX-29"),
        *shape_cases("OX-28", CLIP),
    ],
    "voice": voice_cases("OX-16 OX-23", "OX-50", "OX-50", "OX-50", "warning"),
}

JOBS: Final = [
    Case("OX-01", "one picture", job(), {}),
    Case("OX-01", "one clip", job(0, 1), {}),
    Case("OX-01", "nothing", job(0), MISSING),
    Case("OX-01", "only a first frame", job(0, first_frame=True), MISSING),
    Case("OX-02", "five of both", job(2, 3), {}),
    Case("OX-02", "five pictures", job(5), {}),
    Case("OX-02", "six of both", job(2, 4), MANY),
    Case("OX-02", "a voice for each of five", job(5, 0, 5), {}),
    Case("OX-52", "four and a first frame", job(4, first_frame=True), {}),
    Case("OX-52", "five and a first frame", job(5, first_frame=True), DOUBTFUL_MANY),
    Case("OX-52", "six and a first frame", job(6, first_frame=True), MANY),
    Case("OX-04", "tokens of the list", job(2) | {"prompt": prompt(bound=[True, True])}, {}),
    Case("OX-04", "a token beyond it", job(2) | {"prompt": prompt(bound=[False])}, UNBOUND),
    Case("OX-03", "one is never named", job(2) | {"prompt": prompt(bound=[True], unused=1)},
         {"prompt-ref-unused": "warning"}),
    Case("OX-11 OX-12", "no prompt", without_prompt(), {"prompt-missing": "error"}),
    Case("OX-14", "5000 characters", job() | {"prompt": prompt(5000)}, {}),
    Case("OX-14", "5001 characters", job() | {"prompt": prompt(5001)},
         {"prompt-too-long": "error"}),
    Case("OX-43", "500 characters", job() | {"negative_prompt": prompt(500)}, {}),
    Case("OX-43", "501 characters", job() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "error"}),
    *duration_cases("OX-40", "OX-40 OX-41"),
    *ratio_cases("OX-36", "OX-34"),
    Case("OX-38", "720p", job(resolution="720p"), {}),
    Case("OX-38", "1080p", job(resolution="1080p"), {}),
    Case("OX-38", "480p", job(resolution="480p"), INVALID),
    Case("OX-48", "-1", job(seed=-1), INVALID),
    Case("OX-48", "0", job(seed=0), {}),
    Case("OX-48", "2147483647", job(seed=2147483647), {}),
    Case("OX-48", "2147483648", job(seed=2147483648), INVALID),
    Case("OX-48", "text", job(seed="42"), INVALID),
    *switch_cases("OX-45", "prompt_extend"),
    *switch_cases("OX-47", "watermark"),
    Case("OX-54", "0", job(num_generations=0), INVALID),
    Case("OX-54", "1", job(num_generations=1), {}),
    Case("OX-54", "4", job(num_generations=4), {}),
    Case("OX-54", "5", job(num_generations=5), INVALID),
    Case("OX-54", "text", job(num_generations="2"), INVALID),
]  # fmt: skip


def native(**changes: Any) -> dict[str, Any]:
    """Make a sound body; what is changed to None is left out."""
    sound: dict[str, Any] = {
        "model": "wan-v2-7-reference-to-video",
        "prompt": "Image 1 meets Video 1.",
        "reference_images": [{"url": "https://a.org/1.png"}],
        "reference_videos": [
            {"url": "https://a.org/1.mp4", "reference_voice": "https://a.org/1.wav"}
        ],
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


PLAIN: Final = ["https://a.org/1"]
NAMELESS: Final = [{"reference_voice": "https://a.org/1.wav"}]
OTHER_KEY: Final = [{"url": "https://a.org/1", "voice": "https://a.org/1.wav"}]
BODIES: Final = [
    Case("OX-15 OX-16 OX-22 OX-23", "as read", native(), {}),
    Case("OX-11", "a prompt that is no text", native(prompt=["a", "b"]), INVALID),
    Case("OX-11", "another model", native(model="wan-v2-6-reference-to-video"),
         {"target-unknown": "error"}),
    Case("OX-15", "URLs in place of objects", native(reference_images=PLAIN), INVALID),
    Case("OX-15", "no list", native(reference_images={"url": "https://a.org"}), INVALID),
    Case("OX-16", "no URL", native(reference_images=NAMELESS), INVALID),
    Case("OX-16", "a URL that is no text", native(reference_images=[{"url": 5}]), INVALID),
    Case("OX-16", "a key that may be right", native(reference_images=OTHER_KEY), UNKNOWN),
    Case("OX-22", "URLs in place of objects", native(reference_videos=PLAIN), INVALID),
    Case("OX-22", "one URL in place of a list", native(reference_videos="https://a.org"), INVALID),
    Case("OX-23", "no URL", native(reference_videos=NAMELESS), INVALID),
    Case("OX-30", "a first frame", native(input_image="https://a.org/0.png"), {}),
    Case("OX-30", "a list of first frames", native(input_image=["https://a.org/0.png"]), INVALID),
    Case("OX-30", "an object", native(input_image={"url": "https://a.org/0.png"}), INVALID),
    Case("OX-38", "a capital P", native(resolution="1080P"), {}),
    Case("OX-38", "a small p", native(resolution="1080p"), INVALID),
]  # fmt: skip

STYLES: Final = [
    Case("OX-03", "as shown", "Image 1", {}),
    Case("OX-03", "no gap", "image1", STYLE),
    Case("OX-03", "small letters", "image 1", STYLE),
    Case("OX-03", "of Wan 2.6", "character1", STYLE),
    Case("OX-03", "at sign and small letters", "@image1", STYLE),
    Case("OX-03", "Chinese", "图1", DOUBTFUL_STYLE),
    Case("OX-03", "a list", "Images 1 and 2", DOUBTFUL_STYLE),
    Case("OX-55", "of July 2026", "@Image1", DOUBTFUL_STYLE),
]

PARAMETERS: Final = [
    Case("OX-56", "multi_shots", "multi_shots", UNKNOWN),
    Case("OX-56", "callback_url", "callback_url", UNKNOWN),
    Case("OX-56", "watermark", "watermark", {}),
    Case("OX-54", "num_generations", "num_generations", {}),
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
        pytest.param(native(prompt="?" * 5001), False, id="a long prompt"),
        pytest.param(native(reference_images=PLAIN), False, id="URLs in place of objects"),
        pytest.param(
            native(reference_images=[{"image": "https://a.org/1"}]), True, id="other keys"
        ),
        pytest.param(native(resolution="1080p"), False, id="a small p"),
        pytest.param(native(duration=10), True, id="10 s with a clip"),
        pytest.param(native(duration=11), False, id="11 s with a clip"),
        pytest.param(native(duration=15, reference_videos=None), True, id="15 s without"),
        pytest.param(native(num_generations=5), False, id="five at once"),
        pytest.param(native(quality="720p"), False, id="a field that is not there"),
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
    of_the_envelope = {"target_namespace", "response_format"}

    assert {*names, *fields["constants"], *of_the_envelope} == native_fields.keys()
    for told in fields["parameters"].values():
        assert list(told.get("values", {}).values()) in (
            [],
            native_fields[told["name"]].get("enum"),
        )
    for name, value in fields["constants"].items():
        assert native_fields[name] == {"const": value}


def test_unconfirmed_names_are_marked() -> None:
    fields = TARGET.data["fields"]

    for path in fields["unconfirmed"]:
        role, _, key = path.partition(".")
        assert fields[role][key] == {"url": "url", "voice": "reference_voice"}
