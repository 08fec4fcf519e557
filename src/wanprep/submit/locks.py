"""Locks that die with their process: how one tells a sender at work from one that was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def take(path: str) -> int:
    """Create a file under a new name and lock it, until it is closed or the process ends."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def give_back(path: str, handle: int) -> None:
    """Remove a lock: its name is never used again."""
    with contextlib.suppress(OSError):
        os.remove(path)
    os.close(handle)


def is_held(path: str) -> bool:
    """Tell whether the process that took a lock still lives; clear up after one that does not."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with contextlib.suppress(OSError):
            os.remove(path)
        return False
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(path: str) -> Iterator[None]:
    """Wait until nobody else holds the lock of this name, and hold it."""
    handle = _locked(path)
    try:
        yield
    finally:
        give_back(path, handle)


def _locked(path: str) -> int:
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Whoever held it has removed the file: a lock on one without a name protects nothing.
        if _same(path, handle):
            return handle
        os.close(handle)


def _same(path: str, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
