"""A process group that ends with this process, and what a system lacks to keep others in bounds.

When this process ends, the kernel closes the pipe to the leader of the group, and the leader kills
the group. A child is in it before its program starts, so none is missed; and nothing runs between
fork and exec, as PR_SET_PDEATHSIG would need, which Linux alone has.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import subprocess
import sys
import threading
from importlib import import_module
from typing import Final

_LEADER: Final = "import os, signal, sys; sys.stdin.buffer.read(); os.killpg(0, signal.SIGKILL)"

# A forked child must not share its parent's group, hence the process id.
_leaders: Final[dict[int, subprocess.Popen[bytes]]] = {}
_lock: Final = threading.Lock()


def missing_protections() -> dict[str, str]:
    """List what this system lacks, and what follows."""
    missing = {}
    if not (hasattr(signal, "setitimer") and hasattr(select, "poll")):
        missing["time limit"] = (
            "not enforced by this system: a worker process that takes too long is ended by wanprep"
        )
    if not _can_import("resource"):
        missing["memory limit"] = "none on this system: a file may take all memory when it is read"
    elif sys.platform == "darwin":
        missing["memory limit"] = (
            "not enforced by macOS: a file may take all memory when it is read"
        )
    if not hasattr(os, "killpg"):
        missing["child processes"] = (
            "are ended by best effort: if wanprep is killed, an ffmpeg may run on"
        )
    if not _can_import("fcntl"):
        missing["file locks"] = (
            "none on this system: `fix --out` and `submit` are refused, since two runs at once"
            " could overwrite each other's results, or pay twice"
        )
    return missing


def _can_import(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def guarded_group() -> int | None:
    """Return the group, for Popen's `process_group`; the first call starts its leader."""
    if not hasattr(os, "killpg"):
        return None
    with _lock:
        leader = _leaders.get(os.getpid())
        if leader is None or leader.poll() is not None:
            leader = _leaders[os.getpid()] = _start_leader()
        return leader.pid


def _start_leader() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _LEADER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


@atexit.register
def _end_leader() -> None:
    if leader := _leaders.pop(os.getpid(), None):
        with leader:  # closes the pipe, and waits
            pass
