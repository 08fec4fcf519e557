from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from wanprep.fix.deliver import ResultPaths, common_folder, common_prefix
from wanprep.fix.earlier_results import EarlierResults
from wanprep.fix.output import FolderOutput


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("job/refs/hero.heic", "job/refs/hero.jpg", "job/job.yaml", "shared/garden.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "base"),
    [
        pytest.param(["job"], "job", id="a folder"),
        pytest.param(["job/job.yaml"], "job", id="a file"),
        pytest.param(["job/refs/hero.jpg", "job/job.yaml"], "job", id="files in two folders"),
        pytest.param(["job", "shared"], "", id="two folders"),
        pytest.param(["."], "", id="here"),
        pytest.param(["-"], "job/refs", id="names read from elsewhere"),
        pytest.param(["job/**/*.heic"], "job/refs", id="a glob"),
    ],
)
def test_the_common_folder_of_what_was_named(folder: Path, paths: list[str], base: str) -> None:
    assert common_folder(paths, ["job/refs/hero.heic"]) == os.path.abspath(folder / base)


@pytest.mark.parametrize(
    ("source", "suffix", "result"),
    [
        pytest.param("job/job.yaml", None, "out/job.yaml", id="mirrored"),
        pytest.param("job/refs/hero.heic", ".png", "out/refs/hero.png", id="another ending"),
        pytest.param("job/refs/hero.heic", ".jpg", "out/refs/hero-heic.jpg", id="taken"),
        pytest.param("shared/garden.png", None, "out/outside/shared/garden.png", id="outside"),
        pytest.param("job/refs/HERO.JPG", ".jpg", "out/refs/HERO.JPG", id="the same ending"),
        pytest.param("job/refs/HERO.JPG", ".JPG", "out/refs/HERO.JPG", id="as it was written"),
    ],
)
def test_paths_are_mirrored(folder: Path, source: str, suffix: str | None, result: str) -> None:
    paths = ResultPaths("out", str(folder / "job"))
    paths.reserve(["job/refs/hero.heic", "job/refs/hero.jpg", "job/refs/HERO.JPG"])
    assert paths.assign(source, suffix) == result


def test_in_place_an_existing_name_is_never_assigned() -> None:
    paths = ResultPaths(None)
    assert paths.assign("job/refs/hero.jpg", ".jpg") == "job/refs/hero.jpg"
    assert paths.assign("job/refs/hero.heic", ".jpg") == "job/refs/hero-heic.jpg"
    assert paths.assign("job/refs/hero.heic", ".jpg") == "job/refs/hero-2.jpg"
    assert not paths.is_result("job/refs/hero.jpg")


def test_an_earlier_result_may_be_overwritten(folder: Path) -> None:
    (folder / "out/refs").mkdir(parents=True)
    (folder / "out/refs/hero.png").write_text("by hand")
    strict = ResultPaths("out", str(folder / "job"))
    assert strict.assign("job/refs/hero.heic", ".png") == "out/refs/hero-heic.png"

    earlier = EarlierResults([sha256(b"by hand").hexdigest()])
    lenient = ResultPaths("out", str(folder / "job"), FolderOutput(earlier))
    assert lenient.assign("job/refs/hero.heic", ".png") == "out/refs/hero.png"
    assert lenient.is_result("out/refs/hero.png")
    assert not lenient.is_result("outside.png")


@pytest.mark.parametrize(
    ("named", "out", "source", "result"),
    [
        (["s3://b/in/a.png"], "out", "s3://b/in/a.png", "out/a.png"),
        (["s3://b/in/"], "out", "s3://b/in/x/a.png", "out/x/a.png"),
        (["s3://b/in/*.png", "s3://b/on/a.png"], "out", "s3://b/on/a.png", "out/on/a.png"),
        (["s3://b/", "gs://b/"], "out", "gs://b/a.png", "out/gs/b/a.png"),
        (["job"], "out", "s3://b/in/a.png", "out/outside/s3/b/in/a.png"),
        (["s3://b/in/"], "out", "s3://b/in/../../a.png", "out/a.png"),
        (["s3://b/in/"], "s3://c/ready", "s3://b/in/x/a.png", "s3://c/ready/x/a.png"),
        (["job"], "s3://c/ready", "job/refs/hero.jpg", "s3://c/ready/refs/hero.jpg"),
    ],
)
def test_objects_are_mirrored(
    folder: Path, named: list[str], out: str, source: str, result: str
) -> None:
    paths = ResultPaths(out, str(folder / "job"), objects=common_prefix(named))
    assert paths.assign(source) == result
    assert paths.is_result(result)
    assert not paths.is_result(source)
