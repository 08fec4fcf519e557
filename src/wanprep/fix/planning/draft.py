"""A repair that may be a plan: what would be done, and what would come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wanprep.fix.planning.suffixes import named_truly, suffix_of
from wanprep.fix.recipe import Renamed
from wanprep.fix.steps import STEPS, Step
from wanprep.probe.facts import Facts
from wanprep.probe.names import extension_format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.limits import Limits
    from wanprep.fix.recipe import Recipe

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
