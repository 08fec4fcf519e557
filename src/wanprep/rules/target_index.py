"""What is needed of every target before one is used, kept beside the cache of facts.

To parse the files of all targets takes as long as to check an image. So what was read of them is
listed in one file, and a target's own file is read again when its size or its times change.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wanprep import __version__
from wanprep.media.cache import Stamp, cache_folder, is_settled, stamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME: Final = f"index-{__version__}.json"


class Listed(NamedTuple):
    """What is needed of a target before it is used."""

    id: str  # empty where there is none
    title: str = ""
    places: Mapping[str, Any] = {}
    is_default: bool = False


class TargetIndex:
    """The targets in files, by path and stamp."""

    def __init__(self) -> None:
        self._file = os.path.join(cache_folder(), "targets", _NAME)
        self._entries = _read_index(self._file)
        self._has_new = False

    def entry_of(self, file: Path) -> Listed:
        """Return what a target's file says, which is read if it has changed."""
        path, stamp = os.path.abspath(file), stamp_of(str(file))
        kept = self._entries.get(path)
        with suppress(TypeError, ValueError):
            if kept and stamp and tuple(kept[0]) == stamp:
                return Listed(*kept[1])
        listed = _read_entry(file)
        if listed.id and stamp and is_settled(stamp):
            self._entries[path], self._has_new = (stamp, listed), True
        return listed

    def save(self) -> None:
        """Write what is new; that it cannot be written costs time, never a result."""
        if not self._has_new:
            return
        entries = {path: each for path, each in self._entries.items() if os.path.exists(path)}
        part = f"{self._file}.{os.getpid()}"
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            with open(part, "w", encoding="ascii") as index:
                json.dump(entries, index)
            os.replace(part, self._file)


def _read_index(file: str) -> dict[str, tuple[Stamp, Listed]]:
    try:
        with open(file, "rb") as index:
            entries = json.loads(index.read())
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _read_entry(file: Path) -> Listed:
    try:
        return _entry_in(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return Listed("")


@lru_cache(256)
def _entry_in(text: str) -> Listed:
    try:
        data = json.loads(text)
        name, title, places = data["id"], str(data.get("title")), data.get("places", {})
        usable = all({"key", "in", "kind", "title", "description"} <= {*each}
                     for each in places.values())  # fmt: skip
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return Listed("")
    known = isinstance(name, str) and "/" in name
    is_default = data.get("default") is True
    return Listed(name if known else "", title, places if usable else {}, is_default)
