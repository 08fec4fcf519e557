from __future__ import annotations

import pytest
from sample_videos import recipe_for

from wanprep.fix.plan.plan import Window
from wanprep.fix.plan.sizes import square_size
from wanprep.fix.video.sizes import FrameSizes, frame_sizes, resize, shrink
from wanprep.media.facts import Facts


def _clip(width: int, height: int, sar: float | None = None) -> Facts:
    return Facts(path="", kind="video", width=width, height=height, sar=sar)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(_clip(640, 360), (640, 360), id="square"),
        pytest.param(_clip(720, 576, 1.066667), (768, 576), id="wide pixels grow in width"),
        pytest.param(_clip(720, 480, 0.888889), (720, 540), id="narrow pixels grow in height"),
        pytest.param(_clip(1920, 1080, 1.0005), (1920, 1080), id="as good as square"),
    ],
)
def test_square_size(facts: Facts, expected: tuple[int, int]) -> None:
    assert square_size(facts) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, FrameSizes((321, 241), (320, 240), (320, 240)), id="even sides"),
        pytest.param(
            {"window": Window((201, 99), "center")},
            FrameSizes((321, 241), (200, 98), (200, 98)),
            id="a window",
        ),
        pytest.param(
            {"size": (640, 480), "canvas": (700, 480)},
            FrameSizes((321, 241), (640, 480), (700, 480)),
            id="scaled and padded",
        ),
    ],
)
def test_frame_sizes(options: dict[str, object], expected: FrameSizes) -> None:
    facts = _clip(321, 241)

    assert frame_sizes(recipe_for(facts, **options), facts) == expected


def test_shrink_stops_at_the_smallest_size() -> None:
    facts = _clip(640, 360)
    free = recipe_for(facts, smallest=(320, 180))

    assert shrink(free, facts, 0.75).size == (480, 270)
    assert shrink(free, facts, 0.1).size == (320, 180)
    assert shrink(free, facts, 7).size == (640, 360)
    assert shrink(recipe_for(facts), facts, 0.1).size is None


def test_padding_shrinks_with_the_frame() -> None:
    facts = _clip(640, 360)
    padded = recipe_for(facts, size=(640, 360), canvas=(640, 640))

    smaller = resize(padded, facts, (320, 320))

    assert (smaller.size, smaller.canvas) == ((320, 180), (320, 320))
