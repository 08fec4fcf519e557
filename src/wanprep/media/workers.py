"""Probe files in worker processes, except those whose facts are cached, and report progress."""

from __future__ import annotations

import os
from collections import deque
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache as kept
from functools import partial
from itertools import chain, groupby, islice, repeat
from operator import length_hint
from typing import TYPE_CHECKING, Final, Protocol

from wanprep.media.cache import Cache
from wanprep.media.facts import NOT_READ, Facts, is_url, unreadable_facts
from wanprep.stores.stores import is_object_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.engines.engine import Engine
    from wanprep.engines.pool import WorkerPool
    from wanprep.engines.worker_process import Call, Failure, Outcome
    from wanprep.media.cache import Stamp
    from wanprep.stores.stores import Stores

    _LookedUp = tuple[str, Facts | None, Stamp | None]

TASK: Final = "wanprep.media.probe_file:facts_as_json"
PARTS_TASK: Final = "wanprep.media.probe_file:facts_of_parts"
_SECONDS: Final = 10.0
_DEEP_SECONDS: Final = 120.0
# No reader of headers needs a tenth of it; decoding an image of 64 megapixels needs it all.
_MEMORY: Final = 300 * 2**20
# ffmpeg, which decodes for --deep, keeps a dozen frames of a video at once.
_DEEP_MEMORY: Final = 1024 * 2**20
# Headers are read so quickly that it pays to send several names at a time.
_BATCH: Final = 16
_LOOKED_UP: Final = 256


class Progress(Protocol):
    """Receives reports while files are probed, and must return quickly."""

    def expect(self, count: int) -> None:
        """Expect `count` more files; 0: unknown."""

    def add(self, facts: Facts, *, cached: bool) -> None:
        """Count a file that was probed or cached."""


_progress: Final[ContextVar[Progress | None]] = ContextVar("progress", default=None)


@contextmanager
def report_to(progress: Progress) -> Iterator[None]:
    """Send the reports to `progress` inside the block."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


class _Delayed:
    """Keeps reports until the files are done with."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.waiting: deque[tuple[Facts, bool]] = deque()

    def expect(self, count: int) -> None:
        if self._progress:
            self._progress.expect(count)

    def add(self, facts: Facts, *, cached: bool) -> None:
        self.waiting.append((facts, cached))

    def release(self) -> None:
        """Pass the next report on."""
        if self.waiting:
            facts, cached = self.waiting.popleft()
            if self._progress:
                self._progress.add(facts, cached=cached)


@contextmanager
def delay_reports() -> Iterator[Callable[[], None]]:
    """Report a file only when the function that is yielded is called, or in the end.

    It is for work that takes longer than probing: progress then shows how much of it is done.
    """
    delayed = _Delayed(_progress.get())
    with report_to(delayed):
        yield delayed.release
    while delayed.waiting:
        delayed.release()


def expect(count: int) -> None:
    """Report that so many more files will be probed."""
    if progress := _progress.get():
        progress.expect(count)


def report(facts: Facts, *, cached: bool = False) -> None:
    """Report a file that was probed or cached."""
    if progress := _progress.get():
        progress.add(facts, cached=cached)


def probe_pool(
    *, deep: bool = False, workers: int | None = None, seconds: float | None = None
) -> WorkerPool:
    """Return a pool for `probe_with`."""
    from wanprep.engines.pool import WorkerPool

    return WorkerPool(
        [TASK, PARTS_TASK],
        seconds=seconds or (_DEEP_SECONDS if deep else _SECONDS),
        memory=_DEEP_MEMORY if deep else _MEMORY,
        workers=workers or os.cpu_count() or 1,
        batch=1 if deep else _BATCH,
    )


def probe_in_worker(
    path: str | os.PathLike[str], *, deep: bool = False, cache: bool = False
) -> Facts:
    """Probe one file."""
    path = os.fspath(path)
    if "://" in path and (is_url(path) or is_object_url(path)):
        return next(probe_in_workers([path], deep=deep, cache=cache, workers=1))
    with Cache(deep=deep) if cache else nullcontext() as store:
        facts, stamp = store.look_up(path) if store else (None, None)
        cached = facts is not None
        if facts is None:
            with probe_pool(deep=deep, workers=1) as pool:
                facts = facts_of(path, pool.run(TASK, path, deep))
            _remember(store, facts, stamp)
    report(facts, cached=cached)
    return facts


def probe_in_workers(
    paths: Iterable[str | os.PathLike[str] | Facts],
    *,
    deep: bool,
    cache: bool,
    workers: int | None,
    allow_hosts: Sequence[str] = (),
    stores: Stores | None = None,
    engine: Engine | None = None,
) -> Iterator[Facts]:
    """Probe many files in workers that end with the last file; facts among them stay.

    https URLs are read from this machine, also where an engine reads all else.
    """
    expect(length_hint(paths))
    names = (path if isinstance(path, Facts | str) else os.fspath(path) for path in paths)
    with prober(deep=deep, cache=cache, workers=workers, stores=stores, engine=engine) as probe:
        for is_remote, group in groupby(names, lambda each: isinstance(each, str) and is_url(each)):
            if is_remote:
                from wanprep.media.remote.probing import probe_urls

                urls = [str(url) for url in group]
                yield from probe_urls(urls, deep=deep, cache=cache, allow_hosts=allow_hosts)
            else:
                yield from probe(group)


@contextmanager
def prober(
    *,
    deep: bool,
    cache: bool,
    workers: int | None,
    stores: Stores | None = None,
    engine: Engine | None = None,
) -> Iterator[Callable[[Iterable[str | Facts]], Iterator[Facts]]]:
    """Yield a function that probes files and objects, as often as needed, in the same workers."""
    if engine:
        from wanprep.media.shards import probe_on
        from wanprep.stores.stores import Stores

        yield partial(probe_on, engine, stores=stores or Stores(), deep=deep, cache=cache)
        return
    with ExitStack() as stack, Cache(deep=deep) if cache else nullcontext() as store:

        @kept
        def pool() -> WorkerPool:
            return stack.enter_context(probe_pool(deep=deep, workers=workers))

        yield partial(probe_paths, pool, stores=stores, deep=deep, cache=store)


def probe_paths(
    pool: Callable[[], WorkerPool],
    paths: Iterable[str | Facts],
    *,
    stores: Stores | None,
    deep: bool,
    cache: Cache | None,
) -> Iterator[Facts]:
    """Yield the facts of files and of objects in stores, in order; see `probe_with`."""
    for is_object, group in groupby(paths, _is_object):
        if is_object:
            from wanprep.media.remote.probing import probe_objects

            yield from probe_objects(pool(), group, stores, deep=deep, cache=cache)
        else:
            yield from probe_with(pool, group, deep=deep, cache=cache)


def _is_object(path: str | Facts) -> bool:
    return isinstance(path, str) and is_object_url(path)


def probe_with(
    pool: Callable[[], WorkerPool],
    paths: Iterable[str | Facts],
    *,
    deep: bool = False,
    cache: Cache | None = None,
) -> Iterator[Facts]:
    """Yield the facts of each path, in order; those that are known already as they are.

    `pool` is called when the first file must be read.
    """
    looked_up = _look_up(paths, cache)
    for first in looked_up:
        if first[1] is None:
            yield from _read(pool(), chain([first], looked_up), deep=deep, cache=cache)
        else:
            report(first[1], cached=True)
            yield first[1]


def _read(
    pool: WorkerPool, files: Iterable[_LookedUp], *, deep: bool, cache: Cache | None
) -> Iterator[Facts]:
    calls: Iterable[tuple[_LookedUp, Call | None]] = (
        (each, None if each[1] else (TASK, each[0], deep)) for each in files
    )
    for (path, cached_facts, stamp), outcome in pool.map(calls):
        facts = cached_facts or facts_of(path, outcome)
        if not cached_facts:
            _remember(cache, facts, stamp)
        report(facts, cached=cached_facts is not None)
        yield facts


def _look_up(paths: Iterable[str | Facts], cache: Cache | None) -> Iterator[_LookedUp]:
    """Yield each path with its facts, if they are known, and the stamp of its file."""
    rest = iter(paths)
    while some := list(islice(rest, _LOOKED_UP)):
        names = [path for path in some if isinstance(path, str)]
        found = iter(cache.look_up_many(names) if cache else repeat((None, None)))
        for path in some:
            yield (path.path, path, None) if isinstance(path, Facts) else (path, *next(found))


def _remember(cache: Cache | None, facts: Facts, stamp: Stamp | None) -> None:
    is_read = facts.format != "unknown" and not (facts.problem or "").startswith(NOT_READ)
    if cache and stamp and is_read:
        cache.remember(facts, stamp)


def facts_of(path: str, outcome: Outcome) -> Facts:
    """Read what a worker answered, or why it did not."""
    if isinstance(outcome, dict):
        return Facts.from_json(outcome)
    return unreadable_facts(path, _problem(outcome))


def _problem(failure: Failure) -> str:
    match failure.cause:
        case "slow":
            return f"{NOT_READ}: it took longer than {failure.detail}"
        case "killed":
            return f"{NOT_READ}: its reader was killed, probably for lack of memory"
        case "crashed":
            return f"damaged: reading it crashed a media library ({failure.detail})"
        case "memory":
            return "reading it would need too much memory"
        case "internal" | "refused":
            last_line = failure.detail.strip().rpartition("\n")[2]
            return f"{NOT_READ}: internal error ({last_line})"
        case "stopped":
            return f"{NOT_READ}: the work was stopped"
