"""The programs and libraries that wanprep stands on, and whether they can do what it needs."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep import __version__
from wanprep.doctor.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

_line: Final = partial(Line, "Programs")
_INSTALL: Final = "Install wanprep's dependencies again: python -m pip install --upgrade wanprep"
_LIBRARIES: Final = {
    "Pillow": "pillow", "pi-heif": "pi-heif", "pymediainfo": "pymediainfo",
    "ffmpeg-python": "ffmpeg-python", "httpx": "httpx", "jsonschema": "jsonschema",
}  # fmt: skip
# What ffmpeg is asked to do, and the list in which it says whether it can.
_ABILITIES: Final = {
    "libx264": ("-encoders", "pictures of clips"),
    "aac": ("-encoders", "sound of clips"),
    "libmp3lame": ("-encoders", "MP3"),
    "libvmaf": ("-filters", "measuring how like its source a clip is"),
    "ssim": ("-filters", "measuring how like its source a clip is"),
    "tonemap": ("-filters", "clips in HDR"),
    "zscale": ("-filters", "clips in HDR"),
}
_SECONDS: Final = 20.0


def programs() -> Iterator[Line]:
    """Look at everything that must be there for probing and mending."""
    yield _line("wanprep", "fine", f"{__version__} in {os.path.dirname(os.path.dirname(__file__))}")
    yield _line("Python", "fine", f"{platform.python_version()} at {sys.executable}")
    for name, package in _LIBRARIES.items():
        yield _library(name, package)
    yield _libmediainfo()
    yield _sqlite()
    yield from _ffmpeg()


def _library(name: str, package: str) -> Line:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return _line(name, "fine", version(package))
    except PackageNotFoundError:
        return _line(name, "trouble", f"is not installed. {_INSTALL}")


def _libmediainfo() -> Line:
    import json
    from io import BytesIO

    try:
        from pymediainfo import MediaInfo

        told = json.loads(MediaInfo.parse(BytesIO(b"-"), output="JSON"))
        return _line("libmediainfo", "fine", str(told["creatingLibrary"]["version"]))
    except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
        return _line("libmediainfo", "trouble", f"cannot be loaded: {error}. {_INSTALL}")


def _sqlite() -> Line:
    import sqlite3

    return _line("SQLite", "fine", sqlite3.sqlite_version)


def _ffmpeg() -> Iterator[Line]:
    import imageio_ffmpeg

    own = os.environ.get("IMAGEIO_FFMPEG_EXE")
    advice = "Unset IMAGEIO_FFMPEG_EXE, or let it name a fuller ffmpeg." if own else _INSTALL
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        first = _said(program, "-version").partition("\n")[0].split(" Copyright")[0]
        lists = {name: _said(program, name) for name in ("-encoders", "-filters")}
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        yield _line("ffmpeg", "trouble", f"cannot be run: {_cause(error, own)}. {advice}")
        return
    yield _line("ffmpeg", "fine", f"{first.removeprefix('ffmpeg version ')} at {program}")
    words = {name: set(text.split()) for name, text in lists.items()}
    lacking = [name for name, (where, _) in _ABILITIES.items() if name not in words[where]]
    for name in lacking:
        use = _ABILITIES[name][1]
        yield _line(f"ffmpeg's {name}", "trouble", f"is missing ({use}): fix fails there. {advice}")
    if not lacking:
        yield _line("it can", "fine", ", ".join(_ABILITIES))


def _cause(error: Exception, own: str | None) -> str:
    match error:
        case OSError(strerror=str(why)):
            return f"{own or error.filename}: {why}"
        case subprocess.CalledProcessError(returncode=status):
            return f"{own or error.cmd[0]} ends with status {status}"
        case subprocess.TimeoutExpired():
            return f"{own or error.cmd[0]} does not answer"
        case _:
            return "there is none in the package imageio-ffmpeg"


def _said(program: str, question: str) -> str:
    done = subprocess.run(
        [program, "-hide_banner", question] if question != "-version" else [program, question],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True,
        text=True, errors="replace",
    )  # fmt: skip
    return done.stdout
