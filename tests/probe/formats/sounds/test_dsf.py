from __future__ import annotations

import struct

import pytest
from encoded_sound import survives

from wanprep.probe.formats.sounds.dsf import read_dsf
from wanprep.probe.source import Bytes

RATE = 2_822_400


def dsf(
    *, channels: int = 2, rate: int = RATE, bits: int = 1, samples: int = RATE, size: int = 800_000
) -> bytes:
    form = struct.pack("<6IQII", 1, 0, 2, channels, rate, bits, samples, 4096, 0)
    chunks = b"fmt " + struct.pack("<Q", 12 + len(form)) + form
    return b"DSD " + struct.pack("<3Q", 28, 0, 0) + chunks + b"data" + struct.pack("<Q", 12 + size)


def sounding(size: int = 800_000, **fields: int) -> bytes:
    return dsf(size=size, **fields) + bytes(size)


@pytest.mark.parametrize(
    ("data", "codec", "duration"),
    [
        pytest.param(sounding(), "dsd_lsbf_planar", 1, id="lowest bit first"),
        pytest.param(sounding(bits=8), "dsd_msbf_planar", 1, id="highest bit first"),
        pytest.param(sounding(samples=0), "dsd_lsbf_planar", 1.1338, id="as long as its data"),
        pytest.param(sounding(samples=10 * RATE), "dsd_lsbf_planar", 1.1338, id="a bold claim"),
    ],
)
def test_a_recording(data: bytes, codec: str, duration: float) -> None:
    found = read_dsf(Bytes(data))

    assert (found["readable"], found["audio_codec"]) == (True, codec)
    assert (found["sample_rate"], found["channels"], found["bit_depth"]) == (352_800, 2, 1)
    assert found["duration"] == pytest.approx(duration, abs=1e-4)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(dsf()[:60], "cut off in its header", id="header"),
        pytest.param(sounding()[:-1], "cut off: 799,999 of 800,000 bytes", id="sound"),
        pytest.param(sounding(channels=0), "says nothing of the samples", id="no channels"),
        pytest.param(dsf(size=0), "it holds no sound", id="no sound"),
    ],
)
def test_unusable(data: bytes, problem: str) -> None:
    found = read_dsf(Bytes(data))

    assert found["readable"] is False
    assert problem in found["problem"]


def test_damage() -> None:
    survives(read_dsf, dsf(size=40) + bytes(40))
