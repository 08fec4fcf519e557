"""The findings that a repository had when it adopted the check: known, and not reported again.

They are known by what they are about, and not by where it stands: a file that moves takes its
findings along, and one that changes shows them anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.git import utf8_path
from wanprep.check.ignores import without
from wanprep.errors import UsageError
from wanprep.media.facts import is_url
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Content:
    """The fingerprint of what is wrong, and the file that it is in today."""

    key: str
    file: str


class Contents:
    """Tells the content behind findings; each file is read once at most."""

    def __init__(self, seen: Inputs) -> None:
        files = (file.file for file in seen.files)
        self._cases = dict(zip(files, seen.cases, strict=True))
        self._files: dict[str, str | None] = {}
        self._jobs: dict[int, str] = {}

    def of(self, finding: Finding) -> Content | None:
        """Tell what a finding is about; None where nobody can read it."""
        if finding.asset is not None:
            return self._of_media(finding)
        case = self._case(finding)
        if case is None:
            key = self._file(finding.file)
            return Content(key, finding.file) if key else None
        key = _digest("job", [self._job(case), finding.pointer])
        return Content(key, finding.file)

    def _of_media(self, finding: Finding) -> Content | None:
        written = finding.asset or ""
        path = written if finding.line is None else self._location(finding)
        if not path or is_url(path) or not os.path.lexists(path):
            return Content(_digest("name", written), finding.file)
        key = self._file(path)
        return Content(key, path) if key else None

    def _location(self, finding: Finding) -> str | None:
        """Find the file that a job names; None where it is an address."""
        case = self._case(finding)
        return next(
            (
                asset.location
                for asset in (case.intent.assets if case else ())
                if asset.pointer == finding.pointer and asset.kind == "file"
            ),
            None,
        )

    def _case(self, finding: Finding) -> Case | None:
        """Find the document in which a finding stands."""
        if not finding.target:  # it is about how the file is written
            return None
        found = None
        for case in self._cases.get(finding.file, ()):
            if found is None or case.job.document.place("").line <= (finding.line or 1):
                found = case
        return found

    def _job(self, case: Case) -> str:
        """Name a job by what it says and by its media, whatever these are called."""
        if id(case) not in self._jobs:
            media = {
                asset.pointer: self._file(asset.location) or asset.written
                for asset in case.intent.assets
                if asset.kind == "file"
            }
            self._jobs[id(case)] = _digest("job", _with(case.job.raw, "", media))
        return self._jobs[id(case)]

    def _file(self, path: str) -> str | None:
        if path not in self._files:
            try:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            except (OSError, ValueError):
                self._files[path] = None
            else:
                self._files[path] = f"file:{digest}"
        return self._files[path]


def _with(value: Any, pointer: str, media: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {name: _with(each, below(pointer, name), media) for name, each in value.items()}
        case list():
            return [_with(each, below(pointer, at), media) for at, each in enumerate(value)]
        case _:
            return media.get(pointer, value)


def _digest(kind: str, what: object) -> str:
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"


FILE: Final = "wanprep-baseline.json"


_VERSION: Final = 1


_KEYS: Final = ("file", "rule", "target", "content")


_ANEW: Final = "Write it anew with `wanprep check --write-baseline`."


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """One finding that is known."""

    file: str  # in which it was last seen, for people; relative to the baseline
    rule: str
    target: str
    content: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Tell by what it is known."""
        return (self.rule, self.target, self.content)


@dataclass(frozen=True, slots=True)
class Written:
    """What writing a baseline came to."""

    known: int
    new: int
    gone: int
    unreadable: int  # findings in files that nobody can read stay to be reported


def read_baseline(file: Path) -> tuple[Known, ...]:
    """Read what is known; a file that is no baseline is wrong use."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"there is no baseline {file}. `wanprep check --write-baseline` writes one."
        raise UsageError(message) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the baseline {file} cannot be read: {error}. {_ANEW}") from error
    if not (isinstance(told, dict) and isinstance(told.get("findings"), list)):
        raise UsageError(f"{file} is no baseline. {_ANEW}")
    if told.get("version") != _VERSION:
        raise UsageError(f"the baseline {file} is of another version of wanprep. {_ANEW}")
    return tuple(_known(entry, file) for entry in told["findings"])


def _known(entry: Any, file: Path) -> Known:  # noqa: ANN401 - JSON
    if not (isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in _KEYS)):
        raise UsageError(f"the baseline {file} holds an entry that is none: {entry!r}. {_ANEW}")
    return Known(*(entry[key] for key in _KEYS))


def without_known(report: Report, seen: Inputs, baseline: Iterable[Known]) -> Report:
    """Leave out what is known, and count it; verdicts follow from what is left."""
    known = {each.key for each in baseline}
    worth_reading = {key[:2] for key in known}
    contents = Contents(seen)

    def is_known(finding: Finding) -> bool:
        if (finding.rule, finding.target) not in worth_reading:
            return False
        content = contents.of(finding)
        return content is not None and (finding.rule, finding.target, content.key) in known

    left = without(report, is_known)
    return replace(left, known=len(report.findings) - len(left.findings))


def write_baseline(file: Path, report: Report, seen: Inputs) -> Written:
    """Write down all findings. Of files that were not looked at, what was known stays known."""
    old = _old(file)
    contents = Contents(seen)
    found = [(finding, contents.of(finding)) for finding in report.findings]
    entries = [
        Known(_relative(content.file, file), finding.rule, finding.target, content.key)
        for finding, content in found
        if content
    ]
    kept = _not_looked_at(old, seen, file)
    known = {entry.key: entry for entry in sorted([*kept, *entries], reverse=True)}
    _write(file, sorted(known.values()))
    before = {entry.key for entry in old}
    return Written(
        known=len(known),
        new=len(known.keys() - before),
        gone=len(before - known.keys()),
        unreadable=sum(content is None for _, content in found),
    )


def _old(file: Path) -> tuple[Known, ...]:
    """Read what is about to be written over, which is nobody's job or image."""
    if file.suffix.lower() != ".json":
        raise UsageError(f"{file} is no name for a baseline: --write-baseline=FILE wants FILE.json")
    return read_baseline(file) if file.exists() else ()


def _not_looked_at(old: Iterable[Known], seen: Inputs, file: Path) -> Iterator[Known]:
    paths = (*seen.facts, *(each.file for each in seen.files))
    looked_at = {os.path.abspath(path) for path in paths}
    for entry in old:
        path = os.path.abspath(os.path.join(file.parent, entry.file))
        if path not in looked_at and os.path.lexists(path):
            yield entry


def _relative(path: str, file: Path) -> str:
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(file.parent))
    return utf8_path(relative.replace(os.sep, "/"))


def _write(file: Path, entries: Iterable[Known]) -> None:
    """Write an entry per line, so that one more is one line more."""
    lines = ",\n".join(
        "    " + json.dumps({key: getattr(entry, key) for key in _KEYS}, ensure_ascii=False)
        for entry in entries
    )
    text = f'{{\n  "version": {_VERSION},\n  "findings": [\n{lines}\n  ]\n}}\n'
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text.replace("[\n\n  ]", "[]"), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise UsageError(f"the baseline {file} cannot be written: {error.strerror}") from error
