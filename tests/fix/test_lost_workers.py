"""Workers that die, a client that is interrupted, a scheduler that goes: nothing lost or twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from object_store import S3Server
from PIL import Image

from wanprep.check.request import CheckRequest
from wanprep.engines.dask import DaskEngine
from wanprep.fix import shards
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.run import apply, make_task
from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]
pytestmark = [
    pytest.mark.slow,  # clusters of processes
    pytest.mark.skipif(not Path("/proc").exists(), reason="lists the files of processes"),
]

FILES = 12
SMALL_SHARDS = """
import sys
from wanprep.cli import run
from wanprep.fix import shards
shards._FILES = 4
sys.exit(run(sys.argv[1:]))
"""
SECONDS = 120.0


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images that take a while each."""
    (tmp_path / "refs").mkdir()
    image = Image.effect_mandelbrot((1200, 900), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    for at in range(FILES):
        image.putpixel((0, 0), (at, 0, 0))
        image.save(tmp_path / f"refs/{at:02}.tiff")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shards, "_FILES", 4)


def content(receipt: bytes) -> str:
    """Return the entries of a receipt, without the names of temporary files and the place."""
    entries: list[Any] = json.loads(receipt)["assets"]
    assert len({each["source"] for each in entries}) == len(entries)
    return json.dumps(entries).replace("s3://lost/ready/", "ready/").replace("here/", "ready/")


def results(folder: str) -> dict[str, bytes]:
    """Read what there is, also hidden: no journal, lock or half file is left."""
    if folder.startswith("s3:"):
        store, prefix = Stores().at(f"{folder}/")
        names = [Stores().at(each) for each in store.list(prefix)]
        return {key.rpartition("/")[2]: store.read(key, 0, 10**8).data for store, key in names}
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def wait_for(answer: Callable[[], Any]) -> Any:
    end = time.monotonic() + SECONDS
    while not (found := answer()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)
    return found


def journals() -> Iterator[tuple[Path, int]]:
    """List the journals of shards, and how many of their files are delivered or about to be."""
    for path in Path("ready").glob(".*-*.journal"):
        try:
            yield path, path.read_bytes().count(b"\n")
        except FileNotFoundError:
            continue


def in_the_middle(workers: list[int]) -> int | None:
    """Find a worker that has delivered a part of its shard."""
    for journal, lines in journals():
        if 2 <= lines < 4:
            for pid in workers:
                opened = (os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir())
                if str(journal.absolute()) in opened:
                    return pid
    return None


@pytest.mark.parametrize("out", ["ready", "s3://lost/ready"])
def test_a_worker_that_is_killed_in_the_middle(s3: S3Server, wanprep: Command, out: str) -> None:
    s3.put("lost", {})
    wanprep("fix", "refs", "--out", "here", "--no-cache")
    with DaskEngine(workers=2) as engine:
        workers = [*engine._client.run(os.getpid).values()]

        def kill() -> None:
            if out == "ready":
                os.kill(wait_for(lambda: in_the_middle(workers)), signal.SIGKILL)
            else:
                wait_for(lambda: len(results(out)) > 2)
                os.kill(workers[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        request = CheckRequest(paths=("refs",), targets=(), cache=False, engine=engine, workers=1)
        receipt = f"{out}/wanprep-receipt.json"
        task = make_task(request, (), out, receipt, no_backup=False, yes=False)
        _, outcomes = apply(task, receipt, None, nullcontext(FixProgress()))
        killer.join()

    assert outcomes.all_delivered
    here, there = results("here"), results(out)
    receipts = [content(each.pop("wanprep-receipt.json")) for each in (here, there)]
    assert here == there
    assert receipts[0] == receipts[1]


@pytest.mark.parametrize("lost", ["client", "scheduler"])
def test_the_same_command_continues(wanprep: Command, lost: str) -> None:
    wanprep("fix", "refs", "--out", "here", "--no-cache")
    command = ("fix", "refs", "--out", "ready", "--no-cache", "--on")
    with DaskEngine(workers=2) as engine:
        address = engine._cluster.scheduler_address.replace("tcp", "dask")
        program = [sys.executable, "-c", SMALL_SHARDS, *command, address]
        with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as client:
            wait_for(lambda: any(lines >= 2 for _, lines in journals()))
            if lost == "client":
                client.send_signal(signal.SIGINT)
            else:
                engine._cluster.close()
            assert client.stderr
            message = client.stderr.read()
        assert client.returncode == (130 if lost == "client" else 2), message
        assert "The same command continues" in message or lost == "client"

        again = wanprep(*command, address if lost == "client" else "local")

    assert again.status == 0, again.out + again.err
    here, there = results("here"), results("ready")
    receipts = [content(each.pop("wanprep-receipt.json")) for each in (here, there)]
    assert here == there
    assert receipts[0] == receipts[1]
