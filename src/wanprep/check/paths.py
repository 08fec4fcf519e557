"""From the PATHS of a command line to files: folders walked, globs expanded, names read.

Everything is produced in a stable order and one by one, so that a huge folder costs neither
memory nor a wait for the first answer.
"""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING, BinaryIO, Final

from wanprep.errors import UsageError
from wanprep.media.facts import is_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Version control that does not hide its folder behind a dot.
_VCS: Final = frozenset({"CVS", "_darcs"})


def check_paths(paths: Sequence[str]) -> None:
    """Refuse what is not there before any work begins: most often it is a typing mistake."""
    missing = [path for path in paths if path != "-" and not _exists(path)]
    if missing:
        names = ", ".join(visible(path) for path in missing)
        raise UsageError(
            f"there is no file, folder or match for: {names}. Look for a slip; names are relative"
            " to the folder where you stand."
        )


def _exists(path: str) -> bool:
    return (
        is_url(path)
        or os.path.lexists(path)
        or (glob.has_magic(path) and next(glob.iglob(path, recursive=True), None) is not None)
    )


def files_in(paths: Sequence[str], stdin: BinaryIO, *, nul: bool = False) -> Iterator[str]:
    """Name every file behind some paths; `-` reads names from standard input."""
    for path in paths:
        if path == "-":
            for name in names_from(stdin, nul=nul):
                yield from _files_at(name)
        elif not is_url(path) and not os.path.lexists(path) and glob.has_magic(path):
            for match in sorted(glob.iglob(path, recursive=True)):
                yield from _files_at(match)
        else:
            yield from _files_at(path)


def names_from(stream: BinaryIO, *, nul: bool) -> Iterator[str]:
    """Read one name per line, or ended by NUL bytes as `find -print0` and `git ls-files -z` do."""
    if not nul:
        for line in stream:
            name = line.rstrip(b"\r\n")
            if name:
                yield os.fsdecode(name)
        return
    rest = b""
    while block := stream.read1(1 << 16):  # type: ignore[attr-defined] # a buffered reader has it
        *names, rest = (rest + block).split(b"\0")
        yield from (os.fsdecode(name) for name in names if name)
    if rest:
        yield os.fsdecode(rest)


def _files_at(path: str) -> Iterator[str]:
    """Walk a folder, its files in the order of their names; anything else stands for itself."""
    waiting = [(path, os.path.isdir(path))]
    while waiting:  # no recursion: folders may be nested deeper than Python's calls
        at, is_folder = waiting.pop()
        if not is_folder:
            yield at
            continue
        try:
            inside = _entries(at)
        except OSError:
            yield at  # a folder that may not be read is reported as such
        else:
            waiting.extend(reversed(inside))


def _entries(folder: str) -> list[tuple[str, bool]]:
    """List a folder without what is hidden, version control, and linked folders (circles)."""
    entries = []
    with os.scandir(folder) as found:
        for entry in found:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or (is_folder and entry.name in _VCS):
                continue
            if is_folder or not entry.is_symlink() or not entry.is_dir():
                name = entry.name if folder == os.curdir else os.path.join(folder, entry.name)
                entries.append((name, is_folder))
    return sorted(entries)
