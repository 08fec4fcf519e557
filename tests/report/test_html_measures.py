from __future__ import annotations

from dataclasses import replace

import pytest

from wanprep.media.facts import Facts
from wanprep.report.descriptions import details, shape
from wanprep.report.html.measures import (
    UNBOUNDED,
    Measure,
    Span,
    make_ruler,
    measure_of,
    scale_for,
    value_label,
)
from wanprep.rules.finding import Finding

WIDE = Span(240, 8000)


def measure(fact: str, value: float, firm: Span, safe: Span | None = None) -> Measure:
    return Measure(fact, "It", value, firm, firm if safe is None else safe, {"fine": ("a/b",)})


@pytest.mark.parametrize(
    ("fact", "value", "span"),
    [
        pytest.param("width", 512, WIDE, id="inside"),
        pytest.param("width", 2, WIDE, id="far too small"),
        pytest.param("width", 10**6, WIDE, id="far too large"),
        pytest.param("aspect", 1 / 40, Span(1 / 8, 8), id="a strip"),
        pytest.param("duration", 7200, Span(1, 30), id="far too long"),
        pytest.param("duration", 0.04, Span(1, 30), id="far too short"),
        pytest.param("bytes", 11_000, Span(None, 20_000_000), id="tiny"),
        pytest.param("bytes", 900_000_000, Span(None, 20_000_000), id="huge"),
        pytest.param("width", 300, Span(240, None), id="no upper end"),
        pytest.param("count", 0, Span(1, 5), id="none"),
    ],
)
def test_the_scale_has_room_for_the_value_and_both_ends(
    fact: str, value: float, span: Span
) -> None:
    along = scale_for(measure(fact, value, span))
    known = sorted(each for each in (value, span.low, span.high) if each is not None)
    places = [along.at(each) for each in known]
    assert places == sorted(places)
    assert len(set(places)) == len(set(known))
    assert 0 <= places[0] <= places[-1] < 100


def test_half_and_double_are_equally_far() -> None:
    along = scale_for(measure("aspect", 1.0, Span(0.5, 2)))
    assert along.at(1.0) == pytest.approx(50)


@pytest.mark.parametrize(
    ("drawn", "labels"),
    [
        pytest.param(measure("width", 500, WIDE), ["240 px", "8000 px"], id="two ends"),
        pytest.param(measure("duration", 1000, Span(1, 3)), ["1 s \u2013 3 s"], id="a narrow one"),
        pytest.param(measure("bytes", 5, Span(None, 20 * 2**20)), ["20 MB"], id="one end"),
        pytest.param(measure("count", 90, Span(None, 1)), ["1"], id="an end near the beginning"),
        pytest.param(measure("aspect", 3, UNBOUNDED, Span(1 / 8, 8)), ["1:8", "8:1"], id="risky"),
        pytest.param(measure("width", 3, Span(200, 240)), ["200 px \u2013 240 px"], id="far end"),
    ],
)
def test_ends_are_labelled(drawn: Measure, labels: list[str]) -> None:
    ruler = make_ruler(drawn)
    assert [text for _, _, text in ruler.labels] == labels
    assert {name for name, _, _ in ruler.bands} >= {"safe"}
    for place in (
        *(begin for _, begin, _ in ruler.bands),
        *(place for place, _, _ in ruler.labels),
    ):
        assert 0 <= place <= 100


FINDING = Finding(rule="prompt-too-long", severity="error", message="", target="a/b", file="j",
                  found=5001, allowed={"maximum": 5000}, pointer="/prompt")  # fmt: skip


def test_a_number_beside_a_range_is_measured() -> None:
    found = measure_of(FINDING)
    assert found
    assert (found.label, value_label(found.fact, found.value), found.state) == (
        "Characters", "5,001", "error",
    )  # fmt: skip


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(replace(FINDING, found=True), id="a boolean"),
        pytest.param(replace(FINDING, found="5001"), id="a string"),
        pytest.param(replace(FINDING, allowed=["a"]), id="a list of values"),
        pytest.param(replace(FINDING, allowed={"minimum": 1}), id="no upper end"),
        pytest.param(replace(FINDING, allowed={"maximum": 2**31}), id="a seed"),
        pytest.param(replace(FINDING, allowed={"maximum": 0}), id="none is allowed"),
        pytest.param(replace(FINDING, found=-1), id="less than none"),
    ],
)
def test_anything_else_is_not_measured(finding: Finding) -> None:
    assert measure_of(finding) is None


@pytest.mark.parametrize(
    ("aspect", "words"),
    [(1.0, "1:1, square"), (16 / 9, "16:9, landscape"), (0.75, "3:4, portrait"),
     (10.0, "10:1, landscape"), (0.1, "1:10, portrait")],
)  # fmt: skip
def test_shapes(aspect: float, words: str) -> None:
    assert shape(aspect) == words


def test_details_leave_out_what_is_usual() -> None:
    plain = Facts(path="a.jpg", kind="image", format="jpeg", extension_format="jpeg", width=2,
                  height=2, aspect=1.0, orientation=1, color="rgb", readable=True)  # fmt: skip
    assert dict(details(plain)) == {"Aspect ratio": "1:1, square"}
    odd = replace(plain, orientation=6, alpha=True, animated=True, frames=3, color="cmyk",
                  bit_depth=16, gps=True, extension_format="png", problem="strange")  # fmt: skip
    assert [label for label, _ in details(odd)] == [
        "Aspect ratio", "Orientation", "Transparency", "Animated", "Colors", "Depth", "Location",
        "File extension", "Problem",
    ]  # fmt: skip
    clip = Facts(path="a.mp4", kind="video", format="mp4", sar=2.0, rotation=90, fps=25.0, vfr=True,
                 video_codec="hevc", audio_codec="aac", sample_rate=48000, channels=2)  # fmt: skip
    assert list(details(clip)) == [
        ("Orientation", "stored rotated, shown rotated by 90\u00b0"),
        ("Pixels", "not square (2:1)"),
        ("Video", "HEVC, 25 fps, variable frame rate"),
        ("Audio", "AAC, 48 kHz, stereo"),
    ]
