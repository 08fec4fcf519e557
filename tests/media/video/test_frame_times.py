"""Which gaps between frames are one steady rate, and which are not."""

from __future__ import annotations

from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING

import pytest

from wanprep.media.video.samples import is_variable, times_within

if TYPE_CHECKING:
    from collections.abc import Iterable


def times(*gaps: Iterable[int]) -> list[int]:
    return list(accumulate(chain.from_iterable(gaps), initial=0))


def rounded(rate: float, seconds: float, ticks: int) -> list[int]:
    return [round(frame / rate * ticks) for frame in range(int(seconds * rate))]


@pytest.mark.parametrize(
    ("frames", "ticks"),
    [
        pytest.param([], 600, id="no frames"),
        pytest.param([7], 600, id="one frame"),
        pytest.param([0, 40], 1000, id="two frames"),
        pytest.param(times([512] * 50), 12800, id="steady"),
        pytest.param(times([20] * 44, [21], [20] * 75), 600, id="a phone: 20 and 21 of 600"),
        pytest.param(times([19, 20, 21, 20] * 30), 600, id="a phone: 19, 20 and 21 of 600"),
        pytest.param(times([3012] * 62, [3003] * 2, [3021], [3012] * 60), 90000, id="an editor"),
        pytest.param(rounded(30, 10, 1000), 1000, id="30 fps in milliseconds"),
        pytest.param(rounded(59.94, 10, 1000), 1000, id="59.94 fps in milliseconds"),
        pytest.param(rounded(240, 5, 1000), 1000, id="240 fps in milliseconds"),
        pytest.param(rounded(23.976, 10, 1000), 1000, id="23.976 fps in milliseconds"),
        pytest.param(times([33, 31, 36, 34, 33] * 20), 1000, id="a camera's jitter"),
    ],
)
def test_steady(frames: list[int], ticks: int) -> None:
    assert not is_variable(frames, ticks)


@pytest.mark.parametrize(
    ("frames", "ticks"),
    [
        pytest.param(times([29281], [3000] * 5), 90000, id="a long first frame"),
        pytest.param(times([83, 100, 119, 96, 70, 124] * 5), 1000, id="a screen recording"),
        pytest.param(times([40] * 20, [80], [40] * 20), 1000, id="one frame left out"),
        pytest.param(times([4] * 200, [8], [4] * 20), 1000, id="one of 240 fps left out"),
        pytest.param(times([4000] * 50, [3333] * 60), 100_000, id="25, then 30 fps"),
        pytest.param(times([2500] * 48, [2400] * 50), 60_000, id="24, then 25 fps"),
        pytest.param(times([2, 3] * 24), 60, id="video on 60 fps"),
        pytest.param(times([40, 0, 40, 80]), 1000, id="two frames at once"),
    ],
)
def test_varying(frames: list[int], ticks: int) -> None:
    assert is_variable(frames, ticks)


def test_jitter_does_not_add_up_to_a_change() -> None:
    assert not is_variable(times(chain.from_iterable(repeat([19, 21, 20, 20], 500))), 600)


@pytest.mark.parametrize(
    ("windows", "left"),
    [
        ([(0, 50)], [0, 10, 20, 30, 40]),
        ([(10, 30)], [10, 20]),
        ([(11, 31)], [20, 30]),
        ([(0, 10), (40, 99)], [0, 40]),
        ([(20, 40), (0, 20)], [20, 30, 0, 10]),
        ([(50, 60)], []),
    ],
)
def test_frames_that_begin_inside_the_windows(
    windows: list[tuple[int, int]], left: list[int]
) -> None:
    assert times_within([0, 10, 20, 30, 40], windows) == left
