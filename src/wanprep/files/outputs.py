"""The files that wanprep writes: how they are recognised, and what none of them may replace.

A file is recognised by its beginning, whatever its name is and whoever moved it. So there is no
list of outputs that could get lost between two runs, as in CI.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final, Literal

from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["report", "receipt", "run record", "baseline"]

_HEAD: Final = 64 * 1024
_RULE: Final = r"(?:[a-z][a-z0-9_-]*/[a-z0-9-]+|[a-z]+(?:-[a-z]+)+|unknown)"
_SEVERITY: Final = r"(?:error|warning|note)"
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_REPORTS: Final = {
    "json": r'\{\s*"version":\s*1,\s*"targets":\s*\[[^\]]*\],\s*"summary":\s*\{',
    "jsonl": rf'\{{"rule":\s*"{_RULE}",\s*"severity":\s*"{_SEVERITY}",\s*"message":',
    "gitlab": rf'\[\s*\{{\s*"description":\s*{_STRING},\s*"check_name":\s*"{_RULE}",',
    "sarif": r'\{\s*"\$schema":[^,]*,\s*"version":[^,]*,\s*"runs":\s*\[\s*\{\s*"tool":\s*\{\s*'
    r'"driver":\s*\{\s*"name":\s*"wanprep"',
    "junit": r'(?:<\?xml[^>]*>\s*)?<testsuites name="wanprep"',
    "html": r'<!doctype html>(?s:.)*?<meta name="generator" content="wanprep ',
    "github": rf"::(?:error|warning|notice) [^\n]*title={_RULE}::",
    "concise": rf"[^\n]+?: {_SEVERITY}(?: {_RULE}|\[{_RULE}\]) ",
    # A file's name, perhaps a line of it, and a finding; or the summary alone.
    "text": rf"[^\n]+\n(?:[^\n]*\| [^\n]*\n){{0,3}} +{_SEVERITY}\[{_RULE}\] "
    r"|\d[^\n]*\b(?:checked|in \d+ of \d+ files)\b",
}  # fmt: skip
# Compiled, and kept by `re`, when there is a file to recognise.
_PATTERNS: Final[Mapping[Kind, str]] = {
    "report": "|".join(f"(?:{each})" for each in _REPORTS.values()),
    "receipt": rf'\{{\s*"version":\s*1,\s*"wanprep":\s*{_STRING},\s*"created":',
    "run record": r'\{\s*"run":\s*"[a-z2-9]{8}",\s*"job":',
    "baseline": r'\{\s*"version":\s*1,\s*"findings":\s*\[\s*(?:\]|\{\s*"file":)',
}
# One of these is in every such file: to compile the patterns takes longer than to read a job.
_STRINGS: Final = (
    '"summary"', '"severity"', '"check_name"', '"wanprep"', '"run"', '"findings"', "<testsuites",
    "<!doctype html>", "title=", ": error", ": warning", ": note", " error[", " warning[", " note[",
    "checked", " files",
)  # fmt: skip
# There is nothing to lose in these: `mktemp` creates the one, some formats without findings both.
_EMPTY: Final = ("", "[]")


def written_kind(text: str) -> Kind | None:
    """Return what wanprep wrote, by its beginning; None for what others wrote."""
    if not any(each in text for each in _STRINGS):
        return None
    start = text.lstrip()
    return next((kind for kind, pattern in _PATTERNS.items() if re.match(pattern, start)), None)


def is_own_file(path: str) -> bool:
    """Whether wanprep wrote a file; raise OSError for one that cannot be read."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and written_kind(_read_head(path)) is not None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def refuse_foreign(path: str, kind: Kind, option: str) -> None:
    """Raise UsageError for an output that would replace anything but an earlier one of its kind."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
            return  # a pipe or device, such as /dev/stdout
        head = _read_head(path)
    except FileNotFoundError:
        return
    except OSError as error:
        why = f"it is there and cannot be read ({error.strerror})"
    else:
        if head.strip() in _EMPTY or written_kind(head) == kind:
            return
        why = f"it is not a {kind} that wanprep wrote"
    raise UsageError(
        f"{visible(path)} cannot be written: {why}. Name another file with {option}, or remove"
        " this one."
    )


def require_folder(path: str, option: str) -> None:
    """Raise UsageError for an output in a folder that is not there: most are typing mistakes."""
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise UsageError(
            f"{visible(path)} cannot be written: there is no folder {visible(folder)}. Name another"
            f" file with {option}."
        )


def refuse_inputs(path: str, inputs: Iterable[str], option: str) -> None:
    """Raise UsageError for an output that is an input, under whatever name."""
    same = _Same(path)
    for each in inputs:
        if same.is_same(each):
            raise UsageError(
                f"{visible(path)} cannot be written: it is {visible(each)}, which this run reads."
                f" Name another file with {option}."
            )


class _Same:
    """Compares files with one of them: also through links, and where case does not matter."""

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)
        self._status = _status(path)

    def is_same(self, path: str) -> bool:
        if os.path.abspath(path) == self._path:
            return True
        if self._status is None:
            return False
        status = _status(path)
        return status is not None and os.path.samestat(status, self._status)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _read_head(path: str) -> str:
    with open(path, "rb") as file:
        return file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
