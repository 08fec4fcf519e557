"""Ask the cache first and worker processes for the rest."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from operator import length_hint
from typing import TYPE_CHECKING, Final

from wanprep.probe.cache import Cache
from wanprep.probe.crew import Crew
from wanprep.probe.onlooker import expect, told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wanprep.probe.cache import Stamp
    from wanprep.probe.facts import Facts

# They wait most of the time, and for servers that may take theirs.
_REMOTE_WORKERS: Final = 6
_REMOTE_SECONDS: Final = 60.0

_lock: Final = threading.Lock()
_crews: Final[dict[tuple[int, bool], Crew]] = {}


def ask_kept_worker(path: str | os.PathLike[str], *, deep: bool, cache: bool) -> Facts:
    """Answer for one file, by a worker that is kept for the next call."""
    with _lock, _answers(_kept_crew(deep), [os.fspath(path)], deep, cache) as facts:
        return next(facts)


def ask_crew(
    paths: Iterable[str | os.PathLike[str]], *, deep: bool, cache: bool, workers: int | None
) -> Iterator[Facts]:
    """Answer for many files, by workers that go home at the end."""
    expect(length_hint(paths))
    names = (os.fspath(path) for path in paths)
    with Crew(deep=deep, workers=workers) as crew, _answers(crew, names, deep, cache) as facts:
        yield from facts


def ask_for_urls(urls: Collection[str]) -> Iterator[Facts]:
    """Answer for files behind addresses: headers and ranges only, and nothing is remembered."""
    expect(len(urls))
    with Crew(remote=True, workers=_REMOTE_WORKERS, seconds=_REMOTE_SECONDS) as crew:
        yield from map(told, crew.probe(urls))


def _kept_crew(deep: bool) -> Crew:
    # A forked child must not share its parent's workers, hence the process id.
    key = (os.getpid(), deep)
    if key not in _crews:
        _crews[key] = Crew(deep=deep, workers=1)
        atexit.register(_crews[key].close)
    return _crews[key]


@contextmanager
def _answers(
    crew: Crew, paths: Iterable[str], deep: bool, cache: bool
) -> Iterator[Iterator[Facts]]:
    if not cache:
        yield map(told, crew.probe(paths))
        return
    with Cache(deep=deep) as memory:
        yield _remembered(crew, paths, memory)


def _remembered(crew: Crew, paths: Iterable[str], memory: Cache) -> Iterator[Facts]:
    stamps: dict[str, Stamp | None] = {}  # of the files under way

    def unknown() -> Iterator[str | Facts]:
        for path in paths:
            known, stamp = memory.look_up(path)
            if not known:
                stamps[path] = stamp
            yield known or path

    for facts in crew.probe(unknown()):
        remembered = facts.path not in stamps
        stamp = stamps.pop(facts.path, None)
        if stamp and facts.format != "unknown":
            memory.remember(facts, stamp)
        yield told(facts, remembered=remembered)
