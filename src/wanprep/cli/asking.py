"""Ask at a terminal what only the owner of a file may decide; without one, nothing ever asks."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

import click

from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wanprep.fix.plan import Plan
    from wanprep.fix.wishes import Crop, Trim, Wishes

_Answer = TypeVar("_Answer", bound=str)
_CROP: Final[dict[str, Crop]] = {"p": "pad", "s": "smart", "c": "center"}
_TRIM: Final[dict[str, Trim]] = {"s": "start", "c": "center", "e": "end"}


def asking() -> Callable[[str, Plan, Wishes], Wishes | None] | None:
    """Return whom to ask, if somebody sits there."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def _ask(path: str, plan: Plan, wishes: Wishes) -> Wishes | None:
    """Ask about each step; one no leaves the file as it is."""
    for step in plan.questions:
        granted = _granted(f"{visible(path)}: {step.words}?", step.name, wishes)
        if granted is None:
            return None
        wishes = granted
    return replace(wishes, yes=True)


def _granted(question: str, step: str, wishes: Wishes) -> Wishes | None:
    if step == "trim" and wishes.trim is None:
        trim = _choose(f"{question} Keep the [s]tart, [c]enter or [e]nd, or [n]ot at all", _TRIM)
        return replace(wishes, trim=trim) if trim else None
    if step in {"crop", "pad"} and wishes.crop is None:
        crop = _choose(f"{question} [p]ad, crop [s]mart or [c]enter, or [n]ot at all", _CROP)
        return replace(wishes, crop=crop) if crop else None
    return wishes if click.confirm(question, err=True) else None


def _choose(question: str, answers: Mapping[str, _Answer]) -> _Answer | None:
    letters = click.Choice([*answers, "n"], case_sensitive=False)
    letter = click.prompt(question, type=letters, show_choices=False, default="n", err=True)
    return answers.get(letter.lower())
