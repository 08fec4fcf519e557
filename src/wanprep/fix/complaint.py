"""Say what went wrong with ffmpeg: the one line of its many that tells a person something."""

from __future__ import annotations

import re
import signal
from typing import Final

from wanprep.text import visible

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
    "binding filtergraph": "its picture or its sound cannot be decoded: it is damaged, or coded in"
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
