from __future__ import annotations

import struct

import pytest
from containers import SOUND, make, survives

from wanprep.probe.formats.sounds.wavpack import read_wavpack
from wanprep.probe.source import Bytes

WAVPACK = f"{SOUND} -c:a wavpack"


def test_a_recording() -> None:
    found = read_wavpack(Bytes(make(WAVPACK, ".wv")))

    assert (found["readable"], found["audio_codec"], found["bit_depth"]) == (True, "wavpack", 16)
    assert found["duration"] == pytest.approx(1.2, abs=0.01)
    assert "problem" not in found


def test_a_file_cut_off() -> None:
    data = make(WAVPACK, ".wv")

    found = read_wavpack(Bytes(data[: len(data) // 2]))

    assert found["readable"] is False
    assert found["problem"] == "cut off: 0.6 of 1.2 s are there"


def test_a_recording_that_does_not_know_its_length() -> None:
    data = make(WAVPACK, ".wv")

    found = read_wavpack(Bytes(data[:12] + b"\xff" * 4 + data[16:]))

    assert found["readable"] is True


def test_no_sound() -> None:
    assert read_wavpack(Bytes(b"wvpk" + bytes(60)))["readable"] is False


FIRST, LAST, MONO, DSD = 0x800, 0x1000, 0x4, 1 << 31
BYTES = 1  # in a sample, less one
CD, ODD = 9 << 23, 15 << 23  # sampling rates


def block(samples: int, flags: int, parts: bytes = b"", claimed: int = 1000) -> bytes:
    head = struct.pack("<HBBIIIII", 0x410, 0, 0, claimed, 0, samples, flags, 0)
    return b"wvpk" + struct.pack("<I", len(head + parts)) + head + parts


@pytest.mark.parametrize(
    ("data", "rate", "channels", "duration"),
    [
        pytest.param(block(1000, BYTES | CD | FIRST | LAST), 44_100, 2, 1000 / 44_100, id="one"),
        pytest.param(
            block(0, CD | FIRST | LAST) + block(1000, BYTES | MONO | CD | FIRST | LAST),
            44_100, 1, 1000 / 44_100, id="behind a block of nothing but notes",
        ),
        pytest.param(
            (block(500, CD | FIRST) + block(500, CD) + block(500, MONO | CD | LAST)) * 2,
            44_100, 5, 1000 / 44_100, id="five channels",
        ),
        pytest.param(
            block(1000, BYTES | ODD | FIRST | LAST, b"\x67\x02\x40\x1f\0\0"), 8000, 2, 0.125,
            id="a rate of its own",
        ),
        pytest.param(
            block(1000, DSD | CD | FIRST | LAST, b"\x8e\x01\0\0\x03\0"), 352_800, 2, 1000 / 352_800,
            id="DSD",
        ),
        pytest.param(
            block(1000, CD | FIRST | LAST, b"\x21\x01ab") + b"APETAGEX", 44_100, 2, 1000 / 44_100,
            id="with a tag behind it",
        ),
    ],
)  # fmt: skip
def test_blocks(data: bytes, rate: int, channels: int, duration: float) -> None:
    found = read_wavpack(Bytes(data))

    assert found["readable"] is True
    assert (found["sample_rate"], found["channels"]) == (rate, channels)
    assert found["duration"] == pytest.approx(duration)


def test_a_rate_that_is_not_told() -> None:
    found = read_wavpack(Bytes(block(1000, ODD | FIRST | LAST)))

    assert found["readable"] is False
    assert "says nothing of the samples" in found["problem"]


def test_damage() -> None:
    survives(read_wavpack, make(WAVPACK, ".wv"))
