from __future__ import annotations

from itertools import product
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanprep.fix.plan.limits import Limit, Range
from wanprep.fix.plan.plan import Crop, Size, Window
from wanprep.fix.plan.sizes import Box, ExactSize, Fit, fit_into, scale_to_fit


def aspects(low: float | None, high: float | None, *, strict: bool = False) -> Range:
    ends = ("exclusiveMinimum", "exclusiveMaximum") if strict else ("minimum", "maximum")
    low_end, high_end = (
        None if value is None else Limit("aspect", end, value, "aspect-out-of-range", "error", "T")
        for end, value in zip(ends, (low, high), strict=True)
    )
    return Range(low_end, high_end)


IMAGE_BOX = Box((240, 240), (8000, 8000), aspects(0.125, 8))
SMALL_BOX = Box((361, 361), (1999, 1999))


@pytest.mark.parametrize(
    ("size", "inside"),
    [
        pytest.param((240, 240), True, id="smallest"),
        pytest.param((8000, 1000), True, id="8:1 exactly"),
        pytest.param((8000, 999), False, id="a pixel too wide"),
        pytest.param((999, 8000), False, id="a pixel too narrow"),
        pytest.param((239, 240), False, id="too small"),
        pytest.param((8001, 4000), False, id="too large"),
    ],
)
def test_inside(size: Size, inside: bool) -> None:
    assert IMAGE_BOX.contains(size) is inside


@pytest.mark.parametrize(
    ("box", "over", "smallest"),
    [
        pytest.param(IMAGE_BOX, (100, 100), (240, 240), id="below the box"),
        pytest.param(IMAGE_BOX, (8000, 133), (8000, 1000), id="wide"),
        pytest.param(IMAGE_BOX, (133, 8000), (1000, 8000), id="tall"),
        pytest.param(IMAGE_BOX, (8001, 240), None, id="too large already"),
        pytest.param(
            Box((2, 2), (8000, 8000), aspects(None, 8), step=2), (100, 5), (100, 14), id="even"
        ),
        pytest.param(
            Box((1, 1), (100, 100), aspects(None, 2, strict=True)), (10, 1), (10, 6), id="strict"
        ),
        pytest.param(Box((1, 1), (100, 100), aspects(2, 1)), (1, 1), None, id="no ratio allowed"),
        pytest.param(
            Box((50, 50), (60, 60), aspects(2, None)), (1, 1), None, id="ratio excluded by sides"
        ),
    ],
)
def test_smallest_over(box: Box, over: Size, smallest: Size | None) -> None:
    assert box.smallest_over(over) == smallest


@pytest.mark.parametrize(
    ("box", "under", "largest"),
    [
        pytest.param(IMAGE_BOX, (9000, 9000), (8000, 8000), id="all of it"),
        pytest.param(IMAGE_BOX, (9000, 500), (4000, 500), id="wide"),
        pytest.param(IMAGE_BOX, (500, 9000), (500, 4000), id="tall"),
        pytest.param(IMAGE_BOX, (9000, 239), None, id="too low"),
        pytest.param(Box((1, 1), (9, 9), aspects(2, 1)), (9, 9), None, id="no ratio allowed"),
    ],
)
def test_largest_under(box: Box, under: Size, largest: Size | None) -> None:
    assert box.largest_under(under) == largest


def test_sides_limit_the_aspect_ratio() -> None:
    assert SMALL_BOX.widest == 1999 / 361
    assert SMALL_BOX.narrowest == 361 / 1999
    assert (IMAGE_BOX.widest, IMAGE_BOX.narrowest) == (8, 0.125)
    assert IMAGE_BOX.smallest == (240, 240)


VIDEO_BOX = Box((240, 240), (4096, 4096), aspects(0.125, 8), step=2)


@pytest.mark.parametrize(
    ("source", "box", "size"),
    [
        pytest.param((1280, 720), IMAGE_BOX, None, id="inside"),
        pytest.param((8000, 1000), IMAGE_BOX, None, id="8:1 exactly"),
        pytest.param((9000, 3000), IMAGE_BOX, (8000, 2667), id="too wide"),
        pytest.param((3000, 9000), IMAGE_BOX, (2667, 8000), id="too high"),
        pytest.param((200, 150), IMAGE_BOX, (320, 240), id="too small"),
        pytest.param((201, 151), IMAGE_BOX, (319, 240), id="too small, no round ratio"),
        pytest.param((8001, 1000), IMAGE_BOX, (8000, 1000), id="a pixel more than 8:1"),
        pytest.param((1, 1), IMAGE_BOX, (240, 240), id="one pixel"),
        pytest.param((4000, 1000), SMALL_BOX, (1999, 500), id="strict, down"),
        pytest.param((3998, 722), SMALL_BOX, (1999, 361), id="both bounds at once"),
        pytest.param((300, 1600), SMALL_BOX, (361, 1925), id="strict, up"),
        pytest.param((1921, 1081), VIDEO_BOX, (1920, 1080), id="odd sides"),
        pytest.param((241, 241), Box((241, 241), (999, 999), step=2), (242, 242), id="odd, up"),
        pytest.param((767.999, 576), VIDEO_BOX, None, id="a fraction too little to matter"),
        pytest.param((853.333, 480), VIDEO_BOX, (854, 480), id="between two even numbers"),
        pytest.param((6144, 2304), VIDEO_BOX, (4096, 1536), id="video too wide"),
    ],
)
def test_scaling(source: ExactSize, box: Box, size: Size | None) -> None:
    fit = fit_into(source, box, None)
    assert fit
    assert (fit.size, fit.canvas, fit.window) == (size, None, None)
    assert box.contains(fit.result)


@pytest.mark.parametrize(
    ("source", "box", "size", "canvas"),
    [
        pytest.param((3000, 300), IMAGE_BOX, None, (3000, 375), id="wide"),
        pytest.param((300, 3000), IMAGE_BOX, None, (375, 3000), id="tall"),
        pytest.param((12000, 200), IMAGE_BOX, (8000, 133), (8000, 1000), id="60:1"),
        pytest.param((200, 20), IMAGE_BOX, (240, 24), (240, 240), id="a small one"),
        pytest.param((3000, 300), SMALL_BOX, (1999, 200), (1999, 361), id="ratio limited by sides"),
        pytest.param((7000, 100), Box((1, 1), (8000, 500), aspects(None, 8)), (4000, 57),
                     (4000, 500), id="scaled since its canvas would be too high"),
        pytest.param((2001, 100), VIDEO_BOX, (2002, 100), (2002, 252), id="video"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("crop", ["pad", None])
def test_padding(
    source: ExactSize, box: Box, size: Size | None, canvas: Size, crop: Crop | None
) -> None:
    fit = fit_into(source, box, crop)
    assert fit == Fit((int(source[0]), int(source[1])), size=size, canvas=canvas)
    assert box.contains(fit.result)


@pytest.mark.parametrize(
    ("source", "box", "window", "size"),
    [
        pytest.param((3000, 300), IMAGE_BOX, (2400, 300), None, id="wide"),
        pytest.param((300, 3000), IMAGE_BOX, (300, 2400), None, id="tall"),
        pytest.param((12000, 200), IMAGE_BOX, (1600, 200), (1920, 240), id="60:1"),
        pytest.param((9000, 1000), IMAGE_BOX, (8000, 1000), None, id="cropped only"),
        pytest.param(
            (90000, 10000), IMAGE_BOX, (80000, 10000), (8000, 1000), id="cropped and scaled"
        ),
        pytest.param((3000, 300), SMALL_BOX, (1661, 300), (1999, 361), id="ratio limited by sides"),
        pytest.param((3, 1), Box((1, 1), (2, 2), aspects(1, 1.2)), (1, 1), None, id="tiny"),
        pytest.param(
            (3, 1), Box((5, 4), (6, 9), aspects(1.2, 1.3)), (1, 1), (5, 4), id="tiny, scaled up"
        ),
    ],
)
@pytest.mark.parametrize("crop", ["smart", "center"])
def test_cropping(
    source: ExactSize, box: Box, window: Size, size: Size | None, crop: Literal["smart", "center"]
) -> None:
    fit = fit_into(source, box, crop)
    expected = Fit((int(source[0]), int(source[1])), window=Window(window, crop), size=size)
    assert fit == expected
    assert box.contains(expected.result)


@pytest.mark.parametrize("crop", ["pad", "center"])
def test_nothing_fits_into_an_empty_box(crop: Crop) -> None:
    assert fit_into((100, 100), Box((50, 50), (60, 60), aspects(2, None)), crop) is None
    assert fit_into((100, 100), Box((50, 50), (0, 60)), crop) is None


def test_smallest_of_a_ratio() -> None:
    assert scale_to_fit((1920, 1080), IMAGE_BOX, smallest=True) == (427, 240)
    assert scale_to_fit((1920, 1080), VIDEO_BOX, smallest=True) == (426, 240)
    assert scale_to_fit((8000, 500), IMAGE_BOX, smallest=True) is None


SIDES = st.integers(1, 20)
ASPECTS = st.sampled_from([None, 0.25, 0.5, 0.75, 1.0, 4 / 3, 1.5, 2.0, 3.0])


@settings(max_examples=200)
@given(
    sides=st.tuples(SIDES, SIDES, SIDES, SIDES),
    limits=st.tuples(ASPECTS, ASPECTS, st.booleans()),
    step=st.sampled_from([1, 2]),
    given_size=st.tuples(st.integers(1, 25), st.integers(1, 25)),
)
def test_smallest_and_largest_are_exact(
    sides: tuple[int, int, int, int],
    limits: tuple[float | None, float | None, bool],
    step: int,
    given_size: Size,
) -> None:
    box = Box(sides[:2], sides[2:], aspects(*limits[:2], strict=limits[2]), step)
    every = product(range(1, 21), range(1, 21))
    inside = [size for size in every if box.contains(size)]
    over = [size for size in inside if size[0] >= given_size[0] and size[1] >= given_size[1]]
    under = [size for size in inside if size[0] <= given_size[0] and size[1] <= given_size[1]]
    expected = (min(w for w, _ in over), min(h for _, h in over)) if over else None
    assert box.smallest_over(given_size) == expected
    expected = (max(w for w, _ in under), max(h for _, h in under)) if under else None
    assert box.largest_under(given_size) == expected
