"""Bring a finished file to its place: whole or not at all, and never over a stranger's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_OUTSIDE: Final = "outside"


@dataclass(slots=True)
class Places:
    """Gives each file a name of its own."""

    out: str | None  # None: in place
    base: str = ""
    ours: Callable[[str], bool] = lambda _: False  # tells what may be written over
    _taken: set[str] = field(default_factory=set)

    def reserve(self, paths: Iterable[str]) -> None:
        """Keep the names of files that stay as they are."""
        self._taken |= {self._mirrored(path) for path in paths}

    def place(self, source: str, suffix: str | None = None) -> str:
        """Say where a file goes, with another ending if it needs one."""
        stem, old = os.path.splitext(self._mirrored(source))
        wished = stem + (old if suffix is None or old.lower() == suffix else suffix)
        if wished == stem + old:
            self._taken.add(wished)
            return wished
        # hero.heic beside a hero.jpg becomes hero-heic.jpg.
        names = (wished, f"{stem}-{old[1:].lower()}{suffix}")
        numbered = (f"{stem}-{number}{suffix}" for number in range(2, 10**6))
        free = next(name for name in (*names, *numbered) if self._is_free(name))
        self._taken.add(free)
        return free

    def _is_free(self, name: str) -> bool:
        return name not in self._taken and (not os.path.lexists(name) or self.ours(name))

    def _mirrored(self, source: str) -> str:
        if self.out is None:
            return source
        relative = os.path.relpath(os.path.abspath(source), self.base)
        if relative.split(os.sep)[0] == os.pardir:
            relative = os.path.join(
                _OUTSIDE, *(p for p in relative.split(os.sep) if p != os.pardir)
            )
        return os.path.join(self.out, relative)

    def is_result(self, path: str) -> bool:
        """Tell whether a file lies in the folder that is written to."""
        if self.out is None:
            return False
        out = os.path.abspath(self.out)
        return os.path.commonpath([out, os.path.abspath(path)]) == out


def base_of(paths: Iterable[str], files: Iterable[str]) -> str:
    """Find the folder under which everything that was named lies."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths
               if path != "-" and os.path.lexists(path)]  # fmt: skip
    folders = folders or [os.path.dirname(file) for file in files]
    return os.path.commonpath([os.path.abspath(folder) for folder in folders or ["."]])
