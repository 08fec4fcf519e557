"""Probe objects of stores: the beginnings of many at once, then what is missing, in rounds."""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from itertools import count, islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.media.facts import (
    MISSING,
    NOT_DECODED,
    NOT_READ,
    Facts,
    extension_format,
    unreadable_facts,
)
from wanprep.media.remote.download import MAX_BYTES
from wanprep.media.remote.parts import HEAD, Parts
from wanprep.media.remote.prober import DEEP_BYTES
from wanprep.media.remote.threads import DaemonThreads
from wanprep.media.remote.version import Probed, Version
from wanprep.stores.store import (
    NoSuchObject,
    NotAllowed,
    ObjectChanged,
    ObjectUnchanged,
    StoreError,
)
from wanprep.stores.stores import ListedUrl
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from wanprep.stores.store import Part, Store
    from wanprep.stores.stores import Stores

    Missing = tuple[int, int]  # offset and length
    Found = Facts | Missing | None

# A store that takes long to answer answers hundreds of requests at once. Where it is near, so many
# threads would wait for each other: the first ones suffice for answers that take 20 ms, and 128 for
# those that take 100 ms.
_THREADS: Final = 128
_FIRST_THREADS: Final = 16
_NEAR: Final = 0.02
_THREADS_BY_SECOND: Final = 1400
_TIMED: Final = 64  # requests, of which the quickest shows how far a store is
# While the workers read the parts of one batch, those of the next are requested.
_BATCH: Final = 256
# A store that failed so often in a row, each time with several attempts, is not asked again.
_FAILURES: Final = 2 * _THREADS
# How much of the end the readers of JPEG and PNG look at: it is requested before they ask.
_ENDS: Final = {b"\xff\xd8\xff": 4096, b"\x89PNG": 64 * 1024}
_ANSWERS: Final = (NoSuchObject, NotAllowed, ObjectChanged, ObjectUnchanged)


@dataclass(slots=True)
class RemoteObject:
    """An object of which parts are written to their places in a local file."""

    url: str
    file: str
    known: Probed | None
    parts: Parts = field(default_factory=lambda: Parts(0))
    version: Version = field(default_factory=Version)
    content_type: str | None = None
    left: int = MAX_BYTES
    was_changed: bool = False
    result: Probed | None = None

    def write(self, *pieces: tuple[int, bytes]) -> None:
        """Write bytes to their places; what an earlier object has left behind the last is cut."""
        handle = os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            for at, data in pieces:
                os.pwrite(handle, data, at)
            if self.parts.complete:
                os.ftruncate(handle, self.parts.size)
        finally:
            os.close(handle)

    def fail(self, problem: str) -> None:
        """End with a reason why there are no facts."""
        self.result = Probed(unreadable_facts(self.url, problem))

    def find(self, facts: Facts) -> None:
        """End with facts."""
        self.result = Probed(replace(facts, content_type=self.content_type), self.version)


class ObjectProber(Closing):
    """Probes objects in batches; all requests are sent from threads."""

    def __init__(
        self,
        stores: Stores,
        read_parts: Callable[[Iterable[RemoteObject]], Iterator[tuple[RemoteObject, Found]]],
        decode: Callable[[str], Facts] | None = None,
    ) -> None:
        """Read with functions that get local files.

        `read_parts` yields for each object, in order, its facts or which bytes are missing; None
        for one that has a result already. `decode` is for --deep, and gets whole files.
        """
        self._stores = stores
        self._read_parts = read_parts
        self._decode = decode
        # Without a lock, for which so many threads would wait longer than for the store.
        self._failing: dict[Store, int] = {}
        self._folder = TemporaryDirectory(prefix="wanprep-", ignore_cleanup_errors=True)
        self._numbers = count()
        self._files: list[str] = []  # written over, since to create one takes longer than the rest
        self._threads = DaemonThreads(_THREADS, _FIRST_THREADS)
        self._seconds: deque[float] = deque(maxlen=_TIMED)  # that requests took

    def close(self) -> None:
        """End the threads, and remove what was downloaded."""
        self._threads.close()
        self._folder.cleanup()

    def probe_all(self, urls: Iterable[tuple[str, Probed | None]]) -> Iterator[Probed]:
        """Probe objects in their order; a request confirms what is known, or the listing does."""
        remaining = iter(urls)
        begun: deque[list[_Begun]] = deque()
        while True:
            while len(begun) < 2 and (batch := list(islice(remaining, _BATCH))):
                begun.append([self._begin(url, known) for url, known in batch])
            if not begun:
                return
            yield from self._finish(begun.popleft())

    def _begin(self, url: str, known: Probed | None) -> _Begun:
        file = self._files.pop() if self._files else f"{self._folder.name}/{next(self._numbers)}"
        remote = RemoteObject(url, file, known)
        if known and isinstance(url, ListedUrl) and url.etag == known.version.etag:
            remote.result = replace(known, is_cached=True)
            return remote, None
        return remote, self._threads.submit(partial(self._fetch, remote, None))

    def _finish(self, batch: list[_Begun]) -> Iterator[Probed]:
        pending = batch
        while pending:
            again: list[_Begun] = []
            for remote, found in self._read_parts(map(self._wait, pending)):
                if isinstance(found, Facts):
                    again += self._end(remote, found)
                elif found:
                    again.append(
                        (remote, self._threads.submit(partial(self._fetch, remote, found)))
                    )
            pending = again
        for remote, _ in batch:
            if self._decode:
                with suppress(FileNotFoundError):
                    os.unlink(remote.file)  # it may be large
            self._files.append(remote.file)
            assert remote.result  # noqa: S101 - the rounds end with the last result
            yield remote.result

    def _wait(self, begun: _Begun) -> RemoteObject:
        remote, future = begun
        if future:
            future.result()
            self._allow_threads()
        return remote

    def _end(self, remote: RemoteObject, facts: Facts) -> list[_Begun]:
        remote.find(facts)
        if not (self._decode and facts.readable):
            return []
        decode = partial(self._decode_whole, remote, facts, self._decode)
        return [(remote, self._threads.submit(decode))]

    def _fetch(self, remote: RemoteObject, missing: Missing | None) -> None:
        """Request the beginning, or what is missing; of one that changes, once more all."""
        try:
            self._store_part(remote, missing)
        except ObjectUnchanged:
            assert remote.known  # noqa: S101 - or it would not have been asked
            remote.result = replace(remote.known, is_cached=True)
        except ObjectChanged as error:
            if remote.was_changed:
                remote.fail(f"{NOT_READ}: {error}")
                return
            remote.was_changed, remote.parts = True, Parts(0)
            self._fetch(remote, None)
        except NoSuchObject:
            remote.fail(MISSING)
        except (StoreError, OSError) as error:
            remote.fail(f"{NOT_READ}: {error}")

    def _store_part(self, remote: RemoteObject, missing: Missing | None) -> None:
        if missing:
            start, end = remote.parts.next_request(*missing)
            remote.write((start, self._request(remote, start, end).data))
            return
        part = self._request(remote, 0, HEAD)
        pieces = [(0, part.data)]
        for beginning, length in _ENDS.items():
            if part.data.startswith(beginning) and not remote.parts.complete:
                start = max(HEAD, part.size - length)
                pieces.append((start, self._request(remote, start, part.size).data))
        remote.write(*pieces)

    def _request(self, remote: RemoteObject, start: int, end: int) -> Part:
        """Read a part, of the version of the first one."""
        remote.left -= end - start
        if remote.left < 0:
            raise StoreError(f"reading it would take more than {file_size(MAX_BYTES)}")
        if start:
            part = self._read(remote.url, start, end, same=remote.version.etag)
        else:
            known = remote.known.version.etag if remote.known else ""
            part = self._read(remote.url, start, end, other=known)
            remote.parts, remote.version = Parts(part.size), Version(part.etag)
            remote.content_type = part.content_type
        if part.data:
            remote.parts.add(start, start + len(part.data))
        return part

    def _read(self, url: str, start: int, end: int, **version: str) -> Part:
        """Read from a store, unless it has not answered for a while."""
        store, key = self._stores.at(url)
        if self._failing.get(store, 0) >= _FAILURES:
            raise StoreError("its store did not answer other requests")
        try:
            begun = time.monotonic()
            part = store.read(key, start, end, **version)
            self._seconds.append(time.monotonic() - begun)
        except _ANSWERS:
            self._failing.pop(store, None)
            raise
        except StoreError:
            self._failing[store] = self._failing.get(store, 0) + 1
            raise
        self._failing.pop(store, None)
        return part

    def _allow_threads(self) -> None:
        """Allow as many threads as it takes to wait for answers that need so long."""
        if len(self._seconds) >= _FIRST_THREADS:
            waiting = max(0.0, min(tuple(self._seconds)) - _NEAR)
            self._threads.allow(_FIRST_THREADS + int(waiting * _THREADS_BY_SECOND))

    def _decode_whole(
        self, remote: RemoteObject, facts: Facts, decode: Callable[[str], Facts]
    ) -> None:
        """Download all of an object, if it is not too large, and decode it."""
        size, limit = remote.parts.size, file_size(DEEP_BYTES)
        if size > DEEP_BYTES:
            why = f"{file_size(size)}; --deep downloads at most {limit} of an object"
            remote.find(replace(facts, problem=f"{NOT_DECODED}: {why}"))
            return
        try:
            if not remote.parts.complete:
                part = self._read(remote.url, 0, size, same=remote.version.etag)
                remote.parts.add(0, size)
                remote.write((0, part.data))
        except (StoreError, OSError) as error:
            remote.find(replace(facts, problem=f"{NOT_DECODED}: {error}"))
            return
        claimed = extension_format(remote.url)
        remote.find(replace(decode(remote.file), path=remote.url, extension_format=claimed))


_Begun = tuple[RemoteObject, "Future[None] | None"]
