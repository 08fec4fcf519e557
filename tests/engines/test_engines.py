"""Files are read by the workers of an engine: the same rows, and a few shards at a time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command
from PIL import Image

from wanprep import __version__
from wanprep.check import parts
from wanprep.check.pipeline import check_in_parts
from wanprep.check.request import CheckRequest
from wanprep.engines import dask
from wanprep.engines.dask import DaskEngine
from wanprep.engines.engine import call_of
from wanprep.errors import UsageError, WanprepError
from wanprep.media import shards
from wanprep.results.read import open_results
from wanprep.results.rows import Row, rows_of
from wanprep.results.run import check_into
from wanprep.results.store import LocalStore

NAMES: Final = 40
EMPTY: Final[dict[str, Any]] = {
    "version": __version__,
    "folder": "",
    "names": [],
    "stores": "{}",
    "deep": False,
    "cache": False,
}
TASK: Final = "wanprep.media.shards:facts_of_shard"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some images, one in five too small, and a damaged one."""
    folder = tmp_path_factory.mktemp("images")
    for at in range(NAMES):
        width = 64 if at % 5 == 0 else 640
        Image.new("RGB", (width, 480), (at, 0, 0)).save(folder / f"{at}.png")
    (folder / "odd \udcff.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


@pytest.fixture(autouse=True)
def _folder(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The images, and a job that uses two of them."""
    shutil.copytree(images, tmp_path / "refs")
    (tmp_path / "job.yaml").write_text(
        "target: evolink/wan2.7-reference-video\nprompt: Image 1 and Image 2\n"
        "references: [image: refs/0.png, image: refs/1.png]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shards, "_NAMES", 3)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Run a scheduler and two workers in threads of this process, which start at once."""
    from distributed import LocalCluster  # heavy: not at collection, which each worker does

    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://",
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
    )  # fmt: skip
    yield cluster.scheduler_address
    cluster.close()


@pytest.fixture
def engine(address: str) -> Iterator[DaskEngine]:
    with DaskEngine(address) as engine:
        yield engine


def rows(**options: Any) -> dict[str, Row]:
    request = CheckRequest(paths=(".",), cache=False, roles={"refs/9*": "first_frame"}, **options)
    return {name: row for part in check_in_parts(request) for name, row in rows_of(part).items()}


def test_an_engine_gives_the_same_rows(engine: DaskEngine) -> None:
    here = rows()

    assert len(here) == NAMES + 2
    assert rows(engine=engine) == here


def test_few_shards_wait_at_a_time(engine: DaskEngine) -> None:
    taken = 0

    def calls() -> Iterator[str]:
        nonlocal taken
        for _ in range(30):
            taken += 1
            yield call_of(TASK, EMPTY)

    most = max(taken - answered for answered, _ in enumerate(engine.map(calls())))

    assert most == 5  # two for each worker, and the one that is answered


@pytest.mark.slow  # a cluster of processes
def test_lost_workers_and_a_lost_scheduler(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", 4)
    here = rows()
    with DaskEngine(workers=2) as engine:
        lost = min(engine._client.run(os.getpid).values())

        def calls() -> Iterator[str]:
            for at in range(20):
                if at == 10:
                    os.kill(lost, signal.SIGKILL)
                yield call_of(TASK, EMPTY | {"folder": os.getcwd(), "names": [f"refs/{at}.png"]})

        answers = [json.loads(answer)[0]["path"] for answer in engine.map(calls())]
        assert answers == [os.path.abspath(f"refs/{at}.png") for at in range(20)]

        request = CheckRequest(paths=(".",), cache=False, engine=engine)
        written = check_into(LocalStore("checked"), request)
        next(written)
        engine._cluster.close()
        with pytest.raises(WanprepError, match=r"the Dask scheduler is gone .* The same command"):
            list(written)
    assert wanprep("report", "checked").status == 1

    wanprep("check", "--results", "checked", "--no-cache")

    done = open_results([LocalStore("checked")])
    subjects = [verdict.subject for part in done.parts() for verdict in part.verdicts]
    assert not done.missing
    assert sorted(subjects) == sorted(name for name, row in here.items() if row["verdicts"])


def test_a_worker_with_another_version_is_refused(engine: DaskEngine) -> None:
    call = call_of(TASK, EMPTY | {"version": "9.9.9"})

    with pytest.raises(UsageError, match=r"has wanprep [\d.]+, and here it is 9\.9\.9: install"):
        list(engine.map([call]))


@pytest.mark.untraced
@pytest.mark.parametrize("command", ["check", "probe"])
def test_a_command_on_a_running_scheduler(address: str, wanprep: Command, command: str) -> None:
    options = (command, "refs", "--no-cache", "--format", "jsonl")

    result = wanprep(*options, "--on", address.replace("tcp", "dask"))

    assert result.out
    assert result == wanprep(*options)


@pytest.mark.parametrize(
    ("engine", "problem"),
    [
        ("dusk", "no engine 'dusk' for --on. Choose from: local, dask, dask://HOST:PORT"),
        ("dask://127.0.0.1:1", "no Dask scheduler with a worker answers at tcp://127.0.0.1:1"),
        ("dask://nowhere", "no Dask scheduler with a worker answers at tcp://nowhere"),
    ],
)
def test_an_engine_that_is_not_there(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch, engine: str, problem: str
) -> None:
    monkeypatch.setattr(dask, "_SECONDS", 1)

    result = wanprep("check", "refs", "--on", engine)

    assert result.status == 2
    assert problem in result.err


def test_dask_is_an_extra(wanprep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    result = wanprep("check", "refs", "--on", "dask")

    assert (result.status, result.err) == (
        2,
        "wanprep: --on dask needs Dask: pip install 'wanprep[dask]'\n",
    )
