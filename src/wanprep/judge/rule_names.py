"""Rules by the names that people type, who may misspell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.errors import WrongUse
from wanprep.judge.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.judge.rules import Rule


def rule_names(given: Iterable[str]) -> set[str]:
    """Read rule names, also with commas between; a misspelt one is wrong use."""
    names = {name.strip() for each in given for name in each.split(",") if name.strip()}
    for name in sorted(names):
        one_rule(name)
    return names


def one_rule(name: str) -> Rule:
    """Find a rule by its name; a misspelt one is wrong use."""
    if name in rules():
        return rules()[name]
    raise WrongUse(unknown_rule(name))


def unknown_rule(name: str) -> str:
    """Say that there is no such rule, and which one may be meant."""
    from difflib import get_close_matches

    name = name if len(name) <= 80 else f"{name[:60]}…"
    near = get_close_matches(name, rules(), 1)
    hint = f"Did you mean '{near[0]}'?" if near else "`wanprep explain` lists them."
    return f"there is no rule '{name}'. {hint}"
