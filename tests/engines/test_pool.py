from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import alive, ends

from wanprep.engines import worker_process
from wanprep.engines.pool import CannotStart, WorkerPool
from wanprep.engines.worker_process import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.engines.worker_process import Call

GUARD = 30.0
TASKS = ("builtins:len", "time:sleep", "os:getpid", "os:_exit", "os:system", "operator:mul",
         "signal:raise_signal", "signal:signal")  # fmt: skip


def pool_of(
    workers: int, *, seconds: float = 30.0, memory: int = 2**30, batch: int = 1
) -> WorkerPool:
    return WorkerPool(TASKS, seconds=seconds, memory=memory, workers=workers, batch=batch)


@pytest.mark.parametrize("batch", [1, 7, 16])
def test_results_come_in_order_with_what_needs_no_call_in_its_place(batch: int) -> None:
    items: list[tuple[int, Call | None]] = [
        (number, None if number % 5 == 3 else ("builtins:len", "x" * number))
        for number in range(600)
    ]
    with pool_of(3, batch=batch) as pool:
        results = list(pool.map(items))
        assert len(pool.process_ids) == 3
        assert list(pool.map(items[:5])) == results[:5], "the workers can be used again"
    assert [key for key, _ in results] == list(range(600))
    assert all(result == (None if key % 5 == 3 else key) for key, result in results)


def test_a_few_hundred_items_are_under_way_at_most() -> None:
    taken = 0

    def items() -> Iterator[tuple[int, Call | None]]:
        nonlocal taken
        for number in range(2000):
            taken += 1
            yield number, ("builtins:len", "")

    with pool_of(2, batch=16) as pool:
        for number, _ in pool.map(items()):
            assert taken - number <= 256 + 16
    assert taken == 2000


def test_nothing_to_call_starts_no_worker() -> None:
    with pool_of(2) as pool:
        assert list(pool.map([])) == []
        assert list(pool.map([("cached", None)])) == [("cached", None)]
        assert pool.process_ids == []


def test_threads_share_the_workers() -> None:
    with pool_of(2) as pool, ThreadPoolExecutor(8) as threads:
        lengths = threads.map(lambda number: pool.run("builtins:len", "x" * number), range(50))
        assert list(lengths) == list(range(50))
        assert len(pool.process_ids) == 2


@pytest.mark.parametrize(
    ("call", "failure"),
    [
        pytest.param(("time:sleep", 60), Failure("slow", "1 s"), id="slow"),
        pytest.param(("operator:mul", "x", 2**29), Failure("memory"), id="memory"),
        pytest.param(("signal:raise_signal", 9), Failure("killed"), id="killed"),
        pytest.param(("signal:raise_signal", 11), Failure("crashed", "SIGSEGV"), id="signal"),
        pytest.param(("os:_exit", 3), Failure("crashed", "exit status 3"), id="exit"),
        pytest.param(("no:such", 3), Failure("crashed", "exit status 1"), id="not a task"),
    ],
)
def test_what_fails_costs_one_call(call: Call, failure: Failure) -> None:
    items: list[tuple[str, Call | None]] = [
        ("before", ("builtins:len", "x")),
        ("bad", call),
        ("after", ("builtins:len", "xy")),
    ]
    with pool_of(1, seconds=1, memory=400 * 2**20, batch=16) as pool:
        assert list(pool.map(items)) == [("before", 1), ("bad", failure), ("after", 2)]
        assert pool.run(*call) == failure
        assert pool.run("builtins:len", "xyz") == 3


def test_a_task_that_ignores_its_alarm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_GRACE_SECONDS", 0.5)
    with pool_of(1, seconds=0.5) as pool:
        assert pool.run("signal:signal", int(signal.SIGALRM), int(signal.SIG_IGN)) == 0
        assert pool.run("time:sleep", 60) == Failure("slow", "0.5 s")


def test_what_a_slow_task_has_started_ends_with_it(tmp_path: Path) -> None:
    with pool_of(1, seconds=1) as pool:
        command = f"echo $$ > {tmp_path}/pid; exec sleep 60"
        assert pool.run("os:system", command) == Failure("slow", "1 s")
    assert ends(int((tmp_path / "pid").read_text()))


def test_an_internal_error_is_reported_with_its_traceback() -> None:
    with pool_of(1) as pool:
        (worker,) = {pool.run("os:getpid")}
        failure = pool.run("builtins:len", 3)
        assert failure.cause == "internal"
        assert failure.detail.startswith("Traceback")
        assert failure.detail.endswith("TypeError: object of type 'int' has no len()\n")
        assert pool.run("os:getpid") == worker, "and costs no worker"


def test_an_error_outside_of_a_task_does_not_look_like_a_slow_one() -> None:
    theirs, ours = os.pipe()
    code = f"from wanprep.engines.worker import main; main('{ours}', '30', '{2**30}')"
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=[ours], start_new_session=True
    ) as worker:
        assert worker.stdin is not None
        worker.stdin.write(b"[null]\n")  # no call: nothing expects that
        worker.stdin.flush()  # and the input stays open
        assert worker.wait(GUARD) == 1
    assert time.monotonic() - started < 29, "not by the alarm"
    os.close(theirs)
    os.close(ours)


def test_a_worker_that_cannot_start_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shadow = tmp_path / "wanprep"
    shadow.mkdir()
    (shadow / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    message = r"could not be started \(exit status 7\)"
    with pool_of(1) as pool, pytest.raises(CannotStart, match=message):
        pool.run("builtins:len", "")
    with pool_of(1) as pool, pytest.raises(CannotStart, match=message):
        list(pool.map([("one", ("builtins:len", ""))]))


def test_no_library_is_taken_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    with pool_of(1) as pool:
        assert pool.run("builtins:len", "x") == 1


def test_the_next_pool_takes_an_idle_worker_and_no_dead_one() -> None:
    with pool_of(1) as pool:
        worker = pool.run("os:getpid")
    with pool_of(1) as pool:
        assert pool.run("os:getpid") == worker
    os.kill(worker, signal.SIGKILL)
    assert ends(worker)
    with pool_of(1) as pool:
        assert pool.run("os:getpid") != worker


def test_no_pool_takes_a_worker_that_was_killed_with_its_answer_given() -> None:
    with pool_of(1) as pool:
        worker = pool._acquire(fork=False)
        assert worker is not None
        assert list(worker.answers([("os:getpid",)], 5, None)) == [worker.process_id]
        pool.close()  # kills what is busy
        pool._release(worker)
    assert not any(worker in waiting for waiting in worker_process._idle.values())
    assert not alive(worker.process_id)


def test_a_pool_works_in_the_folder_in_which_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with pool_of(1) as pool:
            monkeypatch.chdir(tmp_path)
            assert pool.run("os:system", f"touch {name}") == 0
            (worker,) = pool.process_ids
        assert (tmp_path / name / name).exists()
    while Path(f"/proc/{worker}/cwd").readlink() != Path("/"):
        time.sleep(0.01)  # where an idle one is in nobody's way


def test_leaving_early_leaves_no_work_behind() -> None:
    with pool_of(2, batch=16) as pool:
        results = pool.map((number, ("time:sleep", 0.01)) for number in range(200))
        next(results)
        workers = pool.process_ids
        results.close()  # type: ignore[attr-defined] # it is a generator
        assert pool.process_ids == []
        assert not any(map(alive, workers))


def test_closing_stops_the_work_and_those_who_wait() -> None:
    pool = pool_of(1)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(pool.run, "time:sleep", 60) for _ in range(2)]
        while not pool.process_ids:
            time.sleep(0.01)
        time.sleep(0.2)
        workers = pool.process_ids
        pool.close()
        assert [each.result(GUARD) for each in waiting] == [Failure("stopped")] * 2
    assert pool.process_ids == []
    assert not any(map(alive, workers))
    assert pool.run("builtins:len", "") == Failure("stopped")
    pool.close()


PARENT = f"""
import os, threading, time
from wanprep.engines.pool import WorkerPool
with WorkerPool({TASKS!r}, seconds=90, memory=2**30, workers=1) as pool:
    print(pool.run("os:getpid"), flush=True)
    {{work}}
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(
    "work",
    [
        pytest.param("pool.run('time:sleep', 60)", id="run"),
        pytest.param("list(pool.map([(1, ('time:sleep', 60))]))", id="map"),
        pytest.param("time.sleep(60)", id="idle"),
    ],
)
def test_no_worker_outlives_its_parent(by: signal.Signals, work: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(work=work)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        assert alive(worker)
        parent.send_signal(by)
        parent.wait(GUARD)
    assert ends(worker)


def test_a_worker_that_dies_between_two_calls_costs_only_the_next() -> None:
    with pool_of(1) as pool:
        os.kill(pool.run("os:getpid"), signal.SIGTERM)
        time.sleep(0.2)
        assert pool.run("builtins:len", "x") == Failure("crashed", "SIGTERM")
        assert pool.run("builtins:len", "x") == 1


def test_results_may_be_large() -> None:
    with pool_of(1) as pool:
        assert pool.run("operator:mul", "x", 5_000_000) == "x" * 5_000_000
        text = "é\udcff\n" * 100_000
        assert pool.run("operator:mul", text, 1) == text


def test_only_the_thread_that_lost_its_worker_hears_of_it() -> None:
    with pool_of(2) as pool, ThreadPoolExecutor(2) as threads:
        slow = threads.submit(pool.run, "time:sleep", 1)
        threading.Event().wait(0.1)
        assert pool.run("signal:raise_signal", 11) == Failure("crashed", "SIGSEGV")
        assert slow.result(GUARD) is None
