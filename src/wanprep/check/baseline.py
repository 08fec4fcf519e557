"""The findings that a repository had when it adopted the check, and that are not reported again.

They are recognised by the content that they are about, not by its place: a file that moves takes
its findings along, and one that changes is reported again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.git import utf8_path
from wanprep.check.result import drop_findings
from wanprep.errors import UsageError
from wanprep.files.atomic import write_output
from wanprep.files.outputs import refuse_inputs
from wanprep.media.facts import is_remote
from wanprep.net.secrets import redact_url
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.rules.finding import Finding

FILE: Final = "wanprep-baseline.json"
_VERSION: Final = 1
_KEYS: Final = ("file", "rule", "target", "content")
Key = tuple[str, str, str]
_REWRITE: Final = "Write it again with `wanprep check --write-baseline`."


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding of the baseline."""

    file: str  # in which it was last found, for people; relative to the baseline
    rule: str
    target: str
    content: str
    count: int = 1  # of findings that are the same

    @property
    def key(self) -> Key:
        """The rule, target and content by which a finding is recognised."""
        return (self.rule, self.target, self.content)


@dataclass(frozen=True, slots=True)
class Update:
    """The counts of findings after a baseline was written."""

    total: int
    new: int
    removed: int
    unreadable: int  # in files that cannot be read: they continue to be reported


@dataclass(frozen=True, slots=True)
class _Content:
    """The fingerprint of what a finding is about, and the file that it is in today."""

    key: str
    file: str


class _Contents:
    """Fingerprints of the content behind findings; each file is read at most once.

    `sources` are the places, by absolute path, of files that will be copied to others.
    """

    def __init__(self, inputs: Inputs | None, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._cases = {each.file.file: each.cases for each in (inputs.jobs if inputs else ())}
        self._files: dict[str, str | None] = {}
        self._jobs: dict[int, str] = {}

    def find(self, finding: Finding) -> _Content | None:
        """Return what a finding is about; None where that cannot be read."""
        case = self._case(finding)
        if finding.asset is not None:
            return self._find_media(finding, finding.asset, case)
        if case is None:
            key = self._file(finding.file)
            return _Content(key, finding.file) if key else None
        return _Content(_digest("job", [self._job(case), finding.pointer]), finding.file)

    def _find_media(self, finding: Finding, written: str, case: Case | None) -> _Content | None:
        path: str | None = written
        if finding.line is not None:  # a job names it
            assets = case.intent.assets if case else ()
            locations = (
                asset.location
                for asset in assets
                if asset.pointer == finding.pointer and asset.kind == "file"
            )
            path = next(locations, None)
        if not path or is_remote(path) or not os.path.lexists(self._source(path)):
            return _Content(_digest("name", written), finding.file)
        key = self._file(path)
        return _Content(key, path) if key else None

    def _case(self, finding: Finding) -> Case | None:
        """Return the document in which a finding is."""
        if not finding.target:  # it is about how the file is written
            return None
        found = None
        for case in self._cases.get(finding.file, ()):
            if found is None or case.job.document.place("").line <= (finding.line or 1):
                found = case
        return found

    def _job(self, case: Case) -> str:
        """Fingerprint a job by its values but for its media, which have findings of their own."""
        if id(case) not in self._jobs:
            media: dict[str, str] = {
                asset.pointer: asset.role for asset in case.intent.assets if asset.kind == "file"
            }
            value = _with_media(case.job.document.value, "", media)
            self._jobs[id(case)] = _digest("job", value)
        return self._jobs[id(case)]

    def _source(self, path: str) -> str:
        return self._sources.get(os.path.abspath(path), path)

    def _file(self, path: str) -> str | None:
        if path not in self._files:
            self._files[path] = _file_digest(self._source(path))
        return self._files[path]


def _with_media(value: Any, pointer: str, media: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {
                name: _with_media(each, below(pointer, name), media) for name, each in value.items()
            }
        case list():
            return [_with_media(each, below(pointer, at), media) for at, each in enumerate(value)]
        case _:
            return media.get(pointer, value)


def _digest(kind: str, value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


def _file_digest(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return f"file:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except (OSError, ValueError):
        return None


def read_baseline(file: Path) -> tuple[Entry, ...]:
    """Read a baseline; a file that is none is a usage error."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"there is no baseline {file}. `wanprep check --write-baseline` writes one."
        raise UsageError(message) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the baseline {file} cannot be read: {error}. {_REWRITE}") from error
    if not (isinstance(data, dict) and isinstance(data.get("findings"), list)):
        raise UsageError(f"{file} is not a baseline. {_REWRITE}")
    if data.get("version") != _VERSION:
        raise UsageError(f"the baseline {file} is of another version of wanprep. {_REWRITE}")
    return tuple(_entry(each, file) for each in data["findings"])


def _entry(entry: Any, file: Path) -> Entry:  # noqa: ANN401 - JSON
    if not (isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in _KEYS)):
        raise UsageError(f"the baseline {file} has an invalid entry: {entry!r}. {_REWRITE}")
    count = entry.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise UsageError(f"the baseline {file} has an invalid entry: {entry!r}. {_REWRITE}")
    return Entry(entry["file"], entry["rule"], entry["target"], entry["content"], count)


def without_baseline(
    report: Report, baseline: Iterable[Entry], sources: Mapping[str, str]
) -> Report:
    """Leave out the findings of a baseline, and count them."""
    keys = {each.key for each in baseline}
    rules = {key[:2] for key in keys}  # no file is read for others
    contents = _Contents(report.inputs, sources)

    def is_in_baseline(finding: Finding) -> bool:
        if (finding.rule, finding.target) not in rules:
            return False
        content = contents.find(finding)
        return content is not None and (finding.rule, finding.target, content.key) in keys

    left = drop_findings(report, is_in_baseline)
    return replace(left, in_baseline=len(report.findings) - len(left.findings))


def write_baseline(file: Path, parts: Iterable[Report]) -> Update:
    """Write all findings to a baseline, and keep those in files that were not checked."""
    # What is about to be written over must be a baseline, and nothing that this run reads.
    if file.suffix.lower() != ".json":
        raise UsageError(f"the name of a baseline ends with .json, not {file.name}")
    old = read_baseline(file) if file.exists() else ()
    kept = _by_path(old, file)
    entries: list[Entry] = []
    unreadable = 0
    for part in parts:
        refuse_inputs(str(file), part.inputs.paths() if part.inputs else (), "--write-baseline")
        contents = _Contents(part.inputs, {})
        for finding in part.findings:
            if content := contents.find(finding):
                name = _relative(content.file, file)
                entries.append(Entry(name, finding.rule, finding.target, content.key))
            else:
                unreadable += 1
        _drop_checked(kept, part.inputs)
    every = sorted([*chain.from_iterable(kept.values()), *entries], reverse=True)
    by_key = {entry.key: entry for entry in every}
    before, after = _count(old), _count(every)
    _write(file, sorted(replace(each, count=after[each.key]) for each in by_key.values()))
    return Update(
        total=after.total(),
        new=(after - before).total(),
        removed=(before - after).total(),
        unreadable=unreadable,
    )


def _count(entries: Iterable[Entry]) -> Counter[Key]:
    """Count findings; several may be the same, such as those about equal files."""
    counts: Counter[Key] = Counter()
    for entry in entries:
        counts[entry.key] += entry.count
    return counts


def _by_path(entries: Iterable[Entry], file: Path) -> dict[str, list[Entry]]:
    """Group entries by the absolute path of their file; those of files that are gone are left."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        path = os.path.abspath(os.path.join(file.parent, entry.file))
        groups.setdefault(path, []).append(entry)
    return {path: group for path, group in groups.items() if os.path.lexists(path)}


def _drop_checked(entries: dict[str, list[Entry]], inputs: Inputs | None) -> None:
    if inputs:
        for path in (*inputs.facts, *(each.file for each in inputs.files)):
            entries.pop(os.path.abspath(path), None)


def _relative(path: str, file: Path) -> str:
    if is_remote(path):
        return redact_url(path)
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(file.parent))
    return utf8_path(relative.replace(os.sep, "/"))


def _as_json(entry: Entry) -> dict[str, object]:
    names = (*_KEYS, "count") if entry.count > 1 else _KEYS
    return {name: getattr(entry, name) for name in names}


def _write(file: Path, entries: Iterable[Entry]) -> None:
    """Write one entry per line, for small diffs."""
    lines = ",\n".join(
        "    " + json.dumps(_as_json(entry), ensure_ascii=False) for entry in entries
    )
    text = f'{{\n  "version": {_VERSION},\n  "findings": [\n{lines}\n  ]\n}}\n'
    write_output(text.replace("[\n\n  ]", "[]").encode(), str(file))
