"""A process group that ends with this process, however it ends.

When this process ends, the kernel closes the pipe to the leader of the group, and the leader kills
the group. A child is in it before its program starts, so none is missed; and nothing runs between
fork and exec, as PR_SET_PDEATHSIG would need, which Linux alone has.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from typing import Final

_LEADER: Final = "import os, signal, sys; sys.stdin.buffer.read(); os.killpg(0, signal.SIGKILL)"

# A forked child must not share its parent's group, hence the process id.
_leaders: Final[dict[int, subprocess.Popen[bytes]]] = {}
_lock: Final = threading.Lock()


def guarded_group() -> int:
    """Return the group, for Popen's `process_group`; the first call starts its leader."""
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
