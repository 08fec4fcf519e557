from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanprep.fix.plan.limits import Limit, Range
from wanprep.fix.plan.plan import Size
from wanprep.fix.plan.sizes import Box


def shapes(low: float | None, high: float | None, *, strict: bool = False) -> Range:
    ends = ("exclusiveMinimum", "exclusiveMaximum") if strict else ("minimum", "maximum")
    low_end, high_end = (
        None if value is None else Limit("aspect", end, value, "aspect-out-of-range", "error", "T")
        for end, value in zip(ends, (low, high), strict=True)
    )
    return Range(low_end, high_end)


WAN = Box((240, 240), (8000, 8000), shapes(0.125, 8))
WAN22 = Box((361, 361), (1999, 1999))


@pytest.mark.parametrize(
    ("size", "inside"),
    [
        pytest.param((240, 240), True, id="smallest"),
        pytest.param((8000, 1000), True, id="8:1 exactly"),
        pytest.param((8000, 999), False, id="a line too flat"),
        pytest.param((999, 8000), False, id="a column too narrow"),
        pytest.param((239, 240), False, id="too small"),
        pytest.param((8001, 4000), False, id="too large"),
    ],
)
def test_what_is_inside(size: Size, inside: bool) -> None:
    assert WAN.contains(size) is inside


@pytest.mark.parametrize(
    ("box", "over", "smallest"),
    [
        pytest.param(WAN, (100, 100), (240, 240), id="from nothing"),
        pytest.param(WAN, (8000, 133), (8000, 1000), id="a banner"),
        pytest.param(WAN, (133, 8000), (1000, 8000), id="a tower"),
        pytest.param(WAN, (8001, 240), None, id="too large already"),
        pytest.param(
            Box((2, 2), (8000, 8000), shapes(None, 8), step=2), (100, 5), (100, 14), id="even"
        ),
        pytest.param(
            Box((1, 1), (100, 100), shapes(None, 2, strict=True)), (10, 1), (10, 6), id="strict"
        ),
        pytest.param(Box((1, 1), (100, 100), shapes(2, 1)), (1, 1), None, id="shapes exclude all"),
        pytest.param(Box((50, 50), (60, 60), shapes(2, None)), (1, 1), None, id="sides exclude it"),
    ],
)
def test_the_smallest_size_over_another(box: Box, over: Size, smallest: Size | None) -> None:
    assert box.smallest_over(over) == smallest


@pytest.mark.parametrize(
    ("box", "under", "largest"),
    [
        pytest.param(WAN, (9000, 9000), (8000, 8000), id="all of it"),
        pytest.param(WAN, (9000, 500), (4000, 500), id="a banner"),
        pytest.param(WAN, (500, 9000), (500, 4000), id="a tower"),
        pytest.param(WAN, (9000, 239), None, id="too flat for anything"),
        pytest.param(Box((1, 1), (9, 9), shapes(2, 1)), (9, 9), None, id="shapes exclude all"),
    ],
)
def test_the_largest_size_under_another(box: Box, under: Size, largest: Size | None) -> None:
    assert box.largest_under(under) == largest


def test_sides_imply_shapes() -> None:
    assert WAN22.widest == 1999 / 361
    assert WAN22.narrowest == 361 / 1999
    assert (WAN.widest, WAN.narrowest) == (8, 0.125)
    assert WAN.smallest == (240, 240)


SIDES = st.integers(1, 20)
SHAPES = st.sampled_from([None, 0.25, 0.5, 0.75, 1.0, 4 / 3, 1.5, 2.0, 3.0])


@settings(deadline=None, max_examples=200)
@given(
    sides=st.tuples(SIDES, SIDES, SIDES, SIDES),
    ends=st.tuples(SHAPES, SHAPES, st.booleans()),
    step=st.sampled_from([1, 2]),
    given_size=st.tuples(st.integers(1, 25), st.integers(1, 25)),
)
def test_no_size_is_overlooked(
    sides: tuple[int, int, int, int],
    ends: tuple[float | None, float | None, bool],
    step: int,
    given_size: Size,
) -> None:
    box = Box(sides[:2], sides[2:], shapes(*ends[:2], strict=ends[2]), step)
    every = product(range(1, 21), range(1, 21))
    inside = [size for size in every if box.contains(size)]
    over = [size for size in inside if size[0] >= given_size[0] and size[1] >= given_size[1]]
    under = [size for size in inside if size[0] <= given_size[0] and size[1] <= given_size[1]]
    expected = (min(w for w, _ in over), min(h for _, h in over)) if over else None
    assert box.smallest_over(given_size) == expected
    expected = (max(w for w, _ in under), max(h for _, h in under)) if under else None
    assert box.largest_under(given_size) == expected
