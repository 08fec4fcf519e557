from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_videos import X264, make

from wanprep.fix.ffmpeg import command_line, ffmpeg_version, file_name, go_on, run_ffmpeg, stop_all
from wanprep.fix.plan.plan import CannotFix

_ENDLESS = ["-f", "lavfi", "-re", "-i", "testsrc=s=160x120"]
_LONG = ["-f", "lavfi", "-re", "-i", "testsrc=s=160x120:d=2"]
_RAW = ["-c:v", "rawvideo", "-f", "avi"]


def _is_gone(mark: str) -> bool:
    """Tell whether no process has this in its arguments any more."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(mark) in words and b"ffmpeg" in words.split(b"\0")[0]:
            return False
    return True


def _wait_until(happens: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not happens():  # type: ignore[operator] # a function without arguments
        assert time.monotonic() < end, "it never happens"
        time.sleep(0.02)


def test_arguments_are_guarded() -> None:
    line = command_line(["-i", "file:a", "-f", "null", "-"])

    assert line[:6] == ("-nostdin", "-hide_banner", "-nostats", "-v", "level+info", "-n")
    at = line.index("-i")
    assert line[at - 2 : at + 2] == ("-protocol_whitelist", "file,pipe", "-i", "file:a")


@pytest.mark.parametrize("name", ["-dash", "a:b %d.avi", "new\nline.avi", "http://x.avi", "ä ö"])
def test_any_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "http:").mkdir()
    monkeypatch.chdir(tmp_path)

    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=d=0.1", *_RAW, file_name(name)], seconds=60)

    assert Path(name).stat().st_size > 10_000


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[float] = []

    run_ffmpeg([*_LONG, *_RAW, file_name(str(tmp_path / "a"))],
               seconds=60, length=2, progress=told.append)  # fmt: skip

    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == pytest.approx(1.0)


def test_output_can_be_piped() -> None:
    source = ["-f", "lavfi", "-i", "color=red:s=4x4:d=0.04,format=rgb24"]

    ran = run_ffmpeg([*source, "-f", "rawvideo", "pipe:1"], seconds=60)

    assert len(ran.piped) == 4 * 4 * 3
    assert "Output #0, rawvideo" in ran.log


def test_a_long_log_is_kept_at_its_end() -> None:
    many = "-f lavfi -i testsrc=s=16x16:d=40:r=100,showinfo -f null -".split()

    ran = run_ffmpeg(many, seconds=60)

    assert 100_000 < len(ran.log) < 400_000
    assert "video:" in ran.log[-2000:]
    assert "Output #0, null" not in ran.log


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_bytes(b"mine")

    with pytest.raises(CannotFix, match="is there already"):
        run_ffmpeg([*_LONG, *_RAW, file_name(str(tmp_path / "a.avi"))], seconds=60)

    assert (tmp_path / "a.avi").read_bytes() == b"mine"


def test_time_is_limited(tmp_path: Path) -> None:
    into = tmp_path / "late.avi"

    with pytest.raises(CannotFix, match=r"took longer than 0\.50 s"):
        run_ffmpeg([*_ENDLESS, *_RAW, file_name(str(into))], seconds=0.5)

    assert not into.exists()
    assert _is_gone(str(into))


def test_a_progress_that_raises_ends_it(tmp_path: Path) -> None:
    def enough(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ffmpeg([*_ENDLESS, *_RAW, file_name(str(tmp_path / "a"))],
                   seconds=60, length=9, progress=enough)  # fmt: skip

    assert not list(tmp_path.iterdir())
    assert _is_gone(str(tmp_path))


def test_other_threads_can_be_stopped(tmp_path: Path) -> None:
    into = tmp_path / "other.avi"
    said: list[str] = []

    def work() -> None:
        try:
            run_ffmpeg([*_ENDLESS, *_RAW, file_name(str(into))], seconds=60)
        except CannotFix as error:
            said.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    _wait_until(into.exists)
    stop_all()
    thread.join(20)

    assert said == ["ffmpeg was stopped"]
    assert not into.exists()
    with pytest.raises(CannotFix, match="the work was stopped"):  # nor is another begun
        run_ffmpeg([*_LONG, *_RAW, file_name(str(into))], seconds=60)
    go_on()
    run_ffmpeg([*_LONG, *_RAW, file_name(str(into))], seconds=60)
    assert into.exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    into = tmp_path / "half.avi"
    code = (
        "import sys; from wanprep.fix.ffmpeg import run_ffmpeg\n"
        "run_ffmpeg(sys.argv[1:], seconds=60)"
    )
    command = [sys.executable, "-c", code, *_ENDLESS, *_RAW, file_name(str(into))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        _wait_until(into.exists)
        assert not _is_gone(str(into))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert b"KeyboardInterrupt" in said
    assert not into.exists()
    assert _is_gone(str(into))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from wanprep.fix.ffmpeg import run_ffmpeg\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "run_ffmpeg(sys.argv[1:], seconds=60)"
    )
    into = tmp_path / "full.avi"
    command = [sys.executable, "-c", code, *_LONG, *_RAW, file_name(str(into))]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "CannotFix: the file grew larger than is allowed here" in done.stderr
    assert not into.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, where we may make one."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a disk")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_no_space_is_told(small_disk: Path) -> None:
    with pytest.raises(CannotFix, match=r"^the disk is full: make room"):
        run_ffmpeg([*_LONG, *_RAW, file_name(str(small_disk / "a.avi"))], seconds=60)

    assert not list(small_disk.iterdir())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match=r"ffmpeg failed: .*No such file or directory"):
        run_ffmpeg([*_LONG, *_RAW, file_name(str(tmp_path / "no" / "a.avi"))], seconds=60)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(CannotFix, match="may not be read or written"):
        run_ffmpeg([*_LONG, *_RAW, file_name(str(tmp_path / "a.avi"))], seconds=60)


def test_a_missing_ffmpeg_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))

    with pytest.raises(CannotFix, match="ffmpeg cannot be started"):
        run_ffmpeg(["-version"], seconds=60)


def test_the_version_is_known() -> None:
    assert ffmpeg_version()[0].isalnum()


def test_a_failing_clip_is_told_in_one_line(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", "testsrc=s=64x64:d=0.2", how=X264)
    Path(path).write_bytes(Path(path).read_bytes()[:500])

    with pytest.raises(CannotFix, match=r"^ffmpeg failed: [^\n]+$"):
        run_ffmpeg(["-i", file_name(path), "-f", "null", "-"], seconds=60)
