from __future__ import annotations

import struct

import pytest
from containers import SOUND, make, survives

from wanprep.probe.formats.sounds.caf import read_caf
from wanprep.probe.source import Bytes


@pytest.mark.parametrize(
    ("codec", "bits"),
    [
        ("pcm_s8", 8),
        ("pcm_s16le", 16),
        ("pcm_s24be", 24),
        ("pcm_f32le", 32),
        ("pcm_mulaw", None),
        ("adpcm_ima_qt", None),
        ("alac", None),
    ],
)
def test_codecs(codec: str, bits: int | None) -> None:
    found = read_caf(Bytes(make(f"{SOUND} -c:a {codec}", ".caf")))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["format"], found["audio_codec"]) == ("caf", codec)
    assert (found["sample_rate"], found["channels"]) == (44100, 1)
    assert found.get("bit_depth") == bits
    assert found["duration"] == pytest.approx(1.2, abs=0.01)


def test_a_recording_into_a_pipe_does_not_know_its_length() -> None:
    found = read_caf(Bytes(make(f"{SOUND} -c:a pcm_s16le", "caf")))

    assert found["readable"] is True
    assert found["duration"] == pytest.approx(1.2)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack(">q", len(body) if size is None else size) + body


def described(
    kind: bytes = b"lpcm", rate: float = 8000, *, packet: int = 2, channels: int = 1
) -> bytes:
    return chunk(b"desc", struct.pack(">d4s5I", rate, kind, 0, packet, 1, channels, 16))


def caf(*chunks: bytes) -> Bytes:
    return Bytes(b"caff\0\x01\0\0" + b"".join(chunks))


DATA = chunk(b"data", bytes(16_004))
TABLE = chunk(b"pakt", struct.pack(">qqii", 8, 8000, 0, 0))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param(caf(), "its description of the sound is missing", id="nothing"),
        pytest.param(caf(described()), "it has no sound", id="no sound"),
        pytest.param(caf(described(rate=0), DATA), "makes no sense", id="no rate"),
        pytest.param(caf(described(channels=0), DATA), "makes no sense", id="no channels"),
        pytest.param(
            caf(described(b"alac", packet=0), DATA), "its table of packets", id="no table"
        ),
        pytest.param(
            caf(described(b"alac", packet=0), TABLE, chunk(b"data", bytes(104), 16_004)),
            "cut off: 100 of 16,000 bytes of sound are there",
            id="cut off",
        ),
        pytest.param(
            caf(described(b"alac", packet=0), chunk(b"pakt", bytes(24)), DATA),
            "it holds no sound",
            id="empty table",
        ),
    ],
)
def test_what_cannot_be_used(source: Bytes, problem: str) -> None:
    found = read_caf(source)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_a_codec_that_nobody_knows() -> None:
    found = read_caf(caf(described(b"wow!", packet=0), TABLE, DATA))

    assert (found["audio_codec"], found["duration"]) == ("unknown", 1)


def test_damage() -> None:
    survives(read_caf, make(f"{SOUND} -c:a alac", ".caf"))
