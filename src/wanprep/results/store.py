"""Where results are: a few files with names, in a folder or in any place that holds such."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.errors import UsageError
from wanprep.files.atomic import explain_os_errors, write_bytes
from wanprep.files.locks import is_locked, locked
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

_LOCK: Final = ".wanprep.lock"


class Store(Protocol):
    """A place for files; names have no folders."""

    place: str  # as the user gave it

    def write(self, name: str, data: bytes) -> None:
        """Write a file, or write it over an earlier one: whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is none."""

    def list(self) -> Iterable[str]:
        """Name the files."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep other runs from writing here, where that is possible."""


class LocalStore:
    """Files in a folder, which is created with the first of them."""

    def __init__(self, folder: str) -> None:
        self.place = folder

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        write_bytes(data, os.path.join(self.place, name), overwrite=True)

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if there is none."""
        path = os.path.join(self.place, name)
        with explain_os_errors(path, "read"), suppress(FileNotFoundError), open(path, "rb") as file:
            return file.read()
        return None

    def list(self) -> Iterable[str]:
        """Name the files; there are none where there is no folder."""
        with explain_os_errors(self.place, "listed"), suppress(FileNotFoundError):
            return os.listdir(self.place)
        return ()

    def remove(self, name: str) -> None:
        """Remove a file, or leave it to the next run."""
        with suppress(OSError):
            os.unlink(os.path.join(self.place, name))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs on this machine from writing here."""
        path = os.path.join(self.place, _LOCK)
        with explain_os_errors(self.place):
            os.makedirs(self.place, exist_ok=True)
            if is_locked(path):
                raise UsageError(
                    f"another check writes to {visible(self.place)}: wait for its end, or name"
                    " another folder"
                )
        with locked(path):
            yield


def open_store(place: str) -> Store:
    """Return the store at a place that the user names."""
    if "://" in place:
        raise UsageError(f"{visible(place)} is not a folder: results are written to a folder")
    if os.path.exists(place) and not os.path.isdir(place):
        raise UsageError(f"{visible(place)} is a file: name a folder for the results")
    return LocalStore(place)
