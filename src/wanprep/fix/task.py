"""What is asked of a fix, and what was found that it would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.fix.receipt import Earlier
from wanprep.fix.wishes import Wishes

if TYPE_CHECKING:
    from wanprep.check.seen import Question, Seen
    from wanprep.fix.places import Places
    from wanprep.fix.plan import Impossible, Plan, Untouched
    from wanprep.fix.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be mended, how, and where the results go."""

    question: Question
    ignored: frozenset[str] = frozenset()  # rules that are no reason to change anything
    wishes: Wishes = field(default_factory=Wishes)
    out: str | None = None  # None: in place
    earlier: Earlier = field(default_factory=Earlier)  # what may be written over
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Intended:
    """One file, what is to be done with it, and where that goes."""

    wanted: Wanted
    plan: Plan | Untouched | Impossible
    result: str
    refused: tuple[str, ...] = ()  # what would have to be asked, in words


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run would do."""

    seen: Seen
    places: Places
    files: tuple[Intended, ...]
