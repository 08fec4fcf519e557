from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest
from containers import BOTH, SOUND, make, seconds, survives

from wanprep.probe.formats.films import flv
from wanprep.probe.formats.films.flv import read_flv
from wanprep.probe.mediainfo import AudioStream
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from wanprep.probe.facts import Found

H264 = f"{BOTH} -c:v libx264 -pix_fmt yuv420p -c:a aac"
SORENSON = f"{BOTH} -c:v flv -c:a libmp3lame"


def tag(kind: int, stamp: int, body: bytes) -> bytes:
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + (stamp & 0xFFFFFF).to_bytes(3, "big")
    return head + bytes((stamp >> 24,)) + bytes(3) + body + (len(body) + 11).to_bytes(4, "big")


def film(*tags: bytes) -> bytes:
    return b"FLV\x01\x05\0\0\0\x09" + bytes(4) + b"".join(tags)


def frame(stamp: int) -> bytes:
    return tag(9, stamp, b"\x22" + SORENSON_HEAD)


def metadata(duration: float) -> bytes:
    entry = b"\0\x08duration\0" + struct.pack(">d", duration)
    return tag(18, 0, b"\x02\0\x0aonMetaData\x08\0\0\0\x01" + entry + b"\0\0\x09")


# A Sorenson picture of 160 x 120: 17 bits of start code, version, number, size code 4.
SORENSON_HEAD = bytes.fromhex("0000840200000000")
STEADY = [frame(40 * n) for n in range(25)]


def read(data: bytes) -> Found:
    return read_flv(Bytes(data))


@pytest.mark.parametrize(
    ("arguments", "target", "codecs"),
    [
        pytest.param(H264, ".flv", ("h264", "aac"), id="H.264"),
        pytest.param(SORENSON, ".flv", ("flv1", "mp3"), id="Sorenson"),
        pytest.param(SORENSON, "flv", ("flv1", "mp3"), id="piped"),
        pytest.param(
            f"{BOTH} -c:v flashsv -c:a pcm_s16le", ".flv", ("flashsv", "pcm_s16le"), id="screen"
        ),
        pytest.param(
            f"{BOTH} -c:v libx265 -x265-params log-level=none -c:a flac -strict -2",
            ".flv",
            ("hevc", "flac"),
            id="enhanced",
        ),
    ],
)
def test_a_film(arguments: str, target: str, codecs: tuple[str, str]) -> None:
    found = read(make(arguments, target))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["video_codec"], found["audio_codec"]) == codecs
    assert (found["width"], found["height"], found["frames"]) == (160, 120, 25)
    assert found["vfr"] is False
    assert found["fps"] == pytest.approx(25)
    assert found["video_duration"] == seconds(1)
    assert found["duration"] == pytest.approx(1.2, abs=0.08)


def test_flash_calls_all_aac_stereo() -> None:
    assert read(make(H264, ".flv"))["channels"] == 1
    assert read(make(f"{H264} -ac 2", ".flv"))["channels"] == 2


def test_sound_alone() -> None:
    found = read(make(f"{SOUND} -c:a libmp3lame", ".flv"))

    assert (found["kind"], found["sample_rate"]) == ("audio", 44100)
    assert found["duration"] == seconds(1.25)


def test_frames_of_every_kind_of_picture() -> None:
    command, header, end = (tag(9, 0, body) for body in (b"\x52\0", b"\x17\0\0\0\0", b"\x17\x02"))
    h264 = [tag(9, 40 * n, b"\x27\x01\0\0\x50data") for n in range(25)]
    hevc = [tag(9, 40 * n, b"\x91hvc1\0\0\x50data") for n in range(25)]
    av1 = [tag(9, 40 * n, b"\x91av01data") for n in range(25)]

    for pictures in (h264, hevc, av1):
        tags = flv._walk(Bytes(film(command, header, *pictures, end, tag(9, 0, b"\x22"))))

        assert len(tags.video.stamps) == 25
    assert min(flv._walk(Bytes(film(*h264))).video.stamps) == 0x50
    assert min(flv._walk(Bytes(film(*av1))).video.stamps) == 0


def test_sounds_that_libmediainfo_does_not_know() -> None:
    enhanced = [tag(8, 20 * n, b"\x91xyzzdata") for n in range(50)]
    heard = flv._heard(AudioStream("9", sample_rate=5500), b"\x91xyzz")

    assert (heard.codec, heard.sample_rate) == ("unknown", None)
    assert len(flv._walk(Bytes(film(*enhanced, tag(8, 0, b"\xaf")))).audio.stamps) == 50


def test_time_stamps_of_32_bits() -> None:
    late = 0x7F000000

    found = read(film(*(frame(late + 40 * n) for n in range(25))))

    assert (found["frames"], found["duration"]) == (25, 1)


@pytest.mark.parametrize(
    ("claimed", "problem"),
    [
        pytest.param(1.0, None, id="honest"),
        pytest.param(0.0, None, id="nothing"),
        pytest.param(float("nan"), None, id="no number"),
        pytest.param(5.0, "its header says 5.0 s, 1.0 s really play", id="too much"),
    ],
)
def test_what_the_header_claims(claimed: float, problem: str | None) -> None:
    found = read(film(metadata(claimed), *STEADY))

    assert (found["readable"], found["duration"]) == (True, 1)
    assert found.get("problem") == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"FLV\x01", "no frames, only a header", id="a magic alone"),
        pytest.param(film(), "no frames, only a header", id="no tags"),
        pytest.param(
            film(metadata(1), *STEADY[:10], STEADY[10][:-9]), "cut off: 0.4 of 1.0 s", id="cut off"
        ),
        pytest.param(film(tag(9, 0, b"\x17\0\0\0\0")), "no frames", id="no frames"),
    ],
)
def test_what_cannot_be_used(data: bytes, problem: str) -> None:
    found = read(data)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_a_live_recording_cut_off_plays_up_to_there() -> None:
    found = read(film(*STEADY)[:-9])

    assert (found["readable"], found["frames"]) == (True, 24)
    assert "cut off in its last frame" in found["problem"]


def test_counts_in_the_script_do_not_keep_it_busy() -> None:
    """Libmediainfo would go through a thousand million values that are not there."""
    array = b"\x02\0\x0aonMetaData\x08\0\0\0\x01\0\x04list\x08\x40\0\0\0"
    started = time.monotonic()

    found = read(film(tag(18, 0, array), *STEADY))

    assert found["frames"] == 25
    assert time.monotonic() - started < 20


def test_what_follows_eight_hours_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flv, "_MOST_TAGS", 20)

    found = read(film(metadata(1), *STEADY))

    assert found["frames"] == 19
    assert "problem" not in found


def test_damage() -> None:
    survives(read_flv, make(SORENSON, ".flv"))
    survives(read_flv, make(H264, ".flv"))
