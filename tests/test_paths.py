from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from wanprep.check.paths import check_paths, files_in
from wanprep.errors import UsageError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.jpg", "a.jpg", "sub/c.png", "sub/deeper/d.wav", ".hidden.jpg", ".git/e.jpg",
        "sub/.cache/f.jpg", "CVS/g.jpg", "x.jpg/inside.png", "odd [1].png",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def listed(*paths: str, stdin: bytes = b"", nul: bool = False) -> list[str]:
    return list(files_in(paths, io.BytesIO(stdin), nul=nul))


def test_a_folder_is_walked_in_order_without_what_is_hidden(tree: Path) -> None:
    assert listed(".") == [
        "a.jpg", "b.jpg", "odd [1].png", "sub/c.png", "sub/deeper/d.wav", "x.jpg/inside.png",
    ]  # fmt: skip
    assert listed(str(tree / "sub")) == [f"{tree}/sub/c.png", f"{tree}/sub/deeper/d.wav"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        pytest.param("*.jpg", ["a.jpg", "b.jpg", "x.jpg/inside.png"], id="star"),
        pytest.param("**/*.png", ["odd [1].png", "sub/c.png", "x.jpg/inside.png"], id="any depth"),
        pytest.param("[ab].jpg", ["a.jpg", "b.jpg"], id="class"),
        pytest.param("odd [1].png", ["odd [1].png"], id="a real name that looks like a pattern"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_globs(pattern: str, files: list[str]) -> None:
    assert listed(pattern) == files


@pytest.mark.usefixtures("tree")
def test_names_from_standard_input() -> None:
    assert listed("-", stdin=b"b.jpg\n\nsub\r\n") == ["b.jpg", "sub/c.png", "sub/deeper/d.wav"]
    assert listed("-", stdin=b"b.jpg\0two\nlines.png", nul=True) == ["b.jpg", "two\nlines.png"]
    assert listed("-", stdin=b"caf\xe9.png\n") == [os.fsdecode(b"caf\xe9.png")]


def test_links(tree: Path) -> None:
    (tree / "sub/link.png").symlink_to(tree / "a.jpg")
    (tree / "sub/nowhere.png").symlink_to(tree / "missing.png")
    (tree / "sub/circle").symlink_to(tree)

    assert listed("sub") == [
        "sub/c.png", "sub/deeper/d.wav", "sub/link.png", "sub/nowhere.png",
    ]  # fmt: skip
    assert "sub/circle/a.jpg" in listed("sub/circle"), "a linked folder that is named is walked"


def test_folders_nested_deeper_than_recursion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.png").touch()
        os.chdir(tmp_path)

        assert listed(".") == ["d/" * 1200 + "deep.png"]
    finally:  # Python's own rmtree, which pytest uses, cannot go so deep
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_missing_path_is_wrong_use(tree: Path) -> None:
    check_paths(["a.jpg", "*.jpg", "-", str(tree)])
    with pytest.raises(UsageError, match=r"no file, folder or match for: ghost\.jpg, \*\.\\x1btif"):
        check_paths(["a.jpg", "ghost.jpg", "*.\x1btif"])
