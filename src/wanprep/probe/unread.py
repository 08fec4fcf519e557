"""The facts of a file of which nothing could be learnt but why."""

from __future__ import annotations

from typing import Final

from wanprep.probe.facts import Facts
from wanprep.probe.names import extension_format

_LONGEST_PROBLEM: Final = 200


def unread(path: str, problem: str) -> Facts:
    """Tell that nothing could be learnt of a file, and why."""
    return Facts(path=path, extension_format=extension_format(path), problem=one_line(problem))


def one_line(text: str) -> str:
    """Make a text fit for one line of a terminal, however strange the bytes it quotes."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(plain.split())
    return line if len(line) <= _LONGEST_PROBLEM else line[: _LONGEST_PROBLEM - 1] + "…"
