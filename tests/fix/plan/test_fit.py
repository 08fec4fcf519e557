from __future__ import annotations

from typing import Literal

import pytest
from test_box import WAN, WAN22, shapes

from wanprep.fix.plan.plan import Crop, Size, Window
from wanprep.fix.plan.sizes import Box, ExactSize, Fit, fit_into, scale_to_fit

CLIPS = Box((240, 240), (4096, 4096), shapes(0.125, 8), step=2)


@pytest.mark.parametrize(
    ("source", "box", "size"),
    [
        pytest.param((1280, 720), WAN, None, id="inside"),
        pytest.param((8000, 1000), WAN, None, id="8:1 exactly"),
        pytest.param((9000, 3000), WAN, (8000, 2667), id="too wide"),
        pytest.param((3000, 9000), WAN, (2667, 8000), id="too high"),
        pytest.param((200, 150), WAN, (320, 240), id="too small"),
        pytest.param((201, 151), WAN, (319, 240), id="too small, no round ratio"),
        pytest.param((8001, 1000), WAN, (8000, 1000), id="a pixel more than 8:1"),
        pytest.param((1, 1), WAN, (240, 240), id="one pixel"),
        pytest.param((4000, 1000), WAN22, (1999, 500), id="strict, down"),
        pytest.param((3998, 722), WAN22, (1999, 361), id="both bounds at once"),
        pytest.param((300, 1600), WAN22, (361, 1925), id="strict, up"),
        pytest.param((1921, 1081), CLIPS, (1920, 1080), id="odd sides"),
        pytest.param((241, 241), Box((241, 241), (999, 999), step=2), (242, 242), id="odd, up"),
        pytest.param((767.999, 576), CLIPS, None, id="a fraction too little to tell"),
        pytest.param((853.333, 480), CLIPS, (854, 480), id="between two even numbers"),
        pytest.param((6144, 2304), CLIPS, (4096, 1536), id="clip too wide"),
    ],
)
def test_scaling(source: ExactSize, box: Box, size: Size | None) -> None:
    fitted = fit_into(source, box, None)
    assert fitted
    assert (fitted.size, fitted.canvas, fitted.window) == (size, None, None)
    assert box.contains(fitted.result)


@pytest.mark.parametrize(
    ("source", "box", "size", "canvas"),
    [
        pytest.param((3000, 300), WAN, None, (3000, 375), id="a banner"),
        pytest.param((300, 3000), WAN, None, (375, 3000), id="a tower"),
        pytest.param((12000, 200), WAN, (8000, 133), (8000, 1000), id="60:1"),
        pytest.param((200, 20), WAN, (240, 24), (240, 240), id="a small one"),
        pytest.param((3000, 300), WAN22, (1999, 200), (1999, 361), id="by the sides alone"),
        pytest.param((7000, 100), Box((1, 1), (8000, 500), shapes(None, 8)), (4000, 57),
                     (4000, 500), id="scaled since its canvas would be too high"),
        pytest.param((2001, 100), CLIPS, (2002, 100), (2002, 252), id="a clip"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("crop", ["pad", None])
def test_padding(
    source: ExactSize, box: Box, size: Size | None, canvas: Size, crop: Crop | None
) -> None:
    fitted = fit_into(source, box, crop)
    assert fitted == Fit((int(source[0]), int(source[1])), size=size, canvas=canvas)
    assert box.contains(fitted.result)


@pytest.mark.parametrize(
    ("source", "box", "window", "size"),
    [
        pytest.param((3000, 300), WAN, (2400, 300), None, id="a banner"),
        pytest.param((300, 3000), WAN, (300, 2400), None, id="a tower"),
        pytest.param((12000, 200), WAN, (1600, 200), (1920, 240), id="60:1"),
        pytest.param((9000, 1000), WAN, (8000, 1000), None, id="cut is enough"),
        pytest.param((90000, 10000), WAN, (80000, 10000), (8000, 1000), id="cut and scaled"),
        pytest.param((3000, 300), WAN22, (1661, 300), (1999, 361), id="by the sides alone"),
        pytest.param((3, 1), Box((1, 1), (2, 2), shapes(1, 1.2)), (1, 1), None, id="tiny"),
        pytest.param((3, 1), Box((5, 4), (6, 9), shapes(1.2, 1.3)), (1, 1), (5, 4), id="and up"),
    ],
)
@pytest.mark.parametrize("crop", ["smart", "center"])
def test_cropping(
    source: ExactSize, box: Box, window: Size, size: Size | None, crop: Literal["smart", "center"]
) -> None:
    fitted = fit_into(source, box, crop)
    expected = Fit((int(source[0]), int(source[1])), window=Window(window, crop), size=size)
    assert fitted == expected
    assert box.contains(expected.result)


@pytest.mark.parametrize("crop", ["pad", "center"])
def test_where_nothing_is_allowed_nothing_fits(crop: Crop) -> None:
    assert fit_into((100, 100), Box((50, 50), (60, 60), shapes(2, None)), crop) is None
    assert fit_into((100, 100), Box((50, 50), (0, 60)), crop) is None


def test_the_smallest_of_a_ratio() -> None:
    assert scale_to_fit((1920, 1080), WAN, smallest=True) == (427, 240)
    assert scale_to_fit((1920, 1080), CLIPS, smallest=True) == (426, 240)
    assert scale_to_fit((8000, 500), WAN, smallest=True) is None
