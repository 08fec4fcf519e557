"""Where results are: a few files with names, in a folder or in any place that holds such."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext, suppress
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.errors import UsageError, WanprepError
from wanprep.files.atomic import explain_os_errors, write_bytes
from wanprep.files.locks import is_locked, locked
from wanprep.net.secrets import redact
from wanprep.stores.store import NoSuchObject, StoreError
from wanprep.stores.stores import is_object_url, split_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from wanprep.stores.stores import Stores

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


class ObjectResults:
    """Objects below a prefix of a bucket, each of which is written whole."""

    def __init__(self, url: str, stores: Stores) -> None:
        self.place = redact(url)
        with self._explained("opened"):
            self._store, prefix = stores.at(url)
            self._root, _ = split_url(url)
        self._prefix = f"{prefix.rstrip('/')}/".lstrip("/")

    def write(self, name: str, data: bytes) -> None:
        """Write an object, or write it over an earlier one."""
        kind = "application/json" if name.endswith(".json") else "application/gzip"
        with NamedTemporaryFile() as file, self._explained("written"):
            file.write(data)
            file.flush()
            self._store.write(self._prefix + name, file.name, kind, overwrite=True)

    def read(self, name: str) -> bytes | None:
        """Return an object's content; None if there is none."""
        with self._explained("read"), suppress(NoSuchObject):
            size = self._store.find(self._prefix + name).size
            return self._store.read(self._prefix + name, 0, size).data
        return None

    def list(self) -> Iterable[str]:
        """Name the objects, but for those in folders."""
        with self._explained("listed"), suppress(NoSuchObject):
            begin = f"{self._root}/{self._prefix}"
            names = [url.removeprefix(begin) for url in self._store.list(self._prefix)]
            return [name for name in names if "/" not in name]
        return ()

    def remove(self, name: str) -> None:
        """Remove an object, or leave it to the next run."""
        with suppress(StoreError):
            self._store.remove(self._prefix + name)

    def lock(self) -> AbstractContextManager[None]:
        """Do nothing: buckets have no locks."""
        return nullcontext()

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except NoSuchObject:
            raise
        except StoreError as error:
            raise WanprepError(
                f"{visible(self.place)} cannot be {what}: {error}. {error.advice}, then run the"
                " same command again."
            ) from error


def open_store(place: str, stores: Stores) -> Store:
    """Return the store at a place that the user names."""
    if is_object_url(place):
        return ObjectResults(place, stores)
    if "://" in place:
        raise UsageError(
            f"{visible(place)} is neither a folder nor a bucket: name one for the results"
        )
    if os.path.exists(place) and not os.path.isdir(place):
        raise UsageError(f"{visible(place)} is a file: name a folder for the results")
    return LocalStore(place)
