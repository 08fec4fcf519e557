"""What became of a job file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wanprep.fix.steps import Safety


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change to a job file, made or proposed."""

    document: int  # its number in the file, from 1
    pointer: str  # of the value, or of the key's value, in the document as it was then
    line: int  # in the file as it was at first
    before: str
    after: str  # empty: it is left out
    words: str  # what is done, as one would ask for it: "leave out `seed`"
    safety: Safety
    rules: tuple[str, ...]  # of the findings that it is about


@dataclass(frozen=True, slots=True)
class Left:
    """What a person must mend."""

    document: int
    pointer: str
    line: int  # in the file as it was at first
    rule: str
    words: str  # a sentence or two


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedJob:
    """A job file's new text, and everything there is to say about it.

    Without changes the text is the old one. It has no byte order mark, as the text that was
    read had none, and the line ends that it had.
    """

    text: str
    changes: tuple[Change, ...] = ()
    questions: tuple[Change, ...] = ()  # changes that ask, and were not made
    left: tuple[Left, ...] = ()

    @property
    def unmended(self) -> tuple[str, ...]:
        """Name the rules that only a person can keep."""
        return tuple(dict.fromkeys(each.rule for each in self.left))
