from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from wanprep import Facts, probe, probe_many
from wanprep.probe.ask import _crews
from wanprep.probe.crew import Crew


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(120):
        Image.new("RGB", (number + 1, 5)).save(folder / f"{number:03}.png")
    return sorted(str(path) for path in folder.iterdir())


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hours of silence in a sparse file: its header is read at once, decoding it takes long."""
    path = tmp_path_factory.mktemp("sound") / "long.wav"
    size = 1_900_000_000
    header = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += bytes.fromhex("0100 0100 44ac0000 88580100 0200 1000")
    header += b"data" + (size - 44).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(size)
    return str(path)


def test_answers_come_in_the_order_of_the_questions(pictures: list[str]) -> None:
    with Crew(workers=3) as crew:
        widths = [facts.width for facts in crew.probe(pictures)]
        assert widths == list(range(1, 121))
        assert [facts.width for facts in crew.probe(pictures[:2])] == [1, 2]


def test_facts_known_already_pass_in_their_place(pictures: list[str]) -> None:
    known = Facts(path="known", readable=True)
    with Crew(workers=2) as crew:
        told = list(crew.probe([pictures[0], known, *pictures[1:50], known]))
    assert [fact.path for fact in told] == [pictures[0], "known", *pictures[1:50], "known"]


def test_nothing_asked_starts_nothing() -> None:
    with Crew() as crew:
        assert list(crew.probe([])) == []
        assert crew.process_ids == []


def test_a_file_that_takes_too_long_costs_only_itself(pictures: list[str], long_sound: str) -> None:
    started = time.monotonic()
    with Crew(deep=True, workers=1, seconds=0.7) as crew:
        told = list(crew.probe([pictures[0], long_sound, pictures[1]]))
    assert [fact.readable for fact in told] == [True, False, True]
    assert told[1].problem == "not read: it took longer than 0.7 s"
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("by", "problem"),
    [
        pytest.param(
            signal.SIGSEGV, "damaged: reading it crashed a media library (SIGSEGV)", id="crash"
        ),
        pytest.param(
            signal.SIGKILL, "not read: its reader was killed, most likely for want of memory",
            id="no memory left",
        ),
    ],
)  # fmt: skip
def test_a_worker_that_dies_costs_one_file_and_not_the_run(
    pictures: list[str], long_sound: str, by: signal.Signals, problem: str
) -> None:
    with Crew(deep=True, workers=1) as crew:
        answers = crew.probe([pictures[0], long_sound, *pictures[1:3]])
        assert next(answers).readable
        (worker,) = crew.process_ids

        threading.Timer(0.5, os.kill, (worker, by)).start()
        told = list(answers)

    assert [fact.readable for fact in told] == [False, True, True]
    assert told[0].problem == problem
    assert told[0].path == long_sound


def test_a_worker_that_cannot_start_is_our_fault_and_no_files(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shadow = tmp_path / "wanprep"
    shadow.mkdir()
    (shadow / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Crew() as crew, pytest.raises(RuntimeError, match=r"could not be started \(exit status 7"):
        list(crew.probe(pictures))


def test_a_library_of_ours_is_never_taken_from_the_folder_we_stand_in(
    pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PIL.py").write_text("raise SystemExit(7)")
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    with Crew() as crew:
        assert [facts.readable for facts in crew.probe(pictures[:1])] == [True]


def test_whoever_stops_listening_leaves_no_work_behind(pictures: list[str]) -> None:
    with Crew(workers=2) as crew:
        answers = crew.probe(pictures)
        next(answers)
        answers.close()  # type: ignore[attr-defined] # it is a generator
        assert crew.process_ids == []
        assert next(iter(crew.probe(pictures[:1]))).readable, "and can ask again"


def test_no_process_outlives_its_parent(long_sound: str) -> None:
    code = f"""
import os, sys, threading
from wanprep.probe.ask import _crews
from wanprep.probe.crew import Crew
crew = Crew(deep=True, workers=1)
def die():
    print(*crew.process_ids, flush=True)
    os.kill(os.getpid(), 9)
threading.Timer(1.0, die).start()
list(crew.probe([{long_sound!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (worker,) = map(int, done.stdout.split())
    deadline = time.monotonic() + 15
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
        os.sched_yield()
    if alive(worker):  # pragma: no cover - only when it fails
        os.killpg(worker, signal.SIGKILL)
        pytest.fail("the worker went on")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def kept_workers() -> list[int]:
    return [pid for (_, deep), crew in _crews.items() if not deep for pid in crew.process_ids]


def test_one_file_after_the_other_uses_one_worker(pictures: list[str]) -> None:
    probe(pictures[0], cache=False)
    before = kept_workers()
    assert [probe(path, cache=False).width for path in pictures[:10]] == [*range(1, 11)]
    assert probe(Path(pictures[5]), cache=False).width == 6
    assert kept_workers() == before
    assert len(before) == 1


def test_many_files_need_little_memory_here(pictures: list[str]) -> None:
    def forever() -> list[str]:
        return pictures * 100

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in probe_many(iter(forever()), cache=False)) == 12_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_a_fault_of_ours_in_a_worker_does_not_look_like_a_slow_file() -> None:
    code = "from wanprep.probe.worker import main; main(15, deep=False)"
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
    ) as worker:  # fmt: skip
        assert worker.stdin is not None
        worker.stdin.write(b"[null]\n")  # no name: nothing expects that
        worker.stdin.flush()  # and the input stays open
        assert worker.wait(20) == 1
    assert time.monotonic() - started < 14, "not by the alarm"
