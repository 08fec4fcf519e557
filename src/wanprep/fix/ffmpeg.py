"""Run ffmpeg on a stranger's file: it reads that file, writes one other, and always ends.

No shell sees the names, no input can make ffmpeg open an address or a second file, nothing is
written over, and whatever happens (a fault, a time limit, Ctrl-C) the whole process group is
gone and so is what it had half written.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import IO, TYPE_CHECKING, Final

from wanprep.fix.plan.plan import CannotFix
from wanprep.text import seconds as in_words
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.plan.plan import ProgressCallback


# What the operating system says, in ffmpeg's log, and what to do about it.
_SYSTEM: Final = {
    "No space left on device": "the disk is full: make room and run this again",
    "Disk quota exceeded": "your quota on this disk is used up: make room and run this again",
    "File too large": "the file grew larger than is allowed here: choose another folder",
    "Read-only file system": "the disk cannot be written to: choose another folder",
    "Permission denied": "a file or folder may not be read or written: change its permissions,"
    " or choose another folder",
    "Cannot allocate memory": "there is not enough memory for it: close something and run this"
    " again",
}


# What ffmpeg says of a file that it cannot make anything of.
_HOPELESS: Final = {
    "binding filtergraph": "its image or its sound cannot be decoded: it is damaged, or coded in"
    " a way that ffmpeg does not know",
    "rror reading header": "its header is damaged",
    "Decode error rate": "most of it cannot be decoded: it is damaged, or coded in a way that"
    " ffmpeg does not know",
}


_INSTEAD: Final = "Export it again from where it was made"


_KILLED: Final = {
    signal.SIGXFSZ: _SYSTEM["File too large"],
    signal.SIGKILL: "ffmpeg was stopped",
}


_SERIOUS: Final = re.compile(r"\[(?:error|fatal|panic)\] ")


_PREFIX: Final = re.compile(r"^(\[[^\]]*\] ?)+")


# These only say that something was wrong, after the line that says what.
_EMPTY: Final = (
    "Conversion failed", "Error opening output file", "Error opening input",
    "Nothing was written into output", "Terminating thread", "Task finished with error",
    "Error while filtering", "Could not open encoder before EOF", "Failed to inject frame",
    "Error sending frames to consumers", "Error while opening encoder", "Error marking filters",
    "Error submitting a packet to the muxer", "Error muxing a packet", "Error reinitializing",
)  # fmt: skip


_LONGEST: Final = 300


def complaint(status: int, log: str) -> str:
    """Make a sentence of how ffmpeg ended and of the end of its log."""
    if status < 0 and -status in _KILLED:
        return _KILLED[signal.Signals(-status)]
    if status < 0:
        name = signal.Signals(-status).name
        return f"ffmpeg broke down over it ({name}): the file is damaged. {_INSTEAD}"
    lines = [_PREFIX.sub("", line) for line in log.splitlines() if _SERIOUS.search(line)]
    for line in lines:
        for told, ours in _SYSTEM.items():
            if line.endswith((told, f"{told}.")):
                return ours
    for told, ours in _HOPELESS.items():
        if any(told in line for line in lines):
            return f"{ours}. {_INSTEAD}"
    telling = [line for line in lines if not line.startswith(_EMPTY)]
    said = (telling or lines or [f"it ended with status {status}"])[-1]
    return f"ffmpeg failed: {visible(said)[:_LONGEST]}"


# ffmpeg may print a line for every frame of a damaged clip. The summary stands at the end.
_LOG_KEPT: Final = 256 * 1024


_PORTION: Final = 64 * 1024


_FIRST: Final = ("-nostdin", "-hide_banner", "-nostats", "-v", "level+info", "-n")


# Only files, and not one that a playlist or a crafted header names.
_GUARD: Final = ("-protocol_whitelist", "file,pipe")


PIPE: Final = "pipe:1"


_FILE: Final = "file:"


_TICK: Final = 0.5  # seconds between looks at the clock


_running: Final[set[subprocess.Popen[bytes]]] = set()


_lock: Final = threading.Lock()


_stopped: Final = threading.Event()


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that went well."""

    command: tuple[str, ...]  # as it ran, without the path of ffmpeg itself
    log: str  # the end of what ffmpeg said
    piped: bytes = b""  # what it wrote to its standard output, where that was asked for


def file_name(path: str) -> str:
    """Write a path so that ffmpeg takes it for nothing else: no option, protocol or pattern."""
    return _FILE + path


def command_line(arguments: Sequence[str]) -> tuple[str, ...]:
    """Tell how ffmpeg is called for these arguments."""
    guarded: list[str] = []
    for argument in arguments:
        guarded += (*_GUARD, argument) if argument == "-i" else (argument,)
    progress = () if PIPE in arguments else ("-progress", PIPE)
    return (*_FIRST, *progress, *guarded)


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    seconds: float,
    length: float | None = None,
    progress: ProgressCallback | None = None,
) -> Ran:
    """Run ffmpeg with these inputs and this one output, for so many seconds at most.

    With the `length` of the media, `progress` is told how far it is; an exception that it
    raises ends ffmpeg. An output that is there already is left alone, and is an error.
    """
    command = command_line(arguments)
    into = arguments[-1].removeprefix(_FILE) if arguments[-1].startswith(_FILE) else None
    if into is not None and os.path.lexists(into):
        raise CannotFix(f"{visible(into)} is there already: remove it and run this again")
    try:
        watch = _Watch(PIPE in arguments, time.monotonic() + seconds, length, progress)
        _check(_run(command, watch), watch, seconds)
    except BaseException:
        if into is not None:
            with contextlib.suppress(OSError):
                os.unlink(into)
        raise
    return Ran(command, watch.log(), bytes(watch.piped))


def _check(status: int | None, watch: _Watch, limit: float) -> None:
    if status is None:
        raise CannotFix(f"ffmpeg was stopped: it took longer than {in_words(limit)}")
    if status != 0:
        raise CannotFix(complaint(status, watch.log()))


def stop_all() -> None:
    """End every ffmpeg that other threads are waiting for, and start none until `go_on`.

    Ctrl-C reaches the main thread only; the others get CannotMake.
    """
    with _lock:
        _stopped.set()
        for process in _running:
            _kill(process)


def go_on() -> None:
    """Let ffmpeg be started again."""
    _stopped.clear()


@cache
def ffmpeg_version() -> str:
    """Tell which ffmpeg does the work."""
    import imageio_ffmpeg

    version: str = imageio_ffmpeg.get_ffmpeg_version()
    return version


@dataclass(slots=True)
class _Watch:
    """What is read from a running ffmpeg, and until when."""

    is_piped: bool
    deadline: float
    length: float | None
    progress: ProgressCallback | None
    piped: bytearray = field(default_factory=bytearray)
    _tail: deque[bytes] = field(default_factory=deque)
    _kept: int = 0
    _line: bytes = b""

    def said(self, data: bytes) -> None:
        self._tail.append(data)
        self._kept += len(data)
        while self._kept > _LOG_KEPT and len(self._tail) > 1:
            self._kept -= len(self._tail.popleft())

    def wrote(self, data: bytes) -> None:
        if self.is_piped:
            self.piped += data
            return
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            name, _, value = line.partition(b"=")
            # Before the first frame the time is "N/A", and it may start below zero.
            if name == b"out_time_us" and value.isdigit() and self.progress and self.length:
                self.progress(min(1.0, int(value) / 1e6 / self.length))

    def log(self) -> str:
        return b"".join(self._tail).decode("utf-8", "replace")


def _run(command: Sequence[str], watch: _Watch) -> int | None:
    """Run it to its end and return its exit status, None where the time was up."""
    process = _start(command)
    try:
        in_time = _listen(process, watch)
        return process.wait() if in_time else None
    finally:
        _end(process)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    import imageio_ffmpeg

    with _lock:  # so that whatever has been started is known to stop_all
        if _stopped.is_set():
            raise CannotFix("the work was stopped")
        try:
            process = subprocess.Popen(
                [imageio_ffmpeg.get_ffmpeg_exe(), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, RuntimeError) as error:
            raise CannotFix(
                f"ffmpeg cannot be started ({error}): install imageio-ffmpeg again, or let"
                " IMAGEIO_FFMPEG_EXE name one that works"
            ) from error
        _running.add(process)
    return process


def _listen(process: subprocess.Popen[bytes], watch: _Watch) -> bool:
    """Read all that ffmpeg says until it is silent; tell whether it was done in time."""
    assert process.stdout  # noqa: S101 - it was asked for
    assert process.stderr  # noqa: S101
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, watch.wrote)
        selector.register(process.stderr, selectors.EVENT_READ, watch.said)
        while selector.get_map():
            if time.monotonic() > watch.deadline:
                return False
            for key, _ in selector.select(_TICK):
                if data := _read(key.fileobj):  # type: ignore[arg-type] # one of the two above
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
    return True


def _read(stream: IO[bytes]) -> bytes:
    return os.read(stream.fileno(), _PORTION)


def _end(process: subprocess.Popen[bytes]) -> None:
    with _lock:
        _kill(process)
        _running.discard(process)
    with process:  # closes the pipes, and waits
        pass


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
