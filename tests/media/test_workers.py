from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image
from processes import alive

from wanprep import Facts, probe, probe_many
from wanprep.engines.worker_process import Failure, _idle
from wanprep.errors import UsageError
from wanprep.media.cache import Cache
from wanprep.media.workers import _problem, probe_in_worker, probe_pool, probe_with


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("images")
    for number in range(120):
        Image.new("RGB", (number + 1, 5)).save(folder / f"{number:03}.png")
    return sorted(str(path) for path in folder.iterdir())


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hours of silence in a sparse file: its header is read at once, decoding it takes long."""
    path = tmp_path_factory.mktemp("audio") / "long.wav"
    size = 1_900_000_000
    header = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += bytes.fromhex("0100 0100 44ac0000 88580100 0200 1000")
    header += b"data" + (size - 44).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(size)
    return str(path)


def test_facts_come_in_the_order_of_the_paths(images: list[str]) -> None:
    with probe_pool(workers=3) as pool:
        assert [facts.width for facts in probe_with(lambda: pool, images)] == list(range(1, 121))
        assert [facts.width for facts in probe_with(lambda: pool, images[:2])] == [1, 2]


def test_cached_facts_stay_in_their_place(images: list[str]) -> None:
    with Cache() as cache:
        _, stamp = cache.look_up(images[7])
        assert stamp
        cache.remember(Facts(path=images[7], format="png", width=7777), stamp)
    widths = [facts.width for facts in probe_many(images, workers=2)]
    assert widths == [*range(1, 8), 7777, *range(9, 121)]
    before = _ids()
    assert probe(images[7]).width == 7777
    assert [facts.width for facts in probe_many(images)] == widths
    assert _ids() == before, "nothing is started for what is cached"


def test_a_file_that_takes_too_long_costs_only_itself(images: list[str], long_sound: str) -> None:
    started = time.monotonic()
    with probe_pool(deep=True, workers=1, seconds=1.5) as pool:
        paths = [images[0], long_sound, images[1]]
        found = list(probe_with(lambda: pool, paths, deep=True))
    assert [facts.readable for facts in found] == [True, False, True]
    assert found[1].problem == "not read: it took longer than 1.5 s"
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("by", "problem"),
    [
        pytest.param(
            signal.SIGSEGV, "damaged: reading it crashed a media library (SIGSEGV)", id="crash"
        ),
        pytest.param(
            signal.SIGKILL, "not read: its reader was killed, probably for lack of memory",
            id="no memory left",
        ),
    ],
)  # fmt: skip
def test_a_worker_that_dies_costs_one_file_and_not_the_run(
    images: list[str], long_sound: str, by: signal.Signals, problem: str
) -> None:
    with probe_pool(deep=True, workers=1) as pool:
        found = probe_with(lambda: pool, [images[0], long_sound, *images[1:3]], deep=True)
        assert next(found).readable
        (worker,) = pool.process_ids

        threading.Timer(0.5, os.kill, (worker, by)).start()
        rest = list(found)

    assert [facts.readable for facts in rest] == [False, True, True]
    assert rest[0].problem == problem
    assert rest[0].path == long_sound


def test_a_closed_pool_reads_nothing(images: list[str]) -> None:
    pool = probe_pool(workers=1)
    pool.close()
    (facts,) = probe_with(lambda: pool, images[:1])
    assert facts.problem == "not read: the work was stopped"


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        pytest.param(
            Failure("internal", "Traceback:\n  at\nKeyError: 3\n"),
            "not read: internal error (KeyError: 3)", id="internal",
        ),
        pytest.param(Failure("memory"), "reading it would need too much memory", id="memory"),
    ],
)  # fmt: skip
def test_what_no_file_at_hand_brings_about_has_words_as_well(
    failure: Failure, problem: str
) -> None:
    assert _problem(failure) == problem


def _ids() -> set[int]:
    return {worker.process_id for workers in _idle.values() for worker in workers}


def test_one_file_after_the_other_uses_one_worker(images: list[str]) -> None:
    probe(images[0], cache=False)
    before = _ids()
    assert [probe(path, cache=False).width for path in images[:10]] == [*range(1, 11)]
    assert probe(Path(images[5]), cache=False).width == 6
    assert probe_in_worker(images[5]).width == 6
    assert _ids() == before


def test_a_relative_path_is_of_the_current_folder(
    images: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no file"):
        probe("005.png", cache=False)
    monkeypatch.chdir(Path(images[0]).parent)
    facts = probe("005.png", cache=False)
    assert (facts.path, facts.width) == ("005.png", 6)


def test_a_fork_has_a_worker_of_its_own_and_both_end(images: list[str]) -> None:
    code = f"""
import os, sys
from wanprep import probe
from wanprep.engines.worker_process import _idle
def look():
    width = probe({images[4]!r}, cache=False).width
    ((worker,),) = (each for (parent, *_), each in _idle.items() if parent == os.getpid())
    return width, worker.process_id
print(*look(), flush=True)
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
print(*look(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parent, child, again = (tuple(map(int, line.split())) for line in done.stdout.splitlines())
    assert (parent[0], child[0]) == (5, 5)
    assert again == parent
    assert child[1] != parent[1]
    assert not alive(parent[1])
    assert not alive(child[1])


def test_what_was_not_read_is_not_cached(
    tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.flac"
    subprocess.run([ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=d=1", path], check=True)
    os.utime(path, (1, 1.5))
    with monkeypatch.context() as without:
        without.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "missing"))
        (facts,) = probe_many([path], workers=1)
        assert (facts.problem or "").startswith("not read: ffmpeg cannot be started")
    (facts,) = probe_many([path], workers=1)
    assert facts.readable


def test_facts_are_not_kept(images: list[str]) -> None:
    def alive() -> int:
        return sum(type(each) is Facts for each in gc.get_objects())

    before = alive()
    counts = [alive() for _ in islice(probe_many(iter(images * 10), cache=False), 0, None, 100)]
    assert len(counts) == 12
    assert max(counts) - before < 300
