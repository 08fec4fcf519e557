"""The catalogue of rules: what each one means, in words for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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
