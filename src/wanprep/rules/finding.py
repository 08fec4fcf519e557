"""The catalog of rules, and the findings that report their violations."""

from __future__ import annotations

import json
import re
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError, warn_of_plugin
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning", "note"]
FIX: Final = "wanprep fix"
_MOST_SUGGESTED: Final = 3
_PAGES: Final = "https://wanprep.dev/reference/rules/"
_PLUGIN_KEYS: Final = frozenset({"title", "why", "by_hand", "severity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and its strings; message.py fills in the fields of `message`."""

    name: str
    title: str
    message: str
    why: str
    by_hand: str
    fix: str = ""  # what `wanprep fix` can do about it; empty if it never can
    severity: Severity = "error"  # of a plugin's rule; others have it beside each limit
    since: str = "0.1.0"  # the first version that has the rule


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
    catalog: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    own = {name: Rule(name=name, **strings) for name, strings in catalog.items()}
    return {**own, **plugin_rules()}


@cache
def plugin_rules() -> Mapping[str, Rule]:
    """Return the rules of plugins, whose names begin with the plugin's: `acme/no-logo`.

    They are in the `rules.json` of a package, and read without importing it.
    """
    from wanprep.rules.target import plugin_packages

    found: dict[str, Rule] = {}
    for folder, plugin in plugin_packages():
        file = folder / "rules.json"
        if file.is_file():
            try:
                found |= read_plugin_rules(file, plugin)
            except ValueError as error:
                message = f"the rules of the plugin {plugin} cannot be used: {file}: {error}."
                warn_of_plugin(plugin, message)
    return found


def read_plugin_rules(file: Path, plugin: str) -> dict[str, Rule]:
    """Read the rules of one plugin; raise ValueError for what is wrong with them."""
    data: Any = json.loads(file.read_text(encoding="utf-8"))
    rules: dict[str, Rule] = {}
    for name, strings in data.items() if isinstance(data, dict) else ():
        if not re.fullmatch(rf"{re.escape(plugin)}/[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError(f"the name {name!r} must begin with {plugin}/, in lower case")
        if not isinstance(strings, dict) or {*strings} != _PLUGIN_KEYS:
            raise ValueError(f"{name} needs exactly {', '.join(sorted(_PLUGIN_KEYS))}")
        if strings["severity"] not in {"error", "warning", "note"}:
            raise ValueError(f"the severity of {name} must be error, warning or note")
        rules[name] = Rule(name=name, message="", **strings)
    return rules


def forget_plugin_rules() -> None:
    """Read the rules of plugins again: others may be installed or disabled."""
    for cached in (rules, plugin_rules):
        cached.cache_clear()


def find_rule(name: str) -> Rule:
    """Return a rule by its name; an unknown name is a usage error."""
    if name not in rules():
        raise UsageError(unknown_rule_message(name))
    return rules()[name]


def rule_page(name: str) -> str:
    """Return the URL of a rule's documentation."""
    return f"{_PAGES}#{name.replace('/', '')}"


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
    """Suggest the closest name, or those that contain it, or the command that lists all of them."""
    from difflib import get_close_matches

    known = [*names]
    near = get_close_matches(shorten(name), known, 1, cutoff=cutoff)
    longer = [f"'{each}'" for each in near or sorted(known) if near or name in each]
    if name and 0 < len(longer) <= _MOST_SUGGESTED:
        return f"Did you mean {join_words(longer, 'or')}?"
    return f"`wanprep {command}` lists them."
