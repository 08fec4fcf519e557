"""From PATHS to files, and what cannot be searched for them."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wanprep.check.listing import Found, files_in
from wanprep.check.paths import check_paths, find_subjects

NOTHING = io.BytesIO()


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
    """List files, and what cannot be searched with the reason in brackets."""
    return [name(each) for each in files_in(paths, io.BytesIO(stdin), nul=nul)]


def name(found: Found) -> str:
    if isinstance(found, str):
        return found
    return f"{found.path} {(found.problem or '').removeprefix('not read: ')}"


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


NO_LIST = "the folder cannot be listed"


def test_a_link_to_itself_hides_nothing_beside_it(tree: Path) -> None:
    (tree / "sub/x.jpg").symlink_to("x.jpg")
    assert listed("sub") == ["sub/c.png", "sub/deeper/d.wav", "sub/x.jpg"]
    assert listed("sub/x.jpg") == [
        "sub/x.jpg it cannot be opened (too many levels of symbolic links)"
    ]


def test_a_path_that_is_too_long_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = "d" * 200
    monkeypatch.chdir(tmp_path)
    try:
        for _ in range(22):
            os.mkdir(part)
            os.chdir(part)
        Path("bad.png").touch()
        os.chdir(tmp_path)

        too_long = "/".join([part] * 21)
        assert listed(".") == [f"{too_long} {NO_LIST} (file name too long)"]
        assert listed("**/*.png") == [f"{too_long} {NO_LIST} (file name too long)"]
        assert listed(too_long + "/x") == [f"{too_long}/x it cannot be opened (file name too long)"]
        check_paths([too_long])  # it may exist
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / part)], check=True)


def test_a_folder_that_disappears_is_reported(tree: Path) -> None:
    files = files_in(["."], NOTHING)
    while next(files) != "odd [1].png":
        pass
    shutil.rmtree(tree / "sub")
    assert [name(each) for each in files] == [
        f"sub {NO_LIST} (no such file or directory)", "x.jpg/inside.png",
    ]  # fmt: skip


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("path", ["sub", "sub/*"])
def test_a_folder_whose_listing_breaks_off(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    class BrokenDisk:
        """A directory on a disk that fails after the first entry."""

        def __init__(self, folder: str) -> None:
            self.entries = scandir(folder)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            yield next(entry for entry in self.entries if entry.name == "c.png")
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        def __exit__(self, *error: object) -> None:
            self.entries.close()

    monkeypatch.setattr(os, "scandir", BrokenDisk)
    assert set(listed(path)) == {"sub/c.png", f"sub {NO_LIST} (input/output error)"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become another user")
def test_folders_that_may_not_be_read(tree: Path) -> None:
    (tree / "locked").mkdir(mode=0)
    (tree / "closed").mkdir(mode=0o644)  # it can be listed, and nothing in it can be opened
    (tree / "closed/job.yaml").touch()
    (tree / "closed/bad.png").touch()
    (tree / "secret.json").touch(mode=0)
    for folder in (tree, *tree.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = f"""
import io, os, subprocess, sys  # of an interpreter that may be in a folder of root's
sys.path[:] = {sys.path!r}
from wanprep.check.paths import find_subjects
from wanprep.job import recognise
os.setuid(65534)
for paths, stdin in [["."], b""], [["l*d/*", "closed/**/*.png"], b""], [["-"], b"locked/x"]:
    found = find_subjects(paths, set(), io.BytesIO(stdin))
    print([*found.media][-1:], [each.path for each in found.unread])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "['x.jpg/inside.png'] ['closed/job.yaml', 'locked', 'secret.json']",
        "[] ['locked', 'closed/bad.png']",
        "[] ['locked/x']",
    ], done.stderr


def test_what_may_be_a_job_and_cannot_be_opened_is_not_dropped(tree: Path) -> None:
    (tree / "gone.json").symlink_to("nowhere")
    (tree / "loop.yml").symlink_to("loop.yml")
    os.mkfifo(tree / "pipe.yaml")
    os.mkfifo(tree / "pipe.md")
    found = find_subjects(["."], set(), NOTHING)
    assert [name(each).partition(" ")[0] for each in found.unread] == [
        "gone.json", "loop.yml", "pipe.yaml",
    ]  # fmt: skip
    lists = io.BytesIO(b"no-longer-there.json\na\0b.json\n")
    assert find_subjects(["-"], set(), lists).unread == ()


def test_patterns_follow_links_and_not_in_circles(tree: Path) -> None:
    (tree / "sub/up").symlink_to(tree)
    (tree / "links").mkdir()
    (tree / "links/other").symlink_to(tree / "sub/deeper")
    assert listed("**/*.wav") == ["links/other/d.wav", "sub/deeper/d.wav"]
    assert listed(str(tree / "s*/deeper/")) == [f"{tree}/sub/deeper/d.wav"]
    assert listed("sub/.c*/*", "*/nothing/*", "[ab].jpg/") == ["sub/.cache/f.jpg"]
    assert listed("s*/**") == ["sub/c.png", "sub/deeper/d.wav"]
