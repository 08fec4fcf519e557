"""Few calls are run by a fork of the process, as safely as by other workers."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

PREPARE = """
    import os, signal, sys, threading, json
    sys.executable = "/nowhere"  # no other interpreter can be started
    from wanprep.engines.pool import WorkerPool
    TASKS = ["builtins:len", "time:sleep", "os:system", "os:listdir", "signal:raise_signal",
             "operator:mul", "os:getsid", "os:getpid", "builtins:eval"]
    def outcomes(*calls, seconds=5.0, memory=1 << 28):
        with WorkerPool(TASKS, seconds=seconds, memory=memory, workers=2, batch=16) as pool:
            return [getattr(each, "cause", each) for _, each in pool.map(enumerate(calls))]
"""


def answer(code: str, folder: Path, **more: object) -> object:
    script = textwrap.dedent(PREPARE) + f"print(json.dumps({code}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True,
        timeout=60, **more,  # type: ignore[call-overload] # other arguments of its own
    )  # fmt: skip
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param('outcomes(("builtins:len", "abc"))', [3], id="a result"),
        pytest.param(
            'outcomes(("time:sleep", 60), ("builtins:len", "a"), seconds=0.2)', ["slow", 1],
            id="slow",
        ),
        pytest.param(
            'outcomes(("signal:raise_signal", 11), ("builtins:len", "a"))', ["crashed", 1],
            id="crashed",
        ),
        pytest.param(
            'outcomes(("builtins:len", "a"), ("builtins:eval", "len(bytearray(1 << 29))"))',
            [1, "memory"],
            id="memory",
        ),
        pytest.param(
            'outcomes(("builtins:eval", "len(bytearray(1 << 27))"))', [1 << 27], id="enough memory"
        ),
        pytest.param('outcomes(("builtins:eval", "print(5)"))', [None], id="prints nowhere"),
        pytest.param(
            'outcomes(("os:listdir", "/proc/self/fd"))', [["0", "1", "2", "3", "4"]],
            id="no file of the parent",  # but the answers' copy, and the list itself
        ),
        pytest.param('outcomes(("os:getsid", 0)) == [os.getsid(0)]', False, id="own session"),
        pytest.param('len({*outcomes(*[("os:getpid",)] * 15), os.getpid()})', 2, id="of its own"),
    ],
)  # fmt: skip
def test_a_fork_is_a_worker(code: str, expected: object, tmp_path: Path) -> None:
    assert answer(code, tmp_path) == expected


def test_no_library_is_taken_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("raise SystemExit(9)")
    code = 'outcomes(("builtins:eval", "__import__(\'colorsys\').hsv_to_rgb(0, 0, 0)[0]"))'
    assert answer(code, tmp_path) == [0]


def test_standard_streams_that_are_closed() -> None:
    code = """
import os, sys
out = os.dup(1)
os.close(0); os.close(1)
from wanprep.engines.pool import WorkerPool
with WorkerPool(["builtins:len"], seconds=5, memory=1 << 28, workers=1, batch=16) as pool:
    os.write(out, repr([*pool.map([(0, ("builtins:len", "abc"))])]).encode())
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"[(0, 3)]"


def test_a_process_with_threads_is_not_forked(tmp_path: Path) -> None:
    code = """
from wanprep.engines.worker_process import can_fork
print(can_fork())
import threading
threading.Thread(target=threading.Event().wait, args=[9], daemon=True).start()
print(can_fork())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["True", "False"]
