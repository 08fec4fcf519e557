"""Where the results of a fix go: mirrored into a folder, or beside their sources."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OUTSIDE: Final = "outside"


@dataclass(slots=True)
class ResultPaths:
    """Assigns each result a path that nothing else has."""

    out: str | None  # None: in place
    base: str = ""
    may_overwrite: Callable[[str], bool] = lambda _: False
    _taken: set[str] = field(default_factory=set)

    def reserve(self, sources: Iterable[str]) -> None:
        """Keep the paths of files that stay as they are."""
        self._taken |= {self._mirrored(source) for source in sources}

    def assign(self, source: str, suffix: str | None = None) -> str:
        """Choose the path for a file's result, with another suffix if it needs one."""
        stem, old = os.path.splitext(self._mirrored(source))
        if suffix is None or old.lower() == suffix:
            self._taken.add(stem + old)
            return stem + old
        # hero.heic beside a hero.jpg becomes hero-heic.jpg.
        endings = chain(("", f"-{old[1:].lower()}"), (f"-{number}" for number in count(2)))
        paths = (f"{stem}{ending}{suffix}" for ending in endings)
        free = next(path for path in paths if self._is_free(path))
        self._taken.add(free)
        return free

    def _is_free(self, path: str) -> bool:
        return path not in self._taken and (not os.path.lexists(path) or self.may_overwrite(path))

    def _mirrored(self, source: str) -> str:
        if self.out is None:
            return source
        parts = os.path.relpath(os.path.abspath(source), self.base).split(os.sep)
        if parts[0] == os.pardir:
            parts = [_OUTSIDE, *(part for part in parts if part != os.pardir)]
        return os.path.join(self.out, *parts)

    def is_result(self, path: str) -> bool:
        """Whether a file is in the folder that is written to."""
        if self.out is None:
            return False
        out = os.path.abspath(self.out)
        return os.path.commonpath([out, os.path.abspath(path)]) == out


def common_folder(paths: Iterable[str], files: Iterable[str]) -> str:
    """Find the folder that holds everything named; of patterns and lists, what they led to."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths
               if path != "-" and os.path.lexists(path)]  # fmt: skip
    folders = folders or [os.path.dirname(file) for file in files] or ["."]
    return os.path.commonpath([os.path.abspath(folder) for folder in folders])
