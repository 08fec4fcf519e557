"""The folder of the ledger and of its lock files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.files.atomic import sync_folder
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "WANPREP_STATE_DIR"
LEDGER: Final = "ledger.sqlite3"  # the file in it


class NoStateFolder(WanprepError):
    """The state folder cannot be created or written."""


def state_folder(environ: Mapping[str, str]) -> str:
    """Return WANPREP_STATE_DIR, else the system's folder for application state."""
    if chosen := environ.get(VARIABLE):
        return os.path.abspath(chosen)
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/wanprep")
    home = environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(home, "wanprep")


def create_private_folder(folder: str) -> str:
    """Create a folder that only this user can read; it survives a loss of power."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise NoStateFolder(
            f"the state folder {visible(folder)} cannot be created: {error.strerror}."
            f" Name another in {VARIABLE}."
        ) from error
    sync_folder(os.path.dirname(folder))
    return folder
