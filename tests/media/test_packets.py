"""Containers without a reader of our own: what libmediainfo and ffmpeg find in them together."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from containers import BOTH, IMAGES, make

from wanprep.media import packet_list, packets
from wanprep.media.ffmpeg import DEMUXERS
from wanprep.media.mediainfo import VideoStream
from wanprep.media.packet_list import Track
from wanprep.media.packets import read_packets
from wanprep.media.probe_file import _READERS, probe_file
from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import Facts

TONE = "-f lavfi -i sine=r=44100:d=2 -ac 2"
JUNK = bytes(range(255, 0, -1)) * 40
ID3 = b"ID3\4\0\0\0\0\1\0" + bytes(128)
FLV = f"{IMAGES} -c:v flv1"
H264 = "-c:v libx264 -pix_fmt yuv420p -bf 2"


def probed(folder: Path, data: bytes, name: str = "file") -> Facts:
    path = folder / name
    path.write_bytes(data)
    return probe_file(str(path))


def dsf(*, claimed: int = 2_822_400, size: int = 706_560) -> bytes:
    """No free tool writes DSF: a header for stereo at 2.8 MHz, and silence."""
    form = struct.pack("<6IQII", 1, 0, 2, 2, 2_822_400, 1, claimed, 4096, 0)
    chunks = b"fmt " + struct.pack("<Q", 12 + len(form)) + form
    head = b"DSD " + struct.pack("<3Q", 28, 28 + len(chunks) + 12 + size, 0)
    return head + chunks + b"data" + struct.pack("<Q", 12 + size) + bytes(size)


AUDIO = [
    pytest.param(".aac", "", "aac", "aac", None, id="aac"),
    pytest.param(".aiff", "", "aiff", "pcm_s16be", 16, id="aiff"),
    pytest.param(".aiff", "-c:a pcm_s24be", "aiff", "pcm_s24be", 24, id="aiff, 24 bits"),
    pytest.param(".au", "", "au", "pcm_s16be", 16, id="au"),
    pytest.param(".au", "-c:a pcm_mulaw", "au", "pcm_mulaw", 8, id="au, telephone"),
    pytest.param(".caf", "-c:a pcm_s16le", "caf", "pcm_s16le", 16, id="caf"),
    pytest.param(".caf", "-c:a alac", "caf", "alac", None, id="caf, alac"),
    pytest.param(".flac", "", "flac", "flac", 16, id="flac"),
    pytest.param(".flac", "-sample_fmt s32", "flac", "flac", 24, id="flac, 24 bits"),
    pytest.param(".flv", "-c:a libmp3lame", "flv", "mp3", None, id="flv"),
    pytest.param(".ogg", "-c:a libvorbis", "ogg", "vorbis", None, id="vorbis"),
    pytest.param(".ogg", "-c:a flac -sample_fmt s16", "ogg", "flac", 16, id="flac in ogg"),
    pytest.param(".opus", "-c:a libopus", "ogg", "opus", None, id="opus"),
    pytest.param(".w64", "", "w64", "pcm_s16le", 16, id="wave64"),
    pytest.param(".wma", "", "asf", "wmav2", None, id="wma"),
    pytest.param(".wv", "-sample_fmt s16p", "wavpack", "wavpack", 16, id="wavpack"),
]


@pytest.mark.parametrize(("target", "options", "name", "codec", "bits"), AUDIO)
def test_audio(
    tmp_path: Path, target: str, options: str, name: str, codec: str, bits: int | None
) -> None:
    data = make(f"{TONE} {options}", target)

    facts = probed(tmp_path, data, "renamed.mp4")
    half = probed(tmp_path, data[: len(data) // 2])

    assert (facts.kind, facts.format, facts.audio_codec) == ("audio", name, codec)
    assert facts.sample_rate == (48_000 if codec == "opus" else 44_100)
    assert (facts.channels, facts.audio_tracks, facts.bit_depth) == (2, 1, bits)
    assert facts.video_tracks == 0
    assert (facts.readable, facts.problem) == (True, None)
    assert facts.duration == facts.audio_duration == pytest.approx(2, abs=0.06)
    if half.readable:
        assert half.duration is not None
        assert 0.1 < half.duration < 1.6
    else:
        assert half.problem


VIDEO = [
    pytest.param(".avi", "-c:v mpeg4 -c:a ac3", "avi", ("mpeg4", "ac3"), id="avi"),
    pytest.param(".avi", "-c:v mjpeg -c:a pcm_s16le", "avi", ("mjpeg", "pcm_s16le"), id="avi, pcm"),
    pytest.param(
        ".avi", "-c:v msmpeg4v2 -c:a adpcm_ms", "avi", ("msmpeg4v2", "adpcm_ms"), id="avi, old"
    ),
    pytest.param("avi", "-c:v mjpeg -c:a mp2", "avi", ("mjpeg", "mp2"), id="avi, piped"),
    pytest.param(".flv", f"{H264} -c:a aac", "flv", ("h264", "aac"), id="flv"),
    pytest.param("flv", "-c:v flv1 -c:a libmp3lame", "flv", ("flv1", "mp3"), id="flv, piped"),
    pytest.param(
        ".flv", f"{H264} -c:a libopus -ar 48000", "flv", ("h264", "opus"), id="flv, enhanced"
    ),
    pytest.param(".ogv", "-c:v libtheora -c:a libvorbis", "ogg", ("theora", "vorbis"), id="ogv"),
    pytest.param(".wmv", "-c:v wmv2 -c:a wmav2", "asf", ("wmv2", "wmav2"), id="wmv"),
    pytest.param("asf", "-c:v wmv2 -c:a wmav2", "asf", ("wmv2", "wmav2"), id="wmv, piped"),
]


@pytest.mark.parametrize(("target", "options", "name", "codecs"), VIDEO)
def test_video(
    tmp_path: Path, target: str, options: str, name: str, codecs: tuple[str, str]
) -> None:
    data = make(f"{BOTH} {options}", target)

    facts = probed(tmp_path, data, "renamed.mp4")
    half = probed(tmp_path, data[: len(data) // 2])

    assert (facts.kind, facts.format) == ("video", name)
    assert (facts.video_codec, facts.audio_codec) == codecs
    assert (facts.width, facts.height, facts.channels) == (160, 120, 1)
    assert (facts.video_tracks, facts.audio_tracks) == (1, 1)
    assert (facts.frames, facts.vfr) == (25, False)
    assert facts.fps == pytest.approx(25)
    assert (facts.readable, facts.problem) == (True, None)
    assert facts.video_duration == pytest.approx(1, abs=0.06)
    assert facts.audio_duration == pytest.approx(1.2, abs=0.1)
    assert facts.duration == pytest.approx(1.2, abs=0.1)
    if half.readable:
        assert half.duration is not None
        assert 0.1 < half.duration < 1
        assert half.problem or not target.startswith(".") or name == "ogg"
    else:
        assert half.problem


def test_frames_left_out_make_a_video_uneven(tmp_path: Path) -> None:
    gap = "-vf select='not(between(n\\,5\\,14))' -fps_mode vfr"

    avi = probed(tmp_path, make(f"{IMAGES} {gap} -c:v mpeg4", ".avi"))
    flv = probed(tmp_path, make(f"{IMAGES} {gap} -c:v flv1", ".flv"))

    assert (avi.frames, avi.vfr, avi.fps) == (15, True, 25)
    assert (flv.frames, flv.vfr) == (15, True)
    assert avi.duration == pytest.approx(1, abs=0.05)


def changed(data: bytes, at: bytes, skip: int, new: bytes) -> bytes:
    place = data.index(at) + skip
    return data[:place] + new + data[place + len(new) :]


@pytest.mark.parametrize(
    ("make_data", "duration", "problem"),
    [
        pytest.param(
            lambda: changed(make(TONE, ".au"), b".snd", 8, b"\0\x0a\0\0"), 2,
            "its header gives 3.7 s, 2.0 s can be played", id="au",
        ),
        pytest.param(
            lambda: changed(make(TONE, ".flac"), b"fLaC", 21, b"\xf0\0\x05\0\0"), 2,
            "its header gives 7.4 s, 2.0 s can be played", id="flac",
        ),
        pytest.param(
            lambda: changed(make(FLV, ".flv"), b"duration", 9, struct.pack(">d", 5)),
            1, "its header gives 5.0 s, 1.0 s can be played", id="flv",
        ),
        pytest.param(dsf, 1, None, id="dsf"),
        pytest.param(lambda: make(TONE, ".ogg") * 2, 4, None, id="chained ogg"),
        pytest.param(lambda: ID3 + make(TONE, ".flac"), 2, None, id="tag before flac"),
        pytest.param(lambda: ID3 + make(TONE, ".aac"), 2, None, id="tag before aac"),
        pytest.param(lambda: b"junk" * 100 + make(TONE, ".aac"), 2, None, id="junk before aac"),
        pytest.param(lambda: make(TONE, ".flac") + JUNK, 2, None, id="junk behind flac"),
        pytest.param(lambda: make(TONE, ".w64")[:8000], 0.04, None, id="cut in the first packet"),
        pytest.param(lambda: b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50, 1, None, id="amr"),
        pytest.param(lambda: b"#!AMR-WB\n" + (b"\x44" + bytes(60)) * 50, 1, None, id="wide amr"),
    ],
)  # fmt: skip
def test_the_packets_give_the_length(
    tmp_path: Path, make_data: Callable[[], bytes], duration: float, problem: str | None
) -> None:
    facts = probed(tmp_path, make_data())

    assert facts.readable
    assert facts.duration == pytest.approx(duration, abs=0.06)
    assert facts.problem == problem


@pytest.mark.parametrize(
    "make_data",
    [
        pytest.param(lambda: make(TONE, ".flac")[:60], id="flac header"),
        pytest.param(lambda: make(TONE, ".aiff")[:54], id="aiff header"),
        pytest.param(lambda: make(TONE, ".ogg")[:100], id="ogg header"),
        pytest.param(lambda: make(f"{BOTH} -c:v mpeg4", ".avi")[:5000], id="avi header"),
        pytest.param(lambda: b"fLaC" + JUNK, id="junk for flac"),
        pytest.param(lambda: b"FLV\x01" + bytes(100), id="zeros for flv"),
        pytest.param(lambda: b"caff\0\x01\0\0", id="caf signature"),
        pytest.param(lambda: b"MAC " + bytes(100), id="zeros for ape"),
        pytest.param(lambda: b"#!AMR\n", id="amr signature"),
    ],
)
def test_what_holds_no_packets_is_unreadable(
    tmp_path: Path, make_data: Callable[[], bytes]
) -> None:
    facts = probed(tmp_path, make_data())

    assert not facts.readable
    assert facts.problem


def test_a_video_cut_off_is_unreadable(tmp_path: Path) -> None:
    data = make(f"{IMAGES} -c:v mjpeg", ".avi")

    facts = probed(tmp_path, data[: len(data) // 2])

    assert not facts.readable
    assert facts.problem is not None
    assert facts.problem.startswith("cut off: 0.")
    assert facts.problem.endswith(" of 1.0 s are there")


def test_measuring_takes_limited_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_list, "MAX_SECONDS", 0.5)
    path = tmp_path / "endless.flac"
    path.write_bytes(make(TONE, ".flac"))
    os.truncate(path, 40 * 10**9)

    facts = probe_file(str(path))

    assert not facts.readable
    assert facts.problem == "not read: measuring its length took longer than 8 s"


def test_without_ffmpeg_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "missing"))

    facts = probed(tmp_path, make(TONE, ".flac"))

    assert not facts.readable
    assert facts.problem == "not read: ffmpeg cannot be started, see `wanprep doctor`"


def test_what_is_no_file_is_described_by_its_headers() -> None:
    found = read_packets(Bytes(make(TONE, ".flac")))

    assert (found["readable"], found["audio_codec"]) == (True, "flac")
    assert found["duration"] == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        ("mono", 1),
        ("stereo", 2),
        ("5.1(side)", 6),
        ("7.1.4", 12),
        ("3 channels (FL+FR+LFE)", 3),
        ("quad", None),
    ],
)
def test_channels_of_a_layout(layout: str, channels: int | None) -> None:
    assert packets._channels(layout) == channels


def fifteen_a_second(data: bytes) -> bytes:
    """Give MPEG-1 video a rate that only ffmpeg knows, number 9 of Xing's encoder."""
    head = b"\0\0\x01\xb3"
    pieces = data.split(head)
    return head.join([pieces[0], *(b[:3] + bytes([b[3] & 0xF0 | 9]) + b[4:] for b in pieces[1:])])


@pytest.mark.parametrize(
    ("make_data", "duration", "frames"),
    [
        pytest.param(
            lambda: fifteen_a_second(make(f"{IMAGES} -c:v mpeg1video", ".m1v")),
            25 / 15,
            25,
            id="video",
        ),
        pytest.param(
            lambda: make(f"{IMAGES} -c:v libx264 -bf 3", ".ts"), 1, 25, id="reordered frames"
        ),
        pytest.param(lambda: make(f"{IMAGES} -c:v wmv2 -frames:v 1", ".wmv"), 0, 1, id="one frame"),
    ],
)
def test_a_length_that_no_header_states(
    tmp_path: Path, make_data: Callable[[], bytes], duration: float, frames: int
) -> None:
    facts = probed(tmp_path, make_data())

    assert (facts.readable, facts.problem, facts.frames) == (True, None, frames)
    assert facts.duration == facts.video_duration == pytest.approx(duration, abs=0.01)
    assert facts.duration
    assert (facts.video_tracks, facts.audio_tracks) == (1, 0), "a number, so that rules find it"


def test_each_format_that_ffmpeg_reads_has_a_demuxer() -> None:
    readers = {each: name for each, name in _READERS.items() if name.startswith("packets:")}
    assert readers.keys() <= DEMUXERS.keys()


def test_interlaced_video_has_half_as_many_frames_as_fields() -> None:
    track = Track({"media_type": "video", "tb": "1/90000", "codec_id": "h264"})
    for number in range(60):
        track.add(number * 1500, number * 1500, 1500)
    video = packets._video(VideoStream("h264", fps=29.97), track, has_rate=False)
    assert (video.frames, video.fps, video.duration) == (30, 30.0, 1.0)


def test_a_negative_duration_of_the_last_packet_is_no_duration() -> None:
    track = Track({"media_type": "audio", "tb": "1/16000", "codec_id": "speex"})
    for number in range(50):
        track.add(number * 320, number * 320, 320 if number < 49 else 2**32 - 54)
    assert track.timing
    assert track.timing.end == pytest.approx(1)


def test_it_works_within_a_workers_memory(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(make(f"{BOTH} -c:v mpeg4", ".avi"))
    code = (
        "from wanprep.engines.worker import _limit_memory;"
        "from wanprep.media.probe_file import _READERS, probe_file;"
        "from wanprep.media.workers import _MEMORY; _limit_memory(_MEMORY);"
        f"print(probe_file({str(path)!r}).readable)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"
