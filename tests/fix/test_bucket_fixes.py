"""Fixes of objects in stores, and results in a bucket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from commands import Command
from object_store import S3Server
from PIL import Image

from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]

BUCKET = "atelier"
TARGET = "evolink/wan2.7-reference-video"
JOB = f"""\
# two dancers
target: {TARGET}
prompt: Image 1 walks while Image 2 waits
references:
  - image: s3://{BUCKET}/in/hero.tiff   # from the scanner
  - image: s3://{BUCKET}/in/fine.png
"""


def encoded(style: str) -> bytes:
    image = Image.effect_mandelbrot((320, 260), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    with BytesIO() as file:
        image.save(file, style)
        return file.getvalue()


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A bucket with one object that must be fixed, and one that passes."""
    s3.put(BUCKET, {"in/hero.tiff": encoded("TIFF"), "in/fine.png": encoded("PNG")})
    for each in [*Stores().at(f"s3://{BUCKET}/")[0].list("ready/")]:
        Stores().at(f"s3://{BUCKET}/")[0].remove(each.removeprefix(f"s3://{BUCKET}/"))
    s3.behave()
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return s3


def in_bucket(prefix: str = "ready/") -> dict[str, bytes]:
    store, _ = Stores().at(f"s3://{BUCKET}/")
    keys = [each.removeprefix(f"s3://{BUCKET}/") for each in store.list(prefix)]
    return {key.removeprefix(prefix): store.read(key, 0, 10**7).data for key in keys}


def in_folder() -> dict[str, bytes]:
    files = [path for path in Path("ready").rglob("*") if path.is_file()]
    return {path.relative_to("ready").as_posix(): path.read_bytes() for path in files}


def put(key: str, data: bytes) -> None:
    Path("other").write_bytes(data)
    store, _ = Stores().at(f"s3://{BUCKET}/")
    store.write(key, "other", "image/png", overwrite=True)


def entries(receipt: bytes) -> dict[str, str]:
    content = json.loads(receipt)
    found = [*content["assets"], *content["jobs"]]
    return {each["source"].rpartition("/")[2]: each.get("result", "-") for each in found}


def test_objects_are_fixed_into_a_folder(bucket: S3Server, wanprep: Command) -> None:
    planned = wanprep("fix", f"s3://{BUCKET}/in/", "--out", "ready", "-t", TARGET, "--plan")
    assert planned.status == 0
    assert not Path("ready").exists()
    bucket.behave()

    result = wanprep("fix", f"s3://{BUCKET}/in/", "--out", "ready", "-t", TARGET)

    assert result.status == 0, result.err
    assert Path("ready/fine.png").read_bytes() == encoded("PNG")
    with Image.open("ready/hero.png") as fixed:
        assert fixed.size == (320, 260)
    assert entries(Path("ready/wanprep-receipt.json").read_bytes()) == {
        "fine.png": "ready/fine.png",
        "hero.tiff": "ready/hero.png",
    }
    # The cache had the facts: each object was requested once more, whole.
    assert sorted(bucket.of_objects()) == [f"/{BUCKET}/in/fine.png", f"/{BUCKET}/in/hero.tiff"]
    assert not [*Path("../cache/objects").glob("*")]
    again = wanprep("fix", f"s3://{BUCKET}/in/", "--out", "ready", "-t", TARGET)
    assert (again.status, again.out) == (
        0, "0 files fixed, 1 kept from an earlier run, 1 unchanged\n",
    )  # fmt: skip


@pytest.mark.parametrize("out", ["ready", f"s3://{BUCKET}/ready/"])
@pytest.mark.usefixtures("bucket")
def test_a_job_refers_to_the_results_of_its_objects(wanprep: Command, out: str) -> None:
    Path("job.yaml").write_text(JOB)

    planned = wanprep("fix", "job.yaml", "--out", out, "--plan", "--diff")
    result = wanprep("fix", "job.yaml", "--out", out, "--diff")

    assert (planned.status, result.status) == (0, 0), result.out
    assert planned.out in result.out
    name = "outside/s3/atelier/in/hero.png"
    written = f"{out}{name}" if out.endswith("/") else name
    found = in_bucket() if out != "ready" else in_folder()
    assert found["job.yaml"].decode() == JOB.replace(f"s3://{BUCKET}/in/hero.tiff", written)
    assert sorted(found) == ["job.yaml", name, "wanprep-receipt.json"]
    assert Path("job.yaml").read_text() == JOB


def test_results_in_a_bucket_replace_only_results(bucket: S3Server, wanprep: Command) -> None:
    Path("hero.tiff").write_bytes(encoded("TIFF"))
    fix = ("fix", "hero.tiff", "--out", f"s3://{BUCKET}/ready", "-t", TARGET)
    assert wanprep(*fix).status == 0
    first = in_bucket()
    assert entries(first["wanprep-receipt.json"]) == {"hero.tiff": f"s3://{BUCKET}/ready/hero.png"}
    assert "0 files fixed, 1 kept from an earlier run" in wanprep(*fix).out

    Image.new("RGB", (300, 300), (200, 0, 0)).save("hero.tiff")
    assert wanprep(*fix).status == 0
    second = in_bucket()
    assert sorted(second) == sorted(first)
    assert second["hero.png"] != first["hero.png"]

    # Somebody else's, and a copy of a result, which the one who made it may need.
    for key, data in (("ready/fine.png", b"mine"), ("ready/wanprep-receipt.json", b"mine, too")):
        put(key, data)
    Path("fine.png").write_bytes(encoded("PNG"))
    foreign = wanprep(*fix)
    assert (foreign.status, "not a receipt" in foreign.err) == (2, True)
    put("ready/wanprep-receipt.json", first["wanprep-receipt.json"])
    both = ("fix", "fine.png", "--out", f"s3://{BUCKET}/ready", "-t", TARGET)
    planned, result = wanprep(*both, "--plan"), wanprep(*both)
    assert (planned.status, result.status) == (1, 1)
    for each in (planned, result):
        assert "already exists and was not written by wanprep" in " ".join(each.out.split())
    assert in_bucket()["fine.png"] == b"mine"
    assert len(entries(in_bucket()["wanprep-receipt.json"])) == 2
    assert bucket.endpoint not in result.out


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["s3://atelier/in/", "--in-place"], 2, "is not fixed in place: pass --out DIR"),
        (["job.yaml", "--in-place"], 1, "an object of a store is not replaced: pass --out DIR"),
        (["fine.png", "--out", "s3://gone/ready"], 2, "Check the spelling of its name, or create"),
        (["fine.png", "--out", "sftp://host/ready"], 2, "a bucket of s3://, gs:// or az://"),
        (["s3://gone/in/", "--out", "ready"], 2, "there is no bucket s3://gone"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_what_cannot_be_done_is_planned_as_it_is_refused(
    wanprep: Command, arguments: list[str], status: int, problem: str
) -> None:
    Path("job.yaml").write_text(JOB)
    Path("fine.png").write_bytes(encoded("PNG"))
    for plan in (["--plan"], []):
        result = wanprep("fix", *arguments, *plan)
        assert (result.status, problem in " ".join((result.out + result.err).split())) == (
            status,
            True,
        ), (result.out, result.err)
    assert Path("job.yaml").read_text() == JOB


def test_an_object_that_changes_or_goes_is_not_fixed(bucket: S3Server, wanprep: Command) -> None:
    assert wanprep("probe", f"s3://{BUCKET}/in/").status == 0
    bucket.fault = lambda path, _: 403 if path.endswith("hero.tiff") else None
    result = wanprep("fix", f"s3://{BUCKET}/in/", "--out", "ready", "-t", TARGET)
    assert result.status == 1
    assert "it cannot be downloaded: its store refuses access" in " ".join(result.out.split())
    assert not Path("ready/hero.png").exists()
    assert Path("ready/fine.png").exists()


def test_an_interrupted_download_leaves_nothing(bucket: S3Server) -> None:
    downloads = Path("../cache/objects").absolute()

    def is_begun() -> bool:
        return any(downloads.glob("*.tiff"))

    bucket.fault = lambda *_: time.sleep(30) if is_begun() else None
    command = [sys.executable, "-m", "wanprep", "fix", f"s3://{BUCKET}/in/hero.tiff"]
    with subprocess.Popen(
        [*command, "--out", "ready", "-t", TARGET], stderr=subprocess.PIPE, text=True
    ) as process:
        while not is_begun():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert not [*downloads.iterdir()]
    assert not Path("ready/hero.png").exists()
