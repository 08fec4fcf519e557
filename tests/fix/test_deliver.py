from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wanprep.fix.deliver import CannotWrite, copy, move, told, workspace, write_text


def test_a_workspace_has_the_ending_and_is_gone_afterwards(tmp_path: Path) -> None:
    final = tmp_path / "new/hero.jpg"
    with workspace(str(final)) as into:
        assert Path(into).parent == final.parent
        assert into.endswith(".jpg")
        Path(into).write_text("half")
    assert list(final.parent.iterdir()) == []

    with pytest.raises(KeyboardInterrupt):
        _interrupted(str(final))
    assert list(final.parent.iterdir()) == []


def _interrupted(final: str) -> None:
    with workspace(final) as into:
        Path(into).write_text("half")
        raise KeyboardInterrupt


def test_a_finished_file_takes_its_name_and_the_mode_of_its_source(tmp_path: Path) -> None:
    source, final = tmp_path / "a.png", tmp_path / "b.png"
    source.write_text("old")
    source.chmod(0o640)
    with workspace(str(final)) as into:
        Path(into).write_text("new")
        move(into, str(final), like=str(source))
    assert final.read_text() == "new"
    assert stat.S_IMODE(final.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_strangers_file_is_never_written_over(tmp_path: Path) -> None:
    final = tmp_path / "b.png"
    final.write_text("precious")
    with workspace(str(final)) as into:
        Path(into).write_text("new")
        with pytest.raises(CannotWrite, match="is there already"):
            move(into, str(final))
    assert final.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [final]

    write_text(b"newer", str(final), over=True)
    assert final.read_text() == "newer"


def test_a_copy_is_the_same_to_the_last_bit_and_second(tmp_path: Path) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(os.urandom(100_000))
    source.chmod(0o600)
    os.utime(source, (1_000_000_000, 1_000_000_000))
    copy(str(source), str(tmp_path / "out/a.bin"))
    made = tmp_path / "out/a.bin"
    assert made.read_bytes() == source.read_bytes()
    assert made.stat().st_mtime == 1_000_000_000
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "the disk is full"), (13, "it may not be written to"), (30, "cannot be written to"),
     (5, "Input/output error")],
)  # fmt: skip
def test_the_systems_errors_say_what_to_do(number: int, words: str) -> None:
    with pytest.raises(CannotWrite, match=words), told("hero.png"):
        raise OSError(number, os.strerror(number))


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CannotWrite, match="cannot be written"):
        copy(str(tmp_path / "out"), str(tmp_path / "out/copy"))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(bytes(200_000))
    code = "import resource, signal, sys; from wanprep.fix.deliver import copy, CannotWrite\n"
    code += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += f"resource.setrlimit(resource.RLIMIT_FSIZE, (50000, {resource.RLIM_INFINITY}))\n"
    code += f"try: copy({str(source)!r}, {str(tmp_path / 'out/big')!r})\n"
    code += "except CannotWrite as error: sys.exit(str(error))"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "cannot be written" in ended.stderr
    assert list((tmp_path / "out").iterdir()) == []
