"""The pattern of the files that the hooks are for."""

from __future__ import annotations

from wanprep.job.recognise import SUFFIXES
from wanprep.media.facts import FORMAT_BY_EXTENSION


def files_pattern() -> str:
    """Return the value of `files:` in .pre-commit-hooks.yaml."""
    endings = {*FORMAT_BY_EXTENSION, *(suffix.removeprefix(".") for suffix in SUFFIXES)}
    return rf"(?i)\.({'|'.join(sorted(endings))})$"
