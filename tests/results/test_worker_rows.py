"""Rows that the workers of an engine write into a bucket."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from object_store import S3Server
from PIL import Image

from wanprep.check.request import CheckRequest
from wanprep.config import find_config
from wanprep.engines.dask import DaskEngine
from wanprep.engines.engine import Engine, run_call
from wanprep.errors import WanprepError
from wanprep.results import shards
from wanprep.results.manifest import read_manifest
from wanprep.results.recall import read_rows
from wanprep.results.run import check_into
from wanprep.results.store import open_store
from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]

BUCKET = "fleet-rows"
COUNT = 11


class Here:
    """An engine that runs each call twice, as where a worker was lost before it answered.

    Its scheduler may be lost, too.
    """

    def __init__(self, lost_after: int = 10**9) -> None:
        self.left = lost_after
        self.answers: list[str] = []

    def map(self, calls: Iterable[str]) -> Iterator[str]:
        waiting = [[run_call(call) for _ in range(2)][1] for call in calls]
        for answer in waiting:
            if self.left == 0:
                raise WanprepError("the scheduler is gone")
            self.left -= 1
            self.answers.append(answer)
            yield answer

    def close(self) -> None:
        """Nothing runs."""


@pytest.fixture(autouse=True)
def _bucket(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put(BUCKET, {f"in/{at:02}.png": png(64 if at % 3 == 0 else 640 + at) for at in range(COUNT)})
    monkeypatch.setattr(shards, "_NAMES", 3)
    monkeypatch.chdir(tmp_path)
    Path("wanprep.toml").write_text(
        f'ignore-in = {{"s3://{BUCKET}/in/03*" = ["image-too-small"]}}\n'
    )


def png(width: int) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (width, 480)).save(file, "PNG")
        return file.getvalue()


def check(place: str, engine: Engine | None) -> list[str]:
    """Check into a place below the bucket, and return the findings that are reported."""
    request = CheckRequest(
        paths=(f"s3://{BUCKET}/in/",), cache=False, engine=engine, config=find_config(Path.cwd())
    )
    store = open_store(f"s3://{BUCKET}/{place}", Stores())
    found = [each for part in check_into(store, request) for each in part.findings]
    return sorted(f"{each.file} {each.rule} {each.fix}" for each in found)


def rows(place: str) -> tuple[list[dict[str, Any]], bool]:
    store = open_store(f"s3://{BUCKET}/{place}", Stores())
    manifest = read_manifest(store)
    assert manifest
    listed = [part.name for part in manifest.parts]
    if manifest.complete:
        assert sorted(store.list()) == sorted(["manifest.json", *listed])
    found = [row for part in manifest.parts for row in read_rows(store, part)]
    assert sum(part.rows for part in manifest.parts) == len(found)
    return sorted(found, key=lambda row: str(row["path"])), manifest.complete


def test_workers_write_the_same_rows_and_facts_stay_there(s3: S3Server) -> None:
    here, engine = check("a", None), Here()

    there = check("b", engine)

    assert there == here
    assert len(there) == 3  # of four small ones, one is ignored
    assert rows("b") == rows("a")
    assert len(engine.answers) == 4
    assert '"facts": {}' in engine.answers[0].replace("\\", "")
    assert "width" not in "".join(engine.answers)

    s3.put(BUCKET, {"in/05.png": png(100)})
    s3.behave()
    assert len(check("b", Here())) == 4
    assert {path for path in s3.of_objects() if "/in/" in path} == {f"/{BUCKET}/in/05.png"}
    assert len(rows("b")[0]) == COUNT


def test_nothing_is_lost_or_twice_when_the_scheduler_goes(s3: S3Server) -> None:
    with pytest.raises(WanprepError, match="the scheduler is gone"):
        check("c", Here(lost_after=2))
    left, complete = rows("c")
    assert (len(left), complete) == (6, False)
    s3.behave()

    check("c", Here())

    found, complete = rows("c")
    assert (len(found), complete) == (COUNT, True)
    assert len({row["path"] for row in found}) == COUNT
    read = {path for path in s3.of_objects() if "/in/" in path}
    assert read.isdisjoint(path.removeprefix("s3:/") for path in (row["path"] for row in left))


@pytest.mark.slow  # a cluster of processes
@pytest.mark.parametrize(
    "arrives", [pytest.param(True, id="written"), pytest.param(False, id="lost")]
)
def test_nothing_is_lost_or_twice_when_a_worker_is_killed_as_it_writes(
    s3: S3Server, *, arrives: bool
) -> None:
    here, place = check("d", None), f"killed-{arrives}"
    killed: list[int] = []

    def kill(path: str, _: int) -> int | None:
        if f"/{place}/part-" not in path or killed or s3.requests[-1] != ("PUT", path):
            return None
        killed.extend(engine._client.run(os.getpid).values())
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return None if arrives else 0

    with DaskEngine(workers=2) as engine:
        s3.fault = kill
        there = check(place, engine)

    assert len(killed) == 2
    assert there == here
    assert rows(place) == rows("d")
    s3.behave()
    assert check(place, None) == here
    assert not [path for path in s3.of_objects() if "/in/" in path]
