"""The results of earlier runs: which may be overwritten, and which need not be made again.

They are listed in receipts, and in the journals of runs that were killed. A result is kept if this
run, on the same source, would write the same entry to the receipt.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.files.atomic import sha256_of
from wanprep.fix.journal import in_place_path, journals, read_journal, unfinished_hashes
from wanprep.fix.plan.plan import Output
from wanprep.fix.receipt import entries_in, entry_of, read_entries
from wanprep.fix.receipt_file import read_object
from wanprep.fix.request import Fixed
from wanprep.fix.verify import verify
from wanprep.media.facts import Facts, absolute_path, is_remote
from wanprep.stores.store import explain_store_errors
from wanprep.stores.stores import is_object_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wanprep.fix.output import Destination
    from wanprep.fix.plan.plan import Plan
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.stores.stores import Stores

Entry = dict[str, Any]  # of a receipt


@dataclass(frozen=True, slots=True)
class EarlierResults:
    """The results of earlier runs, by content and by where they were written."""

    hashes: Collection[str] = ()
    by_path: Mapping[str, Sequence[Entry]] = field(default_factory=dict)

    def has_written(self, path: str) -> bool:
        """Whether a file is a result that has not been changed since."""
        return bool(self.hashes) and os.path.isfile(path) and sha256_of(path) in self.hashes

    def entries_for(self, path: str) -> Sequence[Entry]:
        """List what may have been written to a path."""
        return self.by_path.get(absolute_path(path), ())

    def hashes_for(self, path: str) -> Collection[str]:
        """List the hashes that an earlier result at a path may have."""
        if found := self.entries_for(path):
            return {each["sha256"]["after"] for each in found}
        return (sha256_of(path),) if self.has_written(path) else ()


def group_by_result(entries: Iterable[Entry], hashes: Iterable[str] = ()) -> EarlierResults:
    """Find results by the entries of receipts; further ones are known by their hashes only."""
    known, by_path = set(hashes), dict[str, list[Entry]]()
    for entry in entries:
        with suppress(LookupError, TypeError):  # a damaged entry, or one without a result
            known.add(entry["sha256"]["after"])
            by_path.setdefault(absolute_path(str(entry["result"])), []).append(entry)
    return EarlierResults(frozenset(known), by_path)


def read_earlier_results(receipts: Iterable[str], stores: Stores) -> EarlierResults:
    """Read the results out of receipts, and of the journals of runs that were killed."""
    entries: list[Entry] = []
    for path in receipts:
        if is_object_url(path):
            with explain_store_errors(path):
                found = entries_in(read_object(*stores.at(path))[1])
        else:
            found = read_entries(path)
        entries += [entry for of_kind in found.values() for entry in of_kind]
        entries += [line["entry"] for each in journals(path) for line in read_journal(each)]
    return group_by_result(entries)


def read_interrupted_results() -> EarlierResults:
    """Read the results of interrupted fixes in place; what one has completed is the user's."""
    left = (each for journal in journals(in_place_path()) for each in unfinished_hashes(journal))
    return EarlierResults(frozenset(left))


def find_earlier_fix(
    file: PlannedFile, plan: Plan, before: str, output: Destination
) -> Fixed | None:
    """Find the result that an earlier run made of a source with this hash by the same plan."""
    for entry in output.earlier.entries_for(file.result):
        with suppress(LookupError, TypeError, ValueError, AttributeError):  # a damaged entry
            if entry["sha256"]["before"] != before:
                continue
            fixed = replace(fix_of(entry, file, plan), is_earlier=True)
            is_accepted = _is_same(entry, fixed) and not fixed.verification.problems
            if is_accepted and output.has_result(file.result, fixed.hashes["after"]):
                return fixed
    return None


def with_earlier(file: PlannedFile, output: Destination) -> PlannedFile:
    """Say of a file here whether its result would be kept from an earlier run."""
    source, plan = file.media.path, file.done
    if not plan or is_remote(source) or not output.earlier.entries_for(file.result):
        return file
    try:
        before = sha256_of(source)
    except OSError:
        return file
    return replace(file, is_earlier=find_earlier_fix(file, plan, before, output) is not None)


def fix_of(entry: Mapping[str, Any], file: PlannedFile, plan: Plan) -> Fixed:
    """Combine how a result was written with what is planned, and judge it again.

    Its facts hold as long as its hash does. They were read by the same version of wanprep.
    """
    facts = Facts.from_json({**entry["facts"]["after"], "path": file.result})
    similarity = entry["likeness"]
    verification = verify(file.media, plan, facts, similarity, file.result)
    return Fixed(
        media=file.media,
        plan=plan,
        result=file.result,
        output=Output(
            commands=tuple(map(tuple, entry["commands"])),
            settings=entry["settings"],
            tools=entry["tools"],
            encodes=entry["encodes"],
            notes=tuple(entry["notes"]),
        ),
        verification=replace(verification, after=file.with_fixes(verification.after)),
        hashes=entry["sha256"],
    )


def _is_same(entry: Entry, fixed: Fixed) -> bool:
    """Whether a receipt would have the same entry; the limits of targets may have changed."""
    _, again = entry_of(fixed)
    return bool(json.loads(json.dumps({**again, "findings": 0})) == {**entry, "findings": 0})
