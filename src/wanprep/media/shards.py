"""Probe files where an engine has workers: shards of names go out, facts come back."""

from __future__ import annotations

import atexit
import json
import os
from collections import deque
from dataclasses import replace
from functools import cache as kept
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.engines.engine import call_of
from wanprep.errors import UsageError
from wanprep.media.cache import Cache
from wanprep.media.facts import Facts
from wanprep.media.workers import probe_paths, probe_pool, report
from wanprep.stores.stores import ListedUrl, Stores, is_object_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.engines.engine import Engine
    from wanprep.engines.pool import WorkerPool

_TASK: Final = "wanprep.media.shards:facts_of_shard"
_NAMES: Final = 500  # in a shard


def probe_on(
    engine: Engine, paths: Iterable[str | Facts], *, stores: Stores, deep: bool, cache: bool
) -> Iterator[Facts]:
    """Yield the facts of files and objects, in order; facts among them stay."""
    sent: deque[list[str | Facts]] = deque()
    rest = iter(paths)

    def calls() -> Iterator[str]:
        while shard := list(islice(rest, _NAMES)):
            sent.append(shard)
            yield call_of(_TASK, {
                "version": __version__,
                "folder": os.getcwd(),
                "names": [name_as_json(each) for each in shard if isinstance(each, str)],
                "stores": json.dumps(dict(stores.settings)),
                "deep": deep,
                "cache": cache,
            })  # fmt: skip

    for answer in engine.map(calls()):
        found = iter(json.loads(answer))
        for each in sent.popleft():
            if isinstance(each, Facts):
                facts = each
            else:
                facts = replace(Facts.from_json(next(found)), path=each)
            report(facts)
            yield facts


def name_as_json(name: str) -> str | tuple[str, int, str]:
    """Write a name as a shard has it, with what a listing says of an object."""
    return (name, name.size, name.etag) if isinstance(name, ListedUrl) else name


def facts_of_shard(shard: Mapping[str, Any], *, processes: int) -> list[dict[str, Any]]:
    """Probe a shard on a worker, and return the facts."""
    return [facts.as_json() for facts in probe_shard(shard, processes)]


def probe_shard(shard: Mapping[str, Any], processes: int) -> list[Facts]:
    """Probe a shard on a worker, each file in a process of its own as on any machine.

    Facts of objects keep as their path what the listing says of them.
    """
    require_version(shard["version"])
    deep, stores = shard["deep"], opened_stores(shard["stores"])
    pool = partial(_pool_for_shards, deep=deep, workers=processes)
    paths = [_path_of(name, shard["folder"]) for name in shard["names"]]
    with Cache(deep=deep) as cache:
        store = cache if shard["cache"] else None
        found = probe_paths(pool, paths, stores=stores, deep=deep, cache=store)
        return [replace(facts, path=path) for path, facts in zip(paths, found, strict=True)]


@kept
def _pool_for_shards(*, deep: bool, workers: int) -> WorkerPool:
    """Return a pool that is kept for all shards of this process."""
    pool = probe_pool(deep=deep, workers=workers)
    atexit.register(pool.close)
    return pool


def _path_of(name: str | list[Any], folder: str) -> str:
    if isinstance(name, list):
        return ListedUrl(*name)
    return name if is_object_url(name) else os.path.join(folder, name)


def require_version(version: str) -> None:
    """Refuse the shard of another version of wanprep."""
    if version != __version__:
        raise UsageError(
            f"a worker of the engine has wanprep {__version__}, and here it is"
            f" {version}: install the same version there"
        )


@kept
def opened_stores(settings: str) -> Stores:
    """Open stores once on this worker."""
    return Stores(json.loads(settings))
