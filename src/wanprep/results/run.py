"""A check whose results are kept: the next one continues it, and reads only what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from wanprep import __version__
from wanprep.check.parts import inputs_in_parts
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import targets_of
from wanprep.check.result import Report
from wanprep.errors import UsageError
from wanprep.fix.fixable import with_fixes
from wanprep.media.cache import PROBE_VERSION
from wanprep.results.manifest import Manifest, read_manifest
from wanprep.results.recall import Recall
from wanprep.results.rows import part_of, rows_of
from wanprep.results.shards import WorkerRows, can_write
from wanprep.results.writer import RowWriter
from wanprep.rules.finding import rules
from wanprep.schemas import load_schema
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.request import CheckRequest
    from wanprep.fix.fixable import Plans
    from wanprep.results.rows import Row
    from wanprep.results.store import Store
    from wanprep.rules.target import Target


def check_into(
    store: Store, request: CheckRequest, *, keeps_facts: bool = False
) -> Iterator[Report]:
    """Check in parts, and write a row for each subject; what did not change is taken over.

    Where workers can write the rows themselves, their facts stay there, unless a report needs them.
    """
    before = _earlier(store, str(request.shard or ""))
    targets = targets_of(request).of_media
    made_by = (hash_rules(request, targets), f"{PROBE_VERSION}{'+deep' * request.deep}")
    manifest = Manifest(
        shard=str(request.shard or ""),
        media_targets=tuple(target.id for target in targets),
        roles=dict(request.roles),
        previous=before.earlier if before else (),
    )
    with store.lock(), Recall(store, manifest.previous, *made_by) as recall:
        plans: Plans = {}
        writer = RowWriter(store, manifest, *made_by)
        elsewhere = None
        if not keeps_facts and can_write(request, store):
            elsewhere = WorkerRows(request, store, writer, targets).check
        try:
            for found in inputs_in_parts(request, recall.facts_or_names, elsewhere):
                if isinstance(found, Report):  # a worker wrote its rows
                    yield found
                    continue
                part, rows = _judge(found, recall, plans)
                writer.add(rows, part)
                yield part
        except BaseException:
            writer.flush()  # the next run continues here
            raise
        writer.finish()


def _earlier(store: Store, shard: str) -> Manifest | None:
    """Read what is there already; the results of another part of the listing are a usage error."""
    found = read_manifest(store)
    if found and found.shard != shard:
        held = f"of shard {found.shard}" if found.shard else "of a whole listing"
        raise UsageError(
            f"{visible(store.place)} holds the results {held}: name a folder for each shard"
        )
    return found


def _judge(inputs: Inputs, recall: Recall, plans: Plans) -> tuple[Report, Sequence[Row]]:
    """Judge a part, but for the files whose rows still hold."""
    known, stamps = recall.take(inputs.media)
    new = tuple(path for path in inputs.media if path not in known)
    facts = {path: each for path, each in inputs.facts.items() if path not in known}
    part = with_fixes(judge_inputs(replace(inputs, media=new, facts=facts)), plans)
    rows = rows_of(part, stamps)
    if not known:
        return part, [*rows.values()]
    ordered = [known.get(path) or rows[path] for path in inputs.media]
    notes = (note for target in inputs.media_targets for note in target.unchecked)
    unchecked = dict.fromkeys([*part.unchecked, *notes])
    return part_of(ordered, unchecked=unchecked, inputs=inputs), ordered


def hash_rules(request: CheckRequest, targets: Sequence[Target]) -> str:
    """Hash all that the rows of bare media depend on, beside the files."""
    config = request.config
    data = [
        __version__,
        [(target.id, target.roles, target.unchecked) for target in targets],
        [load_schema("asset"), load_schema("facts"), [str(rule) for rule in rules().values()]],
        [dict(request.roles), request.offline, str(config.folder), config.table],
    ]
    text = json.dumps(data, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:32]
