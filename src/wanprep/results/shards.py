"""Rows that are made and written where an engine has workers: only what is reported comes back.

A shard becomes a part of the results. Its name holds a hash of the rows, so a worker that takes
over the shard of a lost one writes the same object; what no manifest lists is removed in the end.
"""

from __future__ import annotations

import json
import os
from collections import deque
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.check.inputs import Inputs
from wanprep.check.parts import media_in_parts
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest
from wanprep.config import Config, read_config
from wanprep.engines.engine import call_of
from wanprep.fix.fixable import with_fixes
from wanprep.media.facts import Facts, is_url
from wanprep.media.shards import name_as_json, opened_stores, probe_shard, require_version
from wanprep.media.workers import report
from wanprep.results.rows import part_of, rows_of
from wanprep.results.store import ObjectResults, open_store
from wanprep.results.writer import write_part
from wanprep.stores.stores import is_object_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.check.result import Report
    from wanprep.engines.engine import Engine
    from wanprep.fix.fixable import Plans
    from wanprep.results.rows import Row
    from wanprep.results.store import Store
    from wanprep.results.writer import RowWriter
    from wanprep.rules.target import Target

_TASK: Final = "wanprep.results.shards:check_shard"
_NAMES: Final = 1000  # in a shard


def can_write(request: CheckRequest, store: Store) -> bool:
    """Whether workers can reach the results, and all files by the names that rows have."""
    is_reached = isinstance(store, ObjectResults) and request.engine is not None
    # Plugins that check may not be installed there.
    return is_reached and not request.checks and all(map(_is_same_anywhere, request.paths))


def _is_same_anywhere(path: str) -> bool:
    return is_object_url(path) or os.path.isabs(path)


class WorkerRows:
    """Lets workers check bare media and write their rows."""

    def __init__(
        self, request: CheckRequest, store: Store, writer: RowWriter, targets: Iterable[Target]
    ) -> None:
        assert request.engine  # noqa: S101 - see can_write
        self._engine: Engine = request.engine
        self._request = request
        self._place = store.place
        self._writer = writer
        self._targets = tuple(targets)
        self._sent: deque[list[str]] = deque()
        self._here: list[str | Facts] = []

    def check(self, names: Iterator[str | Facts]) -> Iterator[Inputs | Report]:
        """Yield reports of what workers wrote, and as inputs what is left to this machine."""
        for answer in self._engine.map(self._calls(names)):
            yield self._part(json.loads(answer))
            yield from self._inputs_here()
        yield from self._inputs_here()

    def _inputs_here(self) -> Iterator[Inputs]:
        """Read what needs no worker: files whose facts are known, and URLs."""
        if self._here:
            here, self._here = self._here, []
            yield from media_in_parts(here, self._request)

    def _calls(self, names: Iterator[str | Facts]) -> Iterator[str]:
        common = {"place": self._place, **request_as_json(self._request)}
        for number in count(1):
            shard: list[str] = []
            for name in names:
                if isinstance(name, str) and _is_same_anywhere(name) and not is_url(name):
                    shard.append(name)
                else:
                    self._here.append(name)
                if _NAMES in {len(shard), len(self._here)}:
                    break
            else:
                if not shard:
                    return
            self._sent.append(shard)
            data = {"number": number, "names": [name_as_json(name) for name in shard]}
            yield call_of(_TASK, {**common, **data})

    def _part(self, answer: Mapping[str, Any]) -> Report:
        """Add the part that a worker wrote, and restore what is reported of it."""
        names, rows = self._sent.popleft(), answer["rows"]
        for name in names:
            report(Facts(path=name))
        notes = dict.fromkeys(note for target in self._targets for note in target.unchecked)
        inputs = Inputs(request=self._request, media=tuple(names), media_targets=self._targets)
        part = part_of(rows, unchecked=notes, inputs=inputs)
        if rows:
            self._writer.add_part(answer["name"], len(rows), part)
        return part


def request_as_json(request: CheckRequest) -> dict[str, Any]:
    """Write how bare media are checked, for a worker."""
    config = request.config
    return {
        "version": __version__,
        "folder": "",
        "stores": json.dumps(dict(config.stores.settings)),
        "deep": request.deep,
        "cache": request.cache,
        "offline": request.offline,
        "targets": request.targets,
        "target_folders": [os.path.abspath(folder) for folder in request.target_folders],
        "roles": dict(request.roles),
        "today": request.today.isoformat(),
        "config": {
            "folder": str(config.folder),
            "file": str(config.file or ""),
            "table": json.loads(json.dumps(dict(config.table), default=str)),
        },
    }


def check_shard(shard: Mapping[str, Any], *, processes: int) -> dict[str, Any]:
    """Check a shard on a worker, write its rows, and return them without facts."""
    require_version(shard["version"])
    rows = list(rows_for(probe_shard(shard, processes), request_of(shard, processes)))
    if not rows:
        return {"name": "", "rows": []}
    store = open_store(shard["place"], opened_stores(shard["stores"]))
    name = write_part(store, shard["number"], rows)
    return {
        "name": name,
        "rows": [{**row, **({"facts": {}} if "facts" in row else {})} for row in rows],
    }


def request_of(shard: Mapping[str, Any], processes: int) -> CheckRequest:
    """Read on a worker what `request_as_json` wrote."""
    made = shard["config"]
    config = Config(Path(made["folder"]))
    if made["file"]:
        config = read_config(Path(made["file"]), made["table"])
    return CheckRequest(
        paths=(), targets=tuple(shard["targets"]), roles=shard["roles"], deep=shard["deep"],
        offline=shard["offline"], cache=shard["cache"], workers=processes,
        today=date.fromisoformat(shard["today"]),
        target_folders=tuple(map(Path, shard["target_folders"])),
        config=replace(config, stores=opened_stores(shard["stores"])),
    )  # fmt: skip


def rows_for(names: Iterable[str | Facts], request: CheckRequest) -> Iterator[Row]:
    """Check some bare media, wherever a worker runs this, and yield a row for each."""
    plans: Plans = {}
    for inputs in media_in_parts(names, request):
        yield from rows_of(with_fixes(judge_inputs(inputs), plans)).values()
