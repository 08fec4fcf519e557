"""From PATHS to job files and media files, of which there may be more than fit into memory."""

from __future__ import annotations

import os
import stat
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, Final
from zlib import crc32

from wanprep.check.exclude import Exclusions
from wanprep.check.listing import expand, files_in, is_missing, is_pattern, similar_name, unread
from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.files.outputs import is_own_file
from wanprep.files.spool import Spool
from wanprep.media.facts import Facts, extension_format, is_remote, usual_kind
from wanprep.text import visible

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wanprep.check.listing import Found

    Name = str | Facts  # of what need not be opened

_IN_MEMORY: Final = 20_000  # names, a few megabytes
_NAMED: Final = b"\1"  # on the command line
_FOUND: Final = b"\0"  # in a folder, or in a list of names


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts of a listing, by a hash of each path as it is given.

    So the parts are the same on every machine, in whatever order files are listed, and a file
    stays in its part when others come and go.
    """

    number: int  # from 1
    count: int

    def __contains__(self, path: str) -> bool:
        return crc32(path.encode("utf-8", "surrogatepass")) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def own(names: Iterable[Name], shard: Shard | None) -> Iterator[Name]:
    """Leave out the files of other shards."""
    if shard is None:
        return iter(names)
    return (name for name in names if (name if isinstance(name, str) else name.path) in shard)


class MediaNames(Closing):
    """Media files in the order in which they were found, and whether each was named."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._count = 0
        self.has_named = False
        self._named: set[str] = set()  # after they had been found

    def add(self, name: str, *, named: bool) -> None:
        """Add a name that is new."""
        data = name.encode("utf-8", "surrogatepass")
        length = len(data).to_bytes(4)
        self._spool.write(length + (_NAMED if named else _FOUND) + data)
        self._count += 1
        self.has_named |= named

    def set_named(self, name: str) -> None:
        """Remember that a name, which is in the list, was given on the command line, too."""
        self._named.add(name)
        self.has_named = True

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items())

    def items(self) -> Iterator[tuple[str, bool]]:
        """List each name, and whether it was given on the command line; once at a time."""
        file = self._spool.open()
        while head := file.read(5):
            name = file.read(int.from_bytes(head[:4])).decode("utf-8", "surrogatepass")
            yield name, head[4:] == _NAMED or name in self._named

    def close(self) -> None:
        """Free the memory or the file."""
        self._spool.close()


class Repeats(Closing):
    """Recognises names that were there before, by a hash in a database when they are many."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._database: sqlite3.Connection | None = None

    def is_new(self, name: str) -> bool:
        """Whether this is the first time that a name is asked for."""
        if self._database is None and len(self._names) < _IN_MEMORY:
            before = len(self._names)
            self._names.add(name)
            return len(self._names) > before
        return self._insert(name)

    def _insert(self, name: str) -> bool:
        if self._database is None:
            import sqlite3

            self._database = sqlite3.connect("")  # a file without a name
            self._database.execute("CREATE TABLE names (hash BLOB PRIMARY KEY) WITHOUT ROWID")
            for each in self._names:
                self._insert(each)
            self._names.clear()
        insert = "INSERT OR IGNORE INTO names VALUES (?)"
        return self._database.execute(insert, [_hash(name)]).rowcount == 1

    def close(self) -> None:
        """Drop what is remembered."""
        if self._database is not None:
            self._database.close()


def _hash(name: str) -> bytes:
    from hashlib import blake2b

    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


_JOB_SUFFIXES: Final = (".yaml", ".yml", ".json")
_MAY_BE_JOB: Final = "it may be a job"
_TRANSPORT_STREAMS: Final = (".ts", ".mts")


@dataclass(frozen=True, slots=True)
class Subjects:
    """The files to check, in the order in which they were found."""

    jobs: tuple[str, ...]
    media: MediaNames
    unread: tuple[Facts, ...] = ()  # folders that cannot be listed, and files that may be jobs
    changed: tuple[str, ...] = ()  # media, also deleted ones, whose jobs are checked again
    candidates: frozenset[str] = frozenset()  # unchanged jobs that may use them
    left_out: int = 0  # more such jobs, too many to read
    objects: tuple[Iterator[Found], ...] = ()  # of stores, which are listed as they are checked
    texts: Mapping[str, str] = field(default_factory=dict)  # of jobs that are no files

    def standalone(self, used: Collection[str]) -> Iterator[str]:
        """List the media to check by themselves: what a job uses is checked as its asset.

        `used` are the absolute paths of what jobs use. What the user named is always checked.
        """
        for path, named in self.media.items():
            if named or not used or os.path.abspath(path) not in used:
                yield path

    def unused(self, used: Collection[str]) -> Iterator[str]:
        """List the media that no job uses."""
        return (path for path in self.media if not used or os.path.abspath(path) not in used)

    def named_of(self, used: Collection[str]) -> Iterator[str]:
        """List the media that jobs use, and that are checked by themselves, too."""
        for path, named in self.media.items() if self.media.has_named else ():
            if named and os.path.abspath(path) in used:
                yield path


def find_subjects(
    paths: Sequence[str],
    providers: Collection[str],
    stdin: BinaryIO,
    *,
    nul: bool = False,
    exclusions: Exclusions = Exclusions(),  # noqa: B008 - frozen
) -> Subjects:
    """List the jobs and media behind some paths."""
    check_paths(paths)
    # Lists of names, as `git ls-files` writes them, hold all sorts of files, as folders do.
    named = {path: path != "-" and not os.path.isdir(path) for path in paths}
    files = (
        (file, named[path])
        for path in paths
        for file in files_in([path], stdin, nul=nul, exclusions=exclusions)
    )
    return sort_files(files, providers, may_repeat=_may_repeat(paths))


def _may_repeat(paths: Sequence[str]) -> bool:
    """Whether a file may be listed twice: folders that lie apart have no file in common."""
    if len(paths) == 1:
        return paths[0] == "-" or is_pattern(paths[0])
    places = sorted(os.path.join(os.path.abspath(path), "") for path in paths)
    nested = any(after.startswith(before) for before, after in pairwise(places))
    return nested or any(path == "-" or is_pattern(path) for path in paths)


def sort_files(
    files: Iterable[tuple[Found, bool]], providers: Collection[str], *, may_repeat: bool = True
) -> Subjects:
    """Sort files into jobs and media; of those not named, leave out what looks like neither."""
    jobs: dict[str, None] = {}
    media = MediaNames()
    unread: dict[str, Facts] = {}
    with Repeats() as repeats:
        for file, named in files:
            path = _named(file) if named else _recognise(file, providers)
            if isinstance(path, Facts):
                unread[path.path] = path
            elif path is None:
                continue
            elif has_job_suffix(path):
                jobs[path] = None
            elif not may_repeat or repeats.is_new(path):
                media.add(path, named=named)
            elif named:
                media.set_named(path)
    return Subjects(tuple(jobs), media, tuple(unread.values()))


def has_job_suffix(path: str) -> bool:
    """Whether a file that is named is a job."""
    return path.lower().endswith(_JOB_SUFFIXES) and not is_remote(path)


def _named(file: Found) -> Found | None:
    """Return a file that is named, unless wanprep wrote it; or why a job cannot be read."""
    if isinstance(file, Facts) or not has_job_suffix(file):
        return file
    try:
        return None if is_own_file(file) else file
    except OSError as error:
        return unread(file, "", error)


def _recognise(file: Found, providers: Collection[str]) -> Found | None:
    """Return a file of a folder if it is a job or media, or why that is not known."""
    if isinstance(file, Facts):
        return file
    if not has_job_suffix(file):
        return file if is_media(file) and not _is_typescript(file) else None
    from wanprep.job.recognise import is_job

    try:
        return file if is_job(file, providers) else None
    except (OSError, ValueError) as error:
        return unread(file, _MAY_BE_JOB, error) if not is_missing(file) else None


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
        near = similar_name(missing[0])
        advice = "Check the spelling; names are relative to the current folder."
        advice = f"Did you mean {visible(near)}?" if near else advice
        raise UsageError(f"there is no file, folder or match for: {names}. {advice}")


def _exists(path: str) -> bool:
    return is_remote(path) or not is_missing(path) or (is_pattern(path) and any(expand(path)))
