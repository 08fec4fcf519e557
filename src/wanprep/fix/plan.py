"""What is to be done with one file: nothing, something, or nothing that would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wanprep.fix.recipe import Recipe
    from wanprep.fix.steps import Step
    from wanprep.judge.target import Target
    from wanprep.probe.facts import Facts


@dataclass(frozen=True, slots=True)
class Need:
    """What a file is wanted for. It must suit all its needs at once."""

    target: Target
    role: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """Nothing that a repair could better: the file stays as it is, bit for bit."""

    facts: Facts
    left: tuple[str, ...] = ()  # rules of the findings that only a person can mend


@dataclass(frozen=True, slots=True)
class Impossible:
    """No repair leads to a file that is accepted."""

    facts: Facts
    reasons: tuple[str, ...]  # sentences, each with what a person can do instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A repair, and the facts that it will produce."""

    facts: Facts
    recipe: Recipe
    steps: tuple[Step, ...]
    predicted: Facts  # `bytes` is a bound: at most so many. So are lengths that are cut.
    clears: tuple[str, ...]  # rules whose findings go away
    left: tuple[str, ...] = ()  # rules of findings below error level that stay

    @property
    def questions(self) -> tuple[Step, ...]:
        """The steps that only the owner of the file may decide."""
        return tuple(step for step in self.steps if step.safety == "asks")
