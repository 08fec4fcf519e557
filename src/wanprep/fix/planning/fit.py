"""Bring a picture into the sizes that are allowed, with the least damage to what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

from wanprep.fix.recipe import Size, Window

if TYPE_CHECKING:
    from wanprep.fix.planning.box import Box
    from wanprep.fix.wishes import Crop

Real = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture gets its size; with nothing said, it keeps the one it has."""

    source: Size  # with square pixels
    window: Window | None = None
    size: Size | None = None
    canvas: Size | None = None

    @property
    def part(self) -> Size:
        """What is kept of the picture, before it is scaled."""
        return self.window.size if self.window else self.source

    @property
    def drawn(self) -> Size:
        """What is kept of the picture, as large as it becomes."""
        return self.size or self.part

    @property
    def result(self) -> Size:
        """The size of what is written."""
        return self.canvas or self.drawn


def fit(source: Real, box: Box, crop: Crop | None) -> Fit | None:
    """Scale by the ratio if that is enough, else change the shape. None: no size is allowed.

    A source has fractions of a pixel where its pixels were not square.
    """
    whole = Fit(_whole(source))
    if box.holds(source):
        return whole
    if scaled := scale(source, box):
        return whole if scaled == whole.source else replace(whole, size=scaled)
    if box.smallest is None:
        return None
    match crop:
        case "smart" | "center":
            return _cropped(source, box, crop)
        case "pad" | None:
            return _padded(source, box)


def _whole(size: Real) -> Size:
    return max(1, round(size[0])), max(1, round(size[1]))


def scale(source: Real, box: Box, *, smallest: bool = False) -> Size | None:
    """Find the size nearest to the source (or the smallest) that keeps its ratio."""
    # Half a step of either side is what rounding may add.
    slack = box.step / 2
    low = max((least - slack) / side for least, side in zip(box.least, source, strict=True))
    high = min((most + slack) / side for most, side in zip(box.most, source, strict=True))
    if low > high:
        return None
    bounds = [max(box.least[0] / source[0], box.least[1] / source[1])]
    bounds += [min(box.most[0] / source[0], box.most[1] / source[1])]
    factor = bounds[0] if smallest else min(max(1.0, bounds[0]), max(bounds))
    factor = min(max(factor, low), high)
    sizes = [size for size in _near(source, factor, box) if box.holds(size)]
    return min(sizes, key=lambda size: _worse(size, source, factor), default=None)


def _near(source: Real, factor: float, box: Box) -> list[Size]:
    """List the sizes around a scaled one whose ratio is as true as whole steps allow."""
    sides = [
        [box.step * (math.floor(side * factor / box.step) + more) for more in range(-1, 3)]
        for side in source
    ]
    ratio = source[0] / source[1]
    return [
        (width, height)
        for width, height in product(*sides)
        if min(width, height) > 0
        and min(abs(height - width / ratio), abs(width - height * ratio)) <= box.step / 2
    ]


def _worse(size: Size, source: Real, factor: float) -> tuple[float, ...]:
    """Order sizes: the nearest to what is meant first, then what invents no pixels."""
    meant = [side * factor for side in source]
    off = sum(abs(new - side) for new, side in zip(size, meant, strict=True))
    grown = sum(max(0.0, new - side) for new, side in zip(size, meant, strict=True))
    return round(off, 6), grown, abs(math.log(size[0] / size[1] * source[1] / source[0]))


def _padded(source: Real, box: Box) -> Fit:
    """Put the picture, scaled no more than needed, on the smallest canvas that takes it."""
    largest = box.largest_under(box.most)
    assert largest is not None  # noqa: S101 - see `fit`
    over = (math.ceil(source[0]), math.ceil(source[1]))
    around = box.smallest_over(over) or largest
    factor = min(around[0] / source[0], around[1] / source[1])
    drawn = (
        _rounded(source[0] * factor, around[0], box),
        _rounded(source[1] * factor, around[1], box),
    )
    fitted = Fit(_whole(source), size=drawn, canvas=box.smallest_over(drawn))
    return replace(fitted, size=None) if drawn == fitted.source else fitted


def _rounded(side: float, most: int, box: Box) -> int:
    return min(max(box.step, box.step * round(side / box.step)), most)


def _cropped(source: Real, box: Box, choose: Literal["smart", "center"]) -> Fit:
    """Keep the largest part that has an allowed shape, scaled no more than needed."""
    part = _part(source, box.narrowest, box.widest)
    under = (math.ceil(part[0]), math.ceil(part[1]))
    result = scale(part, box) or box.largest_under(under) or box.smallest
    assert result is not None  # noqa: S101 - see `fit`
    whole = _whole(source)
    kept = _like(result, whole, box.step)
    if _as_large(result, part, whole, box.step):
        kept = result
    return Fit(whole, window=Window(kept, choose), size=None if kept == result else result)


def _part(source: Real, narrowest: float, widest: float) -> Real:
    """Cut a source to the widest or the narrowest shape."""
    width, height = source
    return min(width, height * widest), min(height, width / narrowest)


def _as_large(result: Size, part: Real, whole: Size, step: int) -> bool:
    """Tell whether a part can be kept as it is, but for what whole steps cost."""
    sides = zip(result, part, whole, strict=True)
    return all(new <= full and abs(new - side) <= step for new, side, full in sides)


def _like(shape: Size, whole: Size, step: int) -> Size:
    """Find the largest part of a source that has the shape of a size."""
    factor = min(whole[0] / shape[0], whole[1] / shape[1])
    width, height = (max(1, int(side * factor / step + 0.5) * step) for side in shape)
    return min(width, whole[0]), min(height, whole[1])
