"""Where what must not be forgotten lies: the ledger, and who is sending right now."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "WANPREP_STATE_DIR"


class NoStateFolder(WanprepError):
    """The folder for the ledger cannot be made."""


def state_folder(environ: Mapping[str, str]) -> str:
    """Tell where the state lies: WANPREP_STATE_DIR, else the system's place for such."""
    if chosen := environ.get(VARIABLE):
        return os.path.abspath(chosen)
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/wanprep")
    home = environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(home, "wanprep")


def make_private(folder: str) -> str:
    """Make a folder that nobody else can read, and see that it outlives a loss of power."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        sync_folder(os.path.dirname(folder))
    except OSError as error:
        raise NoStateFolder(
            f"the folder {visible(folder)}, where runs are remembered, cannot be made:"
            f" {error.strerror}. Name another in {VARIABLE}."
        ) from error
    return folder


def sync_folder(folder: str) -> None:
    """Write a folder's entries to the disk: a new file is only safe when its name is, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
