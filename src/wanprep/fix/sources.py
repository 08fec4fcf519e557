"""Objects of stores as local files, for as long as they are needed."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.files.atomic import explain_os_errors
from wanprep.fix.output import download_path
from wanprep.fix.plan.plan import CannotFix
from wanprep.media.remote.threads import DaemonThreads
from wanprep.stores.store import ObjectChanged, StoreError
from wanprep.text import file_size, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.stores.store import Part
    from wanprep.stores.stores import Stores

MOST_BYTES: Final = 4 * 2**30
_PART: Final = 8 * 2**20
_LEFT_FREE: Final = 256 * 2**20  # of the disk, for all others and for the result
_SECONDS: Final = 0.1  # after which an interruption is noticed, also when a store is silent


class Sources(Closing):
    """Downloads objects, each once. Used by several threads."""

    def __init__(self, stores: Stores, downloads: int) -> None:
        self._stores = stores
        self._threads = DaemonThreads(downloads)
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """End what is being downloaded; calls in other threads raise CannotFix."""
        self._is_stopped.set()

    def close(self) -> None:
        """Let the threads end."""
        self._threads.close()

    @contextmanager
    def download(self, path: str) -> Iterator[str]:
        """Yield the file into which an object was downloaded; it is removed in the end."""
        with download_path(path) as file:
            try:
                self._download(path, file)
            except ObjectChanged as error:
                raise CannotFix(f"{error}: run this again") from error
            except StoreError as error:
                raise CannotFix(f"it cannot be downloaded: {error}. {error.advice}") from error
            yield file

    def _download(self, url: str, file: str) -> None:
        with explain_os_errors(file), open(file, "xb") as target:
            part = self._read(url, 0, "")
            require_room(url, part.size, os.path.dirname(file))
            while True:
                target.write(part.data)
                if target.tell() >= part.size or not part.data:
                    return
                part = self._read(url, target.tell(), part.etag)

    def _read(self, url: str, start: int, etag: str) -> Part:
        """Read a part in a thread that nobody waits for after an interruption."""
        store, key = self._stores.at(url)
        end = start + _PART
        future = self._threads.submit(partial(store.read, key, start, end, same=etag))
        while not self._is_stopped.is_set():
            with suppress(TimeoutError):
                return future.result(_SECONDS)
        raise CannotFix("the work was stopped before it was done. Run it again.")


def too_large(size: int | None) -> str:
    """Return why an object is not downloaded to be fixed; empty if it is."""
    if size is None or size <= MOST_BYTES:
        return ""
    return (
        f"it has {file_size(size)}, and objects of at most {file_size(MOST_BYTES)} are downloaded:"
        " copy it to this machine, and fix the copy"
    )


def require_room(url: str, size: int, folder: str) -> None:
    """Raise CannotFix for an object that is too large for this machine."""
    if problem := too_large(size):
        raise CannotFix(problem)
    free = shutil.disk_usage(folder).free - _LEFT_FREE
    if size > free:
        raise CannotFix(
            f"{visible(url)} has {file_size(size)}, and {visible(folder)} has no room"
            " for it: free some, or set WANPREP_CACHE_DIR to a folder on a larger disk"
        )
