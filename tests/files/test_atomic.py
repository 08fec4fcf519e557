from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from processes import limited_file_size

from wanprep.files.atomic import (
    AlreadyExists,
    CannotWrite,
    copy_file,
    explain_os_errors,
    move_into_place,
    remove_stale_parts,
    sha256_of,
    temporary_path,
    write_bytes,
    write_output,
)


def test_a_temporary_path_has_the_suffix_and_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "new/hero.jpg"
    with temporary_path(str(path)) as part:
        assert Path(part).parent == path.parent
        assert part.endswith(".jpg")
        Path(part).write_text("half")
    assert list(path.parent.iterdir()) == []

    with pytest.raises(KeyboardInterrupt):
        _interrupt(str(path))
    assert list(path.parent.iterdir()) == []


def _interrupt(path: str) -> None:
    with temporary_path(path) as part:
        Path(part).write_text("half")
        raise KeyboardInterrupt


def test_a_finished_file_gets_its_name_and_the_mode_of_another(tmp_path: Path) -> None:
    source, path = tmp_path / "a.png", tmp_path / "b.png"
    source.write_text("old")
    source.chmod(0o640)
    with temporary_path(str(path)) as part:
        Path(part).write_text("new")
        move_into_place(part, str(path), mode_of=str(source))
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_an_existing_file_is_overwritten_only_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "b.png"
    path.write_text("precious")
    with temporary_path(str(path)) as part:
        Path(part).write_text("new")
        with pytest.raises(AlreadyExists, match="already exists"):
            move_into_place(part, str(path))
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]

    write_bytes(b"newer", str(path), overwrite=True)
    assert path.read_text() == "newer"


def test_a_copy_keeps_content_time_and_mode(tmp_path: Path) -> None:
    source, copy = tmp_path / "a.bin", tmp_path / "out/a.bin"
    source.write_bytes(os.urandom(100_000))
    source.chmod(0o600)
    os.utime(source, (1_000_000_000, 1_000_000_000))
    copy_file(str(source), str(copy))
    assert sha256_of(str(copy)) == sha256_of(str(source))
    assert copy.read_bytes() == source.read_bytes()
    assert copy.stat().st_mtime == 1_000_000_000
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "the disk is full"), (13, "permission denied"), (30, "read-only disk"),
     (5, "Input/output error")],
)  # fmt: skip
def test_os_errors_say_what_to_do(number: int, words: str) -> None:
    with pytest.raises(CannotWrite, match=words), explain_os_errors("hero.png"):
        raise OSError(number, os.strerror(number))


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CannotWrite, match="cannot be written"):
        copy_file(str(tmp_path / "out"), str(tmp_path / "out/copy"))


def test_a_missing_file_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"gone cannot be read: No such file"):
        sha256_of(str(tmp_path / "gone"))


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(bytes(200_000))
    with (
        limited_file_size(50_000),
        pytest.raises(CannotWrite, match="cannot be written: File too large"),
    ):
        copy_file(str(source), str(tmp_path / "out/big"))
    assert list((tmp_path / "out").iterdir()) == []


_STOPS = """
import os, sys
from wanprep.files.atomic import temporary_path
with temporary_path(sys.argv[1]) as part:
    open(part, "w").write("half")
    os.mkdir(part + ".passes")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    others = [".wanprep-notes.txt", ".wanprep-0123456789abcde.mp4", "wanprep-0123456789ab.mp4"]
    for name in others:
        (tmp_path / name).write_text("theirs")
    path = tmp_path / "clip.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", _STOPS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        parts = set(tmp_path.iterdir()) - {tmp_path / name for name in others}
        assert len(parts) == 3

        remove_stale_parts(str(tmp_path))
        assert parts <= set(tmp_path.iterdir())  # it lives

        process.kill()
    remove_stale_parts(str(tmp_path))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(others)


def test_a_writer_removes_stale_parts_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / ".wanprep-0123456789ab.json").write_text("half")
    write_bytes(b"whole", str(tmp_path / "report.json"))
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
    remove_stale_parts(str(tmp_path / "missing"))


def test_an_output_keeps_links_and_permissions_and_may_be_a_device(tmp_path: Path) -> None:
    report, link = tmp_path / "report.txt", tmp_path / "link"
    report.write_text("earlier")
    report.chmod(0o640)
    link.symlink_to("report.txt")

    write_output(b"new", str(link))
    write_output(b"nothing", os.devnull)

    assert link.is_symlink()
    assert report.read_bytes() == b"new"
    assert stat.S_IMODE(report.stat().st_mode) == 0o640
    assert len(list(tmp_path.iterdir())) == 2
