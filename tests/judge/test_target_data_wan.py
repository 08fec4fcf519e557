"""What all Wan 2.7 endpoints share: for bare media, and for jobs that name no target."""

from __future__ import annotations

from typing import Final

import pytest
from target_cases import (
    CLIP,
    INVALID,
    PICTURE,
    Case,
    asset_rules,
    changed,
    clip_cases,
    duration_cases,
    job,
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
from wanprep.judge.bounds import bounds
from wanprep.judge.message import provider_name
from wanprep.judge.target import BUILT_IN, load_target
from wanprep.schemas import load_schema

TARGET: Final = load_target(BUILT_IN / "wan-2.7.json")

STYLE: Final = {"prompt-ref-style": "error"}
DOUBTFUL_STYLE: Final = {"prompt-ref-style": "warning"}
PICTURES: Final = [
    *picture_cases("kind", "format", "sides", "bytes"),
    *shape_cases("shape", PICTURE),
    Case("alpha", "PNG", changed(PICTURE, alpha=True), {"alpha-unsupported": "error"}),
    Case("alpha", "WEBP", changed(PICTURE, format="webp", alpha=True),
         {"alpha-unsupported": "warning"}),
]  # fmt: skip
ASSETS: Final[dict[str, list[Case]]] = {
    "reference_image": PICTURES,
    "first_frame": PICTURES,
    "reference_video": [
        *clip_cases("kind", "format", "length", "sides", "bytes"),
        *shape_cases("shape", CLIP),
    ],
    "voice": voice_cases("kind", "format", "length", "bytes"),
}

JOBS: Final = [
    Case("references", "one picture", job(), {}),
    Case("references", "one clip", job(0, 1), {}),
    Case("references", "nothing", job(0), {"references-missing": "error"}),
    Case("references", "only a first frame", job(0, first_frame=True),
         {"references-missing": "error"}),
    Case("references", "five with voices and a first frame", job(3, 2, 5, first_frame=True), {}),
    Case("references", "six", job(3, 3), {"too-many-references": "error"}),
    Case("prompt", "none", without_prompt(), {"prompt-missing": "error"}),
    Case("prompt", "5000 characters", job() | {"prompt": prompt(5000)}, {}),
    Case("prompt", "5001 characters", job() | {"prompt": prompt(5001)},
         {"prompt-too-long": "error"}),
    Case("prompt", "500 negative ones", job() | {"negative_prompt": prompt(500)}, {}),
    Case("prompt", "501 negative ones", job() | {"negative_prompt": prompt(501)},
         {"negative-prompt-too-long": "error"}),
    Case("names", "of the list", job(2) | {"prompt": prompt(bound=[True, True])}, {}),
    Case("names", "beyond it", job(2) | {"prompt": prompt(bound=[False])},
         {"prompt-ref-unbound": "error"}),
    Case("names", "one is never named", job(2) | {"prompt": prompt(bound=[True], unused=1)},
         {"prompt-ref-unused": "note"}),
    *duration_cases("duration", "duration"),
    *ratio_cases("ratio", "ratio"),
    Case("resolution", "720p", job(resolution="720p"), {}),
    Case("resolution", "1080p", job(resolution="1080p"), {}),
    Case("resolution", "480p", job(resolution="480p"), INVALID),
    Case("seed", "-2", job(seed=-2), INVALID),
    Case("seed", "a random one", job(seed=-1), {}),
    Case("seed", "0", job(seed=0), {}),
    Case("seed", "2147483647", job(seed=2147483647), {}),
    Case("seed", "2147483648", job(seed=2147483648), INVALID),
    *switch_cases("switch", "prompt_extend"),
    *switch_cases("switch", "watermark"),
]  # fmt: skip

STYLES: Final = [
    Case("names", "English", "Image 1", {}),
    Case("names", "Chinese", "图1", {}),
    Case("names", "no gap", "image1", STYLE),
    Case("names", "of Wan 2.6", "character1", STYLE),
    Case("names", "a gap in Chinese", "图 1", DOUBTFUL_STYLE),
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


@pytest.mark.parametrize("case", STYLES, ids=str)
def test_ways_of_writing_a_reference(case: Case) -> None:
    assert style_rules(TARGET, case.given) == case.rules


def test_ways_of_writing_are_known_ones() -> None:
    data = TARGET.data

    assert {*data["prompt_styles"], *data["doubtful_styles"]} <= KNOWN_STYLES.keys()


def test_its_parameters_are_common_ones() -> None:
    common = load_schema("job")["properties"]["parameters"]["properties"]

    assert set(TARGET.data["fields"]["parameters"]) <= set(common)


def test_every_bound_says_how_bad_it_is_and_who_says_so() -> None:
    for schema in (*TARGET.roles.values(), TARGET.job):
        for bound in bounds(schema):
            assert bound.rule
            assert bound.severity in {"note", "warning", "error"}
            assert bound.source.keys() == {"doc", "says", "checked", "confidence"}


def test_messages_have_a_name_for_it() -> None:
    assert provider_name(TARGET) == "Wan 2.7"
