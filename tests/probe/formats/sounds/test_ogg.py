from __future__ import annotations

import struct
import time
from hashlib import shake_128
from typing import TYPE_CHECKING

import pytest
from encoded_sound import decoded_seconds, encode, survives

from wanprep.probe.formats.sounds.ogg import read_ogg
from wanprep.probe.formats.sounds.ogg_pages import pages
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

JUNK = shake_128(b"junk").digest(20_000)
CAPTURE = struct.Struct("<4sBBqIIIB")


def ogg(*arguments: str, rate: int = 48000, channels: int = 1) -> bytes:
    pages_of_300_ms = ("-page_duration", "300000")
    return encode(*arguments, *pages_of_300_ms, suffix=".ogg", rate=rate, channels=channels)


def vorbis(*arguments: str) -> bytes:
    return ogg("-c:a", "libvorbis", *arguments)


def opus(*arguments: str) -> bytes:
    return ogg("-c:a", "libopus", *arguments)


def flac() -> bytes:
    return ogg("-c:a", "flac", "-sample_fmt", "s16")


def film(codec: str) -> bytes:
    picture = ("-f", "lavfi", "-i", "testsrc=size=330x246:rate=25:duration=2.2", "-map", "2:v")
    return encode(*picture, "-c:v", codec, "-cpu-used", "8", suffix=".ogv")


def page(payload: bytes, *, granule: int = 0, serial: int = 1, sequence: int = 0) -> bytes:
    lacing = b"\xff" * (len(payload) // 255) + bytes((len(payload) % 255,))
    flags = 2 if sequence == 0 else 0
    head = CAPTURE.pack(b"OggS", 0, flags, granule, serial, sequence, 0, len(lacing))
    return head + lacing + payload


def split(data: bytes) -> list[bytes]:
    found = list(pages(Bytes(data), 0))
    return [data[one.start - 27 - len(one.lacing) : one.end] for one in found]


def without(data: bytes, pieces: slice) -> bytes:
    kept = split(data)
    del kept[pieces]
    return b"".join(kept)


@pytest.mark.parametrize(
    ("encoder", "rate", "channels"),
    [
        pytest.param("libvorbis", 44100, 2, id="vorbis"),
        pytest.param("libvorbis", 8000, 1, id="vorbis, low rate"),
        pytest.param("libvorbis", 48000, 6, id="vorbis, 5.1"),
        pytest.param("libopus", 48000, 2, id="opus"),
        pytest.param("flac", 44100, 1, id="flac"),
    ],
)
def test_it_is_as_long_as_what_decodes(encoder: str, rate: int, channels: int) -> None:
    data = ogg("-c:a", encoder, rate=rate, channels=channels)

    found = read_ogg(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".ogg"), abs=0.005)
    assert found.pop("bit_depth", None) == (24 if encoder == "flac" else None)
    assert found == {
        "kind": "audio",
        "format": "ogg",
        "audio_codec": encoder.removeprefix("lib"),
        "audio_tracks": 1,
        "sample_rate": rate,
        "channels": channels,
        "duration": found["duration"],
        "audio_duration": found["duration"],
        "readable": True,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("-frame_duration", "2.5"), id="2.5 ms"),
        pytest.param(("-frame_duration", "60"), id="60 ms"),
        pytest.param(("-b:a", "8k", "-application", "voip"), id="SILK"),
        pytest.param(("-b:a", "24k", "-application", "voip"), id="hybrid"),
    ],
)
def test_opus_packets_of_all_kinds_tell_where_a_page_begins(arguments: tuple[str, ...]) -> None:
    data = without(opus(*arguments), slice(2, 4))

    found = read_ogg(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, 48000, ".ogg"), abs=0.02)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: without(data, slice(3, 5)), id="joined late"),
        pytest.param(lambda data: without(data, slice(5, 7)), id="pages lost"),
        pytest.param(lambda data: without(data, slice(-2, None)), id="end lost"),
        pytest.param(lambda data: data + data, id="chained"),
        pytest.param(lambda data: data + JUNK, id="junk behind"),
        pytest.param(
            lambda data: b"".join(split(data)[:4]) + JUNK + b"".join(split(data)[4:]),
            id="junk between pages",
        ),
        pytest.param(lambda data: data[:9000] + JUNK[:3000] + data[9000:], id="junk within a page"),
        pytest.param(lambda data: data[:9000] + data[11_000:], id="a piece missing"),
        pytest.param(lambda data: data[: len(data) // 2] + data, id="joined within a page"),
        pytest.param(lambda data: b"ID3\4\0\0\0\0\1\0" + JUNK[:128] + data, id="tag in front"),
    ],
)
@pytest.mark.parametrize("make", [vorbis, opus, flac], ids=["vorbis", "opus", "flac"])
def test_damage_is_walked_through_as_decoders_do(
    make: Callable[[], bytes], damage: Callable[[bytes], bytes]
) -> None:
    data = damage(make())

    found = read_ogg(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, 48000, ".ogg"), abs=0.06)
    assert found["readable"] is True
    assert "problem" not in found


def test_chained_with_another_number() -> None:
    found = read_ogg(Bytes(vorbis() + vorbis("-serial_offset", "7")))

    assert found["duration"] == pytest.approx(5.2)
    assert found["audio_tracks"] == 1


def test_cut_off_it_plays_up_to_the_last_whole_page() -> None:
    data = vorbis()
    end = list(pages(Bytes(data), 0))[6].end

    found = read_ogg(Bytes(data[: end - 100]))

    assert found["duration"] == pytest.approx(decoded_seconds(data[: end - 100], 48000, ".ogg"))
    assert found["readable"] is True
    assert found["problem"] == "cut off: the last 100 bytes of a page are missing"


@pytest.mark.parametrize("encoder", ["libtheora", "libvpx"])
def test_pictures(encoder: str) -> None:
    found = read_ogg(Bytes(film(encoder)))

    assert found == {
        "kind": "video",
        "format": "ogg",
        "width": 330,
        "height": 246,
        "stored_width": 330,
        "stored_height": 246,
        "sar": 1.0,
        "aspect": pytest.approx(330 / 246),
        "rotation": 0,
        "color": "yuv",
        "bit_depth": 8,
        "alpha": False,
        "hdr": False,
        "gps": False,
        "fps": 25.0,
        "vfr": False,
        "frames": 55,
        "video_codec": "theora" if encoder == "libtheora" else "vp8",
        "video_tracks": 1,
        "audio_codec": "vorbis",
        "audio_tracks": 1,
        "sample_rate": 44100,
        "channels": 1,
        "duration": pytest.approx(2.6),
        "video_duration": pytest.approx(2.2),
        "audio_duration": pytest.approx(2.6),
        "readable": True,
    }


def old_theora() -> bytes:
    head = bytearray(b"\x80theora\3\2\0" + struct.pack(">HH", 20, 15))
    head += (320).to_bytes(3, "big") + (240).to_bytes(3, "big") + bytes(2)
    head += struct.pack(">II", 25, 1) + bytes((0, 0, 4, 0, 0, 3)) + bytes(4) + b"\0\xc0"
    return bytes(head)


def test_theora_counted_from_0_once_and_knows_other_pixels_than_square_ones() -> None:
    data = page(old_theora()) + page(bytes(99), granule=49 << 6, sequence=1)

    found = read_ogg(Bytes(data))

    assert found["frames"] == 50 - 49  # what one packet holds, joined late
    assert found["sar"] == pytest.approx(4 / 3, abs=1e-5)


def test_a_frame_with_number_0_counts() -> None:
    first, second = page(bytes(99), sequence=1), page(bytes(99), granule=1, sequence=2)

    assert read_ogg(Bytes(page(old_theora()) + first + second))["frames"] == 2


def test_speex() -> None:
    head = b"Speex   " + bytes(20) + struct.pack("<IIIIIIIIII", 1, 80, 16000, 1, 4, 1, 0, 320, 1, 2)
    sound = b"".join(
        page(bytes(50), granule=8000 + 640 * number, sequence=number) for number in range(1, 51)
    )

    found = read_ogg(Bytes(page(head) + sound))

    assert (found["audio_codec"], found["sample_rate"], found["channels"]) == ("speex", 16000, 1)
    assert found["duration"] == pytest.approx(2.0)


def test_pictures_we_know_no_more_of_are_left_to_libmediainfo() -> None:
    head = struct.pack("<IqqIIHHII", 52, 400_000, 1, 1, 10_000, 24, 0, 320, 240)
    data = page(b"\x01video\0\0\0XVID" + head, serial=99) + vorbis()

    found = read_ogg(Bytes(data + page(bytes(99), granule=50, serial=99, sequence=1)))

    assert (found["kind"], found["format"]) == ("video", "ogg")
    assert (found["video_codec"], found["width"], found["height"]) == ("mpeg4", 320, 240)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"OggS", id="four letters"),
        pytest.param(JUNK, id="junk"),
        pytest.param(page(JUNK[:99]), id="an unknown stream"),
        pytest.param(b"OggS" * 10_000, id="nothing but captures"),
        pytest.param(b"OggS" + bytes(24) * 1000, id="zeros"),
    ],
)
def test_what_is_no_stream_is_unplayable(data: bytes) -> None:
    found = read_ogg(Bytes(data))

    assert found["format"] == "ogg"
    assert found["readable"] is False
    assert found["problem"]


@pytest.mark.parametrize("make", [vorbis, opus, flac], ids=["vorbis", "opus", "flac"])
def test_headers_alone_are_unplayable_but_tell_what_it_would_be(make: Callable[[], bytes]) -> None:
    found = read_ogg(Bytes(without(make(), slice(2, None))))

    assert found["readable"] is False
    assert found["problem"] == "nothing in it plays: it ends with its headers"
    assert found["sample_rate"] == 48000
    assert "duration" not in found


def test_endless_streams() -> None:
    head = vorbis()[: next(pages(Bytes(vorbis()), 0)).end]
    many = b"".join(head[:14] + struct.pack("<I", number) + head[18:] for number in range(20_000))
    started = time.process_time()

    found = read_ogg(Bytes(many))

    assert found["audio_tracks"] == 64
    assert time.process_time() - started < 20


class Shrinking(Bytes):
    """A file that lost its end since its size was asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size *= 4


def test_a_file_that_shrinks_meanwhile() -> None:
    assert read_ogg(Shrinking(vorbis()))["duration"] == pytest.approx(2.6)


@pytest.mark.parametrize("make", [vorbis, opus, flac], ids=["vorbis", "opus", "flac"])
def test_damage_of_all_kinds(make: Callable[[], bytes]) -> None:
    survives(read_ogg, make())
