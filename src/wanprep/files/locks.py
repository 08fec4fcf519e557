"""File locks that the kernel releases when their process ends, however it ends.

A system without them refuses what needs them: `missing_protections` of engines/guard.py.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX: Final = ".lock"


def acquire_lock(path: str) -> int:
    """Create and lock a file, waiting until it is free; return its descriptor."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _flock(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        # The last holder may have removed the file: a lock without a name protects nothing.
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)


def release_lock(path: str, descriptor: int) -> None:
    """Unlock and remove the file."""
    with contextlib.suppress(OSError):
        os.remove(path)
    unlock(descriptor)


def unlock(descriptor: int) -> None:
    """Unlock the file and close it; a process that is just being started may have it open, too."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def is_locked(path: str) -> bool:
    """Whether the process that took a lock is alive; the file of a dead one is removed."""
    try:
        with unlocked(path) as is_stale:
            if is_stale:
                os.remove(path)
            return not is_stale and os.path.lexists(path)
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def unlocked(path: str) -> Iterator[bool]:
    """Hold a lock that a dead process left, in a `with` block; False if its process is alive."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        _flock(descriptor, wait=False)
    except BlockingIOError:
        yield False
    else:
        yield _is_at(path, descriptor)
    finally:
        unlock(descriptor)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold a lock during a `with` block."""
    descriptor = acquire_lock(path)
    try:
        yield
    finally:
        release_lock(path, descriptor)


def remove_stale_locks(folder: str) -> None:
    """Remove the lock files of processes that died."""
    for name in os.listdir(folder):
        if name.endswith(SUFFIX):
            is_locked(os.path.join(folder, name))


def _flock(descriptor: int, *, wait: bool = True) -> None:
    if fcntl is None:
        raise OSError(errno.ENOLCK, "this system has no file locks, see `wanprep doctor`")
    fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
