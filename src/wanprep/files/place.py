"""Put a finished file into its folder: under a name of its own, whole, never over another."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
# By this member a sidecar is known to be ours, and may be written anew.
MARK: Final = "wanprep"


class Part(Closing):
    """A file under a hidden name, gone unless it was placed."""

    def __init__(self, folder: str, stem: str) -> None:
        self.stem = stem
        self.path = os.path.join(folder, f".{stem}.{secrets.token_hex(4)}.part")
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        self.file: IO[bytes] = os.fdopen(descriptor, "w+b")

    def settle(self) -> None:
        """Bring it onto the disk, whatever happens next."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Let go of the file and of its hidden name."""
        with contextlib.suppress(OSError):  # a full disk has complained before
            self.file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def find_usable(folder: str) -> None:
    """Refuse a folder that cannot take a result, before one is paid for; nothing is made yet."""
    there = os.path.abspath(folder)
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        raise UsageError(
            f"results cannot be put into {visible(folder)}: {visible(there)} is a file."
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"results cannot be put into {visible(folder)}: {visible(there)} is not writable."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result and the note about it belong."""

    video: str
    sidecar: str
    taken: bool  # by the very same content, from an earlier time


def place(part: Part, sha256: str, ending: str, number: int) -> Place:
    """Give a result the first name that is free, or the one under which it lies already."""
    folder = os.path.dirname(part.path)
    for name in _names(part.stem, number):
        video = os.path.join(folder, f"{name}.{ending}")
        sidecar = os.path.join(folder, f"{name}.json")
        if os.path.lexists(sidecar) and not _is_ours(sidecar):
            continue
        if not os.path.lexists(video) and _moved(part.path, video):
            _settle_folder(folder)
            return Place(video, sidecar, taken=False)
        if _hash(video) == sha256:
            return Place(video, sidecar, taken=True)
    raise AssertionError("names never end")  # pragma: no cover


def write_sidecar(place: Place, about: dict[str, Any]) -> None:
    """Write the note beside a result, whole or not at all."""
    folder, name = os.path.split(place.sidecar)
    with Part(folder, name) as part:
        text = json.dumps(about, ensure_ascii=False, indent=2)
        part.file.write(text.encode("utf-8", "backslashreplace") + b"\n")
        part.settle()
        os.replace(part.path, place.sidecar)
    _settle_folder(folder)


def _names(stem: str, number: int) -> Iterator[str]:
    return (stem if each == 1 else f"{stem}-{each}" for each in count(number))


def _moved(path: str, home: str) -> bool:
    try:
        os.link(path, home)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.rename(path, home)  # FAT and its like know no links; the name was free just now
    return True


def _is_ours(sidecar: str) -> bool:
    try:
        with open(sidecar, encoding="utf-8") as file:
            about = json.load(file)
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and MARK in about


def _hash(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _settle_folder(folder: str) -> None:
    """Bring a new name onto the disk, not only what it names."""
    with contextlib.suppress(OSError):  # some network folders cannot
        descriptor = os.open(folder or os.curdir, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
