"""Fix files where an engine has workers: shards of files go out, and what was done comes back.

A worker writes the results itself, so `--out` is a bucket, or a folder that all machines share. It
plans each file again: a plan is made of nothing but facts. The receipt is written by the run, which
is given what was done; a worker keeps a journal of its shard, in case that one of them ends.
"""

from __future__ import annotations

import json
import os
from collections import deque
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.check.request import CheckRequest
from wanprep.config import Config
from wanprep.engines.engine import call_of
from wanprep.files.atomic import CannotWrite
from wanprep.fix.earlier_results import fix_of, group_by_result
from wanprep.fix.journal import Journal, read_journal
from wanprep.fix.output import BucketOutput, FolderOutput
from wanprep.fix.pipeline import FixProgress, fix_files, interrupt_on_signals
from wanprep.fix.plan.plan import NoChange, Options, Plan, TargetRole
from wanprep.fix.plan_file import PlannedFile, plan_file
from wanprep.fix.receipt import entry_of
from wanprep.fix.request import FixRequest, MediaFile, NotFixed, Unchanged
from wanprep.fix.verify import findings_for
from wanprep.media.facts import Facts, is_remote
from wanprep.media.shards import opened_stores, require_version
from wanprep.pointers import with_strings
from wanprep.rules.target import all_targets
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wanprep.engines.engine import Engine
    from wanprep.fix.receipt_file import ReceiptFile
    from wanprep.fix.request import FixedFile, Outcome
    from wanprep.rules.target import Target

_TASK: Final = "wanprep.fix.shards:fix_shard"
_FILES: Final = 32  # in a shard
_SHARED: Final = "--out must be a bucket, or a folder that all machines share"
_NOT_HERE: Final = f"a worker wrote {{}}, which is not there for this machine: {_SHARED}"
_NOT_THERE: Final = f"a worker does not find {{}}: {_SHARED}"
_RUN_ENDED: Final = "the run that this belongs to has ended"


def fix_on(
    engine: Engine, request: FixRequest, files: Sequence[PlannedFile], progress: FixProgress,
    record: ReceiptFile,
) -> tuple[dict[str, Outcome], bool]:  # fmt: skip
    """Let workers fix files; return the outcomes by path, and whether it was interrupted."""
    there = [file for file in files if _is_for_workers(file)]
    rest = [file for file in files if not _is_for_workers(file)]
    outcomes, is_interrupted = fix_files(request, rest, progress, record)
    try:
        with interrupt_on_signals():
            for file, outcome in _from_workers(engine, request, there, record):
                outcomes[file.media.path] = outcome
                progress.end(file)
    except KeyboardInterrupt:
        is_interrupted = True
    return outcomes, is_interrupted


def _is_for_workers(file: PlannedFile) -> bool:
    """Whether there is anything to do for a file but to say why nothing is done."""
    if isinstance(file.plan, NoChange):
        return file.result != file.media.path
    return isinstance(file.plan, Plan) and not file.undecided


def _from_workers(
    engine: Engine, request: FixRequest, files: Iterable[PlannedFile], record: ReceiptFile
) -> Iterator[tuple[PlannedFile, Outcome]]:
    sent: deque[list[PlannedFile]] = deque()
    rest, common = iter(files), _common(request)
    earlier = request.output.earlier

    def calls() -> Iterator[str]:
        for number in count():
            if not (shard := list(islice(rest, _FILES))):
                return
            sent.append(shard)
            yield call_of(_TASK, {
                **common,
                **_journals(record, number),
                "earlier": [each for file in shard for each in earlier.hashes_for(file.result)],
                "entries": [each for file in shard for each in earlier.entries_for(file.result)],
                "files": [_file_as_json(each) for each in shard],
            })  # fmt: skip

    for number, answer in enumerate(engine.map(calls())):
        shard = sent.popleft()
        outcomes = [_outcome(*each) for each in zip(shard, json.loads(answer), strict=True)]
        record.adopt(number, outcomes)
        yield from zip(shard, outcomes, strict=True)


def _common(request: FixRequest) -> dict[str, Any]:
    check = request.check
    folders = (*check.target_folders, *check.config.target_folders)
    return {
        "version": __version__,
        "folder": os.getcwd(),
        "stores": json.dumps(dict(check.config.stores.settings)),
        "target_folders": [os.path.abspath(folder) for folder in folders],
        "options": asdict(request.options),
        "out": request.out,
    }


def _journals(record: ReceiptFile, number: int) -> dict[str, str]:
    """Name the journal of the run and that of a shard; there is none beside a bucket."""
    if record.journal is None:
        return {"run": "", "journal": ""}
    paths = {"run": record.journal.path, "journal": record.journal.of_shard(number)}
    return {name: os.path.abspath(path) for name, path in paths.items()}


def _file_as_json(file: PlannedFile) -> dict[str, Any]:
    media = file.media
    return {
        "path": media.path,
        "facts": media.facts.as_json(),
        "roles": [(each.target.id, each.role) for each in media.roles],
        "ignored": sorted(media.ignored),
        "result": file.result,
    }


def _outcome(file: PlannedFile, data: Mapping[str, Any]) -> Outcome:
    """Join what a worker did with what is known here."""
    media, result = file.media, data.get("result", "")
    if "reasons" in data:
        return NotFixed(media, tuple(data["reasons"]), data["is_undelivered"])
    if result != media.path and not (is_remote(result) or os.path.lexists(result)):
        return NotFixed(media, (_NOT_HERE.format(visible(result)),), is_undelivered=True)
    if data["outcome"] == "kept":
        found = findings_for(media, media.facts, media.path)
        return Unchanged(
            media, result, data.get("sha256", {}).get("after", ""), file.with_fixes(found)
        )
    assert isinstance(file.plan, Plan)  # noqa: S101 - the worker has made the same
    return replace(fix_of(data, file, file.plan), is_earlier=data["is_earlier"])


def fix_shard(shard: Mapping[str, Any], *, processes: int) -> list[dict[str, Any]]:
    """Fix a shard on a worker, as a run on this machine would."""
    require_version(shard["version"])
    if shard["run"] and not os.path.exists(shard["run"]):
        reason = _NOT_THERE.format(visible(os.path.dirname(shard["run"])))
        return [{"reasons": [reason], "is_undelivered": True} for _ in shard["files"]]
    stores, here = opened_stores(shard["stores"]), partial(_here, shard["folder"])
    targets = all_targets(tuple(map(Path, shard["target_folders"])))
    options, out = Options(**shard["options"]), here(shard["out"])
    files = [_planned(each, here, targets, options) for each in shard["files"]]
    given = {here(each[name]): each[name] for each in shard["files"] for name in ("path", "result")}
    # Of a worker that died there is a journal, as of one that still works: it is waited for.
    with closing(_ShardRecord(shard, given)) as record:
        lost = [line["entry"] for line in read_journal(shard["journal"])]
        names = {name: path for path, name in given.items()}
        entries = [_renamed(each, names) for each in (*shard["entries"], *lost)]
        earlier = group_by_result(entries, shard["earlier"])
        request = FixRequest(
            check=CheckRequest(paths=(), workers=processes, config=Config(stores=stores)),
            output=(
                BucketOutput(out, stores, earlier) if is_remote(out) else FolderOutput(earlier)
            ),
            options=options, out=out,
        )  # fmt: skip
        found, _ = fix_files(request, files, FixProgress(), record)
    return [_outcome_as_json(found[file.media.path], given) for file in files]


def _here(folder: str, path: str) -> str:
    return path if is_remote(path) else os.path.join(folder, path)


def _planned(
    data: Mapping[str, Any], here: Callable[[str], str], targets: Mapping[str, Target],
    options: Options,
) -> PlannedFile:  # fmt: skip
    path = here(data["path"])
    media = MediaFile(
        path=path,
        facts=Facts.from_json({**data["facts"], "path": path}),
        roles=[TargetRole(targets[name], role) for name, role in data["roles"]],
        ignored=set(data["ignored"]),
    )
    return replace(plan_file(media, options), result=here(data["result"]))


class _ShardRecord:
    """The journal of a shard, in which files have the names that the user gave them."""

    def __init__(self, shard: Mapping[str, Any], given: Mapping[str, str]) -> None:
        self._run, self._given = shard["run"], given
        self._journal = Journal(shard["journal"], shard["folder"]) if self._run else None

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered, unless the run is over: another may go on."""
        if self._journal:
            if not os.path.exists(self._run):
                raise CannotWrite(_RUN_ENDED)
            kind, entry = entry_of(outcome)
            self._journal.append(kind, _renamed(entry, self._given))

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Leave the outcome to the run."""

    def close(self) -> None:
        """Leave the journal to the run."""
        if self._journal:
            self._journal.close(keep=True)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Return JSON in which all paths have the names that they are given."""
    return with_strings(value, lambda path: names.get(path, path))


def _outcome_as_json(outcome: Outcome, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry of a receipt, and what it does not say."""
    flags = {name: getattr(outcome, name, False) for name in ("is_undelivered", "is_earlier")}
    entry: dict[str, Any] = _renamed(entry_of(outcome)[1], given)
    return {**entry, **flags}
