from __future__ import annotations

import time
from hashlib import shake_128
from typing import TYPE_CHECKING

import pytest
from encoded_audio import decoded_seconds, encode, survives

from wanprep.media.audio.mp3 import read_mp3
from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

JUNK = shake_128(b"junk").digest(100_000)
ID3V1 = b"TAG" + bytes(125)


def mp3(*arguments: str, rate: int = 44100, channels: int = 1) -> bytes:
    """Make an MP3, by default without Xing frame and tags."""
    bare = ("-write_xing", "0", "-id3v2_version", "0")
    return encode(
        "-c:a", "libmp3lame", *bare, *arguments, suffix=".mp3", rate=rate, channels=channels
    )


def id3(body: bytes, size: int | None = None, version: int = 4, flags: int = 0) -> bytes:
    size = len(body) if size is None else size
    syncsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes((version, 0, flags)) + syncsafe + body


def frames(second: int, third: int, fourth: int, size: int, count: int) -> bytes:
    """Frames that hold nothing, for streams that ffmpeg has no encoder for."""
    return (bytes((0xFF, second, third, fourth)) + bytes(size - 4)) * count


FRAME = 1.01 * 1152 / 44100
XING = ("-write_xing", "1")


@pytest.mark.parametrize(
    ("rate", "channels", "arguments"),
    [
        pytest.param(44100, 2, ("-b:a", "128k"), id="MPEG-1 constant bitrate"),
        pytest.param(48000, 1, ("-q:a", "4"), id="MPEG-1 variable bitrate"),
        pytest.param(32000, 2, ("-abr", "1", "-b:a", "96k"), id="average bitrate"),
        pytest.param(22050, 2, ("-q:a", "0"), id="MPEG-2"),
        pytest.param(8000, 1, ("-b:a", "8k"), id="MPEG-2.5, the lowest rate"),
        pytest.param(44100, 2, XING, id="LAME header, gapless"),
        pytest.param(16000, 1, (*XING, "-q:a", "5"), id="LAME header, MPEG-2"),
    ],
)
def test_it_is_as_long_as_what_decodes(
    rate: int, channels: int, arguments: tuple[str, ...]
) -> None:
    data = mp3(*arguments, rate=rate, channels=channels)

    found = read_mp3(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".mp3"), abs=0.001)
    assert found == {
        "kind": "audio",
        "format": "mp3",
        "audio_codec": "mp3",
        "audio_tracks": 1,
        "sample_rate": rate,
        "channels": channels,
        "duration": found["duration"],
        "audio_duration": found["duration"],
        "readable": True,
    }


@pytest.mark.parametrize(
    ("rate", "bitrate"),
    [pytest.param(48000, "384k", id="MPEG-1"), pytest.param(22050, "32k", id="MPEG-2")],
)
def test_layer_2(rate: int, bitrate: str) -> None:
    data = encode("-b:a", bitrate, suffix=".mp2", rate=rate, channels=1 + (rate > 44100))

    found = read_mp3(Bytes(data))

    assert (found["format"], found["audio_codec"]) == ("mp3", "mp2")
    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".mp2"), abs=0.001)


def test_layer_1() -> None:
    found = read_mp3(Bytes(frames(0xFF, 0x54, 0x00, 160, 50)))

    assert (found["audio_codec"], found["sample_rate"], found["channels"]) == ("mp1", 48000, 2)
    assert found["duration"] == pytest.approx(50 * 384 / 48000)


@pytest.mark.parametrize("padded", [False, True], ids=["unpadded", "padded now and then"])
def test_free_format(padded: bool) -> None:
    pair = frames(0xFB, 0x04, 0xC0, 601, 1) + frames(0xFB, 0x04 | 2 * padded, 0xC0, 601 + padded, 1)

    found = read_mp3(Bytes(pair * 20))

    assert found["duration"] == pytest.approx(40 * 1152 / 48000)
    assert found["channels"] == 1


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: bytes(3000) + data, id="zeros in front"),
        pytest.param(lambda data: JUNK[:3000] + data, id="junk in front"),
        pytest.param(lambda data: data + JUNK, id="junk behind"),
        pytest.param(lambda data: data + bytes(300_000), id="zeros behind"),
        pytest.param(lambda data: data + ID3V1, id="ID3v1"),
        pytest.param(lambda data: data + b"APETAGEX" + JUNK[:500] + ID3V1, id="APE and ID3v1"),
        pytest.param(lambda data: id3(JUNK) + data, id="large tag"),
        pytest.param(
            lambda data: id3(bytes(50)) + id3(JUNK[:500], version=3) + data, id="two tags"
        ),
        pytest.param(
            lambda data: id3(bytes(50), flags=0x10) + bytes(10) + data, id="tag with footer"
        ),
        pytest.param(lambda data: id3(JUNK[:900], size=100) + data, id="tag larger than it says"),
        pytest.param(lambda data: data[:15_000] + JUNK[:5000] + data[15_000:], id="junk between"),
        pytest.param(lambda data: data[:15_000] + JUNK[:5000] + data[20_000:], id="junk instead"),
        pytest.param(lambda data: data[:15_000] + data[20_000:], id="a piece missing"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: data[:-1], id="a byte missing"),
        pytest.param(lambda data: data + data, id="two in a row"),
        pytest.param(lambda data: (id3(JUNK[:200]) + data) * 3, id="three with tags in a row"),
    ],
)
def test_damage_is_walked_through_as_decoders_do(damage: Callable[[bytes], bytes]) -> None:
    data = damage(mp3("-b:a", "128k", channels=2))

    found = read_mp3(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, 44100, ".mp3"), abs=FRAME)
    assert (found["sample_rate"], found["channels"]) == (44100, 2)
    assert found["readable"] is True
    assert "problem" not in found


def test_another_rate_joined_on_plays_too() -> None:
    one, other = mp3("-b:a", "128k"), mp3("-b:a", "32k", rate=16000)

    found = read_mp3(Bytes(one + other))

    lengths = [read_mp3(Bytes(data))["duration"] for data in (one, other)]
    assert found["duration"] == pytest.approx(sum(lengths))
    assert found["sample_rate"] == 44100


@pytest.mark.parametrize("start", [b"", id3(JUNK[:999]), JUNK[:99]], ids=["bare", "tag", "junk"])
def test_three_files_in_a_row_do_not_play_their_headers(start: bytes) -> None:
    one = mp3(*XING, "-b:a", "64k")

    found = read_mp3(Bytes((start + one) * 3))

    assert found["duration"] == pytest.approx(3 * 2.63, abs=0.1)
    assert found["problem"].startswith("its header gives 2.6 s, ")
    assert found["problem"].endswith(" s can be played")


def test_less_audio_than_the_cuts_for_gapless_play_take_away() -> None:
    delays = (576 << 12 | 1452).to_bytes(3, "big")
    claim = b"Xing" + bytes((0, 0, 0, 1, 0, 0, 0, 3)) + b"LAME3.97 ".ljust(21) + delays
    header = frames(0xF3, 0x84, 0x64, 192, 1)
    data = header[:21] + claim + header[21 + len(claim) :] + frames(0xF3, 0x84, 0x64, 192, 3)

    found = read_mp3(Bytes(data))

    assert found["readable"] is True
    assert found["duration"] == pytest.approx((3 * 576 - 576 - 529) / 24_000)


def vbri(count: int) -> bytes:
    fields = b"VBRI" + bytes((0, 1)) + bytes(8) + count.to_bytes(4, "big")
    header = frames(0xFB, 0x94, 0xC4, 384, 1)
    return header[:36] + fields + header[36 + len(fields) :]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(vbri(50) + frames(0xFB, 0x94, 0xC4, 384, 50), None, id="VBRI"),
        pytest.param(
            vbri(500) + frames(0xFB, 0x94, 0xC4, 384, 50),
            "its header gives 12.0 s, 1.2 s can be played",
            id="VBRI that lies",
        ),
        pytest.param(
            id3(b"TLEN\0\0\0\x06\0\0\x0012300") + frames(0xFB, 0x94, 0xC4, 384, 50),
            "its header gives 12.3 s, 1.2 s can be played",
            id="tag that lies",
        ),
        pytest.param(
            id3(b"TT2\0\0\2\0xTLE\0\0\6\x00" + b"12300", version=2)
            + frames(0xFB, 0x94, 0xC4, 384, 50),
            "its header gives 12.3 s, 1.2 s can be played",
            id="old tag that lies",
        ),
        pytest.param(
            id3(b"TLEN\0\0\0\x0b\0\0\1\xff\xfe1\x002\x000\x000\0")
            + frames(0xFB, 0x94, 0xC4, 384, 50),
            None,
            id="tag with the correct length, in UTF-16",
        ),
        pytest.param(
            id3(b"TLEN\0\0\0\x04\0\0\0abc") + frames(0xFB, 0x94, 0xC4, 384, 50),
            None,
            id="invalid tag",
        ),
        pytest.param(
            id3(bytes(40), size=1_000_000) + frames(0xFB, 0x94, 0xC4, 384, 50),
            "its ID3 tag claims 1,000,010 bytes, the file has 19,250",
            id="tag larger than the file",
        ),
    ],
)
def test_a_claim_is_only_compared(data: bytes, problem: str | None) -> None:
    silent = 1 if b"VBRI" in data else 0

    found = read_mp3(Bytes(data))

    assert found["duration"] == pytest.approx((data.count(b"\xff\xfb\x94") - silent) * 0.024)
    assert found.get("problem") == problem


def test_a_cut_file_gives_what_its_header_said() -> None:
    data = mp3(*XING, channels=2)

    found = read_mp3(Bytes(data[: len(data) // 2]))

    assert found["duration"] == pytest.approx(1.29, abs=0.05)
    assert found["problem"] == "its header gives 2.6 s, 1.3 s can be played"


def test_a_header_with_a_checksum_is_understood_too() -> None:
    data = mp3(*XING)
    at = data.index(b"Info")
    with_crc = b"\xff\xfa" + data[2:4] + bytes(2) + data[4 : at + 300]
    moved = read_mp3(
        Bytes(with_crc[: data.index(b"\xff\xfb", 4)] + data[data.index(b"\xff\xfb", 4) :])
    )

    assert moved["duration"] == read_mp3(Bytes(data))["duration"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"ID3", id="three letters"),
        pytest.param(id3(JUNK), id="nothing but a tag"),
        pytest.param(JUNK, id="junk"),
        pytest.param(bytes(50_000), id="zeros"),
        pytest.param(b"some plain text\n" * 500, id="text"),
        pytest.param(id3(JUNK[:500]) + frames(0xFB, 0x94, 0xC4, 384, 1), id="a single frame"),
        pytest.param(frames(0xFB, 0x04, 0xC4, 384, 3), id="too little free format"),
        pytest.param(id3(JUNK[:400], size=9000), id="cut off inside its tag"),
    ],
)
def test_without_frames_it_is_unplayable(data: bytes) -> None:
    found = read_mp3(Bytes(data))

    assert found["format"] == "mp3"
    assert found["readable"] is False
    assert found["problem"]


def test_a_header_and_nothing_to_play() -> None:
    data = frames(0xFB, 0x94, 0x44, 384, 2)
    gapless = b"Info" + bytes(4) + b"LAME3.100" + bytes(12) + b"\xff\xff\xff"
    data = data[:36] + gapless + data[36 + len(gapless) :]

    found = read_mp3(Bytes(data))

    assert found["readable"] is False
    assert "duration" not in found


def test_two_frames_are_enough() -> None:
    found = read_mp3(Bytes(frames(0xFB, 0x94, 0xC4, 384, 2) + ID3V1))

    assert found["duration"] == pytest.approx(2 * 0.024)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfb\x90" * 100_000, id="nothing but headers"),
        pytest.param((frames(0xFB, 0x94, 0xC4, 384, 3) + b"\0") * 2000, id="short runs"),
        pytest.param(id3(b"") * 100_000, id="endless tags"),
        pytest.param(id3((b"ABCD" + bytes(7)) * 100_000), id="endless fields"),
    ],
)
@pytest.mark.untraced
def test_what_would_take_long_is_given_up(data: bytes) -> None:
    started = time.process_time()

    read_mp3(Bytes(data))

    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_an_hour_takes_no_time() -> None:
    data = mp3("-b:a", "128k") * 1385
    started = time.process_time()

    found = read_mp3(Bytes(data))

    assert found["duration"] == pytest.approx(3650, rel=0.01)
    assert time.process_time() - started < 20


class Shrinking(Bytes):
    """A file that was truncated after its size was read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size *= 4


def test_a_file_that_shrinks_meanwhile() -> None:
    data = mp3("-b:a", "128k")

    found = read_mp3(Shrinking(data))

    assert found["duration"] == pytest.approx(read_mp3(Bytes(data))["duration"], abs=0.03)


def test_damage_of_all_kinds() -> None:
    survives(read_mp3, id3(JUNK[:50]) + mp3(*XING, "-b:a", "8k", rate=8000))
