"""Every command of every page is run in a fresh folder, and prints the lines shown."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from documents import DOCS, PAGES, ROOT, blocks, name
from page_folders import FOLDERS
from page_runs import ORDERS, SHELLS, PageRun, missing_line


def path_of(page: str) -> Path:
    return ROOT / page if page == "README.md" else DOCS / page


def run_sql(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    return "\n".join(map(str, duckdb.execute(text).fetchall()))


@pytest.mark.slow
@pytest.mark.parametrize("page", FOLDERS)
def test_commands_print_what_is_shown(
    tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "jq '" in path_of(page).read_text(encoding="utf-8") and shutil.which("jq") is None:
        pytest.skip("there is no jq")
    with ExitStack() as stack:
        run = PageRun(tmp_path / "work", tmp_path / "own")
        FOLDERS[page](run, stack)
        for block in blocks(path_of(page)):
            if block.language == "sql":
                run.output = run_sql(block.text, run.work, monkeypatch)
            elif block.language == "text" and block.follows:
                missing = missing_line(block.text, run.output, run.names)
                assert missing is None, f"{missing!r} is not in the output:\n{run.output}"
            else:
                run.run(block)
    assert run.ran


def test_no_page_is_left_out() -> None:
    """A page has commands only if it is in the table, or a comment says why they cannot run."""
    with_commands = {
        name(page)
        for page in PAGES
        for block in blocks(page)
        if block.language in SHELLS and not block.comment.startswith("not run: ")
    }
    assert with_commands | {"README.md"} == {*FOLDERS}


def test_comments_of_blocks_are_known() -> None:
    marks = {"demo", "tests", "limits"}  # of the README: tests/test_readme.py
    for page in (ROOT / "README.md", *PAGES):
        for block in blocks(page):
            order, _, value = block.comment.partition(": ")
            assert (
                not order or order in marks or (order in ORDERS and (value or order == ORDERS[-1]))
            )


def test_a_missing_line_is_found() -> None:
    assert missing_line("a\n…\nc", "a\nb\nc") is None
    assert missing_line("k3m9x2pa  done …", "abcdefgh  done with it") is None
    assert missing_line("c\na", "a\nb\nc") == "a"
    assert missing_line("b", "a b") == "b"
    assert missing_line("port 8765", "port 1", {"8765": "1"}) is None
