"""One line of what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "note", "trouble"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `trouble` says what to do, and `note` that nothing need be."""

    section: str
    name: str
    state: State
    says: str
