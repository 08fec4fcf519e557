from __future__ import annotations

import time
from hashlib import shake_128

import pytest
from encoded_sound import decoded_seconds, encode, survives

from wanprep.probe.formats.sounds.adts import read_adts
from wanprep.probe.source import Bytes

JUNK = shake_128(b"junk").digest(20_000)
TAG = b"ID3\4\0\0\0\0\1\0" + JUNK[:128]


@pytest.mark.parametrize(
    ("rate", "channels"),
    [
        pytest.param(44100, 2, id="stereo"),
        pytest.param(8000, 1, id="low rate"),
        pytest.param(48000, 6, id="5.1"),
        pytest.param(96000, 2, id="high rate"),
    ],
)
def test_it_is_as_long_as_what_decodes(rate: int, channels: int) -> None:
    data = encode(suffix=".aac", rate=rate, channels=channels)

    found = read_adts(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".aac"), abs=0.001)
    assert found == {
        "kind": "audio",
        "format": "aac",
        "audio_codec": "aac",
        "audio_tracks": 1,
        "sample_rate": rate,
        "channels": channels,
        "duration": found["duration"],
        "audio_duration": found["duration"],
        "readable": True,
    }


@pytest.mark.parametrize(
    ("front", "keep", "back"),
    [
        pytest.param(TAG, slice(None), b"", id="tag"),
        pytest.param(JUNK[:500], slice(None), b"", id="junk in front"),
        pytest.param(b"", slice(None), JUNK, id="junk behind"),
        pytest.param(b"", slice(10_000), b"", id="cut off"),
        pytest.param(b"ID3\4\0\0\x7f\0\0\0", slice(None), b"", id="tag larger than the file"),
    ],
)
def test_junk_is_skipped(front: bytes, keep: slice, back: bytes) -> None:
    data = encode(suffix=".aac", channels=2)[keep]

    found = read_adts(Bytes(front + data + back))

    expected = decoded_seconds(data, 44100, ".aac")
    assert found["duration"] == pytest.approx(expected, abs=1.01 * 1024 / 44100)


def frames(fixed: bytes, count: int, *, blocks: int = 0) -> bytes:
    size = 200
    lengths = bytes((size >> 3, (size & 7) << 5 | 0x1F, 0xFC | blocks))
    return (b"\xff\xf1" + fixed + lengths + bytes(size - 7)) * count


def test_channels_that_only_the_frames_tell_are_left_out() -> None:
    found = read_adts(Bytes(frames(b"\x50\0", 20)))

    assert "channels" not in found
    assert found["duration"] == pytest.approx(20 * 1024 / 44100)


def test_seven_means_eight() -> None:
    assert read_adts(Bytes(frames(b"\x51\xc0", 20)))["channels"] == 8


def test_frames_of_several_blocks() -> None:
    found = read_adts(Bytes(frames(b"\x50\x80", 20, blocks=3)))

    assert found["duration"] == pytest.approx(4 * 20 * 1024 / 44100)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xf1\x50\x80\x01\x7f\xfc" + bytes(8), id="a header"),
        pytest.param(b"\xff\xf1\x50", id="less than a header"),
        pytest.param(TAG, id="tag"),
        pytest.param(b"\xff\xf1\x50\x80\0\x1f\xfc" * 99, id="frames of size 0"),
        pytest.param(JUNK, id="junk"),
    ],
)
def test_without_frames_it_is_unplayable(data: bytes) -> None:
    found = read_adts(Bytes(data))

    assert found["readable"] is False
    assert found["problem"] == "no two AAC frames follow each other in it"


def test_what_would_take_long_is_given_up() -> None:
    started = time.process_time()

    read_adts(Bytes(b"\xff\xf1\x50\x80\x01\x00\xfc" * 1_000_000))

    assert time.process_time() - started < 20


def test_damage_of_all_kinds() -> None:
    survives(read_adts, TAG + encode(suffix=".aac", rate=8000))
