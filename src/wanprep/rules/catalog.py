"""The catalog of rules: their texts, and lookup by the names that people type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's texts. `message` has places for what was found; see message.py."""

    name: str
    title: str
    message: str
    why: str
    by_hand: str
    fix: str = ""  # what `wanprep fix` does about it; empty when it cannot


@cache
def rules() -> Mapping[str, Rule]:
    """Read the catalogue."""
    file = Path(__file__).with_name("rules.json")
    told: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Rule(name=name, **texts) for name, texts in told.items()}


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
    raise UsageError(unknown_rule(name))


def unknown_rule(name: str) -> str:
    """Say that there is no such rule, and which one may be meant."""
    from difflib import get_close_matches

    name = name if len(name) <= 80 else f"{name[:60]}…"
    near = get_close_matches(name, rules(), 1)
    hint = f"Did you mean '{near[0]}'?" if near else "`wanprep explain` lists them."
    return f"there is no rule '{name}'. {hint}"
