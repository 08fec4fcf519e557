"""The sizes that are allowed, and the smallest and the largest of them.

Bounds on both sides and on the shape leave a set of sizes that has a smallest member: of two
sizes inside, the smaller width with the smaller height is inside too. The same goes for the
largest. So both are found by raising (or lowering) whichever side the shape demands until
nothing more is demanded, in whole steps, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.fix.limits import Range

if TYPE_CHECKING:
    from wanprep.fix.limits import Limits
    from wanprep.fix.recipe import Size

# Beyond this no JPEG can be written, and no encoder of clips goes; targets stay far below.
LARGEST_PICTURE: Final = 65_535
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
