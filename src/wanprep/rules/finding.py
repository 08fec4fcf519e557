"""The catalog of rules, and the findings that report their violations."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning", "note"]
FIX: Final = "wanprep fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and its strings; message.py fills in the fields of `message`."""

    name: str
    title: str
    message: str
    why: str
    by_hand: str
    fix: str = ""  # what `wanprep fix` can do about it; empty if it never can


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule broken at one place."""

    rule: str  # a contract, since people put it after --ignore
    severity: Severity
    message: str  # a sentence or two that a designer understands: the problem, and what to do
    target: str
    file: str  # the job, or the bare media file
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    pointer: str = ""  # of the value in the job
    asset: str | None = None  # the media path as it was written
    found: Any = None
    allowed: Any = None
    problem: str = ""  # the message without what to do
    fix: str = ""  # the command that fixes it; empty until planned, and where only a person can
    source: Mapping[str, str] = field(default_factory=dict)

    @property
    def fixable(self) -> bool:
        """Whether `wanprep fix` fixes it without a decision of the user."""
        return self.fix == FIX

    def with_fix(self, command: str) -> Finding:
        """Add the command that fixes it, in place of what a person can do."""
        if not command:
            return self
        return replace(self, fix=command, message=f"{self.problem} Fix: `{command}`.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a target accepts a job or a bare media file, as far as can be checked here."""

    subject: str
    target: str
    verdict: Literal["pass", "fail", "unknown"]
    excused: bool = False  # unknown only for URLs that --offline leaves out: the check passes


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by name."""
    file = Path(__file__).with_name("rules.json")
    catalog: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Rule(name=name, **strings) for name, strings in catalog.items()}


def find_rule(name: str) -> Rule:
    """Return a rule by its name; an unknown name is a usage error."""
    if name not in rules():
        raise UsageError(unknown_rule_message(name))
    return rules()[name]


def parse_rule_names(arguments: Iterable[str]) -> set[str]:
    """Read rule names, also separated by commas; an unknown name is a usage error."""
    names = {name.strip() for each in arguments for name in each.split(",") if name.strip()}
    return {find_rule(name).name for name in sorted(names)}


def unknown_rule_message(name: str) -> str:
    """Suggest the rule that a misspelled name is closest to."""
    return f"there is no rule '{shorten(name)}'. {suggestion(name, rules(), 'explain', 0.6)}"


def shorten(name: str) -> str:
    """Cut a name that is too long to be one."""
    return name if len(name) <= 80 else f"{name[:60]}…"


def suggestion(name: str, names: Iterable[str], command: str, cutoff: float) -> str:
    """Suggest the closest name, or the command that lists all of them."""
    from difflib import get_close_matches

    near = get_close_matches(shorten(name), list(names), 1, cutoff=cutoff)
    return f"Did you mean '{near[0]}'?" if near else f"`wanprep {command}` lists them."
