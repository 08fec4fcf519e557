"""Where wanprep keeps things: whether it can write there, and how much room is left."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.doctor.line import Line
from wanprep.probe.cache import cache_folder
from wanprep.submit.ledger.state_folder import VARIABLE, state_folder
from wanprep.text import file_size, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_line: Final = partial(Line, "Folders")
_LITTLE: Final = 2_000_000_000  # a mended clip and its draft fit many times
_NOTHING: Final = 100_000_000


def folders(environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at each folder; none is made."""
    yield _folder("cache", cache_folder(), "WANPREP_CACHE_DIR")
    yield _folder("ledger of runs", state_folder(environ), VARIABLE)
    yield _folder("for the moment", tempfile.gettempdir(), "TMPDIR")


def _folder(name: str, folder: str, variable: str) -> Line:
    there = _nearest(folder)
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        says = f"{visible(folder)} cannot be written: mend that, or name another in {variable}."
        return _line(name, "trouble", says)
    free = shutil.disk_usage(there).free
    size = file_size(_size(folder)) if name != "for the moment" else ""
    holds = ", ".join(filter(None, [size, f"{file_size(free)} free"]))
    if free < _NOTHING:
        says = f"{visible(folder)}: the disk is full ({file_size(free)} free). Make room there."
        return _line(name, "trouble", says)
    return _line(name, "note" if free < _LITTLE else "fine", f"{visible(folder)} ({holds})")


def _nearest(folder: str) -> str:
    """Find what there is of a path: it is there that a folder would be made."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _size(folder: str) -> int:
    size = 0
    for at, _, names in os.walk(folder):
        paths = (os.path.join(at, name) for name in names)
        size += sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
    return size
