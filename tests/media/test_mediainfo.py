from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from wanprep.media import mediainfo
from wanprep.media.mediainfo import (
    AudioStream,
    Streams,
    VideoStream,
    describe,
    display_size_facts,
    stream_facts,
)
from wanprep.media.source import Bytes, LocalFile

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.media.facts import PartialFacts


@pytest.fixture
def streams(clip: Path) -> Streams:
    with LocalFile(str(clip)) as source:
        return describe(source)


def test_streams_of_a_video(streams: Streams) -> None:
    (video,), (audio,) = streams.videos, streams.audios

    assert streams.container == "MPEG-4"
    assert (video.codec, video.width, video.height, video.fps) == ("h264", 320, 240, 25)
    assert (video.color, video.bit_depth, video.sar, video.alpha) == ("yuv", 8, 1, False)
    assert (audio.codec, audio.sample_rate, audio.channels) == ("aac", 44100, 1)
    assert not streams.truncated


def test_a_file_that_it_does_not_know_has_no_streams() -> None:
    assert describe(Bytes(b"just some words")) == Streams("")


def describe_file(ffmpeg: str, path: Path, arguments: str) -> Streams:
    source = "-f lavfi -i testsrc=s=64x48:r=25:d=0.2"
    command = [ffmpeg, "-v", "error", *source.split(), *arguments.split(), str(path)]
    subprocess.run(command, check=True)
    with LocalFile(str(path)) as file:
        return describe(file)


@pytest.mark.parametrize(
    ("arguments", "color", "bits", "alpha", "hdr"),
    [
        ("-c:v libx264 -pix_fmt yuv420p", "yuv", 8, False, False),
        ("-c:v libx264 -pix_fmt yuv444p", "yuv", 8, False, False),
        ("-c:v libx264 -pix_fmt gray", "gray", 8, False, False),
        ("-c:v libx264rgb", "rgb", 8, False, False),
        ("-c:v libx264 -pix_fmt yuv422p10le", "yuv", 10, False, False),
        ("-c:v libvpx", "yuv", 8, False, False),
        ("-c:v ffv1 -pix_fmt rgba", "rgb", 8, True, False),
        (
            "-c:v libx264 -pix_fmt yuv420p -x264-params transfer=smpte2084:colormatrix=bt2020nc",
            "yuv",
            8,
            False,
            True,
        ),
    ],
)
def test_colours(
    ffmpeg: str,
    tmp_path: Path,
    arguments: str,
    color: str,
    bits: int,
    alpha: bool,
    hdr: bool,
) -> None:
    (video,) = describe_file(ffmpeg, tmp_path / "clip.mkv", arguments).videos

    assert (video.color, video.bit_depth, video.alpha, video.hdr) == (color, bits, alpha, hdr)


def test_the_size_of_frames_in_rgb(ffmpeg: str, tmp_path: Path) -> None:
    (video,) = describe_file(ffmpeg, tmp_path / "clip.webm", "-c:v libvpx-vp9 -pix_fmt gbrp").videos

    assert (video.width, video.height, video.color) == (64, 48, "rgb")


@pytest.mark.parametrize("sar", ["4/3", "16/15", "8/9", "10/11", "1/1"])
def test_pixel_shapes_are_exact(ffmpeg: str, tmp_path: Path, sar: str) -> None:
    width, height = map(int, sar.split("/"))

    shape = f"-vf setsar={sar} -c:v mpeg4"
    (video,) = describe_file(ffmpeg, tmp_path / "clip.mp4", shape).videos

    assert video.sar == pytest.approx(width / height, rel=1e-9)


@pytest.mark.parametrize(("low", "high", "varies"), [("24", "25", False), ("10", "30", True)])
def test_whether_the_rate_varies_is_reported_only_where_it_is_known(
    low: str, high: str, varies: bool
) -> None:
    fields = dict.fromkeys(mediainfo._FIELDS["Video"], "")

    assert mediainfo._video(fields).vfr is None
    assert mediainfo._video(fields).sar is None
    rates = {"FrameRate_Minimum": low, "FrameRate_Maximum": high}
    assert mediainfo._video(fields | rates).vfr is varies


def test_damaged_files_do_not_make_it_read_for_ever() -> None:
    class Restless:
        """A file as a damaged one looks to libmediainfo: there is always more to read."""

        def __init__(self) -> None:
            self.size = 1000
            self.readings = 0

        def read_at(self, _offset: int, length: int) -> bytes:
            self.readings += 1
            return bytes(length)

    restless = Restless()
    limited = mediainfo._Limited(restless)

    while limited.read_at(0, 64 * 1024):
        assert restless.readings < 1000
    assert restless.readings == 65


VIDEO = VideoStream("h264", 320, 240, sar=2.0, rotation=90, fps=25, frames=25, duration=1)
VIDEO_FACTS = {
    "kind": "video",
    "readable": True,
    "width": 240,
    "height": 320,
    "stored_width": 320,
    "stored_height": 240,
    "sar": 0.5,
    "aspect": 0.375,
    "rotation": 90,
    "video_codec": "h264",
    "video_tracks": 1,
    "frames": 25,
    "fps": 25,
    "video_duration": 1,
}
SOUND = AudioStream("pcm_s16le", 48000, 2, bit_depth=16, duration=1.5)


@pytest.mark.parametrize(
    ("streams", "expected", "absent"),
    [
        pytest.param(Streams("", 3, (VIDEO,)), VIDEO_FACTS | {"duration": 3}, {"vfr"}, id="video"),
        pytest.param(
            Streams("", None, (VIDEO,), (SOUND,)), {"audio_tracks": 1}, {"bit_depth"}, id="both"
        ),
        pytest.param(
            Streams("", None, (), (SOUND, SOUND)),
            {"kind": "audio", "audio_tracks": 2, "bit_depth": 16, "audio_duration": 1.5},
            {"width", "duration"},
            id="audio",
        ),
        pytest.param(
            Streams("", None, (), (AudioStream("aac", bit_depth=16),)),
            {"kind": "audio"},
            {"bit_depth", "sample_rate", "channels"},
            id="lossy audio has no depth",
        ),
        pytest.param(
            Streams("", None, (VideoStream("h264", color="yuv", bit_depth=8, vfr=True),)),
            {"color": "yuv", "bit_depth": 8, "vfr": True},
            {"width", "fps", "frames"},
            id="no size",
        ),
        pytest.param(Streams(""), {"kind": "other", "readable": True}, {"width"}, id="nothing"),
        pytest.param(
            Streams("", None, (), (AudioStream("aac", encrypted=True),)),
            {"readable": False, "problem": "encrypted: it cannot be played without a key"},
            set(),
            id="encrypted",
        ),
    ],
)
def test_as_facts(streams: Streams, expected: PartialFacts, absent: set[str]) -> None:
    found = stream_facts(streams)

    assert expected.items() <= found.items()
    assert not absent & set(found)


def test_shown_size_of_upright_frames() -> None:
    assert display_size_facts(320, 240, 180, None) == {
        "width": 320,
        "height": 240,
        "stored_width": 320,
        "stored_height": 240,
        "sar": 1,
        "aspect": pytest.approx(4 / 3, abs=1e-6),
    }


def test_the_library_is_loaded_late() -> None:
    code = "import sys, wanprep.media.mediainfo; print('pymediainfo' in sys.modules)"
    fields = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert fields.stdout.strip() == "False"
