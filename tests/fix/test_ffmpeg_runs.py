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
from sample_videos import X264, make

from wanprep.fix.ffmpeg import (
    command_line,
    error_message,
    ffmpeg_version,
    resume,
    run_ffmpeg,
    stop_all,
)
from wanprep.fix.plan.plan import CannotFix
from wanprep.media.ffmpeg import file_url

_ENDLESS = ["-f", "lavfi", "-re", "-i", "testsrc=s=160x120"]
_LONG = ["-f", "lavfi", "-re", "-i", "testsrc=s=160x120:d=2"]
_RAW = ["-c:v", "rawvideo", "-f", "avi"]


def _is_gone(mark: str) -> bool:
    """Return whether no ffmpeg has this in its arguments any more."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(mark) in words and b"ffmpeg" in words.split(b"\0")[0]:
            return False
    return True


def _wait_until(condition: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator] # a function without arguments
        assert time.monotonic() < end, "timeout"
        time.sleep(0.02)


def test_arguments_are_guarded() -> None:
    line = command_line(["-i", "file:a", "-f", "null", "-"])

    assert line[:6] == ("-nostdin", "-hide_banner", "-nostats", "-v", "level+info", "-n")
    at = line.index("-i")
    assert line[at - 2 : at + 2] == ("-protocol_whitelist", "file,pipe", "-i", "file:a")


@pytest.mark.parametrize("name", ["-dash", "a:b %d.avi", "new\nline.avi", "http://x.avi", "ä ö"])
def test_unusual_output_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "http:").mkdir()
    monkeypatch.chdir(tmp_path)

    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=d=0.1", *_RAW, file_url(name)], seconds=60)

    assert Path(name).stat().st_size > 10_000


def test_progress_is_reported(tmp_path: Path) -> None:
    shares: list[float] = []

    run_ffmpeg([*_LONG, *_RAW, file_url(str(tmp_path / "a"))],
               seconds=60, length=2, progress=shares.append)  # fmt: skip

    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == pytest.approx(1.0)


def test_output_to_stdout() -> None:
    source = ["-f", "lavfi", "-i", "color=red:s=4x4:d=0.04,format=rgb24"]

    run = run_ffmpeg([*source, "-f", "rawvideo", "pipe:1"], seconds=60)

    assert len(run.stdout) == 4 * 4 * 3
    assert "Output #0, rawvideo" in run.log


def test_the_end_of_a_long_log_is_kept() -> None:
    many = "-f lavfi -i testsrc=s=16x16:d=40:r=100,showinfo -f null -".split()

    run = run_ffmpeg(many, seconds=60)

    assert 100_000 < len(run.log) < 400_000
    assert "video:" in run.log[-2000:]
    assert "Output #0, null" not in run.log


def test_an_existing_output_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_bytes(b"mine")

    with pytest.raises(CannotFix, match="already exists"):
        run_ffmpeg([*_LONG, *_RAW, file_url(str(tmp_path / "a.avi"))], seconds=60)

    assert (tmp_path / "a.avi").read_bytes() == b"mine"


def test_time_is_limited(tmp_path: Path) -> None:
    into = tmp_path / "late.avi"

    with pytest.raises(CannotFix, match=r"took longer than 0\.50 s"):
        run_ffmpeg([*_ENDLESS, *_RAW, file_url(str(into))], seconds=0.5)

    assert not into.exists()
    assert _is_gone(str(into))


def test_a_progress_that_raises_ends_it(tmp_path: Path) -> None:
    def enough(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ffmpeg([*_ENDLESS, *_RAW, file_url(str(tmp_path / "a"))],
                   seconds=60, length=9, progress=enough)  # fmt: skip

    assert not list(tmp_path.iterdir())
    assert _is_gone(str(tmp_path))


def test_other_threads_can_be_stopped(tmp_path: Path) -> None:
    into = tmp_path / "other.avi"
    errors: list[str] = []

    def work() -> None:
        try:
            run_ffmpeg([*_ENDLESS, *_RAW, file_url(str(into))], seconds=60)
        except CannotFix as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    _wait_until(into.exists)
    stop_all()
    thread.join(20)

    assert errors == ["ffmpeg was stopped"]
    assert not into.exists()
    with pytest.raises(CannotFix, match="the work was stopped"):  # nor is another begun
        run_ffmpeg([*_LONG, *_RAW, file_url(str(into))], seconds=60)
    resume()
    run_ffmpeg([*_LONG, *_RAW, file_url(str(into))], seconds=60)
    assert into.exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    into = tmp_path / "half.avi"
    code = (
        "import sys; from wanprep.fix.ffmpeg import run_ffmpeg\n"
        "run_ffmpeg(sys.argv[1:], seconds=60)"
    )
    command = [sys.executable, "-c", code, *_ENDLESS, *_RAW, file_url(str(into))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        _wait_until(into.exists)
        assert not _is_gone(str(into))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)

    assert b"KeyboardInterrupt" in stderr
    assert not into.exists()
    assert _is_gone(str(into))


def test_it_ends_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    into = tmp_path / "half.avi"
    code = (
        "import sys; from wanprep.fix.ffmpeg import run_ffmpeg\n"
        "run_ffmpeg(sys.argv[1:], seconds=60)"
    )
    command = [sys.executable, "-c", code, *_ENDLESS, *_RAW, file_url(str(into))]
    with subprocess.Popen(command) as process:
        _wait_until(into.exists)
        assert not _is_gone(str(into))
        process.kill()

    _wait_until(lambda: _is_gone(str(into)))


def test_a_file_size_limit_is_explained(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from wanprep.fix.ffmpeg import run_ffmpeg\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "run_ffmpeg(sys.argv[1:], seconds=60)"
    )
    into = tmp_path / "full.avi"
    command = [sys.executable, "-c", code, *_LONG, *_RAW, file_url(str(into))]

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


def test_a_full_disk_is_explained(small_disk: Path) -> None:
    with pytest.raises(CannotFix, match=r"^the disk is full: make room"):
        run_ffmpeg([*_LONG, *_RAW, file_url(str(small_disk / "a.avi"))], seconds=60)

    assert not list(small_disk.iterdir())


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match=r"ffmpeg failed: .*No such file or directory"):
        run_ffmpeg([*_LONG, *_RAW, file_url(str(tmp_path / "no" / "a.avi"))], seconds=60)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(CannotFix, match="cannot be accessed"):
        run_ffmpeg([*_LONG, *_RAW, file_url(str(tmp_path / "a.avi"))], seconds=60)


def test_a_missing_ffmpeg_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))

    with pytest.raises(CannotFix, match="ffmpeg cannot be started"):
        run_ffmpeg(["-version"], seconds=60)


def test_ffmpeg_version() -> None:
    assert ffmpeg_version()[0].isalnum()


def test_a_damaged_file_gives_one_line(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", "testsrc=s=64x64:d=0.2", how=X264)
    Path(path).write_bytes(Path(path).read_bytes()[:500])

    with pytest.raises(CannotFix, match=r"^ffmpeg failed: [^\n]+$"):
        run_ffmpeg(["-i", file_url(path), "-f", "null", "-"], seconds=60)


_NOISE = """\
[in#0/mov @ 0x1] [info] Duration: 00:00:01
[out#0/mp4 @ 0x2] [error] Error muxing a packet
[out#0/mp4 @ 0x2] [error] Task finished with error code: -28 (x)
[fatal] Conversion failed!
"""


@pytest.mark.parametrize(
    ("status", "log", "expected"),
    [
        pytest.param(
            1,
            "[h264 @ 0x1] [error] no frame!\n[x] [info] all is well\n" + _NOISE,
            "ffmpeg failed: no frame!",
            id="the cause",
        ),
        pytest.param(
            228,
            "[out#0/mp4 @ 0x2] [error] Error writing trailer: No space left on device\n" + _NOISE,
            "the disk is full: make room and run this again",
            id="disk full",
        ),
        pytest.param(
            243,
            "[out#0/mp4 @ 0x2] [error] Error opening output a.mp4: Permission denied\n"
            "[error] Error opening output files: Permission denied\n",
            "a file or folder cannot be accessed: change its permissions, or choose another folder",
            id="permission denied",
        ),
        pytest.param(
            1,
            "[mov @ 0x1] [error] title \x1b[2J\n",
            "ffmpeg failed: title \\x1b[2J",
            id="terminal escapes",
        ),
        pytest.param(
            183,
            "[in#0/mov @ 0x1] [error] error reading header\n"
            "[in#0 @ 0x2] [error] Error opening input: Invalid data found when processing input\n"
            "[fatal] Error opening input files: Invalid data found when processing input\n",
            "its header is damaged. Export it again from the program that made it",
            id="a damaged header",
        ),
        pytest.param(
            183,
            "[in#0/ogg @ 0x1] [error] Header processing failed: Invalid data\n"
            "[in#0 @ 0x2] [error] Error opening input: Invalid data found when processing input\n",
            "ffmpeg failed: Header processing failed: Invalid data",
            id="another reason",
        ),
        pytest.param(
            183,
            "[vorbis @ 0x1] [error] Setup header corrupt.\n"
            "[fatal] Error binding filtergraph inputs/outputs: Invalid data found\n",
            "its video or its audio cannot be decoded: it is damaged, or encoded in a way that"
            " ffmpeg does not support. Export it again from the program that made it",
            id="a stream that cannot be decoded",
        ),
        pytest.param(1, _NOISE, "ffmpeg failed: Conversion failed!", id="only consequences"),
        pytest.param(7, "", "ffmpeg failed: it ended with status 7", id="an empty log"),
        pytest.param(-signal.SIGKILL, _NOISE, "ffmpeg was stopped", id="killed"),
        pytest.param(
            -signal.SIGSEGV,
            "",
            "ffmpeg crashed on it (SIGSEGV): the file is damaged. Export it again from the program"
            " that made it",
            id="crashed",
        ),
    ],
)
def test_error_message(status: int, log: str, expected: str) -> None:
    assert error_message(status, log) == expected
