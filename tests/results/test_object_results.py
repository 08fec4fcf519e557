"""Results in a bucket, and rows of objects that did not change."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command
from object_store import S3Server
from PIL import Image

from wanprep.results.manifest import read_manifest
from wanprep.results.recall import read_rows
from wanprep.results.store import open_store
from wanprep.stores.stores import Stores

pytest_plugins = ["object_store_fixtures"]

BUCKET: Final = "films"
CHECK: Final = ("check", f"s3://{BUCKET}/in/", "--results", f"s3://{BUCKET}/checked", "--no-cache")


def png(width: int) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (width, 300)).save(file, "PNG")
        return file.getvalue()


def rows() -> dict[str, Any]:
    store = open_store(f"s3://{BUCKET}/checked", Stores())
    manifest = read_manifest(store)
    assert manifest
    assert manifest.complete
    assert sorted(store.list()) == ["manifest.json", *(part.name for part in manifest.parts)]
    found = (row for part in manifest.parts for row in read_rows(store, part))
    return {row["path"].rpartition("/")[2]: row for row in found}


def test_the_next_run_reads_only_the_objects_that_changed(
    s3: S3Server, wanprep: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    s3.put(BUCKET, {"in/a.png": png(300), "in/b.png": png(200), "in/c.png": png(400)})

    first = wanprep(*CHECK, "--format", "concise")

    assert first.status == 1
    assert first.out.startswith(f"s3://{BUCKET}/in/b.png: error[image-too-small]")
    before = rows()
    assert {name: [*row["verdicts"].values()] for name, row in before.items()} == {
        "a.png": ["pass"],
        "b.png": ["fail"],
        "c.png": ["pass"],
    }
    assert all(row["etag"] and row["bytes"] == row["facts"]["bytes"] for row in before.values())

    s3.put(BUCKET, {"in/c.png": png(100)})
    Stores().at(f"s3://{BUCKET}/")[0].remove("in/b.png")
    s3.behave()
    second = wanprep(*CHECK, "--format", "concise")

    read = {path for path in s3.of_objects() if "/in/" in path}
    assert read == {f"/{BUCKET}/in/c.png"}
    after = rows()
    assert sorted(after) == ["a.png", "c.png"]
    assert after["a.png"] == before["a.png"]

    report = wanprep("report", f"s3://{BUCKET}/checked", "--format", "concise")
    assert (report.status, report.out) == (second.status, second.out)
    assert not [path for path in s3.of_objects() if "/in/" in path and path not in read]


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("s3://gone/checked", "s3://gone/checked cannot be "),
        ("https://example.com/checked", "is neither a folder nor a bucket"),
    ],
)
@pytest.mark.usefixtures("s3")
def test_a_place_that_cannot_hold_results(
    wanprep: Command, tmp_path: Path, place: str, problem: str
) -> None:
    (tmp_path / "a.png").write_bytes(png(300))

    result = wanprep("check", tmp_path, "--results", place)

    assert result.status == 2
    assert problem in result.err
    assert "not-to-be-printed" not in result.err
