from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from containers import BOTH, IMAGES, SOUND, make, survives

from wanprep.media import streams
from wanprep.media.mediainfo import Streams, VideoStream
from wanprep.media.source import Bytes
from wanprep.media.streams import count_frames, read_streams

if TYPE_CHECKING:
    from wanprep.media.facts import PartialFacts

H264 = f"{BOTH} -c:v libx264 -pix_fmt yuv420p -c:a aac"
MPEG2 = f"{BOTH} -c:v mpeg2video -c:a mp2"


def read(data: bytes) -> PartialFacts:
    return read_streams(Bytes(data))


@pytest.mark.parametrize(
    ("arguments", "target", "codecs"),
    [
        pytest.param(H264, ".ts", ("h264", "aac"), id="transport stream, H.264"),
        pytest.param(MPEG2, ".ts", ("mpeg2video", "mp2"), id="transport stream, MPEG-2"),
        pytest.param(
            f"{H264} -mpegts_m2ts_mode 1", "mpegts", ("h264", "aac"), id="Blu-ray's packets"
        ),
        pytest.param(
            f"{BOTH} -c:v mpeg1video -c:a mp2", ".mpg", ("mpeg1video", "mp2"), id="program stream"
        ),
        pytest.param(MPEG2, ".vob", ("mpeg2video", "mp2"), id="DVD"),
        pytest.param(f"{BOTH} -c:v rv20 -c:a ac3", ".rm", ("rv20", "ac3"), id="RealMedia"),
    ],
)
def test_a_video(arguments: str, target: str, codecs: tuple[str, str]) -> None:
    found = read(make(arguments, target))

    assert found["readable"] is True
    assert "problem" not in found
    assert (found["video_codec"], found["audio_codec"]) == codecs
    assert (found["width"], found["height"]) == (160, 120)
    assert found["fps"] == pytest.approx(25)
    assert found["duration"] == pytest.approx(1.2, abs=0.08)
    assert found["video_duration"] == pytest.approx(1, abs=0.05)
    assert found.get("frames", 25) == 25
    assert "format" not in found, "the sniffer knows"


def test_frames_are_given_only_where_they_were_counted() -> None:
    assert read(make(MPEG2, ".mpg"))["frames"] == 25
    assert "frames" not in read(make(f"{BOTH} -c:v rv20 -c:a ac3", ".rm"))


@pytest.mark.parametrize("options", ["", " -mpegts_m2ts_mode 1"])
def test_frames_in_transport_packets_are_counted(options: str) -> None:
    assert read(make(H264 + options, "mpegts"))["frames"] == 25


def test_a_number_of_frames_that_their_length_denies_is_not_given() -> None:
    # Packets of the frames' stream that claim a beginning and hold nothing but padding.
    empty = b"\x47\x41\x00\x20\xb7\x00".ljust(188, b"\xff")

    assert "frames" not in read(make(H264, ".ts") + empty * 40)


@pytest.mark.parametrize("data", [b"", bytes(2000), b"\x47" * 700])
def test_frames_where_there_are_no_packets(data: bytes) -> None:
    assert not count_frames(Bytes(data), 256)


def test_a_stream_without_a_rate_or_a_length_has_no_number_of_frames() -> None:
    assert streams._frame_count_facts(Bytes(b""), ()) == {}


@pytest.mark.parametrize("target", [".ac3", ".eac3", ".tta"])
def test_audio(target: str) -> None:
    found = read(make(SOUND, target))

    assert (found["kind"], found["readable"]) == ("audio", True)
    assert (found["audio_codec"], found["channels"]) == (target.removeprefix("."), 1)
    assert found["duration"] == pytest.approx(1.2, abs=0.04)


@pytest.mark.parametrize(
    ("arguments", "target", "codec"),
    [
        ("-c:v mpeg1video", ".m1v", "mpeg1video"),
        ("-c:v libx264 -pix_fmt yuv420p", ".h264", "h264"),
    ],
)
def test_frames_without_a_container(arguments: str, target: str, codec: str) -> None:
    found = read(make(f"{IMAGES} {arguments}", target))

    assert (found["video_codec"], found["readable"]) == (codec, True)
    assert found["duration"] == pytest.approx(1, abs=0.05)


def test_what_was_received_begins_and_ends_anywhere() -> None:
    data = make(MPEG2, ".ts")

    found = read(data[len(data) // 3 : len(data) // 2])

    assert (found["kind"], found["readable"]) == ("video", True)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "neither a video nor an audio track", id="empty"),
        pytest.param(bytes(1000), "neither a video nor an audio track", id="zeros"),
        pytest.param(b"some text", "neither a video nor an audio track", id="text"),
    ],
)
def test_what_cannot_be_used(data: bytes, problem: str) -> None:
    found = read(data)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_a_container_that_is_cut_off() -> None:
    data = make(f"{IMAGES} -c:v mpeg2video", ".mxf")

    assert read(data[: len(data) // 2])["problem"] == "cut off: its end is missing"


def test_no_length_anywhere() -> None:
    data = make(f"{SOUND} -ar 48000 -c:a truehd -strict -2", ".thd")

    assert read(data)["problem"] == "its length is not stated"


def test_uncounted_frames_keep_their_length() -> None:
    video = VideoStream("mpeg2video", duration=3)

    assert streams._with_counted_length(video) == video


def test_what_is_encrypted_is_not_searched_for_other_faults() -> None:
    assert streams._problem(Streams("MPEG-TS"), {"readable": False}) is None


def test_large_files_are_not_read_in_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make(H264, ".ts")
    monkeypatch.setattr(streams, "SMALL", 1000)

    found = read(data)

    assert found["readable"] is True
    assert found["duration"] == pytest.approx(1.2, abs=0.08)


@pytest.mark.untraced
@pytest.mark.parametrize("target", [".ts", ".mpg"])
def test_damage(target: str) -> None:
    survives(read_streams, make(f"{MPEG2} -s 64x48 -t 0.4", target))
