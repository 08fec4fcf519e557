"""Lists of names that are too long for memory or for one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

from wanprep.closing import Closing
from wanprep.dataclass import dataclass
from wanprep.files.spool import Spool

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from wanprep.media.facts import Facts

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
