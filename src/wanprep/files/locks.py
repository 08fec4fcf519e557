"""Locks that die with their process: how one tells a sender at work from one that was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX: Final = ".lock"


def take(path: str) -> int:
    """Create a file and lock it, until it is closed or the process ends; wait if it is locked."""
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Whoever held it may have removed the file: a lock without a name protects nothing.
        if _same(path, handle):
            return handle
        os.close(handle)


def give_back(path: str, handle: int) -> None:
    """Let go of a lock, and leave nothing behind."""
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
        if _same(path, handle):
            os.remove(path)
        return False
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(path: str) -> Iterator[None]:
    """Wait until nobody else holds the lock of this name, and hold it."""
    handle = take(path)
    try:
        yield
    finally:
        give_back(path, handle)


def sweep(folder: str) -> None:
    """Clear up after processes that died."""
    for name in os.listdir(folder):
        if name.endswith(SUFFIX):
            is_held(os.path.join(folder, name))


def _same(path: str, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
