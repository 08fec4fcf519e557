"""The sizes that are allowed, and the smallest and the largest of them.

Bounds on both sides and on the shape leave a set of sizes that has a smallest member: of two
sizes inside, the smaller width with the smaller height is inside too. The same goes for the
largest. So both are found by raising (or lowering) whichever side the shape demands until
nothing more is demanded, in whole steps, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.plan.limits import Range
from wanprep.fix.plan.plan import Size, Step, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Crop
    from wanprep.media.facts import Facts


# Beyond this no JPEG can be written, and no encoder of clips goes; targets stay far below.
LARGEST_IMAGE: Final = 65_535


LARGEST_CLIP: Final = 16_384


@dataclass(frozen=True, slots=True)
class Box:
    """All sizes between two, of some shapes, whose sides are whole multiples of a step."""

    least: Size
    most: Size
    shapes: Range = field(default_factory=Range)  # width over height
    step: int = 1

    def holds(self, size: tuple[float, float]) -> bool:
        """Tell whether a size is allowed."""
        width, height = size
        return (
            not (width % self.step or height % self.step)
            and self.least[0] <= width <= self.most[0]
            and self.least[1] <= height <= self.most[1]
            and not self._too_narrow(width, height)
            and not self._too_wide(width, height)
        )

    def smallest_over(self, size: Size) -> Size | None:
        """Find the smallest size inside that is nowhere smaller than this one."""
        width = self._up(max(size[0], self.least[0]))
        height = self._up(max(size[1], self.least[1]))
        while width <= self.most[0] and height <= self.most[1]:
            # A leap to just before what the shape demands, and a step at least.
            if self._too_wide(width, height):
                height = max(height + self.step, self._up(int(width / self.widest)) - self.step)
            elif self._too_narrow(width, height):
                width = max(width + self.step, self._up(int(height * self.narrowest)) - self.step)
            else:
                return width, height
        return None

    def largest_under(self, size: Size) -> Size | None:
        """Find the largest size inside that is nowhere larger than this one."""
        width = self._down(min(size[0], self.most[0]))
        height = self._down(min(size[1], self.most[1]))
        while width >= self.least[0] and height >= self.least[1]:
            if self._too_wide(width, height):
                width = min(width - self.step, self._up(int(height * self.widest)) + self.step)
            elif self._too_narrow(width, height):
                height = min(height - self.step, self._up(int(width / self.narrowest)) + self.step)
            else:
                return width, height
        return None

    @property
    def smallest(self) -> Size | None:
        """The smallest size of all, None where nothing is allowed."""
        return self.smallest_over(self.least)

    @property
    def widest(self) -> float:
        """The widest shape, which bounds on the sides imply too."""
        high = self.shapes.high
        implied = self.most[0] / self.least[1]
        return implied if high is None else min(implied, high.value)

    @property
    def narrowest(self) -> float:
        """The narrowest shape."""
        low = self.shapes.low
        implied = self.least[0] / self.most[1]
        return implied if low is None else max(implied, low.value)

    def _up(self, side: int) -> int:
        return -(-side // self.step) * self.step

    def _down(self, side: int) -> int:
        return side // self.step * self.step

    # A shape is told with six digits, so both the told and the true one must be allowed.
    def _too_wide(self, width: float, height: float) -> bool:
        shape = width / height
        return not (self.shapes.spares(shape) and self.shapes.spares(round(shape, 6)))

    def _too_narrow(self, width: float, height: float) -> bool:
        shape = width / height
        return not (self.shapes.reaches(shape) and self.shapes.reaches(round(shape, 6)))


def box_of(limits: Limits, *, step: int, largest: int) -> Box:
    """Read the allowed sizes out of limits."""
    width, height = limits.range("width"), limits.range("height")
    return Box(
        least=(max(step, width.least or step), max(step, height.least or step)),
        most=(_most(width.most, largest), _most(height.most, largest)),
        shapes=limits.range("aspect"),
        step=step,
    )


def _most(limit: int | None, largest: int) -> int:
    return largest if limit is None else min(limit, largest)


Real = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """How an image gets its size; with nothing said, it keeps the one it has."""

    source: Size  # with square pixels
    window: Window | None = None
    size: Size | None = None
    canvas: Size | None = None

    @property
    def part(self) -> Size:
        """What is kept of the image, before it is scaled."""
        return self.window.size if self.window else self.source

    @property
    def drawn(self) -> Size:
        """What is kept of the image, as large as it becomes."""
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
    intent = [side * factor for side in source]
    off = sum(abs(new - side) for new, side in zip(size, intent, strict=True))
    grown = sum(max(0.0, new - side) for new, side in zip(size, intent, strict=True))
    return round(off, 6), grown, abs(math.log(size[0] / size[1] * source[1] / source[0]))


def _padded(source: Real, box: Box) -> Fit:
    """Put the image, scaled no more than needed, on the smallest canvas that takes it."""
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


def size_steps(fit: Fit, background: str, rules: tuple[str, ...]) -> Iterator[Step]:
    """List what happens to the size; `rules` are those that ask for another shape."""
    if fit.window is not None:
        words = f"crop {px(fit.source)} to {px(fit.part)} px, {_kept(fit.window)}"
        yield Step("crop", "asks", words, rules)
    if fit.size is not None:
        yield _scale(fit.part, fit.size)
    if fit.canvas is not None:
        words = f"pad {px(fit.drawn)} to {px(fit.canvas)} px with {background}"
        yield Step("pad", "asks", words, rules)


def shape_rules(facts: Facts, limits: Limits) -> tuple[str, ...]:
    """Name the rules for whose sake a shape changes: its own, or those of the sides."""
    return limits.broken_by(facts, ["aspect"]) or limits.broken_by(facts, ["width", "height"])


def px(size: Size) -> str:
    """Write a size as people do."""
    return f"{size[0]}x{size[1]}"


def _kept(window: Window) -> str:
    return "keeping its middle" if window.choose == "center" else "keeping what stands out"


def _scale(part: Size, size: Size) -> Step:
    if size[0] * size[1] <= part[0] * part[1]:
        return Step("scale", "lossy", f"scale {px(part)} to {px(size)} px")
    return Step("scale", "lossy", f"scale up {px(part)} to {px(size)} px (it will look soft)")
