"""What a finding is about, by content: the same wherever a file moves and a line is shifted to."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.pointers import below
from wanprep.probe.names import is_url

if TYPE_CHECKING:
    from wanprep.check.cases import Case
    from wanprep.check.seen import Seen
    from wanprep.judge.finding import Finding


@dataclass(frozen=True, slots=True)
class Content:
    """The fingerprint of what is wrong, and the file that it is in today."""

    key: str
    file: str


class Contents:
    """Tells the content behind findings; each file is read once at most."""

    def __init__(self, seen: Seen) -> None:
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
                for asset in (case.meant.assets if case else ())
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
                for asset in case.meant.assets
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
