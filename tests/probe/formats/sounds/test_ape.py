"""No free tool writes Monkey's Audio, so its header is put together here."""

from __future__ import annotations

import struct

import pytest

from wanprep.probe.formats.sounds.ape import read_ape
from wanprep.probe.source import Bytes

SOUND = 4000


def ape(version: int = 3990, sound: int = SOUND) -> bytes:
    sizes = 52, 24, 4, 0, SOUND, 0, 0
    descriptor = b"MAC " + struct.pack("<HH7I", version, 0, *sizes) + bytes(16)
    header = struct.pack("<HHIIIHHI", 2000, 0, 73728, 44100, 1, 16, 1, 44100)
    return descriptor + header + bytes(4) + bytes(sound)


def test_a_recording() -> None:
    found = read_ape(Bytes(ape()))

    assert (found["readable"], found["audio_codec"], found["bit_depth"]) == (True, "ape", 16)
    assert (found["sample_rate"], found["channels"]) == (44100, 1)
    assert found["duration"] == pytest.approx(1, abs=0.01)


def test_a_file_cut_off() -> None:
    found = read_ape(Bytes(ape(sound=1000)))

    assert found["readable"] is False
    assert found["problem"] == "cut off: 1,080 of 4,080 bytes are there"


def test_older_versions_do_not_say_how_large_they_are() -> None:
    found = read_ape(Bytes(ape(version=3970, sound=1000)))

    assert "cut off" not in found.get("problem", "")
