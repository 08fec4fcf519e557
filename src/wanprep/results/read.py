"""Results as the parts of a report."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.check.inputs import Inputs
from wanprep.check.request import CheckRequest
from wanprep.check.result import Report
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.results.manifest import read_manifest
from wanprep.results.recall import read_rows
from wanprep.results.rows import facts_of, part_of
from wanprep.rules.target import all_targets
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.results.manifest import Manifest
    from wanprep.results.rows import Row
    from wanprep.results.store import Store
    from wanprep.rules.target import Target

_MOST: Final = 256  # rows of a part


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one run, or of its shards."""

    stores: tuple[tuple[Store, Manifest], ...]
    missing: tuple[str, ...]  # why they are not complete

    def parts(self) -> Iterator[Report]:
        """Read the parts of the report, which are as they were when the check ran."""
        every = all_targets()
        notes = self.missing
        for store, manifest in self.stores:
            targets = [every[name] for name in manifest.media_targets if name in every]
            whole = Report(
                targets=manifest.targets, findings=(), verdicts=(), assets=0, jobs=0,
                unchecked=(*notes, *manifest.unchecked),
            )  # fmt: skip
            yield replace(whole, inputs=_inputs((), manifest, targets, notes))
            for rows in _batches(store, manifest):
                yield part_of(rows, inputs=_inputs(rows, manifest, targets, ()))
            notes = ()


def _batches(store: Store, manifest: Manifest) -> Iterator[list[Row]]:
    for part in manifest.parts:
        rows = read_rows(store, part)
        while batch := list(islice(rows, _MOST)):
            yield batch


def open_results(stores: Sequence[Store]) -> Results:
    """Find out whether all results are there; a place without any is a usage error."""
    found: list[tuple[Store, Manifest]] = []
    missing: list[str] = []
    for store in stores:
        manifest = read_manifest(store)
        if manifest is None:
            raise UsageError(
                f"there are no results in {visible(store.place)}. `wanprep check --results"
                f" {visible(store.place)}` writes some."
            )
        found.append((store, manifest))
        if not manifest.complete:
            missing.append(
                f"{visible(store.place)} is not complete: run the same check again to finish it."
            )
    if shards := _missing_shards([manifest.shard for _, manifest in found]):
        missing.append(f"The results of shard {', '.join(shards)} are missing.")
    return Results(tuple(found), tuple(missing))


def _missing_shards(shards: Sequence[str]) -> list[str]:
    counts = {shard.partition("/")[2] for shard in shards if shard}
    expected = [f"{at}/{count}" for count in counts for at in range(1, int(count) + 1)]
    return [shard for shard in expected if shard not in shards]


def _inputs(
    rows: Sequence[Row], manifest: Manifest, targets: Sequence[Target], notes: tuple[str, ...]
) -> Inputs:
    """Restore what was read of media; of jobs there is no more than their findings."""
    media = [row for row in rows if "job" not in row]
    return Inputs(
        request=CheckRequest(paths=(), roles=manifest.roles),
        media=tuple(row["path"] for row in media if row["verdicts"]),
        media_targets=tuple(targets),
        facts={row["path"]: facts_of(row) for row in media if "facts" in row},
        notes=notes,
    )
