"""Which sizes are allowed, and how an image or a video gets one of them.

Limits on both sides and on the aspect ratio leave a set of sizes that has a smallest member: of
two sizes inside, the smaller width with the smaller height is inside too. The same goes for the
largest. So both are found by raising (or lowering) whichever side the ratio demands until
nothing more is demanded, in whole steps, exactly.
"""

from __future__ import annotations

import math
from dataclasses import field, replace
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.fix.plan.limits import Range
from wanprep.fix.plan.plan import Size, Step, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Crop
    from wanprep.media.facts import Facts

# A JPEG cannot be larger, nor can what video encoders take; targets allow far less.
LARGEST_IMAGE: Final = 65_535
LARGEST_VIDEO: Final = 16_384
# Scaled up further than this, there is nothing but blur to see: somebody must want that.
_LARGEST_FACTOR: Final = 8

_SQUARE: Final = 1e-3  # pixels nearer to square than this are square
_SIDES: Final = ("width", "height", "pixels")

ExactSize = tuple[float, float]  # with fractions of a pixel, where pixels were not square


def square_size(facts: Facts) -> Size:
    """Return the size with square pixels, none of them thrown away for it."""
    width, height, sar = facts.width or 2, facts.height or 2, facts.sar or 1.0
    if is_square(facts):
        return width, height
    return (round(width * sar), height) if sar > 1 else (width, round(height / sar))


def is_square(facts: Facts) -> bool:
    """Compare the width of a pixel with its height."""
    return abs((facts.sar or 1.0) - 1) < _SQUARE


@dataclass(frozen=True, slots=True)
class Box:
    """The sizes between two, of some aspect ratios, whose sides are multiples of a step."""

    least: Size
    most: Size
    aspects: Range = field(default_factory=Range)  # width over height
    step: int = 1
    pixels: Range = field(default_factory=Range)  # width times height

    def contains(self, size: ExactSize) -> bool:
        """Whether a size is allowed."""
        width, height = size
        return (
            not (width % self.step or height % self.step)
            and self.least[0] <= width <= self.most[0]
            and self.least[1] <= height <= self.most[1]
            and not self._is_too_narrow(width, height)
            and not self._is_too_wide(width, height)
            and self.pixels.contains(round(width) * round(height))
        )

    def smallest_over(self, size: Size) -> Size | None:
        """Find the smallest allowed size with no side shorter than this one's."""
        width = self._round_up(max(size[0], self.least[0]))
        height = self._round_up(max(size[1], self.least[1]))
        while width <= self.most[0] and height <= self.most[1]:
            # Leap to just before what the ratio demands, one step at least.
            if self._is_too_wide(width, height):
                goal = self._round_up(int(width / self.widest))
                height = max(height + self.step, goal - self.step)
            elif self._is_too_narrow(width, height):
                goal = self._round_up(int(height * self.narrowest))
                width = max(width + self.step, goal - self.step)
            else:
                return width, height
        return None

    def largest_under(self, size: Size) -> Size | None:
        """Find the largest allowed size with no side longer than this one's."""
        width = self._round_down(min(size[0], self.most[0]))
        height = self._round_down(min(size[1], self.most[1]))
        while width >= self.least[0] and height >= self.least[1]:
            if self._is_too_wide(width, height):
                goal = self._round_up(int(height * self.widest))
                width = min(width - self.step, goal + self.step)
            elif self._is_too_narrow(width, height):
                goal = self._round_up(int(width / self.narrowest))
                height = min(height - self.step, goal + self.step)
            else:
                return width, height
        return None

    def pixel_factors(self, source: ExactSize) -> tuple[float, float]:
        """Return the factors by which a source is scaled to the fewest and the most pixels."""
        area, low, high = source[0] * source[1], self.pixels.low, self.pixels.high
        return (
            math.sqrt(low.value / area) if low else 0.0,
            math.sqrt(high.value / area) if high else math.inf,
        )

    @property
    def smallest(self) -> Size | None:
        """The smallest size of all, None where nothing is allowed."""
        return self.smallest_over(self.least)

    @property
    def widest(self) -> float:
        """The largest aspect ratio, by its own limit or by those of the sides."""
        by_sides = self.most[0] / self.least[1]
        return by_sides if self.aspects.high is None else min(by_sides, self.aspects.high.value)

    @property
    def narrowest(self) -> float:
        """The smallest aspect ratio."""
        by_sides = self.least[0] / self.most[1]
        return by_sides if self.aspects.low is None else max(by_sides, self.aspects.low.value)

    def _round_up(self, side: int) -> int:
        return -(-side // self.step) * self.step

    def _round_down(self, side: int) -> int:
        return side // self.step * self.step

    # Facts have six digits of the ratio, so both the rounded and the exact one must be allowed.
    def _is_too_wide(self, width: float, height: float) -> bool:
        aspect = width / height
        return not (
            self.aspects.is_below_high(aspect) and self.aspects.is_below_high(round(aspect, 6))
        )

    def _is_too_narrow(self, width: float, height: float) -> bool:
        aspect = width / height
        return not (
            self.aspects.is_above_low(aspect) and self.aspects.is_above_low(round(aspect, 6))
        )


def box_of(limits: Limits, *, step: int, largest: int) -> Box:
    """Read the allowed sizes out of limits."""
    width, height = limits.range("width"), limits.range("height")
    return Box(
        least=(max(step, width.least or step), max(step, height.least or step)),
        most=(_at_most(width.most, largest), _at_most(height.most, largest)),
        aspects=limits.range("aspect"),
        step=step,
        pixels=limits.range("pixels"),
    )


def _at_most(limit: int | None, largest: int) -> int:
    return largest if limit is None else min(limit, largest)


@dataclass(frozen=True, slots=True)
class Fit:
    """How an image is cropped, scaled and padded, in this order; by default not at all."""

    source: Size  # with square pixels
    window: Window | None = None
    size: Size | None = None
    canvas: Size | None = None

    @property
    def cropped(self) -> Size:
        """The size after the crop."""
        return self.window.size if self.window else self.source

    @property
    def scaled(self) -> Size:
        """The size after scaling."""
        return self.size or self.cropped

    @property
    def result(self) -> Size:
        """The size of what is written."""
        return self.canvas or self.scaled


def choose_size(
    source: ExactSize, limits: Limits, crop: Crop | None, *, step: int, largest: int
) -> tuple[Fit, Box]:
    """Meet all limits on the size; where they contradict each other, those that are errors."""
    for each in (limits, limits.errors):
        box = box_of(each, step=step, largest=largest)
        if fit := fit_into(source, box, crop):
            return fit, box
    return Fit(_round(source)), box


def fit_into(source: ExactSize, box: Box, crop: Crop | None) -> Fit | None:
    """Keep the aspect ratio if possible, else crop or pad. None: no size is allowed."""
    whole = Fit(_round(source))
    if box.contains(source):
        return whole
    if scaled := scale_to_fit(source, box):
        return whole if scaled == whole.source else replace(whole, size=scaled)
    if box.smallest is None:
        return None
    if crop in {"smart", "center"}:
        return _crop(source, box, "smart" if crop == "smart" else "center")
    return _pad(source, box)


def _round(size: ExactSize) -> Size:
    return max(1, round(size[0])), max(1, round(size[1]))


def scale_to_fit(source: ExactSize, box: Box, *, smallest: bool = False) -> Size | None:
    """Find the size nearest to the source (or the smallest) that keeps its ratio."""
    slack = box.step / 2  # rounding to a step may change either side by this
    low = max((least - slack) / side for least, side in zip(box.least, source, strict=True))
    high = min((most + slack) / side for most, side in zip(box.most, source, strict=True))
    if low > high:
        return None
    fewest, most_pixels = box.pixel_factors(source)
    least = max(box.least[0] / source[0], box.least[1] / source[1], fewest)
    most = min(box.most[0] / source[0], box.most[1] / source[1], most_pixels)
    factor = least if smallest else min(max(1.0, least), max(least, most))
    factor = min(max(factor, low), high)
    sizes = [size for size in _sizes_near(source, factor, box.step) if box.contains(size)]
    return min(sizes, key=lambda size: _distance(size, source, factor), default=None)


def _sizes_near(source: ExactSize, factor: float, step: int) -> list[Size]:
    """List the sizes around a scaled one that keep its ratio as well as whole steps allow."""
    sides = [
        [step * (math.floor(side * factor / step) + more) for more in range(-1, 3)]
        for side in source
    ]
    ratio = source[0] / source[1]
    return [
        (width, height)
        for width, height in product(*sides)
        if min(width, height) > 0
        and min(abs(height - width / ratio), abs(width - height * ratio)) <= step / 2
    ]


def _distance(size: Size, source: ExactSize, factor: float) -> tuple[float, ...]:
    """Order sizes: the nearest to the exact one first, then those that are not larger."""
    excess = [side - exact * factor for side, exact in zip(size, source, strict=True)]
    grown = sum(max(0.0, each) for each in excess)
    skewed = abs(math.log(size[0] / size[1] * source[1] / source[0]))
    return round(sum(map(abs, excess)), 6), grown, skewed


def _pad(source: ExactSize, box: Box) -> Fit:
    """Put the image, scaled no more than needed, on the smallest canvas that takes it."""
    over = (math.ceil(source[0]), math.ceil(source[1]))
    around = box.smallest_over(over) or box.largest_under(box.most)
    assert around is not None  # noqa: S101 - see `fit_into`
    factor = min(around[0] / source[0], around[1] / source[1])
    width, height = (
        min(max(box.step, box.step * round(side * factor / box.step)), most)
        for side, most in zip(source, around, strict=True)
    )
    fit = Fit(_round(source), size=(width, height), canvas=box.smallest_over((width, height)))
    return replace(fit, size=None) if fit.size == fit.source else fit


def _crop(source: ExactSize, box: Box, choose: Literal["smart", "center"]) -> Fit:
    """Keep the largest part that has an allowed ratio, scaled no more than needed."""
    width, height = source
    part = (min(width, height * box.widest), min(height, width / box.narrowest))
    under = (math.ceil(part[0]), math.ceil(part[1]))
    result = scale_to_fit(part, box) or box.largest_under(under) or box.smallest
    assert result is not None  # noqa: S101 - see `fit_into`
    whole = _round(source)
    is_unscaled = all(
        new <= full and abs(new - side) <= box.step
        for new, side, full in zip(result, part, whole, strict=True)
    )
    kept = result if is_unscaled else _largest_part(result, whole, box.step)
    return Fit(whole, window=Window(kept, choose), size=None if kept == result else result)


def _largest_part(shape: Size, whole: Size, step: int) -> Size:
    """Find the largest part of a source that has the aspect ratio of a size."""
    factor = min(whole[0] / shape[0], whole[1] / shape[1])
    width, height = (max(1, int(side * factor / step + 0.5) * step) for side in shape)
    return min(width, whole[0]), min(height, whole[1])


def size_steps(fit: Fit, background: str, facts: Facts, limits: Limits) -> Iterator[Step]:
    """List the steps that change the size."""
    # The rules that make a crop or padding necessary: those on the ratio, or on the sides.
    rules = limits.broken_by(facts, ["aspect"]) or limits.broken_by(facts, _SIDES)
    if fit.window is not None:
        kept = "keeping the center" if fit.window.choose == "center" else "keeping what stands out"
        words = f"crop {px(fit.source)} to {px(fit.cropped)} px, {kept}"
        yield Step("crop", "asks", words, rules)
    if fit.size is not None:
        words, sides = f"scale {px(fit.cropped)} to {px(fit.size)} px", tuple[str, ...]()
        if math.prod(fit.size) > math.prod(fit.cropped):
            words = f"scale up {px(fit.cropped)} to {px(fit.size)} px, which will look soft"
        if fit.size[0] > _LARGEST_FACTOR * fit.cropped[0]:
            words = f"scale up {px(fit.cropped)} to {px(fit.size)} px, which will look blurred"
            sides = limits.broken_by(facts, _SIDES)
        yield Step("scale", "asks" if sides else "lossy", words, sides)
    if fit.canvas is not None:
        words = f"pad {px(fit.scaled)} to {px(fit.canvas)} px with {background}"
        yield Step("pad", "asks", words, rules)


def px(size: Size) -> str:
    """Format a size: 1280x720."""
    return f"{size[0]}x{size[1]}"
