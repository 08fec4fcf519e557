from __future__ import annotations

import time
from hashlib import shake_128

import pytest
from encoded_sound import decoded_seconds, encode, survives

from wanprep.probe.formats.sounds.flac import read_flac
from wanprep.probe.source import Bytes

JUNK = shake_128(b"junk").digest(100_000)
TAG = b"ID3\4\0\0\0\0\1\0" + JUNK[:128]
ID3V1 = b"TAG" + bytes(125)


def flac(*arguments: str, rate: int = 44100, channels: int = 2) -> bytes:
    usual = ("-c:a", "flac", "-sample_fmt", "s16")
    return encode(*usual, *arguments, suffix=".flac", rate=rate, channels=channels)


def frame_at(data: bytes, number: int) -> int:
    """Find a frame by the number in its header; the first tells what they all begin with."""
    first = data.index(b"\xff\xf8")
    return data.index(data[first : first + 4] + bytes((number,)))


def claiming(samples: int, data: bytes) -> bytes:
    """Let the header claim another number of samples."""
    packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | samples
    return data[:18] + packed.to_bytes(8, "big") + data[26:]


@pytest.mark.parametrize(
    ("rate", "channels", "bits", "arguments"),
    [
        pytest.param(44100, 2, 16, (), id="usual"),
        pytest.param(48000, 1, 16, ("-compression_level", "12"), id="mono"),
        pytest.param(96000, 2, 24, ("-sample_fmt", "s32"), id="24 bits"),
        pytest.param(8000, 6, 16, (), id="5.1"),
        pytest.param(12345, 1, 16, ("-frame_size", "333"), id="odd rate and blocks"),
        pytest.param(65540, 1, 16, ("-frame_size", "100"), id="odd rate in tens"),
        pytest.param(250_000, 1, 16, ("-frame_size", "16384"), id="rate only in the header"),
        pytest.param(192_000, 2, 16, ("-frame_size", "65535"), id="large blocks"),
        pytest.param(22050, 1, 16, ("-frame_size", "16"), id="thousands of small blocks"),
    ],
)
def test_it_is_as_long_as_what_decodes(
    rate: int, channels: int, bits: int, arguments: tuple[str, ...]
) -> None:
    data = flac(*arguments, rate=rate, channels=channels)

    found = read_flac(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".flac"), abs=0.001)
    assert found == {
        "kind": "audio",
        "format": "flac",
        "audio_codec": "flac",
        "audio_tracks": 1,
        "sample_rate": rate,
        "channels": channels,
        "bit_depth": bits,
        "duration": found["duration"],
        "audio_duration": found["duration"],
        "readable": True,
    }


@pytest.mark.parametrize(
    ("front", "back", "samples"),
    [
        pytest.param(b"", b"", 0, id="length unknown"),
        pytest.param(b"", ID3V1, 0, id="length unknown, and a tag behind"),
        pytest.param(TAG, b"", None, id="tag in front"),
        pytest.param(b"", ID3V1, None, id="tag behind"),
        pytest.param(b"", JUNK, None, id="junk behind"),
        pytest.param(b"", bytes(3_000_000), None, id="zeros behind"),
    ],
)
def test_the_last_frame_tells_the_length(front: bytes, back: bytes, samples: int | None) -> None:
    data = flac() if samples is None else claiming(samples, flac())

    found = read_flac(Bytes(front + data + back))

    assert found["duration"] == pytest.approx(2.6)
    assert "problem" not in found


@pytest.mark.parametrize(
    ("samples", "says"),
    [pytest.param(44100 * 60, "60.0", id="more"), pytest.param(44100, "1.0", id="less")],
)
def test_a_header_that_lies(samples: int, says: str) -> None:
    found = read_flac(Bytes(claiming(samples, flac())))

    assert found["duration"] == pytest.approx(2.6)
    assert found["readable"] is True
    assert found["problem"] == f"its header says {says} s, 2.6 s really play"


@pytest.mark.parametrize("zeros", [0, 100_000, 3_000_000])
def test_cut_off_in_the_middle_it_plays_up_to_there(zeros: int) -> None:
    data = flac()
    data = data[: len(data) // 2] + bytes(zeros)

    found = read_flac(Bytes(data))

    expected = decoded_seconds(data, 44100, ".flac")
    assert found["duration"] == pytest.approx(expected, abs=1.01 * 4608 / 44100)
    assert found["readable"] is True
    assert found["problem"] == "its header says 2.6 s, 1.2 s really play"


def test_cut_off_behind_a_whole_frame_that_frame_counts() -> None:
    data = flac("-frame_size", "4410")
    fifth = frame_at(data, 5)

    found = [read_flac(Bytes(data[: fifth - missing])) for missing in (0, 1)]

    assert [one["duration"] for one in found] == pytest.approx([0.5, 0.4])


def test_a_recording_may_begin_later_than_at_zero() -> None:
    data = flac("-frame_size", "4410")

    found = read_flac(Bytes(claiming(0, data[: frame_at(data, 0)] + data[frame_at(data, 3) :])))

    assert found["duration"] == pytest.approx(2.3)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"fLaC", "cut off or damaged in its header", id="four letters"),
        pytest.param(JUNK, "cut off or damaged in its header", id="junk"),
        pytest.param(b"fLaC\4" + bytes(60), "cut off or damaged in its header", id="no STREAMINFO"),
        pytest.param(
            b"fLaC\x80\0\0\x22" + bytes(34), "its header says 0 samples a second", id="zeros"
        ),
        pytest.param(
            b"fLaC\0\0\0\x22" + bytes(10) + b"\x0a\xc4\x42\xf0" + bytes(20) + b"\1\0\0\0" * 2000,
            "it holds no sound: no whole frame stands behind its header",
            id="endless metadata",
        ),
    ],
)
def test_without_frames_it_is_unplayable(data: bytes, problem: str) -> None:
    found = read_flac(Bytes(data))

    assert found["readable"] is False
    assert found["problem"] == problem


def test_a_header_alone_is_unplayable_but_tells_what_it_would_be() -> None:
    found = read_flac(Bytes(flac()[:60]))

    assert found["readable"] is False
    assert (found["sample_rate"], found["channels"], found["bit_depth"]) == (44100, 2, 16)


@pytest.mark.parametrize("pattern", [b"\xff\xf8", b"\xff\xf9\x99\x18\0", b"\0"])
def test_what_would_take_long_is_given_up(pattern: bytes) -> None:
    header = flac()[: flac().index(b"\xff\xf8")]
    started = time.process_time()

    found = read_flac(Bytes(header + pattern * 3_000_000))

    assert time.process_time() - started < 20
    assert found["readable"] is False


def test_damage_of_all_kinds() -> None:
    survives(read_flac, flac(rate=8000, channels=1))
