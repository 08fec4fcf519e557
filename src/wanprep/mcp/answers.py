"""What a tool answers: a result, and what the model should know beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a tool by its schema, and a sentence or two."""

    result: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is done once the user has agreed."""

    question: str
    accept: Callable[[], Answer]
    advice: str  # what to do where nobody can be asked


def options_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that a function of wanprep takes by the same names."""
    other = {"paths", "jobs", "limit", "skip"}
    return {name: value for name, value in arguments.items() if name not in other}


def window(entries: Sequence[Any], arguments: Mapping[str, Any]) -> list[Any]:
    """Return the entries that are requested."""
    skip = arguments["skip"]
    return list(entries[skip : skip + arguments["limit"]])


def cut_note(what: str, count: int, arguments: Mapping[str, Any], advice: str = "") -> str:
    """Say which entries are there, and how to get the rest; empty if these are all."""
    skip, limit = arguments["skip"], arguments["limit"]
    if skip == 0 and count <= limit:
        return ""
    last = min(skip + limit, count)
    shown = f"{skip + 1}-{last}" if last > skip else "none"
    more = f" For the next ones pass skip={last}." if last < count else ""
    return f"{what} {shown} of {count:,} are here.{more}{advice}"
