"""What drafts of all kinds share: renaming, cutting what is too long, and fitting into bytes."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.plan.plan import STEPS, Rename, Step
from wanprep.fix.plan.sizes import scale_to_fit
from wanprep.media.facts import Facts, extension_format
from wanprep.rules.judge_asset import facts_for_rules
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Recipe, Size, Trim
    from wanprep.fix.plan.sizes import Box

# Returns the limits for a file with such facts: some hold only for some formats.
LimitsFor = Callable[[Facts], "Limits"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to fix a file, and the facts that its result will have."""

    recipe: Recipe
    steps: tuple[Step, ...]
    predicted: Facts


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Sort steps into the order in which they are done."""
    return tuple(sorted(steps, key=lambda step: STEPS.index(step.name)))


def with_size(facts: Facts, size: Size) -> Facts:
    """Return facts of an upright image or video of another size, with square pixels."""
    width, height = size
    return replace(
        facts,
        width=width,
        height=height,
        stored_width=width,
        stored_height=height,
        aspect=round(width / height, 6),
    )


# Where the usual suffix is not the format's own name.
_SUFFIXES: Final = {
    "asf": ".wmv",
    "jpeg": ".jpg",
    "jpeg2000": ".jp2",
    "musepack": ".mpc",
    "tiff": ".tif",
    "wavpack": ".wv",
}


def suffix_for(facts: Facts, result_format: str) -> str:
    """Return the suffix for a format; a correct one is kept as it is ("photo.JPEG")."""
    own = os.path.splitext(facts.path)[1]
    stays = result_format == facts.format and _has_correct_suffix(facts)
    if own and (stays or extension_format(facts.path) == result_format):
        return own
    return _SUFFIXES.get(result_format, f".{result_format}")


def _has_correct_suffix(facts: Facts) -> bool:
    return bool(facts_for_rules(facts)["named_truly"])  # some formats pass for each other


def rename_steps(facts: Facts, result_format: str) -> tuple[Step, ...]:
    """Return the step for a file that keeps its format and has another one's suffix."""
    if result_format != facts.format or _has_correct_suffix(facts):
        return ()
    return (Step("rename", "safe", f"rename it to {suffix_for(facts, facts.format)}"),)


def rename_draft(facts: Facts) -> Draft:
    """Give a file the suffix of its format."""
    suffix = suffix_for(facts, facts.format)
    predicted = replace(facts, path="", extension_format=extension_format(f"x{suffix}"))
    return Draft(Rename(suffix), rename_steps(facts, facts.format), predicted)


LENGTHS: Final = ("duration", "video_duration", "audio_duration")
_DIGITS: Final = 1000  # cuts are at whole milliseconds
_ROUNDING: Final = 1e-6  # of binary fractions


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a video or of audio that is kept."""

    length: float
    start: float | None = None

    def length_of(self, whole: float | None) -> float | None:
        """Return what is left of a track."""
        if whole is None:
            return None
        rest = max(0.0, whole - (self.start or 0))
        return self.length if rest > self.length - _ROUNDING else rest


def cut_if_too_long(facts: Facts, limits: Limits, trim: Trim, slack: float) -> Cut | None:
    """Choose what to keep of a file that is too long, some slack under the limit.

    The video track decides where the middle and the end are: audio may go on without it.
    """
    if all(limits.range(name).is_below_high(getattr(facts, name) or 0) for name in LENGTHS):
        return None
    ranges = [limits.range(name) for name in LENGTHS if getattr(facts, name) is not None]
    high: float = min(each.high.value for each in ranges if each.high)
    low: float = max((each.low.value for each in ranges if each.low), default=0)
    # Where the limits leave no room for slack, the middle between them is the safest.
    length = max(high - slack, (low + high) / 2)
    rounded = _round_down(length)
    length = rounded if low < rounded < high else length
    whole = min(facts.duration or length, facts.video_duration or math.inf)
    spare = _round_down(max(0.0, whole - length))
    start = {"start": 0.0, "center": round(spare / 2, 3), "end": spare}[trim]
    return Cut(length, start or None)


def _round_down(length: float) -> float:
    return math.floor((length + _ROUNDING) * _DIGITS) / _DIGITS


def trim_steps(facts: Facts, cut: Cut | None, trim: Trim, limits: Limits) -> list[Step]:
    """Return the step that cuts a file, if it is cut."""
    if cut is None:
        return []
    part = {"start": "first", "center": "middle", "end": "last"}[trim if cut.start else "start"]
    words = f"keep the {part} {seconds(cut.length)} of {seconds(facts.duration or 0)}"
    return [Step("trim", "asks", words, limits.broken_by(facts, LENGTHS))]


# A side is not scaled below this to save bytes: the content would be unrecognizable.
_SMALLEST_SIDE: Final = 64


def most_bytes(limits: Limits) -> int | None:
    """Return how many bytes meet all limits, or those that are errors if they contradict."""
    every = limits.range("bytes")
    return limits.errors.range("bytes").most if every.is_empty else every.most


def fit_bytes_steps(facts: Facts, most: int | None) -> list[Step]:
    """Return the step for a file that must become smaller."""
    size = facts.bytes or 0
    if most is None or size <= most:
        return []
    return [Step("fit-bytes", "lossy", f"fit {file_size(size)} into {file_size(most)}")]


def smallest_size(result: Size, box: Box, most: int | None) -> Size | None:
    """Return how far a result may be scaled down to fit into bytes; None: not at all."""
    if most is None:
        return None
    width, height = (
        min(side, max(least, _SMALLEST_SIDE)) for side, least in zip(result, box.least, strict=True)
    )
    smallest = scale_to_fit(result, replace(box, least=(width, height)), smallest=True)
    return None if smallest == result else smallest
