"""A repair that may be a plan: what would be done, and what would come of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import STEPS, Renamed, Step
from wanprep.media.facts import Facts
from wanprep.media.names import extension_format
from wanprep.rules.judge_asset import facts_for_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Recipe


# Where the usual ending is not the format's own name.
_SUFFIXES: Final = {
    "asf": ".wmv",
    "jpeg": ".jpg",
    "jpeg2000": ".jp2",
    "musepack": ".mpc",
    "tiff": ".tif",
    "wavpack": ".wv",
}


def suffix_of(facts: Facts, result_format: str) -> str:
    """Tell the ending for a format; a name that is true already keeps its own ("photo.JPEG")."""
    own = os.path.splitext(facts.path)[1]
    same = result_format == facts.format and named_truly(facts)
    if own and (same or extension_format(facts.path) == result_format):
        return own
    return _SUFFIXES.get(result_format, f".{result_format}")


def named_truly(facts: Facts) -> bool:
    """Tell whether the judge takes a file's name for true: some formats pass for each other."""
    return bool(facts_for_rules(facts)["named_truly"])


# What is allowed of a file with such facts.
Allowed = Callable[[Facts], "Limits"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to repair a file. Whether it is a plan, the judge says."""

    recipe: Recipe
    steps: tuple[Step, ...]
    predicted: Facts


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Put steps into the order in which they are done."""
    return tuple(sorted(steps, key=lambda step: STEPS.index(step.name)))


def renamed(facts: Facts) -> Draft:
    """Give a file the ending of what it is."""
    suffix = suffix_of(facts, facts.format)
    predicted = replace(facts, path="", extension_format=extension_format(f"x{suffix}"))
    return Draft(Renamed(suffix), rename_steps(facts, facts.format), predicted)


def rename_steps(facts: Facts, result_format: str) -> tuple[Step, ...]:
    """Say so where the content stays what it is and only its name changes."""
    if result_format != facts.format or named_truly(facts):
        return ()
    return (Step("rename", "safe", f"rename it to {suffix_of(facts, facts.format)}"),)
