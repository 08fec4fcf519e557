"""Fragmented videos: tables in many small boxes, and defaults in three places."""

from __future__ import annotations

import struct
import time

import pytest
from iso_boxes import FTYP, Trak, audio_entry, box, full, mvhd

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import boxes
from wanprep.media.video.timeline import Timeline, read_timeline

EMPTY = Trak(deltas=())
BASE_IS_MOOF = 0x020000


def index(*parts: bytes, duration: int = 0, trex: tuple[int, int] = (60, 100)) -> bytes:
    defaults = full(b"trex", struct.pack(">5I", 1, 1, *trex, 0))
    other = full(b"trex", struct.pack(">5I", 2, 1, 30, 10, 0))
    return box(b"moov", mvhd(duration), *parts, box(b"mvex", defaults, other))


def run(*samples: tuple[int, ...], flags: int = 0, at: int | None = None, first: int = 0) -> bytes:
    """Make a trun whose samples have the fields that the flags announce."""
    place = b"" if at is None else struct.pack(">i", at)
    flags |= 0 if at is None else 0x1
    extra = struct.pack(">I", first) if flags & 0x4 else b""
    numbers = [number & 0xFFFFFFFF for sample in samples for number in sample]
    rows = struct.pack(f">{len(numbers)}I", *numbers)
    return full(b"trun", struct.pack(">I", len(samples)), place, extra, rows, flags=flags)


def traf(*parts: bytes, track: int = 1, flags: int = BASE_IS_MOOF, extra: bytes = b"") -> bytes:
    return box(b"traf", full(b"tfhd", struct.pack(">I", track), extra, flags=flags), *parts)


def starts(at: int, version: int = 0) -> bytes:
    return full(b"tfdt", struct.pack(">Q" if version else ">I", at), version=version)


def moof(*trafs: bytes) -> bytes:
    return box(b"moof", full(b"mfhd", bytes(4)), *trafs)


def timeline(data: bytes) -> Timeline:
    source = Bytes(data)
    top = list(boxes(source))
    moov = next(b for b in top if b.kind == b"moov")
    return read_timeline(source, moov, [b for b in top if b.kind == b"moof"])


PLAIN = traf(run((), ()))
HEAD = len(FTYP + index(bytes(EMPTY)))


@pytest.mark.parametrize(
    ("fragments", "frames", "duration"),
    [
        pytest.param([], 0, 0, id="none"),
        pytest.param([moof(PLAIN)], 2, 120, id="one"),
        pytest.param([moof(PLAIN), moof(PLAIN)], 4, 240, id="two"),
        pytest.param([moof(PLAIN, PLAIN)], 4, 240, id="two parts in one"),
        pytest.param([moof(traf(run((), ()), run(())))], 3, 180, id="two runs in one part"),
        pytest.param(
            [moof(traf(run((), ()), flags=0x8, extra=struct.pack(">I", 25)))], 2, 50,
            id="default duration of the fragment",
        ),
        pytest.param(
            [moof(traf(run((), ()), flags=0x3B, extra=struct.pack(">QIIII", 9, 1, 25, 7, 0)))],
            2, 50, id="every default of the fragment",
        ),
        pytest.param([moof(traf(run((30,), (40,), flags=0x100)))], 2, 70, id="own durations"),
        pytest.param(
            [moof(traf(run((30, 5, 0, 10), (40, 5, 0, -10), flags=0xF00)))], 2, 70,
            id="own everything",
        ),
        pytest.param([moof(traf(run((), flags=0x4)))], 1, 60, id="flags of the first sample"),
        pytest.param([moof(traf(run((), ()), track=9))], 0, 0, id="of a track that is not there"),
        pytest.param([moof(traf(run()))], 0, 0, id="of no samples"),
        pytest.param(
            [moof(traf(full(b"trun", struct.pack(">III", 99, 30, 40), flags=0x100)))], 2, 70,
            id="fewer samples than it says",
        ),
        pytest.param(
            [moof(traf(starts(0), run((), ()))), moof(traf(starts(120), run(())))], 3, 180,
            id="times that agree",
        ),
        pytest.param(
            [moof(traf(starts(0), run((), ()))), moof(traf(starts(180), run(())))], 3, 240,
            id="a gap: the sample before it lasts longer",
        ),
        pytest.param(
            [moof(traf(starts(0), run((), ()))), moof(traf(starts(90), run(())))], 3, 150,
            id="an overlap: the sample before it is cut short",
        ),
        pytest.param(
            [moof(traf(starts(0), run((), ()))), moof(traf(starts(0), run((), ())))], 4, 240,
            id="times that begin again",
        ),
        pytest.param(
            [moof(traf(starts(2**40, 1), run((), ())))], 2, 120, id="from the middle of a stream"
        ),
        pytest.param([moof(traf(starts(2**63, 1), run(())))], 1, 60, id="a time that is nonsense"),
    ],
)  # fmt: skip
def test_fragments(fragments: list[bytes], frames: int, duration: int) -> None:
    found = timeline(FTYP + index(bytes(EMPTY)) + b"".join(fragments)).tracks[0]

    assert found.frames == frames
    assert found.duration == pytest.approx(duration / 600)


def test_fragments_go_on_where_the_index_ends() -> None:
    found = timeline(FTYP + index(bytes(Trak())) + moof(PLAIN)).tracks[0]

    assert (found.frames, found.duration) == (12, 1.2)


def test_rows_of_no_samples_do_not_count() -> None:
    before = Trak(deltas=((10, 60), (0, 99)))
    data = FTYP + index(bytes(before)) + moof(traf(starts(660), run(())))

    assert timeline(data).tracks[0].duration == 1.2


def test_without_defaults_samples_last_no_time() -> None:
    data = FTYP + box(b"moov", mvhd(0), bytes(EMPTY)) + moof(PLAIN)

    assert timeline(data).tracks[0].frames == 2


@pytest.mark.parametrize(
    ("fragment", "end_of_data"),
    [
        pytest.param(moof(traf(run((), (), at=500))), HEAD + 700, id="from the fragment on"),
        pytest.param(
            moof(traf(run((), (), at=500), flags=0)), HEAD + 700, id="so it is by default"
        ),
        pytest.param(
            moof(traf(run((), (), at=5), flags=0x1, extra=struct.pack(">Q", 10**6))),
            10**6 + 205,
            id="from a given place on",
        ),
        pytest.param(moof(traf(run((), at=500), run(()))), HEAD + 700, id="one run after another"),
        pytest.param(
            moof(traf(run((), at=500), flags=0), traf(run(()), flags=0)),
            HEAD + 700,
            id="one part after another",
        ),
        pytest.param(
            moof(traf(run((30,), (40,), flags=0x200, at=100))), HEAD + 170, id="own sizes"
        ),
    ],
)
def test_where_the_samples_end(fragment: bytes, end_of_data: int) -> None:
    assert timeline(FTYP + index(bytes(EMPTY)) + fragment).tracks[0].end_of_data == end_of_data


def test_each_track_has_its_own_samples() -> None:
    audio = Trak(id=2, handler=b"soun", scale=1000, deltas=(), entry=audio_entry())
    data = FTYP + index(bytes(EMPTY), bytes(audio)) + moof(PLAIN, traf(run((), (), ()), track=2))

    frame, heard = timeline(data).tracks

    assert (frame.samples, frame.duration) == (2, 0.2)
    assert (heard.samples, heard.duration) == (3, 0.09)


@pytest.mark.parametrize(
    ("duration", "mehd", "problem"),
    [
        pytest.param(0, b"", None, id="nothing is claimed"),
        pytest.param(200, b"", None, id="honest"),
        pytest.param(9000, b"", "its header gives 9.00 s, its samples 0.20 s", id="video"),
        pytest.param(0, struct.pack(">I", 200), None, id="honest mehd"),
        pytest.param(
            0, struct.pack(">I", 5000), "its header gives 5.00 s, its samples 0.20 s", id="mehd"
        ),
    ],
)
def test_headers_that_lie(duration: int, mehd: bytes, problem: str | None) -> None:
    inside = [full(b"mehd", mehd)] if mehd else []
    trex = full(b"trex", struct.pack(">5I", 1, 1, 60, 100, 0))
    moov = box(b"moov", mvhd(duration), bytes(EMPTY), box(b"mvex", *inside, trex))

    assert timeline(FTYP + moov + moof(PLAIN)).mismatch() == problem


def test_a_header_may_speak_of_what_comes_before_the_first_fragment() -> None:
    data = FTYP + index(bytes(Trak()), duration=1000) + moof(traf(run(*[()] * 50)))

    found = timeline(data)

    assert found.tracks[0].duration == 6
    assert found.mismatch() is None


def test_billions_of_samples_without_a_byte_are_not_believed() -> None:
    endless = full(b"trun", struct.pack(">I", 2**32 - 1))
    data = FTYP + index(bytes(EMPTY), trex=(60, 0)) + moof(traf(*[endless] * 100))

    started = time.perf_counter()
    found = timeline(data).tracks[0]

    assert time.perf_counter() - started < 20
    assert found.samples < 2**32 * 100


def test_a_fragment_cut_in_its_header_is_an_error() -> None:
    data = FTYP + index(bytes(EMPTY)) + moof(box(b"traf", full(b"tfhd")))

    with pytest.raises(struct.error):
        timeline(data)


def test_millions_of_rows_are_given_up() -> None:
    rows = full(b"trun", struct.pack(">I", 500_000), bytes(2_000_000), flags=0x100)
    data = FTYP + index(bytes(EMPTY)) + moof(traf(rows)) * 5

    with pytest.raises(ValueError, match="too many samples"):
        timeline(data)
