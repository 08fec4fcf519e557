"""Probe URLs and objects: parts of them are downloaded here, and parsed in worker processes."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from wanprep.media.cache import Cache
from wanprep.media.facts import Facts
from wanprep.media.remote.objects import ObjectProber
from wanprep.media.remote.prober import UrlProber
from wanprep.media.workers import PARTS_TASK, TASK, facts_of, probe_pool, report
from wanprep.stores.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from wanprep.engines.pool import WorkerPool
    from wanprep.engines.worker_process import Call, Outcome
    from wanprep.media.remote.objects import Found, RemoteObject
    from wanprep.media.remote.parts import Parts
    from wanprep.media.remote.version import Probed


def probe_urls(
    urls: Collection[str],
    *,
    deep: bool = False,
    cache: bool = False,
    allow_hosts: Sequence[str] = (),
) -> Iterator[Facts]:
    """Probe remote files by their headers and ranges; `deep` downloads and decodes them."""
    with (
        probe_pool() as pool,
        _decoder(deep=deep) as decode,
        Cache(deep=deep) if cache else nullcontext() as store,
        ExitStack() as stack,
    ):
        known = [store.look_up_url(url) if store else None for url in urls]
        read_parts = _parts_reader(pool, soon=None in known)
        prober = stack.enter_context(UrlProber(read_parts, decode, allow_hosts))
        for probed in prober.probe_all(zip(urls, known, strict=True)):
            yield _reported(probed, store)


def probe_objects(
    pool: WorkerPool,
    urls: Iterable[str | Facts],
    stores: Stores | None,
    *,
    deep: bool,
    cache: Cache | None,
) -> Iterator[Facts]:
    """Probe objects by parts of them; `deep` downloads and decodes them."""

    def read_parts(objects: Iterable[RemoteObject]) -> Iterator[tuple[RemoteObject, Found]]:
        for each, outcome in pool.map((each, _call_for_parts(each)) for each in objects):
            yield each, None if each.result else _facts_or_missing(each.url, outcome)

    with _decoder(deep=deep) as decode:
        names = (url for url in urls if isinstance(url, str))
        known = ((url, cache.look_up_url(url) if cache else None) for url in names)
        prober = ObjectProber(stores or Stores(), read_parts, decode)
        with prober:
            for probed in prober.probe_all(known):
                yield _reported(probed, cache)


@contextmanager
def _decoder(*, deep: bool) -> Iterator[Callable[[str], Facts] | None]:
    """Yield what reads and decodes a downloaded file, if that is asked for."""
    with probe_pool(deep=True) as pool:
        yield (lambda path: facts_of(path, pool.run(TASK, path, deep))) if deep else None


def _reported(probed: Probed, cache: Cache | None) -> Facts:
    if cache and not probed.is_cached:
        cache.remember_url(probed)
    report(probed.facts, cached=probed.is_cached)
    return probed.facts


def _call_for_parts(each: RemoteObject) -> Call | None:
    if each.result:
        return None
    return (PARTS_TASK, each.file, each.url, each.parts.size, each.parts.ranges)


def _facts_or_missing(url: str, outcome: Outcome) -> Facts | tuple[int, int]:
    if not isinstance(outcome, dict):
        return facts_of(url, outcome)
    if "facts" in outcome:
        return Facts.from_json(outcome["facts"])
    offset, length = outcome["missing"]
    return offset, length


def _parts_reader(
    pool: WorkerPool, *, soon: bool
) -> Callable[[str, str, Parts], Facts | tuple[int, int]]:
    """Return a function for UrlProber; `soon`: it will be called when a server has answered.

    A worker takes as long to start as a server to answer: both may happen at once.
    """
    start = threading.Thread(target=pool.run, args=[PARTS_TASK, os.devnull, "", 0, []])
    if soon:
        start.start()

    def read_parts(path: str, url: str, parts: Parts) -> Facts | tuple[int, int]:
        if soon:
            start.join()
        return _facts_or_missing(url, pool.run(PARTS_TASK, path, url, parts.size, parts.ranges))

    return read_parts
