"""What was uploaded: files under public addresses, until they expire."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file."""

    place: str  # the path of its public address, decoded
    path: Path
    content_type: str
    bytes: int
    since: float
    expires: float | None

    @property
    def gone(self) -> bool:
        """Tell whether its time is over."""
        return self.expires is not None and time.time() >= self.expires


class Shelf:
    """All files that were uploaded, by the path of their address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Stored] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def put(
        self, place: str, content: bytes, content_type: str, *, lifetime: float | None = None
    ) -> Stored:
        """Keep a file, for some seconds or for good."""
        path = self._folder / f"upload-{next(self._numbers)}"
        path.write_bytes(content)
        now = time.time()
        stored = Stored(
            place=place,
            path=path,
            content_type=content_type,
            bytes=len(content),
            since=now,
            expires=None if lifetime is None else now + lifetime,
        )
        with self._lock:
            self._files[place] = stored
        return stored

    def get(self, place: str) -> Stored | None:
        """Return a file that is still there."""
        with self._lock:
            stored = self._files.get(place)
        return None if stored is None or stored.gone else stored

    def at(self, url: str) -> Stored | None:
        """Return the file that an address of ours names."""
        return self.get(unquote(urlsplit(url).path))

    def remove(self, place: str) -> None:
        """Forget a file."""
        with self._lock:
            self._files.pop(place, None)

    def below(self, prefix: str) -> Iterator[Stored]:
        """List what is still there below a path, the oldest first."""
        with self._lock:
            files = tuple(self._files.values())
        return (file for file in files if file.place.startswith(prefix) and not file.gone)
