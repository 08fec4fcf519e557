from __future__ import annotations

import struct

import pytest
from containers import SOUND, make, survives

from wanprep.probe.formats.sounds.au import read_au
from wanprep.probe.source import Bytes


@pytest.mark.parametrize("target", [".au", "au"], ids=["file", "piped, without any length"])
@pytest.mark.parametrize(
    ("codec", "bits"),
    [
        ("pcm_s8", 8),
        ("pcm_s16be", 16),
        ("pcm_s24be", 24),
        ("pcm_f32be", 32),
        ("pcm_mulaw", 8),
        ("pcm_alaw", 8),
    ],
)
def test_codecs(codec: str, bits: int, target: str) -> None:
    found = read_au(Bytes(make(f"{SOUND} -c:a {codec}", target)))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["format"], found["audio_codec"]) == ("au", codec)
    assert (found["sample_rate"], found["channels"], found["bit_depth"]) == (44100, 1, bits)
    assert found["duration"] == pytest.approx(1.2)


def au(size: int, encoding: int = 3, rate: int = 8000, channels: int = 1) -> bytes:
    return b".snd" + struct.pack(">5I", 24, size, encoding, rate, channels) + bytes(16_000)


@pytest.mark.parametrize(
    ("size", "plays", "problem"),
    [
        pytest.param(16_000, 1, None, id="honest"),
        pytest.param(8_000, 0.5, None, id="something behind it"),
        pytest.param(32_000, 1, "its header says 2.0 s, 1.0 s really play", id="too much"),
    ],
)
def test_sizes_that_lie(size: int, plays: float, problem: str | None) -> None:
    found = read_au(Bytes(au(size)))

    assert (found["readable"], found["duration"]) == (True, plays)
    assert found.get("problem") == problem


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(au(16_000, encoding=99), id="unknown encoding"),
        pytest.param(au(16_000, rate=0), id="no rate"),
        pytest.param(au(16_000, channels=0), id="no channels"),
        pytest.param(au(16_000)[:24], id="no sound"),
    ],
)
def test_what_cannot_be_used(data: bytes) -> None:
    found = read_au(Bytes(data))

    assert found["readable"] is False
    assert found["problem"]


def test_packed_sound_has_no_depth() -> None:
    found = read_au(Bytes(au(16_000, encoding=24)))

    assert (found["audio_codec"], found["duration"]) == ("adpcm_g722", 4)
    assert "bit_depth" not in found


def test_damage() -> None:
    survives(read_au, au(16_000))
