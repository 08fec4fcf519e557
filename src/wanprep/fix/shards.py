"""Fix files where an engine has workers: shards of files go out, and what was done comes back.

A worker writes the results and their entries of the receipt itself, so `--out` is a bucket, or a
folder that all machines share. It plans each file again: a plan is made of nothing but facts.
"""

from __future__ import annotations

import json
import os
from collections import deque
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.check.request import CheckRequest
from wanprep.config import Config
from wanprep.engines.engine import call_of
from wanprep.fix.output import output_at
from wanprep.fix.pipeline import FixProgress, fix_files, interrupt_on_signals
from wanprep.fix.plan.plan import NoChange, Options, Output, Plan, TargetRole
from wanprep.fix.plan_file import PlannedFile, plan_file
from wanprep.fix.receipt_file import ReceiptFile
from wanprep.fix.request import Fixed, FixRequest, MediaFile, NotFixed, Outcomes, Unchanged
from wanprep.fix.verify import Verification, findings_for
from wanprep.media.facts import Facts, is_remote
from wanprep.media.shards import opened_stores, require_version
from wanprep.rules.finding import Finding
from wanprep.rules.target import all_targets
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wanprep.engines.engine import Engine
    from wanprep.fix.request import FixedFile, Outcome
    from wanprep.rules.target import Target

_TASK: Final = "wanprep.fix.shards:fix_shard"
_FILES: Final = 32  # in a shard
_NOT_HERE: Final = (
    "a worker wrote {}, which is not there for this machine: --out must be a bucket, or a folder"
    " that all machines share"
)


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
    rest, common = iter(files), _common(request, record)

    def calls() -> Iterator[str]:
        while shard := list(islice(rest, _FILES)):
            sent.append(shard)
            yield call_of(_TASK, {**common, "files": [_file_as_json(each) for each in shard]})

    for answer in engine.map(calls()):
        for file, data in zip(sent.popleft(), json.loads(answer), strict=True):
            yield file, _outcome(file, data)


def _common(request: FixRequest, record: ReceiptFile) -> dict[str, Any]:
    check = request.check
    folders = (*check.target_folders, *check.config.target_folders)
    return {
        "version": __version__,
        "folder": os.getcwd(),
        "stores": json.dumps(dict(check.config.stores.settings)),
        "target_folders": [os.path.abspath(folder) for folder in folders],
        "options": asdict(request.options),
        "out": request.out,
        "receipt": record.path,
    }


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
    before = findings_for(media, media.facts, media.path)
    if "hash" in data:
        return Unchanged(media, result, data["hash"], file.with_fixes(before))
    assert isinstance(file.plan, Plan)  # noqa: S101 - the worker has made the same
    output = data["output"] | {"commands": tuple(map(tuple, data["output"]["commands"]))}
    after = tuple(Finding(**each) for each in data["after"])
    verification = Verification(
        Facts.from_json(data["facts"]), before, after, data["similarity"], ()
    )
    return Fixed(
        media=media, plan=file.plan, result=result, output=Output(**output),
        verification=verification, hashes=data["hashes"],
    )  # fmt: skip


def fix_shard(shard: Mapping[str, Any], *, processes: int) -> list[dict[str, Any]]:
    """Fix a shard on a worker, as a run on this machine would."""
    require_version(shard["version"])
    stores, here = opened_stores(shard["stores"]), partial(_here, shard["folder"])
    out, receipt = here(shard["out"]), here(shard["receipt"])
    targets = all_targets(tuple(map(Path, shard["target_folders"])))
    options = Options(**shard["options"])
    files = [_planned(each, here, targets, options) for each in shard["files"]]
    given = {here(each[name]): each[name] for each in shard["files"] for name in ("path", "result")}
    with ReceiptFile(receipt, stores=stores, folder=shard["folder"]) as record:
        request = FixRequest(
            check=CheckRequest(paths=(), workers=processes, config=Config(stores=stores)),
            options=options, out=out, output=output_at(out, [receipt], stores),
        )  # fmt: skip
        found, _ = fix_files(request, files, FixProgress(), _GivenNames(record, given))
        outcomes = tuple(_renamed(found[file.media.path], given) for file in files)
        record.finish(Outcomes(outcomes))
    return [_outcome_as_json(each) for each in outcomes]


def _here(folder: str, path: str) -> str:
    return path if is_remote(path) else os.path.join(folder, path)


def _planned(
    data: Mapping[str, Any], here: Callable[[str], str], targets: Mapping[str, Target],
    options: Options,
) -> PlannedFile:  # fmt: skip
    media = MediaFile(
        path=here(data["path"]),
        facts=Facts.from_json(data["facts"]),
        roles=[TargetRole(targets[name], role) for name, role in data["roles"]],
        ignored=set(data["ignored"]),
    )
    return replace(plan_file(media, options), result=here(data["result"]))


class _GivenNames:
    """A receipt in which files have the names that the user gave them."""

    def __init__(self, record: ReceiptFile, given: Mapping[str, str]) -> None:
        self._record, self._given = record, given

    def announce(self, outcome: Outcome | FixedFile) -> None:
        """Record what is about to be delivered."""
        self._record.announce(_renamed(outcome, self._given))

    def add(self, outcome: Outcome | FixedFile) -> None:
        """Record an outcome."""
        self._record.add(_renamed(outcome, self._given))


def _renamed(outcome: Any, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - of the same type
    """Return an outcome in which all paths are as the user gave them."""

    def name(path: str) -> str:
        return given.get(path, path)

    def findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(replace(each, file=name(each.file)) for each in found)

    media = replace(outcome.media, path=name(outcome.media.path))
    match outcome:
        case Unchanged():
            remaining = findings(outcome.remaining)
            return replace(outcome, media=media, result=name(outcome.result), remaining=remaining)
        case Fixed(verification=done):
            done = replace(
                done, facts=replace(done.facts, path=name(done.facts.path)),
                before=findings(done.before), after=findings(done.after),
            )  # fmt: skip
            result = name(outcome.result)
            return replace(outcome, media=media, result=result, verification=done)
        case _:
            return replace(outcome, media=media)


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case NotFixed(reasons=reasons, is_undelivered=is_undelivered):
            return {"reasons": reasons, "is_undelivered": is_undelivered}
        case Unchanged(result=result, hash=unchanged):
            return {"result": result, "hash": unchanged}
        case Fixed(verification=verification):
            return {
                "result": outcome.result,
                "output": asdict(outcome.output),
                "facts": verification.facts.as_json(),
                "after": [asdict(each) for each in verification.after],
                "similarity": dict(verification.similarity),
                "hashes": dict(outcome.hashes),
            }
