"""Run ffmpeg on an untrusted file: it reads that file, writes one output, and always ends.

An output that exists is never overwritten. However a run ends (an error, the time limit, Ctrl-C),
ffmpeg is killed and an incomplete output deleted; if this process is killed, ffmpeg is too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import subprocess
import threading
from collections import deque
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.engines.guard import guarded_group
from wanprep.fix.plan.plan import CannotFix
from wanprep.media.ffmpeg import DEMUXERS, STDOUT, file_url, killed_after, path_of, start
from wanprep.media.ffmpeg import command_line as safe_command_line
from wanprep.text import seconds as in_words
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.fix.plan.plan import ProgressCallback
    from wanprep.media.facts import Facts

Stream = Any  # a node of ffmpeg-python's graphs, which has no types

# A damaged video may log lines for each of its frames; the summary is at the end.
_LOG_LINES: Final = 1500
_LOG_LINE_BYTES: Final = 4096

_running: Final[set[subprocess.Popen[bytes]]] = set()
_lock: Final = threading.Lock()
_stopped: Final = threading.Event()


@dataclass(frozen=True, slots=True)
class CompletedRun:
    """A run of ffmpeg that succeeded."""

    command: tuple[str, ...]  # without the path of ffmpeg itself
    log: str  # its end
    stdout: bytes = b""  # if the output is STDOUT


def input_stream(source: str, facts: Facts, **options: object) -> Stream:
    """Return a file as an input of a graph, to be read as the format that was probed."""
    import ffmpeg

    demuxers = DEMUXERS.get(facts.format)
    if demuxers is None:
        raise CannotFix(
            f"{visible(source)} is of a format that cannot be converted here ({facts.format}):"
            " export it as MP4, or as WAV if it is audio, with the program that made it"
        )
    if "," not in demuxers:
        options["format"] = demuxers
    return ffmpeg.input(file_url(source), format_whitelist=demuxers, **options)


def command_line(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the full command line for a graph's arguments, as receipts show it."""
    progress = () if STDOUT in arguments else ("-progress", STDOUT)
    return safe_command_line("-v", "level+info", "-n", *progress, *arguments)


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    seconds: float,
    length: float | None = None,
    progress: ProgressCallback | None = None,
) -> CompletedRun:
    """Run ffmpeg with these inputs and one output, the last argument, for at most `seconds`.

    With the `length` of the media, `progress` is called with the share that is done; an exception
    that it raises ends ffmpeg.
    """
    output = path_of(arguments[-1])
    if output is not None and os.path.lexists(output):
        raise CannotFix(f"{visible(output)} already exists: remove it and run this again")
    try:
        return _run(command_line(arguments), seconds, length, progress)
    except BaseException:
        if output is not None:
            with contextlib.suppress(OSError):
                os.unlink(output)
        raise


def _run(
    command: tuple[str, ...],
    seconds: float,
    length: float | None,
    progress: ProgressCallback | None,
) -> CompletedRun:
    process = _start(command)
    log = deque[bytes](maxlen=_LOG_LINES)
    log_reader = threading.Thread(target=_read_log, args=(process.stderr, log))
    assert process.stdout  # noqa: S101 - it is a pipe
    try:
        with killed_after(process, seconds) as timed_out:
            log_reader.start()
            if STDOUT in command[:-1]:
                stdout = b""
                _report_progress(process.stdout, length, progress)
            else:
                stdout = process.stdout.read()
            status = process.wait()
    finally:
        with _lock:
            _running.discard(process)
        log_reader.join()
        with process:  # closes the pipes, and waits
            pass
    text = b"".join(log).decode("utf-8", "replace")
    if timed_out.is_set():
        raise CannotFix(f"ffmpeg was stopped: it took longer than {in_words(seconds)}")
    if status:
        raise CannotFix(error_message(status, text))
    return CompletedRun(command, text, stdout)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    with _lock:  # so that stop_all misses none
        if _stopped.is_set():
            raise CannotFix("the work was stopped")
        try:
            process = start(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=guarded_group(),  # Ctrl-C does not reach it either
            )
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                raise
            raise CannotFix(
                f"ffmpeg cannot be started ({error}): install imageio-ffmpeg again, or set"
                " IMAGEIO_FFMPEG_EXE to one that works"
            ) from error
        _running.add(process)
    return process


def _read_log(stderr: IO[bytes], log: deque[bytes]) -> None:
    while line := stderr.readline(_LOG_LINE_BYTES):
        log.append(line)


def _report_progress(
    lines: Iterable[bytes], length: float | None, progress: ProgressCallback | None
) -> None:
    for line in lines:
        name, _, value = line.strip().partition(b"=")
        # Before the first frame the time is "N/A", and it may start below zero.
        if name == b"out_time_us" and value.isdigit() and progress and length:
            progress(min(1.0, int(value) / 1e6 / length))


def stop_all() -> None:
    """End every ffmpeg, and start none until `resume`.

    Ctrl-C reaches the main thread only; in the others `run_ffmpeg` raises CannotFix.
    """
    with _lock:
        _stopped.set()
        for process in _running:
            process.kill()


def resume() -> None:
    """Allow ffmpeg to be started again after `stop_all`."""
    _stopped.clear()


@cache
def ffmpeg_version() -> str:
    """Return the version for receipts."""
    import imageio_ffmpeg

    version: str = imageio_ffmpeg.get_ffmpeg_version()
    return version


_SYSTEM_ERRORS: Final = {
    "No space left on device": "the disk is full: make room and run this again",
    "Disk quota exceeded": "your quota on this disk is used up: make room and run this again",
    "File too large": "the file grew larger than is allowed here: choose another folder",
    "Read-only file system": "the disk is read-only: choose another folder",
    "Permission denied": "a file or folder cannot be accessed: change its permissions,"
    " or choose another folder",
    "Cannot allocate memory": "there is not enough memory for it: close other programs and run"
    " this again",
}
_SIGNALS: Final = {"SIGXFSZ": _SYSTEM_ERRORS["File too large"], "SIGKILL": "ffmpeg was stopped"}
_DAMAGE: Final = {
    "binding filtergraph": "its video or its audio cannot be decoded: it is damaged, or encoded"
    " in a way that ffmpeg does not support",
    "rror reading header": "its header is damaged",
    "Decode error rate": "most of it cannot be decoded: it is damaged, or encoded in a way that"
    " ffmpeg does not support",
}
_EXPORT_AGAIN: Final = "Export it again from the program that made it"
_ERROR_LINE: Final = re.compile(r"\[(?:error|fatal|panic)\] ")
_PREFIX: Final = re.compile(r"^(\[[^\]]*\] ?)+")
# These follow the line with the cause.
_CONSEQUENCES: Final = (
    "Conversion failed", "Error opening output file", "Error opening input",
    "Nothing was written into output", "Terminating thread", "Task finished with error",
    "Error while filtering", "Could not open encoder before EOF", "Failed to inject frame",
    "Error sending frames to consumers", "Error while opening encoder", "Error marking filters",
    "Error submitting a packet to the muxer", "Error muxing a packet", "Error reinitializing",
)  # fmt: skip
_LONGEST_MESSAGE: Final = 300


def error_message(status: int, log: str) -> str:
    """Summarize a failed run in one sentence, from its status and the end of its log."""
    if status < 0:
        name = signal.Signals(-status).name
        crashed = f"ffmpeg crashed on it ({name}): the file is damaged. {_EXPORT_AGAIN}"
        return _SIGNALS.get(name, crashed)
    lines = [_PREFIX.sub("", line) for line in log.splitlines() if _ERROR_LINE.search(line)]
    for line in lines:
        for error, message in _SYSTEM_ERRORS.items():
            if line.endswith((error, f"{error}.")):
                return message
    for error, message in _DAMAGE.items():
        if any(error in line for line in lines):
            return f"{message}. {_EXPORT_AGAIN}"
    causes = [line for line in lines if not line.startswith(_CONSEQUENCES)]
    last = (causes or lines or [f"it ended with status {status}"])[-1]
    return f"ffmpeg failed: {visible(last)[:_LONGEST_MESSAGE]}"
