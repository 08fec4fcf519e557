from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from containers import SOUND, make, survives

from wanprep.probe.formats.sounds.aiff import read_aiff
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.facts import Found

RATE = bytes.fromhex("400bfa00000000000000")  # 8,000 as an 80-bit number


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    length = len(body) if size is None else size
    return name + struct.pack(">I", length) + body + bytes(len(body) & 1)


def common(
    frames: int, kind: bytes = b"", *, bits: int = 16, channels: int = 1, rate: bytes = RATE
) -> bytes:
    name = kind + b"\x05names" if kind else b""
    return chunk(b"COMM", struct.pack(">hIh", channels, frames, bits) + rate + name)


def samples(size: int, claimed: int | None = None) -> bytes:
    return chunk(b"SSND", bytes(8 + size), None if claimed is None else 8 + claimed)


def read(*chunks: bytes, kind: bytes = b"AIFF") -> Found:
    return read_aiff(Bytes(chunk(b"FORM", kind + b"".join(chunks))))


@pytest.mark.parametrize(
    ("codec", "suffix", "bits"),
    [
        ("pcm_s8", ".aiff", 8),
        ("pcm_s16be", ".aiff", 16),
        ("pcm_s24be", ".aiff", 24),
        ("pcm_s32be", ".aiff", 32),
        ("pcm_f32be", ".aifc", 32),
        ("pcm_f64be", ".aifc", 64),
        ("pcm_s16le", ".aifc", 16),
        ("pcm_alaw", ".aifc", 8),
        ("pcm_mulaw", ".aifc", 8),
        ("adpcm_ima_qt", ".aifc", None),
    ],
)
def test_codecs(codec: str, suffix: str, bits: int | None) -> None:
    found = read_aiff(Bytes(make(f"{SOUND} -c:a {codec}", suffix)))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["format"], found["audio_codec"]) == ("aiff", codec)
    assert (found["sample_rate"], found["channels"]) == (44100, 1)
    assert found.get("bit_depth") == bits
    assert found["duration"] == pytest.approx(1.2, abs=0.003)


def test_samples_of_twelve_bits_take_two_bytes() -> None:
    found = read(common(8000, bits=12), samples(16_000))

    assert (found["audio_codec"], found["duration"]) == ("pcm_s16be", 1)


@pytest.mark.parametrize(
    ("chunks", "plays", "problem"),
    [
        pytest.param([common(8000), samples(16_000)], 1, None, id="honest"),
        pytest.param([samples(16_000), common(8000)], 1, None, id="the other way round"),
        pytest.param(
            [common(80_000), samples(16_000)],
            1,
            "its header says 10.0 s, 1.0 s really play",
            id="more than there is",
        ),
        pytest.param(
            [common(8000), samples(8000, 16_000)],
            0.5,
            "its header says 1.0 s, 0.5 s really play",
            id="a size beyond the end of the file",
        ),
    ],
)
def test_sizes_that_lie(chunks: list[bytes], plays: float, problem: str | None) -> None:
    found = read(*chunks)

    assert (found["readable"], found["duration"]) == (True, plays)
    assert found.get("problem") == problem


@pytest.mark.parametrize(
    ("chunks", "problem"),
    [
        pytest.param([], "its COMM chunk is missing", id="nothing"),
        pytest.param([common(8000)], "it has no sound", id="no sound"),
        pytest.param([common(0), samples(0)], "it holds no sound", id="empty"),
        pytest.param(
            [common(8000, channels=0), samples(9)], "says nothing of the samples", id="no channels"
        ),
        pytest.param(
            [common(8000, rate=bytes(10)), samples(9)], "says nothing of the samples", id="no rate"
        ),
    ],
)
def test_what_cannot_be_used(chunks: list[bytes], problem: str) -> None:
    found = read(*chunks)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_compressed_sound_that_is_cut_off() -> None:
    found = read(common(125, b"ima4"), samples(1000, 4250), kind=b"AIFC")

    assert found["problem"] == "cut off: 1,000 of 4,250 bytes of sound are there"


def test_a_compression_that_nobody_knows() -> None:
    found = read(common(8000, b"wow!"), samples(100), kind=b"AIFC")

    assert (found["audio_codec"], found["duration"]) == ("unknown", 1)


def test_damage() -> None:
    survives(read_aiff, make(f"{SOUND} -c:a pcm_s16be", ".aiff"))


def test_a_description_of_no_length_is_none() -> None:
    found = read(chunk(b"COMM", b""), samples(16))

    assert found["readable"] is False
    assert "COMM chunk is missing" in found["problem"]
