from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest
from containers import BOTH, PICTURES, SOUND, make, seconds, survives

from wanprep.probe.formats.films import avi_chunks
from wanprep.probe.formats.films.avi import read_avi
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.facts import Found

MPEG4 = f"{BOTH} -c:v mpeg4 -c:a libmp3lame"
UNKNOWN = 0xFFFFFFFF


def chunk(name: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    return (
        name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) & 1)
    )


def listed(kind: bytes, *bodies: bytes, name: bytes = b"LIST", size: int | None = None) -> bytes:
    return chunk(name, kind + b"".join(bodies), size)


def stream(kind: bytes, form: bytes, numbers: tuple[int, int, int, int]) -> bytes:
    scale, rate, length, sample_size = numbers
    head = kind + form[16:20].ljust(4, b"\0") + bytes(12)
    head += struct.pack("<7I", scale, rate, 0, length, 0, UNKNOWN, sample_size) + bytes(8)
    return listed(b"strl", chunk(b"strh", head), chunk(b"strf", form))


def pictures(frames: int = 25, rate: int = 25, scale: int = 1) -> bytes:
    form = struct.pack("<IiiHH4sI4x4x8x", 40, 320, 240, 1, 24, b"MJPG", 0)
    return stream(b"vids", form, (scale, rate, frames, 0))


def wave(tag: int, *, rate: int = 8000, block: int = 2) -> bytes:
    return struct.pack("<HHIIHHH", tag, 1, rate, rate * block, block, 8 * block, 0)


def avi(
    streams: list[bytes],
    *chunks: bytes,
    size: int | None = None,
    movi: int | None = None,
    index: bytes = b"",
) -> bytes:
    avih = struct.pack("<4I4x5I", 40000, 0, 0, 0, 25, 0, len(streams), 0, 320) + bytes(20)
    hdrl = listed(b"hdrl", chunk(b"avih", avih), *streams)
    return listed(
        b"AVI ", hdrl, listed(b"movi", *chunks, size=movi), index, name=b"RIFF", size=size
    )


def frames(count: int, name: bytes = b"00dc", data: bytes = b"picture") -> list[bytes]:
    return [chunk(name, data) for _ in range(count)]


def index(chunks: list[bytes]) -> bytes:
    entries = [
        data[:4] + struct.pack("<III", 0x10, 0, struct.unpack_from("<I", data, 4)[0])
        for data in chunks
    ]
    return chunk(b"idx1", b"".join(entries))


def read(data: bytes) -> Found:
    return read_avi(Bytes(data))


@pytest.mark.parametrize(
    ("arguments", "target", "codecs"),
    [
        pytest.param(
            f"{BOTH} -c:v libxvid -c:a ac3", ".avi", ("mpeg4", "ac3"), id="MPEG-4 and AC-3"
        ),
        pytest.param(
            f"{BOTH} -c:v mjpeg -c:a pcm_s16le", ".avi", ("mjpeg", "pcm_s16le"), id="JPEG and PCM"
        ),
        pytest.param(
            f"{BOTH} -c:v msmpeg4v2 -c:a adpcm_ms", ".avi", ("msmpeg4v2", "adpcm_ms"), id="old"
        ),
        pytest.param(f"{BOTH} -c:v mjpeg -c:a mp2", "avi", ("mjpeg", "mp2"), id="piped"),
    ],
)
def test_a_film(arguments: str, target: str, codecs: tuple[str, str]) -> None:
    found = read(make(arguments, target))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["kind"], found["format"]) == ("video", "avi")
    assert (found["video_codec"], found["audio_codec"]) == codecs
    assert (found["width"], found["height"], found["frames"]) == (160, 120, 25)
    assert (found["fps"], found["vfr"]) == (25, False)
    assert found["video_duration"] == seconds(1)
    assert found["audio_duration"] == seconds(1.2)
    assert found["duration"] == pytest.approx(1.2, abs=0.13)  # ffmpeg's gaps in AC-3 take time


def test_a_chunk_without_bytes_takes_up_time_but_is_no_frame() -> None:
    chunks = [*frames(1), *frames(2, data=b""), *frames(22)]

    found = read(avi([pictures()], *chunks))

    assert (found["frames"], found["fps"], found["vfr"]) == (23, 25, True)
    assert found["video_duration"] == found["duration"] == 1
    assert "problem" not in found


def test_gaps_at_the_end_only_prolong_the_last_frame() -> None:
    found = read(avi([pictures()], *frames(20), *frames(5, data=b"")))

    assert (found["frames"], found["duration"], found["vfr"]) == (20, 1, False)


@pytest.mark.parametrize(
    ("form", "numbers", "sounds", "duration"),
    [
        pytest.param(wave(1), (1, 8000, 0, 2), [1600] * 10, 1, id="PCM"),
        pytest.param(wave(1), (1, 8000, 0, 0), [1600] * 10, 1, id="PCM, sample size missing"),
        pytest.param(wave(0x55), (1, 2000, 0, 1), [400] * 10, 2, id="constant bit rate"),
        pytest.param(wave(0x55), (24, 1000, 0, 0), [100, 300] * 25, 1.2, id="variable bit rate"),
    ],
)
def test_how_long_sound_plays(
    form: bytes, numbers: tuple[int, int, int, int], sounds: list[int], duration: float
) -> None:
    chunks = [chunk(b"01wb", bytes(size)) for size in sounds]

    found = read(avi([pictures(), stream(b"auds", form, numbers)], *frames(25), *chunks))

    assert found["audio_duration"] == pytest.approx(duration)
    assert found["duration"] == pytest.approx(max(1, duration))


def test_sound_alone() -> None:
    found = read(make(f"{SOUND} -c:a pcm_s16le", ".avi"))

    assert (found["kind"], found["audio_codec"]) == ("audio", "pcm_s16le")
    assert found["duration"] == pytest.approx(1.2)


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda chunks: index(chunks[:12]), id="leaves half of it out"),
        pytest.param(lambda chunks: index(chunks)[:-7], id="is cut off"),
        pytest.param(lambda _: chunk(b"idx1", b"", size=UNKNOWN - 1), id="is endless"),
        pytest.param(lambda _: b"", id="is missing"),
    ],
)
def test_an_index_that_cannot_be_believed(lie: object) -> None:
    assert callable(lie)
    chunks = frames(25)

    assert read(avi([pictures()], *chunks, index=lie(chunks)))["frames"] == 25


def test_what_is_no_frame_is_not_counted() -> None:
    palette, junk, part = chunk(b"00pc", bytes(8)), chunk(b"JUNK", bytes(99)), chunk(b"ix00")
    records = [listed(b"rec ", *frames(5)) for _ in range(5)]
    chunks = [palette, *frames(25)]

    assert read(avi([pictures()], palette, junk, part, *records))["frames"] == 25
    assert read(avi([pictures()], *chunks, index=index(chunks)))["frames"] == 25


def test_files_over_a_gigabyte_go_on_in_further_parts() -> None:
    chunks = frames(10)
    more = listed(b"AVIX", listed(b"movi", *frames(15)), name=b"RIFF")

    found = read(avi([pictures()], *chunks, index=index(chunks)) + more)

    assert (found["frames"], found["duration"]) == (25, 1)
    assert "problem" not in found


@pytest.mark.parametrize(
    ("claimed", "problem"),
    [
        pytest.param(25, None, id="honest"),
        pytest.param(26, None, id="one more"),
        pytest.param(0, None, id="nothing"),
        pytest.param(100, "its header says 4.0 s, 1.0 s really play", id="too many"),
        pytest.param(5, "its header says 0.2 s, 1.0 s really play", id="too few"),
    ],
)
def test_what_the_header_claims(claimed: int, problem: str | None) -> None:
    found = read(avi([pictures(claimed)], *frames(25)))

    assert (found["readable"], found["frames"], found["duration"]) == (True, 25, 1)
    assert found.get("problem") == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "neither a picture nor a sound track", id="empty"),
        pytest.param(b"RIFF\x10\0\0\0AVI ", "cut off: 12 of 24 bytes", id="a magic alone"),
        pytest.param(avi([], *frames(5)), "neither a picture nor a sound track", id="no track"),
        pytest.param(avi([pictures()]), "no frames, only a header", id="no frames"),
        pytest.param(
            avi([pictures(), stream(b"auds", wave(1), (1, 8000, 0, 2))], *frames(5, b"01wb")),
            "its picture track has no frames",
            id="sound but no picture",
        ),
        pytest.param(avi([pictures()], *frames(25))[:-20], "cut off: ", id="cut off"),
        pytest.param(avi([pictures()], *frames(25))[:-160], "cut off: ", id="cut between frames"),
    ],
)
def test_what_cannot_be_used(data: bytes, problem: str) -> None:
    found = read(data)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_a_file_cut_off_says_how_much_is_there() -> None:
    data = make(MPEG4, ".avi")

    found = read(data[:40_000])

    assert found["problem"] == f"cut off: 40,000 of {len(data):,} bytes are there"
    assert found["frames"] < 25


def test_a_missing_index_at_the_end_is_no_loss() -> None:
    chunks = frames(25)

    found = read(avi([pictures()], *chunks, index=index(chunks))[:-100])

    assert (found["readable"], found["frames"]) == (True, 25)
    assert "problem" not in found


@pytest.mark.parametrize("unknown", [0, UNKNOWN])
def test_a_live_recording_cut_off_plays_up_to_there(unknown: int) -> None:
    data = avi([pictures(1 << 30)], *frames(25), size=unknown, movi=unknown)

    found = read(data[:-3])

    assert (found["readable"], found["frames"]) == (True, 24)
    assert "cut off in its last frame" in found["problem"]


def test_a_stream_that_tells_no_rate() -> None:
    found = read(avi([pictures(rate=0)], *frames(25)))

    assert (found["readable"], found["frames"]) == (True, 25)
    assert "duration" not in found or found["duration"] > 0


def test_too_much_to_look_at_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avi_chunks, "_MOST_CHUNKS", 20)

    found = read(avi([pictures()], *frames(25)))

    assert found["readable"] is True
    assert "frames" not in found


def test_a_hostile_file_takes_neither_time_nor_memory() -> None:
    started = time.monotonic()

    read(avi([pictures()], b"00dc\0\0\0\0" * 100_000))
    read(b"RIFF\xff\xff\xff\xffAVI " + b"RIFF\0\0\0\0" * 100_000)

    assert time.monotonic() - started < 20


def test_damage() -> None:
    survives(read_avi, make(MPEG4, ".avi"))


def test_pictures_alone() -> None:
    found = read(make(f"{PICTURES} -c:v ffv1", ".avi"))

    assert (found["video_codec"], found["duration"]) == ("ffv1", 1)
    assert "audio_codec" not in found
