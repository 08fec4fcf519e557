"""Bring a finished file to its place: whole or not at all, and never over a stranger's."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

from wanprep.errors import WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_HINTS: Final = {
    errno.ENOSPC: "the disk is full; make room and run this again",
    errno.EDQUOT: "your quota is used up; make room and run this again",
    errno.EACCES: "it may not be written to; choose another folder or change its permissions",
    errno.EPERM: "it may not be written to; choose another folder or change its permissions",
    errno.EROFS: "it lies on a disk that cannot be written to; choose another folder",
}


class CannotWrite(WanprepError):
    """A result cannot be stored; what was there before is still there."""


@contextmanager
def workspace(final: str) -> Iterator[str]:
    """Give a name beside the final one, with its ending, that is gone afterwards."""
    folder, name = os.path.split(final)
    suffix = os.path.splitext(name)[1]
    into = os.path.join(folder, f".wanprep-{secrets.token_hex(6)}{suffix}")
    with told(final):
        os.makedirs(folder or ".", exist_ok=True)
    try:
        yield into
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(into)


@contextmanager
def told(path: str) -> Iterator[None]:
    """Turn an operating system's error into words about a file."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, error.strerror or str(error))
        raise CannotWrite(f"{visible(path)} cannot be written: {hint}") from error


def move(written: str, final: str, *, like: str | None = None, over: bool = False) -> None:
    """Give a finished file its name, with the permissions of the file that it stands for."""
    with told(final):
        if like is not None:
            os.chmod(written, stat.S_IMODE(os.stat(like).st_mode))
        _sync(written)
        if over:
            os.replace(written, final)
        else:
            _move_to_new(written, final)
        _sync_folder(os.path.dirname(final) or ".")


def _move_to_new(written: str, final: str) -> None:
    try:
        os.link(written, final)  # unlike a rename, this fails if somebody was there first
    except FileExistsError as error:
        raise CannotWrite(
            f"{visible(final)} is there already, and is not a result of an earlier run:"
            " remove it, or choose another folder for --out"
        ) from error
    except OSError:  # a file system without links
        if os.path.lexists(final):
            raise
        os.rename(written, final)
        return
    os.unlink(written)


def copy(source: str, final: str, *, over: bool = False) -> None:
    """Copy a file bit for bit, with its times and permissions."""
    with workspace(final) as into:
        with told(final):
            shutil.copy2(source, into)
        move(into, final, over=over)


def write_text(text: bytes, final: str, *, like: str | None = None, over: bool = False) -> None:
    """Write a small file whole."""
    with workspace(final) as into:
        with told(final), open(into, "xb") as file:
            file.write(text)
        move(into, final, like=like, over=over)


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: str) -> None:
    # Some file systems cannot; the file itself is safe by then.
    with contextlib.suppress(OSError):
        _sync(path)


_OUTSIDE: Final = "outside"


@dataclass(slots=True)
class Places:
    """Gives each file a name of its own."""

    out: str | None  # None: in place
    base: str = ""
    ours: Callable[[str], bool] = lambda _: False  # tells what may be written over
    _taken: set[str] = field(default_factory=set)

    def reserve(self, paths: Iterable[str]) -> None:
        """Keep the names of files that stay as they are."""
        self._taken |= {self._mirrored(path) for path in paths}

    def place(self, source: str, suffix: str | None = None) -> str:
        """Say where a file goes, with another ending if it needs one."""
        stem, old = os.path.splitext(self._mirrored(source))
        wished = stem + (old if suffix is None or old.lower() == suffix else suffix)
        if wished == stem + old:
            self._taken.add(wished)
            return wished
        # hero.heic beside a hero.jpg becomes hero-heic.jpg.
        names = (wished, f"{stem}-{old[1:].lower()}{suffix}")
        numbered = (f"{stem}-{number}{suffix}" for number in range(2, 10**6))
        free = next(filter(self._is_free, chain(names, numbered)))
        self._taken.add(free)
        return free

    def _is_free(self, name: str) -> bool:
        return name not in self._taken and (not os.path.lexists(name) or self.ours(name))

    def _mirrored(self, source: str) -> str:
        if self.out is None:
            return source
        relative = os.path.relpath(os.path.abspath(source), self.base)
        if relative.split(os.sep)[0] == os.pardir:
            relative = os.path.join(
                _OUTSIDE, *(p for p in relative.split(os.sep) if p != os.pardir)
            )
        return os.path.join(self.out, relative)

    def is_result(self, path: str) -> bool:
        """Tell whether a file lies in the folder that is written to."""
        if self.out is None:
            return False
        out = os.path.abspath(self.out)
        return os.path.commonpath([out, os.path.abspath(path)]) == out


def base_of(paths: Iterable[str], files: Iterable[str]) -> str:
    """Find the folder under which everything that was named lies."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths
               if path != "-" and os.path.lexists(path)]  # fmt: skip
    folders = folders or [os.path.dirname(file) for file in files]
    return os.path.commonpath([os.path.abspath(folder) for folder in folders or ["."]])
