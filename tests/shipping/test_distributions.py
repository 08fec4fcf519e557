"""The wheel and the sdist: the same bytes from the same sources, and complete."""

from __future__ import annotations

import email
import email.message
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split("\0")[:-1]  # fmt: skip


def copy_sources(to: Path) -> Path:
    """Copy what git has, so that no build output of ours gets in."""
    for name in SOURCES:
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    return to


def build(sources: Path, kind: str) -> Path:
    """Build one distribution with the build backend itself: no network is needed."""
    before = {*sources.glob("dist/*")}
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    [built] = {*sources.glob("dist/*")} - before
    return built


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if not SOURCES:
        pytest.skip("not a checkout of git")
    sources = copy_sources(tmp_path_factory.mktemp("first"))
    return build(sources, "wheel"), build(sources, "sdist")


@pytest.mark.no_cover
def test_a_second_build_has_the_same_bytes(
    built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    sources = copy_sources(tmp_path)
    assert [digest(build(sources, kind)) for kind in ("wheel", "sdist")] == [*map(digest, built)]


@pytest.mark.no_cover
def test_the_sdist_builds_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, sdist = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [sources] = tmp_path.iterdir()
    assert digest(build(sources, "wheel")) == digest(wheel)


def test_the_wheel_has_everything_that_runs_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {re.sub("^(src|plugins)/|^schemas/", lambda found: "" if found[1] else
                       "wanprep/schemas/", name) for name in SOURCES
                if name.startswith(("src/", "plugins/", "schemas/"))}  # fmt: skip
    assert names == expected


def test_the_metadata_is_complete(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata: email.message.Message = email.message_from_bytes(wheel.read(name))
    fields = {"Summary", "License-Expression", "Requires-Python", "Keywords", "Author"}
    assert fields <= {*metadata.keys()}
    urls = {each.partition(",")[0] for each in metadata.get_all("Project-URL", [])}
    assert urls == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = str(metadata.get_payload())
    assert "https://raw.githubusercontent.com/wanprep/wanprep/main/docs/images/report.png" in text
    assert [link for link in re.findall(r"\]\(([^)]+)\)", text) if link[:8] != "https://"] == []
