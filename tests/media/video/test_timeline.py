"""The facts in the index of a video: frames, lengths, rotations; and wrong headers."""

from __future__ import annotations

import random
import struct
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from iso_boxes import Trak, audio_entry, box, full, moov, mp4, mvhd, table, video_entry

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import boxes
from wanprep.media.video.timeline import Timeline, read_timeline

if TYPE_CHECKING:
    from wanprep.media.video.tracks import Track

SOUND = Trak(id=2, handler=b"soun", scale=1000, deltas=((50, 20),), entry=audio_entry())
COVER = Trak(id=3, deltas=((1, 600),), entry=video_entry(b"jpeg"))
TEXT = Trak(id=4, handler=b"text", deltas=((2, 6000),))


def timeline(data: bytes) -> Timeline:
    source = Bytes(data)
    return read_timeline(source, next(b for b in boxes(source) if b.kind == b"moov"))


def track(given: Trak) -> Track:
    return timeline(mp4(1000, given)).tracks[0]


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        pytest.param(
            Trak(),
            {"id": 1, "handler": "vide", "samples": 10, "frames": 10, "duration": 1.0, "fps": 10.0,
             "vfr": False, "rotation": 0, "enabled": True, "cover": False, "encrypted": False},
            id="ordinary",
        ),
        pytest.param(Trak(version=1), {"id": 1, "duration": 1.0, "rotation": 0}, id="64-bit times"),
        pytest.param(Trak(flags=0), {"enabled": False}, id="switched off"),
        pytest.param(
            Trak(deltas=((1, 300), (9, 60))), {"fps": 10 / 1.4, "vfr": True}, id="uneven"
        ),
        pytest.param(
            Trak(deltas=((9, 60), (1, 1500))),
            {"vfr": False, "duration": 3.4},
            id="a long last frame is not uneven",
        ),
        pytest.param(
            Trak(offsets=((1, 120), (1, 240), (1, 60), (7, 120))),
            {"frames": 10, "duration": 1.0, "vfr": True},
            id="even in decoding, uneven in showing",
        ),
        pytest.param(
            Trak(edits=((800, 120),)), {"frames": 8, "duration": 0.8, "fps": 10.0}, id="cut"
        ),
        pytest.param(
            Trak(offsets=((10, 120),), edits=((1000, 120),)),
            {"frames": 10, "duration": 1.0},
            id="B-frames and the edit that makes up for them",
        ),
        pytest.param(
            Trak(edits=((500, -1), (1000, 0))),
            {"delay": 0.5, "duration": 1.0, "end": 1.5, "frames": 10},
            id="late",
        ),
        pytest.param(
            Trak(edits=((500, 0), (500, 0))), {"frames": 10, "duration": 1.0}, id="twice"
        ),
        pytest.param(
            Trak(deltas=()),
            {"samples": 0, "frames": 0, "duration": 0.0, "fps": None, "vfr": False},
            id="no samples",
        ),
        pytest.param(Trak(deltas=((10, 0),)), {"fps": None, "frames": 10}, id="no durations"),
        pytest.param(Trak(scale=0), {"frames": 10, "duration": 600.0}, id="no time scale"),
        pytest.param(Trak(sample_size=7), {"end_of_data": 94}, id="where the last sample ends"),
        pytest.param(
            Trak(entry=video_entry(b"encv")), {"encrypted": True}, id="encrypted frame"
        ),
        pytest.param(
            Trak(entry=video_entry(b"avc1", box(b"sinf"))), {"encrypted": True}, id="sinf"
        ),
        pytest.param(
            Trak(handler=b"soun", entry=audio_entry(b"enca")),
            {"encrypted": True, "vfr": False, "fps": None},
            id="encrypted audio",
        ),
        pytest.param(
            Trak(handler=b"soun", entry=audio_entry(b"mp4a", box(b"sinf"), version=1)),
            {"encrypted": True},
            id="sinf in QuickTime audio",
        ),
        pytest.param(
            Trak(handler=b"soun", entry=audio_entry(b"mp4a", box(b"esds"))),
            {"encrypted": False},
            id="plain audio",
        ),
    ],
)  # fmt: skip
def test_track(given: Trak, facts: dict[str, Any]) -> None:
    found = track(given)

    assert {name: getattr(found, name) for name in facts} == pytest.approx(facts)


@pytest.mark.parametrize(
    ("turned", "degrees"),
    [
        pytest.param((1, 0, 0, 1), 0, id="upright"),
        pytest.param((0, 1, -1, 0), 90, id="a phone held upright"),
        pytest.param((-1, 0, 0, -1), 180, id="head over heels"),
        pytest.param((0, -1, 1, 0), 270, id="the other way"),
        pytest.param((0, 1, 1, 0), 90, id="turned and mirrored"),
        pytest.param((1, 0, 0, -1), 0, id="mirrored top to bottom"),
        pytest.param((0, 2, -2, 0), 90, id="scaled"),
        pytest.param((0.02, 0.9998, -0.9998, 0.02), 90, id="nearly"),
        pytest.param((0, 0, 0, 0), 0, id="no matrix"),
    ],
)
def test_rotation(turned: tuple[float, float, float, float], degrees: int) -> None:
    assert track(Trak(turned=turned)).rotation == degrees


def test_the_video_turns_its_tracks() -> None:
    turned = box(b"moov", mvhd(1000, turned=(0, 1, -1, 0)), bytes(Trak(turned=(0, 1, -1, 0))))

    assert timeline(turned).tracks[0].rotation == 180


@pytest.mark.parametrize(
    ("inside", "entry"),
    [
        pytest.param(
            (box(b"pasp", struct.pack(">II", 4, 3)),), {"sar": 4 / 3, "hdr": False}, id="wide"
        ),
        pytest.param((box(b"pasp", bytes(8)),), {"sar": None}, id="pixels of no shape"),
        pytest.param((box(b"pasp"),), {"sar": None}, id="no shape given"),
        pytest.param(
            (box(b"colr", b"nclx", struct.pack(">HHHB", 9, 16, 9, 0)),), {"hdr": True}, id="PQ"
        ),
        pytest.param(
            (box(b"colr", b"nclc", struct.pack(">HHH", 9, 18, 9)),), {"hdr": True}, id="HLG"
        ),
        pytest.param(
            (box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0)),), {"hdr": False}, id="SDR"
        ),
        pytest.param((box(b"colr", b"prof", bytes(99)),), {"hdr": False}, id="ICC"),
        pytest.param((box(b"dvvC", bytes(24)),), {"hdr": True}, id="Dolby Vision"),
        pytest.param((), {"width": 64, "height": 48, "codec": b"avc1"}, id="size"),
    ],
)
def test_sample_entry(inside: tuple[bytes, ...], entry: dict[str, Any]) -> None:
    found = track(Trak(entry=video_entry(b"avc1", *inside))).entries[0]

    assert {name: getattr(found, name) for name in entry} == entry


def test_prores_gives_its_alpha_channel_by_its_depth() -> None:
    assert track(Trak(entry=video_entry(b"ap4h", depth=32))).entries[0].alpha
    assert not track(Trak(entry=video_entry(b"ap4h", depth=24))).entries[0].alpha


def test_what_is_not_a_frame_or_audio_is_no_medium() -> None:
    found = timeline(mp4(20_000, Trak(), SOUND, TEXT))

    assert [t.id for t in found.of("vide")] == [1]
    assert [t.id for t in found.of("soun")] == [2]
    assert [t.handler for t in found.tracks] == ["vide", "soun", "text"]


@pytest.mark.parametrize(
    ("traks", "videos"),
    [
        pytest.param([SOUND, COVER], [], id="cover beside audio"),
        pytest.param([Trak(), COVER], [1], id="cover beside a video"),
        pytest.param([COVER], [3], id="a frame alone is a video of one frame"),
        pytest.param([SOUND, replace(COVER, deltas=((2, 60),))], [3], id="two JPEGs are a video"),
        pytest.param(
            [SOUND, replace(COVER, entry=video_entry(b"avc1"))], [3], id="one frame of H.264"
        ),
        pytest.param([replace(SOUND, chapters=(1,)), Trak()], [], id="frames that mark chapters"),
        pytest.param([Trak(), Trak(id=2, deltas=())], [1], id="a track without samples"),
        pytest.param([Trak(deltas=())], [1], id="nothing but a track without samples"),
    ],
)
def test_cover_art_is_no_video(traks: list[Trak], videos: list[int]) -> None:
    assert [t.id for t in timeline(mp4(1000, *traks)).of("vide")] == videos


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(mp4(1000, Trak()), None, id="honest"),
        pytest.param(mp4(1090, Trak()), None, id="nearly"),
        pytest.param(mp4(9000, Trak()), "its header gives 9.00 s, its samples 1.00 s", id="video"),
        pytest.param(mp4(0, Trak()), "its header gives 0.00 s, its samples 1.00 s", id="zero"),
        pytest.param(mp4(2**32 - 1, Trak()), None, id="not known"),
        pytest.param(
            mp4(1000, Trak(header_duration=7_200_000)),
            "its header gives 7,200.00 s, its samples 1.00 s",
            id="track",
        ),
        pytest.param(mp4(1000, Trak(header_duration=0)), None, id="track: not stated"),
        pytest.param(
            mp4(1000, Trak(media_duration=60)),
            "its header gives 0.10 s, its samples 1.00 s",
            id="media",
        ),
        pytest.param(mp4(1000, Trak(media_duration=2**32 - 1)), None, id="media: not known"),
        pytest.param(mp4(1000, Trak(version=1, media_duration=2**64 - 1)), None, id="nor here"),
        pytest.param(
            mp4(1000, Trak(edits=((4000, 0),))),
            "its header gives 4.00 s, its samples 1.00 s",
            id="edit list",
        ),
        pytest.param(mp4(800, Trak(edits=((800, 120),))), None, id="cut by its edit list"),
        pytest.param(mp4(1000, Trak(edits=((800, 120),))), None, id="length before the cut"),
        pytest.param(mp4(1500, Trak(edits=((500, -1), (1000, 0)))), None, id="late"),
        pytest.param(mp4(1000, Trak(edits=((500, -1), (1000, 0)))), None, id="without the wait"),
        pytest.param(mp4(20_000, Trak(), TEXT), None, id="as long as its chapter names"),
        pytest.param(mp4(1000, Trak(), SOUND), None, id="frame and audio"),
        pytest.param(
            mp4(3500, Trak(scale=1, deltas=((4, 1),))), None, id="less than one frame out"
        ),
        pytest.param(mp4(1000), None, id="no tracks"),
        pytest.param(box(b"moov", bytes(Trak())), None, id="no header"),
    ],
)
def test_headers_that_lie(data: bytes, problem: str | None) -> None:
    assert timeline(data).mismatch() == problem


def located(value: bytes) -> bytes:
    """Make metadata as iPhones write it."""
    keys = full(b"keys", struct.pack(">II", 1, 8 + len(value)), b"mdta", value)
    return box(b"meta", box(b"hdlr", bytes(24)), keys, box(b"ilst", box(b"\0\0\0\1", bytes(16))))


@pytest.mark.parametrize(
    ("part", "gps"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(box(b"udta", box(b"\xa9xyz", b"+27.5+099.8/")), True, id="Android"),
        pytest.param(box(b"udta", full(b"loci", bytes(20))), True, id="3GPP"),
        pytest.param(located(b"com.apple.quicktime.location.ISO6709"), True, id="iPhone"),
        pytest.param(located(b"com.apple.quicktime.make"), False, id="iPhone, location off"),
        pytest.param(
            box(b"udta", full(b"meta", box(b"hdlr", bytes(24)), box(b"ilst", box(b"\xa9xyz")))),
            True,
            id="iTunes",
        ),
        pytest.param(
            box(b"udta", full(b"meta", box(b"hdlr", bytes(24)), box(b"ilst", box(b"\xa9nam")))),
            False,
            id="a title",
        ),
        pytest.param(box(b"meta", box(b"hdlr", bytes(24))), False, id="empty metadata"),
    ],
)
def test_location(part: bytes, gps: bool) -> None:
    assert timeline(mp4(1000, Trak(), part)).gps is gps


def test_compressed_index() -> None:
    packed = zlib.compress(moov(1000, Trak()))
    cmov = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", 999), packed))

    assert timeline(box(b"moov", cmov)).tracks == timeline(moov(1000, Trak())).tracks


def test_compressed_index_of_nothing() -> None:
    cmov = box(b"cmov", box(b"cmvd", bytes(4), zlib.compress(b"")))

    assert timeline(box(b"moov", cmov)).tracks == ()


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(box(b"trak"), id="empty"),
        pytest.param(box(b"trak", full(b"tkhd", bytes(80)), box(b"mdia")), id="no media"),
        pytest.param(
            box(b"trak", full(b"tkhd", bytes(80)), box(b"mdia", box(b"minf"))), id="no tables"
        ),
    ],
)
def test_half_a_track_is_none(part: bytes) -> None:
    assert timeline(moov(1000, part)).tracks == ()


def test_a_track_without_description_is_read() -> None:
    stbl = box(b"stbl", table(b"stts", [(1, 600)]))
    mdia = box(b"mdia", full(b"hdlr", bytes(4), b"vide"), box(b"minf", stbl))

    found = timeline(moov(1000, box(b"trak", full(b"tkhd", bytes(80)), mdia)))

    assert found.tracks[0].entries == ()


def test_hours_are_read_in_a_moment() -> None:
    """Four hours in which every second frame is a B-frame."""
    pairs = 2 * 3600 * 30
    hours = Trak(deltas=((2 * pairs + 1, 20),), offsets=((1, 20), *((1, 40), (1, 0)) * pairs))
    data = mp4(14_400_000, hours)

    started = time.perf_counter()
    found = timeline(data).tracks[0]

    assert time.perf_counter() - started < 20
    assert (found.frames, found.fps, found.vfr) == (2 * pairs + 1, 30, False)


def test_a_table_beyond_all_videos_is_given_up() -> None:
    ctts = full(b"ctts", struct.pack(">I", 2_000_000), bytes(16_000_000))
    mdia = box(b"mdia", box(b"minf", box(b"stbl", ctts)))

    with pytest.raises(ValueError, match="a box has 16,000,008 bytes, more than 10,485,760"):
        timeline(moov(1000, box(b"trak", full(b"tkhd", bytes(80)), mdia)))


@pytest.mark.untraced
def test_broken_bytes_end_in_an_answer_or_an_ordinary_exception() -> None:
    whole = mp4(1000, Trak(offsets=((5, 60), (5, 0)), edits=((900, 60),)), SOUND, COVER)
    start = whole.index(b"moov") + 4
    dice = random.Random(7)  # noqa: S311 - the same accidents every time

    for _ in range(600):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 8))):
            at = dice.randrange(start, len(data) - 4)
            data[at : at + 4] = dice.choice(
                (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", dice.randbytes(4))
            )
        started = time.perf_counter()
        with suppress(ArithmeticError, LookupError, ValueError, struct.error):
            timeline(bytes(data)).mismatch()
        assert time.perf_counter() - started < 20
