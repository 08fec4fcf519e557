"""From PATHS to job files and media files: folders walked, globs expanded, names read.

Everything is listed in a stable order and one by one, so that a huge folder costs neither
memory nor a wait for the first result.
"""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from wanprep.errors import UsageError
from wanprep.media.facts import extension_format, is_url, usual_kind
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_JOB_SUFFIXES: Final = (".yaml", ".yml", ".json")
_TRANSPORT_STREAMS: Final = (".ts", ".mts")
# Version control that does not hide its folder behind a dot.
_VCS: Final = frozenset({"CVS", "_darcs"})


@dataclass(frozen=True, slots=True)
class Subjects:
    """The files to check, in the order in which they were found."""

    jobs: tuple[str, ...]
    media: tuple[str, ...]
    named: frozenset[str]  # on the command line, and not merely found in a folder
    changed: tuple[str, ...] = ()  # media, also deleted ones, whose jobs are checked again
    candidates: frozenset[str] = frozenset()  # unchanged jobs that may use them
    left_out: int = 0  # more such jobs, too many to read

    def standalone(self, used: Iterable[str]) -> list[str]:
        """List the media to check by themselves: what a job uses is checked as its asset."""
        assets = {os.path.abspath(path) for path in used}
        return [
            path for path in self.media if path in self.named or os.path.abspath(path) not in assets
        ]


def find_subjects(
    paths: Sequence[str], providers: Collection[str], stdin: BinaryIO, *, nul: bool = False
) -> Subjects:
    """List the jobs and media behind some paths."""
    check_paths(paths)
    # Lists of names, as `git ls-files` writes them, hold all sorts of files, as folders do.
    files = (
        (file, path != "-" and not os.path.isdir(path))
        for path in paths
        for file in files_in([path], stdin, nul=nul)
    )
    return sort_files(files, providers)


def sort_files(files: Iterable[tuple[str, bool]], providers: Collection[str]) -> Subjects:
    """Sort files into jobs and media; of those not named, leave out what looks like neither."""
    jobs: dict[str, None] = {}
    media: dict[str, None] = {}
    named_media: set[str] = set()
    for path, named in files:
        if path.lower().endswith(_JOB_SUFFIXES) and not is_url(path):
            if named or _is_job(path, providers):
                jobs[path] = None
        elif named or (is_media(path) and not _is_typescript(path)):
            media[path] = None
            named_media |= {path} if named else set()
    return Subjects(tuple(jobs), tuple(media), frozenset(named_media))


def _is_job(path: str, providers: Collection[str]) -> bool:
    from wanprep.job.recognise import is_job

    return is_job(path, providers)


def is_media(path: str) -> bool:
    """Whether a file has the extension of an image, a video or an audio file."""
    return usual_kind(extension_format(path) or "") != "other"


def _is_typescript(path: str) -> bool:
    """Distinguish TypeScript from MPEG transport streams, which have the same extensions."""
    if not path.lower().endswith(_TRANSPORT_STREAMS):
        return False
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            head = file.read(1024)
    except (OSError, ValueError):
        return False
    return b"\0" not in head and b"\xff" not in head


def check_paths(paths: Sequence[str]) -> None:
    """Reject paths that do not exist before any work begins: most are typing mistakes."""
    missing = [path for path in paths if path != "-" and not _exists(path)]
    if missing:
        names = ", ".join(visible(path) for path in missing)
        raise UsageError(
            f"there is no file, folder or match for: {names}. Check the spelling; names are"
            " relative to the current folder."
        )


def _exists(path: str) -> bool:
    return (
        is_url(path)
        or os.path.lexists(path)
        or (glob.has_magic(path) and next(glob.iglob(path, recursive=True), None) is not None)
    )


def files_in(paths: Sequence[str], stdin: BinaryIO, *, nul: bool = False) -> Iterator[str]:
    """List every file behind some paths; `-` reads names from standard input."""
    for path in paths:
        if path == "-":
            for name in read_names(stdin, nul=nul):
                yield from _files_at(name)
        elif not is_url(path) and not os.path.lexists(path) and glob.has_magic(path):
            for match in sorted(glob.iglob(path, recursive=True)):
                yield from _files_at(match)
        else:
            yield from _files_at(path)


def read_names(stream: BinaryIO, *, nul: bool) -> Iterator[str]:
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
    """Walk a folder, its files in the order of their names; list any other path itself."""
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
