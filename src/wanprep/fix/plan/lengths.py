"""Cut what lasts too long: to how many seconds, and where they begin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import Step
from wanprep.fix.plan.sizes import scale
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Size, Trim
    from wanprep.fix.plan.sizes import Box
    from wanprep.media.facts import Facts


LENGTHS: Final = ("duration", "video_duration", "audio_duration")


_DIGITS: Final = 1000  # lengths are told in milliseconds


_ROUNDING: Final = 1e-6  # of numbers that are not decimal inside


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a clip or of a sound."""

    length: float
    start: float | None = None

    def of(self, whole: float | None) -> float | None:
        """Tell what is left of a track."""
        if whole is None:
            return None
        rest = max(0.0, whole - (self.start or 0))
        return self.length if rest > self.length - _ROUNDING else rest


def too_long(facts: Facts, limits: Limits) -> bool:
    """Tell whether any of its lengths is above what is allowed."""
    return any(not limits.range(name).spares(getattr(facts, name) or 0) for name in LENGTHS)


def cut(facts: Facts, limits: Limits, keep: Trim, slack: float) -> Cut:
    """Choose what to keep of a file that is too long, some slack under the bound.

    The image decides where the middle and the end are: sound may go on without it.
    """
    ranges = [limits.range(name) for name in LENGTHS if getattr(facts, name) is not None]
    high: float = min(each.high.value for each in ranges if each.high)
    low: float = max((each.low.value for each in ranges if each.low), default=0)
    # Where the bounds leave no room for slack, the middle between them is the safest.
    length = max(high - slack, (low + high) / 2)
    rounded = _rounded_down(length)
    length = rounded if low < rounded < high else length
    whole = min(facts.duration or length, facts.video_duration or math.inf)
    spare = _rounded_down(max(0.0, whole - length))
    start = {"start": 0.0, "center": round(spare / 2, 3), "end": spare}[keep]
    return Cut(length, start or None)


def _rounded_down(length: float) -> float:
    return math.floor((length + _ROUNDING) * _DIGITS) / _DIGITS


def trim_step(facts: Facts, chosen: Cut, keep: Trim, rules: tuple[str, ...]) -> Step:
    """Say what is kept."""
    part = {"start": "first", "center": "middle", "end": "last"}[keep if chosen.start else "start"]
    words = f"keep the {part} {seconds(chosen.length)} of {seconds(facts.duration or 0)}"
    return Step("trim", "asks", words, rules)


# What is made small for its bytes' sake shall still show something.
_SMALLEST_SIDE: Final = 64


def most_bytes(limits: Limits) -> int | None:
    """Tell how many bytes are allowed: those below every bound, the doubtful ones too."""
    firm = limits.firm.range("bytes").most
    every = limits.range("bytes")
    return firm if every.void else every.most


def weight_steps(facts: Facts, cap: int | None) -> Iterator[Step]:
    """Say so where a file is to become smaller."""
    if cap is not None and (facts.bytes or 0) > cap:
        yield Step("fit-bytes", "lossy", f"fit {file_size(facts.bytes or 0)} into {file_size(cap)}")


def smallest_of(result: Size, box: Box, cap: int | None) -> Size | None:
    """Tell to what a result may shrink, its ratio kept, where its bytes demand it."""
    if cap is None:
        return None
    least = (
        min(result[0], max(box.least[0], _SMALLEST_SIDE)),
        min(result[1], max(box.least[1], _SMALLEST_SIDE)),
    )
    smallest = scale(result, replace(box, least=least), smallest=True)
    return None if smallest == result else smallest
