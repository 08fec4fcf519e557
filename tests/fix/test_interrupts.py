"""Signals in real processes: what they do is a matter of the whole process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from wanprep.fix.pipeline import interrupt_on_signals

_WAITS = """
import signal, sys, threading
from wanprep.fix.pipeline import interrupt_on_signals
{before}
for _ in range({times}):
    try:
        with interrupt_on_signals():
            print("ready", flush=True)
            {wait}
    except KeyboardInterrupt:
        print("interrupted")
    both = (signal.SIGTERM, signal.SIGHUP)
    print(*(signal.getsignal(each) == signal.SIG_DFL for each in both), flush=True)
"""


# The measurement of coverage handles signals too.
_PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def _signalled(*numbers: signal.Signals, before: str = "", wait: str = "signal.pause()") -> str:
    """Return what a process prints when it is sent each signal while it waits."""
    script = _WAITS.format(before=before, wait=wait, times=len(numbers))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_PLAIN,
    ) as process:
        assert process.stdout
        lines = []
        for number in numbers:
            while (line := process.stdout.readline()) != "ready\n":
                lines.append(line)
            process.send_signal(number)
        return "".join(lines) + process.communicate("go on\n", timeout=30)[0]


def test_a_signal_is_an_interrupt() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    assert _signalled(*numbers) == "interrupted\nTrue True\n" * 3


def test_an_ignored_signal_stays_ignored() -> None:
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"

    assert _signalled(signal.SIGHUP, before=before, wait="sys.stdin.readline()") == "True False\n"


def test_only_the_main_thread_handles_signals() -> None:
    handlers: list[object] = []

    def work() -> None:
        with interrupt_on_signals():
            handlers.append(signal.getsignal(signal.SIGHUP))

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert handlers == [signal.default_int_handler, signal.SIG_DFL]
