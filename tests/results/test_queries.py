"""The queries in the how-to answer what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Command
from documents import blocks
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs/how-to/query-results.md"


def test_duckdb_reads_the_rows(
    tmp_path: Path, wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    monkeypatch.chdir(tmp_path)
    for name, size in [("a/1", 100), ("a/2", 120), ("b/3", 101), ("b/4", 640)]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (size, size)).save(tmp_path / f"{name}.png")
    wanprep("check", ".", "--results", "checked")
    count, list_failing = (block.text for block in blocks(PAGE) if block.language == "sql")
    assert duckdb.execute(count).fetchall() == [
        ("image-too-small", "error", "a", 2, 2),
        ("image-too-small", "error", "b", 1, 1),
    ]
    assert duckdb.execute(list_failing).fetchall() == [
        ("a/1.png", 100, 100, None), ("a/2.png", 120, 120, None), ("b/3.png", 101, 101, None),
    ]  # fmt: skip
