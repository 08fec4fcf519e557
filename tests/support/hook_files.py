"""Which files the hooks are for, told by what wanprep knows of names."""

from __future__ import annotations

from wanprep.job.recognise import SUFFIXES
from wanprep.media.facts import FORMAT_BY_EXTENSION


def files_pattern() -> str:
    """Return what stands in .pre-commit-hooks.yaml after `files:`."""
    endings = {*FORMAT_BY_EXTENSION, *(suffix.removeprefix(".") for suffix in SUFFIXES)}
    return rf"(?i)\.({'|'.join(sorted(endings))})$"
