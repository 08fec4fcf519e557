"""Real processes that are asked to end: what signals do is a matter of the whole process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from wanprep.fix.pipeline import stopped_like_ctrl_c

_WAITS = """
import signal, sys, threading
from wanprep.fix.pipeline import stopped_like_ctrl_c
{before}
try:
    with stopped_like_ctrl_c():
        print("ready", flush=True)
        {wait}
except KeyboardInterrupt:
    print("interrupted")
print(*(signal.getsignal(each) == signal.SIG_DFL for each in (signal.SIGTERM, signal.SIGHUP)))
"""


# Who measures what tests reach listens to signals too.
_PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def _asked(number: signal.Signals, before: str = "", wait: str = "signal.pause()") -> str:
    """Tell what a process says when it is sent a signal while it waits."""
    script = _WAITS.format(before=before, wait=wait)
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_PLAIN,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        return process.communicate("go on\n", timeout=30)[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_an_interrupt(number: signal.Signals) -> None:
    assert _asked(number) == "interrupted\nTrue True\n"


def test_who_was_told_not_to_listen_does_not() -> None:
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"

    assert _asked(signal.SIGHUP, before, "sys.stdin.readline()") == "True False\n"


def test_only_the_main_thread_listens() -> None:
    told: list[object] = []

    def work() -> None:
        with stopped_like_ctrl_c():
            told.append(signal.getsignal(signal.SIGHUP))

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert told == [signal.default_int_handler, signal.SIG_DFL]
