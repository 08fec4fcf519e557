"""How a job file changes, as `patch` and `git apply` read it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.fix.job.mended import MendedJob
    from wanprep.job.model import JobFile


def diff(file: JobFile, mended: MendedJob) -> str:
    """Show the change of a job file; empty where nothing changes."""
    name = visible(file.file).replace("\\", "/").lstrip("/")
    lines = difflib.unified_diff(
        _lines(file.source.text), _lines(mended.text), f"a/{name}", f"b/{name}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Cut where `patch` does; Python knows many more line ends."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [
        line for line in text.split("\n")[-1:] if line
    ]
