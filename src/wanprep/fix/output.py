"""Where results are written: into folders, or as objects into a bucket.

A result may replace an earlier one, and nothing else. In a folder, receipts list what wanprep has
written. An object carries a mark, with which it is written: no other object has it, and no copy.
"""

from __future__ import annotations

import mimetypes
import os
from contextlib import suppress
from dataclasses import field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.files.atomic import (
    AlreadyExists,
    copy_file,
    move_into_place,
    require_writable,
    sha256_of,
    temporary_path,
)
from wanprep.fix.earlier_results import (
    EarlierResults,
    read_earlier_results,
    read_interrupted_results,
)
from wanprep.fix.journal import has_hash
from wanprep.media.cache import cache_folder
from wanprep.media.facts import is_remote
from wanprep.stores.store import NoSuchObject, ObjectChanged, ObjectExists, explain_store_errors
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from wanprep.stores.store import Mark
    from wanprep.stores.stores import Stores

_ANY: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FolderOutput:
    """Folders; some may be those of the sources."""

    earlier: EarlierResults = field(default_factory=EarlierResults)

    def has_written(self, path: str) -> bool:
        """Whether an earlier result is at a path, unchanged."""
        return self.earlier.has_written(path)

    def has_result(self, path: str, sha256: str) -> bool:
        """Whether the result with this hash is at a path."""
        return has_hash(path, sha256)

    def is_taken(self, path: str) -> bool:
        """Whether anything is at a path."""
        return os.path.lexists(path)

    def require_writable(self, path: str, *, overwrite: bool) -> None:
        """Raise what writing a result would certainly raise, and write nothing."""
        require_writable(path, overwrite=overwrite)

    def temporary_path(self, path: str) -> AbstractContextManager[str]:
        """Yield an unused name beside `path`."""
        return temporary_path(path)

    def deliver(self, part: str, path: str, *, like: str, overwrite: bool = False) -> None:
        """Put a finished temporary file in its place, with the permissions of `like`."""
        move_into_place(part, path, mode_of=like, overwrite=overwrite or self.has_written(path))

    def copy(self, source: str, path: str) -> None:
        """Put a copy of a local file in its place."""
        copy_file(source, path, overwrite=self.has_written(path))


class BucketOutput:
    """Objects of a bucket."""

    def __init__(self, out: str, stores: Stores, earlier: EarlierResults) -> None:
        self.earlier = earlier
        self._out = out
        self._stores = stores
        self._is_found = False

    def has_written(self, path: str) -> bool:
        """Whether an earlier result is at a path."""
        mark = self._mark_at(path)
        return mark is not None and _is_own(mark, path)

    def has_result(self, path: str, sha256: str) -> bool:
        """Whether the result with this hash is at a path; not asked if no receipt lists it."""
        mark = self._mark_at(path) if self.earlier.entries_for(path) else None
        return mark is not None and mark.text == _mark_of(path, sha256)

    def is_taken(self, path: str) -> bool:
        """Whether there is such an object."""
        return self._mark_at(path) is not None

    def require_writable(self, path: str, *, overwrite: bool) -> None:
        """Raise what writing a result would certainly raise, and write nothing."""
        if not self._is_found:
            with explain_store_errors(path), suppress(NoSuchObject):
                store, prefix = self._stores.at(f"{self._out}/")
                next(store.list(prefix), None)
            self._is_found = True
        if not overwrite and self.is_taken(path):
            raise _already_exists(path)

    def temporary_path(self, path: str) -> AbstractContextManager[str]:
        """Yield an unused name on this machine."""
        return download_path(path)

    def deliver(self, part: str, path: str, *, like: str, overwrite: bool = False) -> None:
        """Put a finished temporary file in its place; objects have no permissions."""
        del like, overwrite
        self.copy(part, path)

    def copy(self, source: str, path: str) -> None:
        """Put a local file in its place, unless an earlier run did."""
        mark = _mark_of(path, sha256_of(source))
        kind = mimetypes.guess_type(path)[0] or _ANY
        with explain_store_errors(path):
            store, key = self._stores.at(path)
            try:
                store.write_marked(key, source, kind, mark, over=None)
            except ObjectExists:
                there = store.mark_of(key)
                if not _is_own(there, path):
                    raise _already_exists(path) from None
                if there.text == mark:
                    return
                try:
                    store.write_marked(key, source, kind, mark, over=there)
                except ObjectChanged:
                    raise _already_exists(path) from None

    def _mark_at(self, path: str) -> Mark | None:
        with explain_store_errors(path), suppress(NoSuchObject):
            store, key = self._stores.at(path)
            return store.mark_of(key)
        return None


# A place for results, used by several threads.
Destination = FolderOutput | BucketOutput


def output_at(out: str | None, receipts: Iterable[str], stores: Stores) -> Destination:
    """Return where the results of `--out` go; without it, in place."""
    if out is None:
        return FolderOutput(read_interrupted_results())
    earlier = read_earlier_results(receipts, stores)
    return BucketOutput(out, stores, earlier) if is_remote(out) else FolderOutput(earlier)


def download_path(url: str) -> AbstractContextManager[str]:
    """Yield an unused name in the cache folder, for what is in a bucket, with its suffix."""
    return temporary_path(os.path.join(cache_folder(), "objects", url.rpartition("/")[2]))


def _owner(path: str) -> str:
    """Name the place of a result, so that a copy elsewhere is not taken for one."""
    return sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _mark_of(path: str, hash_: str) -> str:
    return f"{_owner(path)} {hash_}"


def _is_own(mark: Mark, path: str) -> bool:
    return mark.text.partition(" ")[0] == _owner(path)


def _already_exists(path: str) -> AlreadyExists:
    return AlreadyExists(
        f"{visible(path)} already exists and was not written by wanprep: remove it, or choose"
        " another prefix"
    )
