"""Objects of stores in PATHS and in jobs, from the listing to the report."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from object_store import S3Server
from PIL import Image

pytest_plugins = ["object_store_fixtures"]

TARGET = ["-t", "evolink/wan2.7-reference-video"]


def png(width: int = 512) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (width, width), (9, 99, 199)).save(file, "PNG")
        return file.getvalue()


@pytest.fixture
def bucket(s3: S3Server) -> S3Server:
    s3.put(
        "studio",
        {"in/good.png": png(), "in/tiny.png": png(20), "in/.hidden.png": b"", "a.txt": b""},
    )
    return s3


def job(folder: Path, image: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(
        f"target: evolink/wan2.7-reference-video\nprompt: A walk.\nreferences:\n- image: {image}\n"
    )
    return path


def check(wanprep: Command, *arguments: str | Path) -> tuple[int, Any]:
    result = wanprep("check", "--format", "json", *arguments)
    return result.status, json.loads(result.out or "{}") or result.err


@pytest.mark.parametrize(
    ("paths", "subjects"),
    [
        (["s3://studio/"], ["s3://studio/in/good.png", "s3://studio/in/tiny.png"]),
        (["s3://studio/in/t*.png"], ["s3://studio/in/tiny.png"]),
        (["s3://studio/in/tiny.png"] * 2, ["s3://studio/in/tiny.png"]),
        (["s3://studio/in/tiny.png", "s3://studio/in/t*"], ["s3://studio/in/tiny.png"]),
    ],
    ids=["a bucket", "a glob", "an object, twice", "an object and a glob"],
)
@pytest.mark.usefixtures("bucket")
def test_objects_in_paths(wanprep: Command, paths: list[str], subjects: list[str]) -> None:
    status, report = check(wanprep, *TARGET, *paths)

    assert status == 1
    assert [each["subject"] for each in report["verdicts"]] == subjects
    (finding,) = report["findings"]
    assert (finding["file"], finding["rule"]) == ("s3://studio/in/tiny.png", "image-too-small")


@pytest.mark.usefixtures("bucket")
def test_an_object_in_a_job(wanprep: Command, tmp_path: Path) -> None:
    good, report = check(wanprep, job(tmp_path, "s3://studio/in/good.png"))
    assert (good, report["summary"]["assets"], report["findings"]) == (0, 1, [])

    bad, report = check(wanprep, job(tmp_path, "s3://studio/in/tiny.png"))
    (finding,) = report["findings"]
    assert (bad, finding["pointer"], finding["line"]) == (1, "/references/0/image", 4)

    gone, report = check(wanprep, job(tmp_path, "s3://studio/in/gone.png"))
    assert (gone, report["findings"][0]["rule"]) == (1, "asset-missing")


@pytest.mark.usefixtures("bucket")
def test_what_a_job_uses_is_not_checked_twice(wanprep: Command, tmp_path: Path) -> None:
    path = job(tmp_path, "s3://studio/in/good.png")
    _, report = check(wanprep, *TARGET, path, "s3://studio/in/")
    assert [each["subject"] for each in report["verdicts"]] == [
        str(path),
        "s3://studio/in/tiny.png",
    ]


def test_what_cannot_be_reached_is_unknown(
    bucket: S3Server, wanprep: Command, tmp_path: Path
) -> None:
    bucket.fault = lambda _, __: 403
    of_paths, report = check(wanprep, "s3://studio/in/")
    of_job, in_job = check(wanprep, job(tmp_path, "s3://studio/in/good.png"))
    assert (of_paths, of_job) == (1, 1)
    for each in (report, in_job):
        assert {verdict["verdict"] for verdict in each["verdicts"]} == {"unknown"}
        assert "its store refuses access" in each["findings"][0]["message"]


@pytest.mark.parametrize("name", ["/in/good.png", "in//good.png", "in//"])
@pytest.mark.usefixtures("bucket")
def test_a_name_with_an_empty_part_is_not_that_of_another_object(
    wanprep: Command, tmp_path: Path, name: str
) -> None:
    for path in (f"s3://studio/{name}", job(tmp_path, f"s3://studio/{name}")):
        status, report = check(wanprep, path)
        assert status == 1
        assert {each["verdict"] for each in report["verdicts"]} == {"unknown"}
        assert "a part without a name" in report["findings"][0]["message"]


def test_offline(bucket: S3Server, wanprep: Command, tmp_path: Path) -> None:
    in_job, report = check(wanprep, "--offline", job(tmp_path, "s3://studio/in/tiny.png"))
    assert (in_job, report["verdicts"][0]["verdict"]) == (0, "unknown")
    in_paths = wanprep("check", "--offline", "s3://studio/in/")
    assert in_paths.status == 2
    assert "cannot be checked without the network" in in_paths.err
    assert bucket.requests == []


def test_a_job_reaches_only_the_stores_of_clouds(wanprep: Command, tmp_path: Path) -> None:
    """A job may come from a stranger, and fsspec knows file:// and protocols of a local network."""
    for url in ("file:///etc/passwd.png", "sftp://10.0.0.1/a.png", "memory://a.png"):
        _, report = check(wanprep, job(tmp_path, url))
        assert [each["rule"] for each in report["findings"]] == ["asset-url-unsafe"]


def test_an_object_of_the_wrong_type(s3: S3Server, wanprep: Command) -> None:
    s3.put("typed", {"page.png": png()}, Content_Type="text/html")
    _, report = check(wanprep, *TARGET, "s3://typed/")
    assert [each["rule"] for each in report["findings"]] == ["content-type-mismatch"]
