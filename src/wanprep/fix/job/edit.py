"""Edits of a text: some of its characters, and what is written instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Offsets count the characters of the text before any edit."""

    start: int
    end: int
    text: str = ""


def edited(text: str, edits: Sequence[Edit]) -> str | None:
    """Make all edits at once; None where two of them are about the same characters."""
    pieces: list[str] = []
    end = 0
    for edit in sorted(edits):
        if edit.start < end:
            return None
        pieces += (text[end : edit.start], edit.text)
        end = edit.end
    return "".join([*pieces, text[end:]])


def offset_before(offset: int, edits: Sequence[Edit]) -> int:
    """Find where a character stood before some edits were made."""
    shift = 0
    for edit in sorted(edits):
        begin = edit.start + shift
        if offset < begin:
            break
        if offset < begin + len(edit.text):
            return edit.start
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift
