from __future__ import annotations

import signal

import pytest

from wanprep.fix.ffmpeg import error_message

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
            id="the line that tells something",
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
            "a file or folder may not be read or written: change its permissions, or choose"
            " another folder",
            id="forbidden",
        ),
        pytest.param(
            1,
            "[mov @ 0x1] [error] title \x1b[2J\n",
            "ffmpeg failed: title \\x1b[2J",
            id="nothing that a terminal obeys",
        ),
        pytest.param(
            183,
            "[in#0/mov @ 0x1] [error] error reading header\n"
            "[in#0 @ 0x2] [error] Error opening input: Invalid data found when processing input\n"
            "[fatal] Error opening input files: Invalid data found when processing input\n",
            "its header is damaged. Export it again from the program that made it",
            id="what was said before the input was given up",
        ),
        pytest.param(
            183,
            "[in#0/ogg @ 0x1] [error] Header processing failed: Invalid data\n"
            "[in#0 @ 0x2] [error] Error opening input: Invalid data found when processing input\n",
            "ffmpeg failed: Header processing failed: Invalid data",
            id="some other reason",
        ),
        pytest.param(
            183,
            "[vorbis @ 0x1] [error] Setup header corrupt.\n"
            "[fatal] Error binding filtergraph inputs/outputs: Invalid data found\n",
            "its video or its audio cannot be decoded: it is damaged, or coded in a way that"
            " ffmpeg does not know. Export it again from the program that made it",
            id="a stream that cannot be decoded",
        ),
        pytest.param(1, _NOISE, "ffmpeg failed: Conversion failed!", id="only empty words"),
        pytest.param(7, "", "ffmpeg failed: it ended with status 7", id="silence"),
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
def test_one_line_of_many(status: int, log: str, expected: str) -> None:
    assert error_message(status, log) == expected
