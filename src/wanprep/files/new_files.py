"""Write new files, all or none: an existing one is never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.errors import UsageError, WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class CannotWrite(WanprepError):
    """A folder cannot be written."""


def write_new_files(files: Mapping[Path, str]) -> list[Path]:
    """Write files and their folders, or raise if one of them exists."""
    for file in files:
        if file.exists() or file.is_symlink():
            raise UsageError(
                f"{visible(str(file))} already exists, and nothing was written: choose another"
                " folder."
            )
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(text)
        except OSError as error:
            raise CannotWrite(
                f"{visible(str(file))} cannot be written: {error.strerror}. Choose another folder."
            ) from error
    return list(files)
