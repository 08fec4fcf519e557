"""The facts of a file that could not be read."""

from __future__ import annotations

from typing import Final

from wanprep.probe.facts import Facts
from wanprep.probe.names import extension_format

_LONGEST_PROBLEM: Final = 200


def unread(path: str, problem: str) -> Facts:
    """Return the facts of an unreadable file."""
    return Facts(path=path, extension_format=extension_format(path), problem=one_line(problem))


def one_line(text: str) -> str:
    """Return a text as one printable line of limited length, whatever bytes it quotes."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(plain.split())
    return line if len(line) <= _LONGEST_PROBLEM else line[: _LONGEST_PROBLEM - 1] + "…"
