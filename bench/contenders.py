"""The commands that are compared, and a check that each one reported every file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

from measure import Run, console_script, run, users_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PEERS: Final = ("exiftool", "mediainfo", "ffprobe")
_FFPROBE: Final = ("-v", "error", "-print_format", "json", "-show_format", "-show_streams")
_LIBMEDIAINFO: Final = (
    "from pymediainfo import MediaInfo as M; "
    "l = M._get_library()[0]; print(l.MediaInfo_Option(None, 'Info_Version', ''))"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """A program that reads a whole folder in one go."""

    command: tuple[str, ...]
    count: Callable[[Iterable[str]], int]
    fine: tuple[int, ...] = (0,)

    def run(self, folder: Path, files: int, output: Path, **env: str) -> Run:
        """Measure it on a folder of so many files; fewer answers end the benchmark."""
        command = [*self.command, str(folder)]
        cost = run(command, output, users_environment(**env), self.fine)
        with output.open(encoding="utf-8", errors="replace") as lines:
            answers = self.count(lines)
        if answers != files:
            sys.exit(f"{self.command[0]} answered {answers} of {files} files")
        return cost


def _wanprep_answers(lines: Iterable[str]) -> int:
    """Count the files that were read; one that was not ends the benchmark."""
    answers = 0
    for line in lines:
        facts = json.loads(line)
        if not facts["readable"]:
            sys.exit(f"wanprep could not read {facts['path']}: {facts['problem']}")
        answers += 1
    return answers


def _lines_with(mark: str) -> Callable[[Iterable[str]], int]:
    return lambda lines: sum(mark in line for line in lines)


def wanprep() -> Batch:
    return Batch((console_script("wanprep"), "probe", "--format", "jsonl"), _wanprep_answers)


def wanprep_check() -> Batch:
    """Check all files; findings (exit status 1) are not a failure."""
    command = (console_script("wanprep"), "check", "--format", "json")
    return Batch(
        command, lambda lines: int(json.loads("".join(lines))["summary"]["assets"]), (0, 1)
    )


def batches() -> dict[str, Batch]:
    """Return the other programs on this machine that read a folder."""
    programs = {
        "exiftool": Batch(("exiftool", "-r", "-j", "-fast2"), _lines_with('"SourceFile"')),
        "mediainfo": Batch(
            # Else it takes IMG_0001.jpg, IMG_0002.jpg, ... for one video and reads the first.
            ("mediainfo", "--File_TestContinuousFileNames=0", "--Output=JSON"),
            _lines_with('"@ref"'),
        ),
    }
    return {name: batch for name, batch in programs.items() if shutil.which(name)}


def ffprobe_each(files: list[Path], output: Path) -> Run:
    """Measure one ffprobe after the other, as scripts do that call it per file."""
    runs = [run(["ffprobe", *_FFPROBE, str(file)], output, users_environment()) for file in files]
    return Run(
        seconds=sum(one.seconds for one in runs),
        cpu_seconds=sum(one.cpu_seconds for one in runs),
        peak_bytes=max(one.peak_bytes for one in runs),
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that is compared."""
    commands = {
        "libmediainfo": [sys.executable, "-c", _LIBMEDIAINFO],
        "exiftool": ["exiftool", "-ver"],
        "mediainfo": ["mediainfo", "--Version"],
        "ffprobe": ["ffprobe", "-version"],
    }
    found = {
        "machine": f"{os.uname().sysname} {os.uname().machine}, {os.cpu_count()} CPUs",
        "python": sys.version.split()[0],
        "wanprep": metadata.version("wanprep"),
        "pillow": metadata.version("pillow"),
    }
    return found | {name: _version(command) for name, command in commands.items()}


def _version(command: list[str]) -> str:
    """Return the version in a program's answer: a number in its first lines."""
    if not shutil.which(command[0]):
        return "not on this machine"
    # mediainfo exits with 255 after printing its version, hence no check.
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    numbers = [word.removeprefix("v") for word in output.split() if "." in word]
    return numbers[0] if numbers else "unknown"
