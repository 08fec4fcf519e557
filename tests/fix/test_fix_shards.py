"""Files are fixed by the workers of an engine, which write the results, and not the receipt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from object_store import S3Server
from PIL import Image

from wanprep.check.request import CheckRequest
from wanprep.engines.engine import run_call
from wanprep.errors import WanprepError
from wanprep.fix import shards
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.request import Fixed, Outcomes, stamp_of
from wanprep.fix.run import apply, check_results, make_task
from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]

TARGET = "evolink/wan2.7-reference-video"


def image(style: str, width: int = 320) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (width, 260), (width % 256, 0, 0)).save(file, style)
        return file.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files to fix, one that passes, one that is no image, and a job that uses two of them."""
    (tmp_path / "refs").mkdir()
    for at in range(5):
        (tmp_path / f"refs/{at}.tiff").write_bytes(image("TIFF", 300 + at))
    (tmp_path / "refs/fine.png").write_bytes(image("PNG"))
    (tmp_path / "refs/odd.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "job.yaml").write_text(
        f"target: {TARGET}\nprompt: Image 1 and Image 2\n"
        "references:\n- image: refs/0.tiff\n- image: refs/fine.png\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shards, "_FILES", 2)


class Here:
    """An engine with one worker, which may be lost after some calls."""

    def __init__(self, lost_after: int = 10**9) -> None:
        self.left = lost_after

    def map(self, calls: Iterable[str]) -> Iterator[str]:
        for call in calls:
            answer = run_call(call)
            self.left -= "fix_shard" in call
            if self.left < 0:
                raise WanprepError("the scheduler is gone")
            yield answer

    def close(self) -> None:
        """Nothing runs."""


def fix(out: str, *paths: str, engine: Here | None) -> tuple[Outcomes, bool]:
    request = CheckRequest(paths=paths or (".",), targets=(), cache=False, engine=engine, workers=1)
    receipt = f"{out}/wanprep-receipt.json"
    task = make_task(request, (), out, receipt, no_backup=False, yes=False)
    run, outcomes = apply(task, receipt, None, nullcontext(FixProgress()))
    return outcomes, check_results(task, run, outcomes, None).clean


def entries(receipt: bytes) -> dict[str, Any]:
    content = json.loads(receipt)
    found = [*content["assets"], *content["jobs"]]
    # The commands hold the names of temporary files.
    rows = {each["source"]: {**each, "commands": []} for each in found}
    assert len(rows) == len(found)
    return rows


def files(folder: str) -> dict[str, bytes]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def earlier(outcomes: Outcomes) -> list[str]:
    """List the files whose results an earlier run has made."""
    assets = outcomes.assets
    return sorted(each.media.path for each in assets if isinstance(each, Fixed) and each.is_earlier)


def test_workers_do_what_a_run_here_does(wanprep: Command) -> None:
    from distributed import LocalCluster  # heavy: not at collection, which each worker does

    here = wanprep("fix", "refs", "job.yaml", "--out", "here", "--no-cache")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://",
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address.replace("tcp", "dask")
        there = wanprep("fix", "refs", "job.yaml", "--out", "there", "--no-cache", "--on", address)
        refused = wanprep("fix", ".", "--in-place", "--on", address)

    assert there.status == here.status == 1  # for the file that is no image
    assert there.out == here.out.replace("here/", "there/")
    assert (refused.status, "--on and --in-place" in refused.err) == (2, True)
    first, second = files("here"), files("there")
    receipts = [entries(each.pop("wanprep-receipt.json")) for each in (first, second)]
    assert first == second
    assert len(first) == 7
    assert json.dumps(receipts[0]).replace("here/", "there/") == json.dumps(receipts[1])


def test_what_a_lost_scheduler_left_is_continued() -> None:
    with pytest.raises(WanprepError, match="the scheduler is gone"):
        fix("ready", "refs", engine=Here(lost_after=2))
    left = files("ready")
    assert len(left) == 7  # of three shards, with the receipt
    assert len(entries(left["wanprep-receipt.json"])) == 7
    stamps = {path: stamp_of(str(path)) for path in Path("ready").glob("*.png")}
    Image.new("RGB", (300, 300)).save("refs/4.tiff")

    outcomes, _ = fix("ready", "refs", engine=Here())

    assert outcomes.all_delivered
    assert earlier(outcomes) == [f"refs/{at}.tiff" for at in range(4)]
    assert {path for path in stamps if stamps[path] != stamp_of(str(path))} == {Path("ready/4.png")}
    assert len(entries(files("ready")["wanprep-receipt.json"])) == 7
    assert files("ready").keys() >= left.keys()


def test_objects_are_fixed_into_a_bucket_by_workers(s3: S3Server) -> None:
    s3.put("fleet", {f"in/{at}.tiff": image("TIFF", 300 + at) for at in range(3)})
    job = Path("job.yaml").read_text().replace("refs/fine.png", "s3://fleet/in/0.tiff")
    Path("job.yaml").write_text(job)

    outcomes, clean = fix("s3://fleet/ready", "s3://fleet/in/", "job.yaml", engine=Here())

    assert clean
    assert outcomes.all_delivered
    assert not earlier(outcomes)
    store, _ = Stores().at("s3://fleet/")
    found = sorted(each.removeprefix("s3://fleet/ready/") for each in store.list("ready/"))
    assert found == [
        "job.yaml", *(f"outside/s3/fleet/in/{at}.png" for at in range(3)), "refs/0.png",
        "wanprep-receipt.json",
    ]  # fmt: skip
    text = store.read("ready/job.yaml", 0, 1000).data.decode()
    assert "s3://fleet/ready/outside/s3/fleet/in/0.png" in text
    receipt = entries(store.read("ready/wanprep-receipt.json", 0, 10**6).data)
    objects = [f"s3://fleet/in/{at}.tiff" for at in range(3)]
    assert sorted(receipt) == ["job.yaml", "refs/0.tiff", *objects]
    again, _ = fix("s3://fleet/ready", "s3://fleet/in/", "job.yaml", engine=Here())
    assert earlier(again) == ["refs/0.tiff", *objects]


class Elsewhere(Here):
    def map(self, calls: Iterable[str]) -> Iterator[str]:
        """Remove what is written, which is then not there for this machine."""
        for answer in super().map(calls):
            for each in json.loads(answer):
                Path(each.get("result", "none")).unlink(missing_ok=True)
            yield answer


class Nowhere(Here):
    def map(self, calls: Iterable[str]) -> Iterator[str]:
        """Lead to folders that are not there."""
        here = os.getcwd()
        yield from super().map(
            call.replace(here, "/nowhere") if "fix_shard" in call else call for call in calls
        )


@pytest.mark.parametrize("engine", [Elsewhere(), Nowhere()], ids=lambda each: type(each).__name__)
def test_a_folder_that_is_not_shared(engine: Here) -> None:
    outcomes, _ = fix("ready", "refs/0.tiff", engine=engine)

    (outcome,) = outcomes.assets
    assert not outcomes.all_delivered
    assert "--out must be a bucket, or a folder that all machines share" in str(outcome)
