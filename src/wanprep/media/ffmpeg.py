"""Start ffmpeg on untrusted files.

Playlists and crafted headers can name URLs and other files; ffmpeg opens none of them when each
input has a protocol whitelist.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# ffmpeg's demuxers for each format; where there are several, it chooses among these. A file that is
# read by these alone cannot be a playlist under another name.
DEMUXERS: Final = {
    "3gp": "mov", "aac": "aac", "ac3": "ac3,eac3", "aiff": "aiff", "amr": "amr,amrnb,amrwb",
    "ape": "ape", "asf": "asf", "au": "au", "avi": "avi", "caf": "caf", "dsf": "dsf",
    "flac": "flac", "flv": "flv", "m4a": "mov", "mkv": "matroska", "mov": "mov", "mp3": "mp3",
    "mp4": "mov", "mpg": "mpeg,mpegvideo", "musepack": "mpc,mpc8", "ogg": "ogg", "tak": "tak",
    "ts": "mpegts", "tta": "tta", "w64": "w64", "wav": "wav", "wavpack": "wv", "webm": "matroska",
}  # fmt: skip
STDOUT: Final = "pipe:1"
_BASE_OPTIONS: Final = ("-nostdin", "-hide_banner", "-nostats")
_LOCAL_FILES_ONLY: Final = ("-protocol_whitelist", "file,pipe")
_FILE: Final = "file:"


def file_url(path: str) -> str:
    """Write a path so that ffmpeg takes it for no option, protocol or pattern."""
    return _FILE + path


def path_of(url: str) -> str | None:
    """Undo `file_url`; None for what is not a file."""
    return url.removeprefix(_FILE) if url.startswith(_FILE) else None


def command_line(*arguments: str) -> tuple[str, ...]:
    """Add the options that keep ffmpeg off the terminal and off everything but its inputs."""
    safe: list[str] = []
    for argument in arguments:
        safe += (*_LOCAL_FILES_ONLY, argument) if argument == "-i" else (argument,)
    return (*_BASE_OPTIONS, *safe)


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's
    """Run a `command_line`, with Popen's options; raise OSError if ffmpeg cannot be started."""
    import imageio_ffmpeg

    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise OSError(str(error)) from error
    return subprocess.Popen([path, *command], stdin=subprocess.DEVNULL, **options)


@contextmanager
def killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[Event]:
    """Kill a process after some time, and set the event; at the end, kill it in any case."""
    is_late = Event()

    def stop() -> None:
        is_late.set()
        process.kill()

    timer = Timer(seconds, stop)
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()
        process.kill()
