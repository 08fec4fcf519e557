"""What a rule reports, Before and After, as `wanprep explain` and the documentation show it."""

from __future__ import annotations

import json
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.rules.target import DEFAULT_TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FileExample:
    """A media file, by those of its facts that matter."""

    file: str
    facts: Mapping[str, Any]
    role: str = ""  # empty: the usual one of its kind

    @property
    def text(self) -> str:
        """The facts in a line."""
        words = (f"{name} {json.dumps(value)}" for name, value in self.facts.items())
        return f"{self.file}: {', '.join(words)}\n"


@dataclass(frozen=True, slots=True)
class Example:
    """What has the finding, and what no longer has: each a job's text or a file."""

    before: str | FileExample
    after: str | FileExample
    target: str = DEFAULT_TARGET
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # facts of a job's files

    @property
    def texts(self) -> tuple[str, str]:
        """Before and After as text."""
        first, last = (each if isinstance(each, str) else each.text
                       for each in (self.before, self.after))  # fmt: skip
        return first, last


@cache
def _examples() -> Mapping[str, dict[str, Any]]:
    text = Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
    examples: dict[str, dict[str, Any]] = json.loads(text)
    return examples


def example_of(rule: str) -> Example | None:
    """Return the example of a rule; a plugin's has none."""
    data = _examples().get(rule)
    if data is None:
        return None
    return Example(**data | {name: _shown(data[name]) for name in ("before", "after")})


def _shown(data: str | dict[str, Any]) -> str | FileExample:
    if isinstance(data, str):
        return data
    facts = {name: value for name, value in data.items() if name not in {"file", "role"}}
    return FileExample(data["file"], facts, data.get("role", ""))
