from __future__ import annotations

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


def test_damage() -> None:
    survives(read_wavpack, make(WAVPACK, ".wv"))
