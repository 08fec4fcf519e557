"""The process that opens strangers' files, so that the one with the user's work does not.

It reads from its standard input, a JSON list of names per line, and answers
with a JSON line per file. Limits that the kernel keeps bound it: a file that takes too long
ends it by an alarm (which also stops native code), one that wants too much memory gets none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from wanprep.probe.handshake import READY
from wanprep.probe.probe_file import probe_file

if TYPE_CHECKING:
    from wanprep.probe.facts import Facts

# No reader of headers needs a tenth of it; decoding a picture of 64 megapixels needs it all.
MEMORY: Final = 300 * 2**20
# ffmpeg, which decodes for --deep, keeps a dozen frames of a video at once.
DEEP_MEMORY: Final = 1024 * 2**20


def main(seconds: float, *, deep: bool) -> None:
    """Serve until the input ends; a fault of ours ends the process at once.

    Python's own way out would wait for the thread that reads the input, until the alarm
    makes the fault look like a slow file.
    """
    try:
        _serve(seconds, deep=deep)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent sees the status
        os._exit(1)


def _serve(seconds: float, *, deep: bool) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    limit_memory(DEEP_MEMORY if deep else MEMORY)
    answers = _private_output()
    os.write(answers, READY)
    requests = _Requests()
    while paths := requests.next():
        for left in range(len(paths) - 1, -1, -1):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            facts = probe_file(paths[-1 - left], deep=deep)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if left == 0:
                requests.all_done()
            os.write(answers, _as_line(facts))


class _Requests:
    """Batches of names, read beside the work: should the parent die, the work ends as well."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[list[str]] = SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> list[str]:
        """Wait for a batch; an empty one says that there will be no more."""
        return self._inbox.get()

    def all_done(self) -> None:
        """Say so before the last answer of a batch is given, which may bring the next batch."""
        self._idle.set()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._idle.clear()
            self._inbox.put(json.loads(line))
        if not self._idle.is_set():
            os.killpg(0, signal.SIGKILL)  # with the decoder that we may be waiting for
        self._inbox.put([])


def limit_memory(most: int) -> None:
    """Let the kernel refuse what would eat the machine (Linux counts data, macOS nothing)."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _private_output() -> int:
    """Keep the answers apart from whatever a native library prints."""
    answers = os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return answers


def _as_line(facts: Facts) -> bytes:
    return json.dumps(facts.as_json()).encode("ascii") + b"\n"
