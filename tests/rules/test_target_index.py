from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wanprep.rules.target import all_targets

OLD = 1_700_000_000


def write_target(folder: Path, title: str, *, at: int = OLD) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "mine.json"
    file.write_text(json.dumps({"id": "mine/model", "title": title}))
    os.utime(file, (at, at))
    return file


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(tmp_path / "cache"))


def index_of(cache: Path) -> Path:
    [file] = (cache / "targets").glob("index-*.json")
    return file


def test_only_files_that_changed_are_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "targets"
    write_target(folder, "Mine: first")
    ids = {*all_targets([folder])}
    index = index_of(tmp_path / "cache")
    index.write_text(index.read_text().replace("Mine: first", "Mine: of the index"))

    assert all_targets([folder]).titles["mine/model"] == "Mine: of the index"
    write_target(folder, "Mine: second", at=OLD + 10)
    again = all_targets([folder])
    assert ({*again}, again.titles["mine/model"]) == (ids, "Mine: second")


@pytest.mark.parametrize("text", ["", "[]", '{"%s": 1}', '{"%s": [[1], []]}', '{"%s": [null, 3]}'])
def test_a_broken_index_is_written_anew(tmp_path: Path, text: str) -> None:
    file = write_target(tmp_path / "targets", "Mine: first")
    all_targets([file.parent])
    index = index_of(tmp_path / "cache")
    index.write_text(text.replace("%s", str(file)))

    assert all_targets([file.parent]).titles["mine/model"] == "Mine: first"
    assert str(file) in json.loads(index.read_text())
