"""Write files atomically; an existing file is replaced only on request.

A file is written under a temporary name beside its own. While its writer lives a lock of the
same name is held: what a killed process left is removed by the next one that writes there.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError, WanprepError
from wanprep.files.locks import SUFFIX, acquire_lock, is_locked, release_lock
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_NOT_PERMITTED: Final = "permission denied; choose another folder or change its permissions"
_TOO_MANY: Final = "too many files are open; raise the limit (ulimit -n), or pass -j 1"
_HINTS: Final = {
    errno.ENOSPC: "the disk is full; make room and run this again",
    errno.EDQUOT: "your quota is used up; make room and run this again",
    errno.EACCES: _NOT_PERMITTED,
    errno.EPERM: _NOT_PERMITTED,
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
    errno.EROFS: "it is on a read-only disk; choose another folder",
}
# A temporary file, what ffmpeg keeps beside one between two passes, and a lock.
_PART: Final = re.compile(r"(\.wanprep-[0-9a-f]{12})(?:\..*)?", re.DOTALL).fullmatch
_NO_LOCKS: Final = (errno.ENOLCK, errno.EOPNOTSUPP)
_tidied: Final[set[str]] = set()  # folders in which this process has removed stale parts


class CannotWrite(WanprepError):
    """A file cannot be written; an existing one is unchanged."""


class AlreadyExists(CannotWrite):
    """The file exists and must not be overwritten."""


@contextmanager
def explain_os_errors(path: str, verb: str = "written") -> Iterator[None]:
    """Raise CannotWrite, which names the file and what to do, for any OSError."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, error.strerror or str(error))
        raise CannotWrite(f"{visible(path)} cannot be {verb}: {hint}") from error


@contextmanager
def temporary_path(path: str) -> Iterator[str]:
    """Yield an unused name beside `path`, with its suffix; that file is removed in the end."""
    folder, name = os.path.split(path)
    stem = os.path.join(folder, f".wanprep-{secrets.token_hex(6)}")
    part, lock = stem + os.path.splitext(name)[1], stem + SUFFIX
    with explain_os_errors(path):
        os.makedirs(folder or ".", exist_ok=True)
        if folder not in _tidied:
            _tidied.add(folder)
            remove_stale_parts(folder)
        descriptor = _acquire(lock)
    try:
        yield part
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        if descriptor is None:
            _remove_part(lock)
        else:
            release_lock(lock, descriptor)


def _acquire(lock: str) -> int | None:
    try:
        return acquire_lock(lock)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return None  # what nobody can lock is not taken for stale either


def remove_stale_parts(folder: str) -> None:
    """Remove the temporary files of processes that died; a folder that cannot be read has none."""
    try:
        parts = [found for name in os.listdir(folder or ".") if (found := _PART(name))]
    except OSError:
        return
    for found in parts:
        with contextlib.suppress(OSError):  # somebody else's, or a file system without locks
            if not is_locked(os.path.join(folder, found[1] + SUFFIX)):
                _remove_part(os.path.join(folder, found[0]))


def _remove_part(path: str) -> None:
    with contextlib.suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def require_writable(path: str, *, overwrite: bool = False) -> None:
    """Raise what writing a file would certainly raise, and write nothing."""
    with explain_os_errors(path):
        folder = os.path.dirname(path) or os.curdir
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder) or os.curdir
        if not os.path.isdir(folder):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if not overwrite and os.path.lexists(path):
        raise _already_exists(path)


def _already_exists(path: str) -> AlreadyExists:
    return AlreadyExists(
        f"{visible(path)} already exists and was not written by wanprep: remove it, or choose"
        " another folder"
    )


def move_into_place(
    part: str, path: str, *, mode_of: str | None = None, overwrite: bool = False
) -> None:
    """Give a finished file its name, durably, with the permissions of `mode_of` if given.

    Raise AlreadyExists if the name is taken and may not be overwritten.
    """
    with explain_os_errors(path):
        if mode_of is not None:
            os.chmod(part, stat.S_IMODE(os.stat(mode_of).st_mode))
        sync_file(part)
        if overwrite:
            os.replace(part, path)
        else:
            _move_to_free_name(part, path)
        sync_folder(os.path.dirname(path))


def _move_to_free_name(part: str, path: str) -> None:
    try:
        os.link(part, path)  # unlike a rename, this fails if the name is taken by now
    except FileExistsError as error:
        raise _already_exists(path) from error
    except OSError:  # a file system without hard links, such as FAT
        if os.path.lexists(path):
            raise
        os.rename(part, path)
    else:
        os.unlink(part)


def write_bytes(data: bytes, path: str, *, overwrite: bool = False) -> None:
    """Write a small file."""
    _write([data], path, overwrite=overwrite)


def _write(
    pieces: Iterable[bytes], path: str, *, overwrite: bool, mode_of: str | None = None
) -> None:
    with temporary_path(path) as part:
        _fill(part, "xb", pieces, path)
        move_into_place(part, path, mode_of=mode_of, overwrite=overwrite)


def _fill(file: str, mode: str, pieces: Iterable[bytes], path: str) -> None:
    """Write pieces as they come; only errors of writing are explained as such."""
    with explain_os_errors(path):
        stream = open(file, mode)  # noqa: SIM115 - closed below, where errors are explained, too
    try:
        for piece in pieces:
            with explain_os_errors(path):
                stream.write(piece)
    finally:
        with explain_os_errors(path):
            stream.close()


def write_output(data: bytes, path: str) -> None:
    """Write over an earlier output; links and permissions stay, and a pipe is written to."""
    write_pieces([data], path)


def write_pieces(pieces: Iterable[bytes], path: str) -> None:
    """Write over an earlier output with pieces that are made meanwhile, or leave it as it is."""
    if os.path.exists(path) and not os.path.isfile(path):
        _fill(path, "wb", pieces, path)
        return
    path = os.path.realpath(path)
    _write(pieces, path, mode_of=path if os.path.exists(path) else None, overwrite=True)


def copy_file(source: str, path: str, *, overwrite: bool = False) -> None:
    """Copy a file with its times and permissions."""
    with temporary_path(path) as part:
        with explain_os_errors(path):
            shutil.copy2(source, part)
        move_into_place(part, path, overwrite=overwrite)


def sha256_of(path: str) -> str:
    """Hash a file's content."""
    with explain_os_errors(path, "read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: str) -> None:
    """Write a folder's entries to the disk: a file is only safe when its name is, too."""
    with contextlib.suppress(OSError):  # some network folders cannot; the content is safe by then
        sync_file(folder or os.curdir)


def sync_file(path: str) -> None:
    """Write a file's content to the disk, and wait until it is there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
