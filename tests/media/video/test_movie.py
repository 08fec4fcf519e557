"""MP4, MOV, M4A and 3GP as ffmpeg writes them, and as they come out of accidents."""

from __future__ import annotations

import random
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from iso_boxes import FTYP, Trak, audio_entry, box, full, moov, mp4, video_entry

from wanprep.media.mediainfo import Streams, VideoStream
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import boxes
from wanprep.media.video.movie import read_movie, size_disagreement
from wanprep.media.video.timeline import read_timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import PartialFacts

    Make = Callable[..., bytes]

H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p"]
KEY = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"]
KEY += ["-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"]
PQ = "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"


def frame(rate: int = 25, size: str = "64x48", seconds: float = 1) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc=size={size}:rate={rate}:duration={seconds}"]


def tone(seconds: float = 1) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=duration={seconds}"]


@pytest.fixture(scope="module")
def make(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Run ffmpeg, in a folder of its own, and return what it wrote."""
    folder = tmp_path_factory.mktemp("videos")

    def run(name: str, *arguments: str) -> bytes:
        command = [ffmpeg, "-v", "error", "-y", *arguments, name]
        subprocess.run(command, check=True, cwd=folder)
        return (folder / name).read_bytes()

    run("clip.mp4", *frame(), *tone(), *H264, "-c:a", "aac")
    run("cover.jpg", *frame(), "-frames:v", "1")
    return run


@pytest.fixture(scope="module")
def clip(make: Make) -> bytes:
    return make("copy.mp4", "-i", "clip.mp4", "-c", "copy")


def read(data: bytes) -> PartialFacts:
    return read_movie(Bytes(data))


WHOLE = {"frames": 25, "fps": 25.0, "vfr": False, "video_duration": 1.0, "readable": True}
COPY = ["-i", "clip.mp4", "-c", "copy"]


@pytest.mark.parametrize(
    ("name", "arguments", "facts"),
    [
        pytest.param(
            "plain.mp4", COPY,
            WHOLE | {
                "kind": "video", "format": "mp4", "width": 64, "height": 48, "stored_width": 64,
                "stored_height": 48, "rotation": 0, "sar": 1.0, "aspect": 1.333333, "hdr": False,
                "alpha": False, "gps": False, "duration": 1.0, "audio_duration": 1.0,
                "video_codec": "h264", "audio_codec": "aac", "video_tracks": 1, "audio_tracks": 1,
                "sample_rate": 44100, "channels": 1, "bit_depth": 8, "color": "yuv",
                "problem": None,
            },
            id="MP4",
        ),
        pytest.param("plain.mov", COPY, WHOLE | {"format": "mov"}, id="MOV"),
        pytest.param(
            "old.3gp", [*frame(), *tone(), "-c:v", "mpeg4", "-c:a", "aac"],
            WHOLE | {"format": "3gp", "video_codec": "mpeg4"}, id="3GP",
        ),
        pytest.param(
            "audio.m4a", [*COPY, "-vn"],
            {"kind": "audio", "format": "m4a", "duration": 1.0, "width": None, "frames": None,
             "video_tracks": None, "audio_duration": 1.0},
            id="M4A",
        ),
        pytest.param(
            "audio.mp4", [*COPY, "-vn"], {"kind": "audio", "format": "mp4"}, id="audio in MP4"
        ),
        pytest.param(
            "cover.m4a",
            ["-i", "clip.mp4", "-i", "cover.jpg", "-map", "0:a", "-map", "1:v", "-c", "copy",
             "-disposition:v", "attached_pic"],
            {"kind": "audio", "video_codec": None, "width": None}, id="cover art",
        ),
        pytest.param(
            "fast.mp4", [*COPY, "-movflags", "faststart"], WHOLE | {"duration": 1.0},
            id="index in front",
        ),
        *(
            pytest.param(
                f"{flag}.mp4", [*COPY, "-movflags", f"{flag}+{more}"], WHOLE, id=f"{flag} {more}"
            )
            for flag, more in (
                ("frag_keyframe", "empty_moov"), ("frag_keyframe", "default_base_moof"),
                ("frag_every_frame", "empty_moov"), ("dash", "empty_moov"),
                ("hybrid_fragmented", "write_colr"),
            )
        ),
        *(
            pytest.param(
                f"turned{turn}.mp4",
                ["-display_rotation", str(turn), *COPY],
                {"rotation": clockwise, "width": width, "height": height, "stored_width": 64},
                id=f"turned {turn}",
            )
            for turn, clockwise, width, height in (
                (-90, 90, 48, 64), (90, 270, 48, 64), (180, 180, 64, 48), (270, 90, 48, 64),
            )
        ),
        pytest.param(
            "wide.mp4", [*frame(), "-vf", "setsar=4/3", *H264],
            {"sar": 1.333333, "aspect": 1.777778, "width": 64}, id="wide pixels",
        ),
        pytest.param(
            "wide-turned.mp4",
            ["-display_rotation", "-90", "-i", "wide.mp4", "-c", "copy"],
            {"sar": 0.75, "aspect": 0.5625, "width": 48}, id="wide pixels, turned",
        ),
        pytest.param(
            "cut.mp4", ["-ss", "0.5", *COPY, "-map", "0:v", "-bsf:v", "noise=drop=0"],
            {"video_duration": 0.5, "frames": 12}, id="cut without encoding",
        ),
        pytest.param(
            "late.mp4",
            ["-itsoffset", "0.5", "-i", "clip.mp4", "-i", "clip.mp4", "-map", "0:v", "-map", "1:a",
             "-c", "copy"],
            {"duration": 1.5, "video_duration": 1.0, "audio_duration": 1.0, "frames": 25},
            id="frame after audio",
        ),
        pytest.param(
            "dropped.mp4",
            [*frame(), "-vf", "select='not(eq(n,9))'", "-fps_mode", "passthrough", *H264],
            {"vfr": True, "frames": 24, "duration": 1.0, "fps": 24.0}, id="a frame left out",
        ),
        pytest.param(
            "joined.mp4",
            [*frame(25), *frame(30), "-filter_complex", "concat=n=2", "-fps_mode",
             "passthrough", "-video_track_timescale", "600", *H264],
            {"vfr": True, "frames": 55, "fps": 27.318}, id="25, then 30 fps",
        ),
        pytest.param(
            "rounded.mp4", [*frame(60), *H264, "-video_track_timescale", "1000"],
            {"vfr": False, "frames": 60, "fps": 60.0}, id="rounded to milliseconds",
        ),
        pytest.param(
            "tracks.mp4",
            [*COPY, "-map", "0:v", "-map", "0:v", "-map", "0:a", "-map", "0:a", "-map", "0:a"],
            {"video_tracks": 2, "audio_tracks": 3, "frames": 25}, id="several tracks",
        ),
        pytest.param(
            "hdr.mp4",
            [*frame(), "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", PQ],
            {"hdr": True, "bit_depth": 10, "video_codec": "hevc", "frames": 25}, id="HDR",
        ),
        pytest.param(
            "motion.mov", [*frame(), "-c:v", "mjpeg"],
            {"video_codec": "mjpeg", "kind": "video", "frames": 25}, id="motion JPEG",
        ),
        pytest.param(
            "clear.mov", [*frame(), "-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"],
            {"video_codec": "prores", "alpha": True}, id="ProRes with alpha",
        ),
        pytest.param(
            "pcm.mov", [*frame(), *tone(), "-c:v", "prores_ks", "-c:a", "pcm_s16le"],
            {"audio_codec": "pcm_s16le", "alpha": False, "audio_duration": 1.0, "readable": True},
            id="PCM",
        ),
        pytest.param(
            "ima.mov", [*tone(), "-c:a", "adpcm_ima_qt"],
            {"kind": "audio", "duration": 1.0, "readable": True}, id="packed audio",
        ),
        pytest.param(
            "place.mov", [*COPY, "-metadata", "location=+27.5916+086.5640/"], {"gps": True},
            id="location",
        ),
        pytest.param(
            "locked.mp4", [*COPY, *KEY],
            {"readable": False, "problem": "encrypted: it cannot be played without a key",
             "width": 64, "duration": 1.0},
            id="encrypted",
        ),
    ],
)  # fmt: skip
def test_what_ffmpeg_writes(
    make: Make, name: str, arguments: list[str], facts: dict[str, Any]
) -> None:
    found = dict(read(make(name, *arguments)))

    assert {key: found.get(key) for key in facts} == pytest.approx(facts, abs=0.005)


def patched(data: bytes, kind: bytes, at: int, number: int) -> bytes:
    """Overwrite a 32-bit number in the payload of the first box of that kind."""
    start = data.index(kind, data.index(b"moov")) + 4 + at
    return data[:start] + struct.pack(">I", number) + data[start + 4 :]


@pytest.mark.parametrize(
    ("kind", "at", "scaled"),
    [
        pytest.param(b"mvhd", 16, b"mvhd", id="video"),
        pytest.param(b"tkhd", 20, b"mvhd", id="track"),
        pytest.param(b"mdhd", 16, b"mdhd", id="media"),
        pytest.param(b"elst", 8, b"mvhd", id="edit list"),
    ],
)
def test_a_length_that_lies(clip: bytes, kind: bytes, at: int, scaled: bytes) -> None:
    scale = struct.unpack_from(">I", clip, clip.index(scaled) + 4 + 12)[0]

    found = read(patched(clip, kind, at, 60 * scale))

    assert found["problem"] == "its header gives 60.00 s, its samples 1.00 s"
    assert found["readable"]
    assert found["duration"] == found["video_duration"] == found["audio_duration"] == 1.0


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ((64, 48), None),
        ((64, 45), None),
        ((None, None), None),
        ((32, 24), "its header gives 64 x 48 pixels, its frames 32 x 24"),
    ],
)
def test_a_size_that_lies(inside: tuple[int | None, int | None], problem: str | None) -> None:
    source = Bytes(mp4(1000, Trak()))
    moov = next(found for found in boxes(source) if found.kind == b"moov")
    streams = Streams("MPEG-4", videos=(VideoStream("h264", *inside),))

    assert size_disagreement(streams, read_timeline(source, moov).tracks) == problem


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        pytest.param(
            FTYP + box(b"mdat", bytes(99)),
            {"kind": "video", "format": "mp4", "readable": False,
             "problem": "cut off or unfinished: its index (moov) is missing"},
            id="no index",
        ),
        pytest.param(
            box(b"styp", b"msdh", bytes(4)) + box(b"moof") + box(b"mdat", bytes(99)),
            {"format": "mp4", "readable": False,
             "problem": "cut off or unfinished: its index (moov) is missing"},
            id="a segment of a stream alone",
        ),
        pytest.param(
            box(b"ftyp", b"M4A ", bytes(4)), {"kind": "audio", "format": "m4a", "readable": False},
            id="no index, audio",
        ),
        pytest.param(
            mp4(1000, Trak())[:-1],
            {"problem": "cut off: 1,562 of at least 1,563 bytes are there", "readable": False},
            id="index cut off",
        ),
        pytest.param(
            FTYP + moov(1000, Trak(at=700, sample_size=40)),
            {"problem": "cut off: 555 of at least 1,100 bytes are there", "readable": False,
             "frames": 0, "duration": 1.0, "width": 64},
            id="samples past the end",
        ),
        pytest.param(
            mp4(1000, Trak(), Trak(id=2, handler=b"text", at=90_000)), {"readable": True},
            id="only subtitles past the end",
        ),
        pytest.param(
            FTYP + moov(1000, Trak(at=100)) + struct.pack(">I4s", 90_000, b"mdat") + bytes(90),
            {"readable": True, "problem": None},
            id="media box too long, all samples there",
        ),
        pytest.param(
            mp4(1000, Trak()) + struct.pack(">I4s", 90, b"moof"),
            {"problem": "cut off: 1,571 of at least 1,653 bytes are there", "readable": False},
            id="fragment cut off",
        ),
        pytest.param(
            mp4(0), {"readable": False, "format": "mp4", "duration": None,
                      "problem": "it has neither a video nor an audio track"},
            id="no tracks",
        ),
        pytest.param(
            mp4(0, Trak(handler=b"text")),
            {"readable": False, "problem": "it has neither a video nor an audio track"},
            id="only subtitles",
        ),
        pytest.param(
            mp4(0, Trak(deltas=(), edits=((0, 40),)), Trak(id=2, handler=b"soun", deltas=())),
            {"readable": False, "problem": "empty: its index lists no frames and no audio",
             "kind": "video", "duration": 0.0, "video_duration": 0.0},
            id="only empty tracks: the beginning of a stream, without the stream",
        ),
        pytest.param(
            mp4(0, box(b"trak", full(b"tkhd"), box(b"mdia", box(b"minf", box(b"stbl"))))),
            {"readable": False, "problem": "damaged: the tables of its index are invalid"},
            id="half a track header",
        ),
        pytest.param(
            mp4(0, Trak(deltas=((10, 0),))),
            {"readable": True, "duration": 0.0, "fps": None, "frames": 10},
            id="frames that last no time",
        ),
        pytest.param(
            mp4(1000, Trak())[len(FTYP):], {"format": "mov", "readable": True},
            id="QuickTime from before the file type",
        ),
        pytest.param(
            FTYP + box(b"free", bytes(7)) + box(b"uuid", bytes(30)) + box(b"wide")
            + struct.pack(">I4sQ", 1, b"mdat", 1016) + bytes(1000)
            + moov(1000, Trak(at=200)) + b"\0\0\0\0junk" ,
            {"readable": True, "frames": 10}, id="boxes of all sorts",
        ),
        pytest.param(
            mp4(1000, Trak(deltas=()), Trak(id=2, handler=b"soun", entry=audio_entry())),
            {"readable": True, "kind": "audio", "video_tracks": None, "audio_tracks": 1},
            id="a video track without frames",
        ),
        pytest.param(
            mp4(1000, Trak(flags=0), Trak(id=2, turned=(0, 1, -1, 0))),
            {"rotation": 90, "video_tracks": 2}, id="the track that is switched on",
        ),
        pytest.param(
            mp4(5000, Trak(), Trak(id=2, flags=0, deltas=((50, 60),))),
            {"duration": 1.0}, id="what is switched off does not count",
        ),
        pytest.param(
            mp4(5000, Trak(flags=0), Trak(id=2, flags=0, deltas=((50, 60),))),
            {"duration": 5.0}, id="unless everything is",
        ),
    ],
)  # fmt: skip
def test_structure(data: bytes, facts: dict[str, Any]) -> None:
    found = dict(read(data))

    assert {key: found.get(key) for key in facts} == facts


def test_what_mediainfo_does_not_know_is_reported_by_the_container() -> None:
    frame = Trak(entry=video_entry(b"av\xff!"))
    audio = Trak(id=1, handler=b"soun", entry=audio_entry(b"xyz1"))

    found = read(mp4(1000, frame, audio))

    assert (found["video_codec"], found["audio_codec"]) == ("av", "xyz1")
    assert (found["width"], found["frames"]) == (64, 10)
    assert (found["sample_rate"], found["channels"]) == (44100, 2)


@pytest.mark.parametrize("handler", [b"vide", b"soun"])
def test_a_track_that_is_not_described_is_counted(handler: bytes) -> None:
    bare = bytes(Trak(handler=handler)).replace(b"stsd", b"free")

    found = read(mp4(1000, bare))

    assert found.get("video_tracks", 0) + found.get("audio_tracks", 0) == 1
    assert found["duration"] == 1.0


def test_mediainfo_is_kept_from_tables_that_lead_nowhere(clip: bytes) -> None:
    """Shown the file itself, it would count to two billion, for minutes."""
    data = patched(clip, b"stts", 8, 0x7FFFFFFF)

    started = time.perf_counter()
    found = read(data)

    assert time.perf_counter() - started < 20
    assert (found["video_codec"], found["frames"]) == ("h264", 25)


@pytest.mark.parametrize(
    "flags", ["faststart", "frag_keyframe+empty_moov", "frag_every_frame+empty_moov", "empty_moov"]
)
@pytest.mark.untraced
def test_every_cut_is_noticed(make: Make, flags: str) -> None:
    data = make("whole.mp4", *COPY, "-movflags", flags + "+skip_trailer")
    end = data.rindex(b"mdat")

    for length in (*range(0, end, 1009), *range(end, len(data), 397), len(data) - 1):
        found = read(data[:length])
        # Fragments that are whole play: only a cut inside of one shows.
        between = b"moof" in data[length - 8 : length + 12]
        assert not found["readable"] or ("frag" in flags and between), length
        assert "problem" in found or between


@pytest.mark.untraced
def test_broken_bytes_end_in_an_answer(clip: bytes) -> None:
    start = clip.index(b"moov") + 4
    dice = random.Random(7)  # noqa: S311 - the same accidents every time

    for _ in range(200):
        data = bytearray(clip)
        for _ in range(dice.choice((1, 2, 8))):
            at = dice.randrange(start, len(data) - 4)
            data[at : at + 4] = dice.choice((bytes(4), b"\xff" * 4, dice.randbytes(4)))
        started = time.perf_counter()
        assert "readable" in read(bytes(data))
        assert time.perf_counter() - started < 20


@pytest.mark.untraced
def test_reading_tables_is_quick(clip: bytes) -> None:
    """A hundred clips take well below a second, beside what libmediainfo takes."""
    source = Bytes(clip)

    started = time.perf_counter()
    for _ in range(100):
        read_timeline(source, next(found for found in boxes(source) if found.kind == b"moov"))

    assert time.perf_counter() - started < 20


def test_the_frames_of_an_audio_know_better_than_the_index(make: Make) -> None:
    data = make("speech.mp4", *tone(), "-c:a", "libmp3lame", "-ac", "1")
    place = data.index(b"mp4a") + 4 + 16  # the number of channels in the sample description
    assert data[place : place + 2] == b"\0\1"

    found = read_movie(Bytes(data[:place] + b"\0\2" + data[place + 2 :]))

    assert (found["channels"], found["sample_rate"]) == (1, 44_100)
