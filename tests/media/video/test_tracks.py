"""What an edit list leaves of a track."""

from __future__ import annotations

import struct

import pytest
from iso_boxes import box, full

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box
from wanprep.media.video.tracks import Edit, apply_edits, read_edits

SCALES = (1000, 600)  # the video's, the track's
EMPTY = -1


@pytest.mark.parametrize(
    ("edits", "delay", "duration"),
    [
        pytest.param([], 0, 5, id="none"),
        pytest.param([Edit(5000, 0)], 0, 5, id="all"),
        pytest.param([Edit(2000, 0)], 0, 2, id="the beginning"),
        pytest.param([Edit(4000, 600)], 0, 4, id="not the first second"),
        pytest.param([Edit(500, EMPTY), Edit(5000, 0)], 0.5, 5, id="late"),
        pytest.param([Edit(1000, 0), Edit(1000, 1800)], 0, 2, id="two pieces"),
        pytest.param([Edit(2000, 0), Edit(2000, 0)], 0, 4, id="the same twice"),
        pytest.param([Edit(60_000, 0)], 0, 5, id="more than there is"),
        pytest.param([Edit(60_000, 1200)], 0, 3, id="more than is left"),
        pytest.param([Edit(0, 600)], 0, 4, id="no length: to the end"),
        pytest.param([Edit(1000, 9000)], 0, 5, id="nothing is left: passed over"),
        pytest.param([Edit(1000, EMPTY)], 0, 5, id="only emptiness: passed over"),
        pytest.param([Edit(2000, 0, 2.0)], 0, 2, id="twice as fast"),
        pytest.param([Edit(9000, 0, 2.0)], 0, 2.5, id="twice as fast, more than there is"),
        pytest.param([Edit(3000, 600, 0.0)], 0, 3, id="one frame held"),
    ],
)
def test_lengths(edits: list[Edit], delay: float, duration: float) -> None:
    presentation = apply_edits(edits, (0, 3000, 2900), SCALES, growing=False)

    assert (presentation.delay, presentation.duration) == (delay, duration)


def test_the_first_frame_may_come_late_by_itself() -> None:
    """B-frames push presentation back; an edit from 0 on still shows as much as it says."""
    presentation = apply_edits([Edit(5000, 0)], (40, 3040, 3000), SCALES, growing=False)

    assert presentation.duration == 5


@pytest.mark.parametrize("length", [0, 1000, 99_000])
def test_the_last_edit_of_a_fragmented_video_has_no_end(length: int) -> None:
    presentation = apply_edits([Edit(length, 600)], (0, 3000, 2900), SCALES, growing=True)

    assert presentation.duration == 4
    assert presentation.windows == ((600, 3001),)


def test_a_fragment_from_the_middle_is_shown_whole() -> None:
    presentation = apply_edits([Edit(0, 20)], (60_000, 63_000, 62_900), SCALES, growing=True)

    assert presentation.duration == 5
    assert presentation.span == (20, 63_001)


@pytest.mark.parametrize("edits", [[], [Edit(0, 0)]])
def test_a_frame_that_reordering_puts_behind_the_end_is_shown(edits: list[Edit]) -> None:
    presentation = apply_edits(edits, (0, 3000, 3100), SCALES, growing=True)

    assert presentation.span == (0, 3101)
    assert presentation.duration == 5


@pytest.mark.parametrize(
    ("elst", "edits"),
    [
        pytest.param(b"", (), id="none"),
        pytest.param(
            full(b"elst", struct.pack(">IIii", 1, 5000, -1, 0x10000)),
            (Edit(5000, EMPTY, 1.0),),
            id="32 bits",
        ),
        pytest.param(
            full(b"elst", struct.pack(">IQqi", 1, 2**33, 7, 0x20000), version=1),
            (Edit(2**33, 7, 2.0),),
            id="64 bits",
        ),
        pytest.param(
            full(b"elst", struct.pack(">IIii", 2**32 - 1, 5000, 0, 0x10000)),
            (Edit(5000, 0, 1.0),),
            id="fewer than it says",
        ),
    ],
)
def test_read(elst: bytes, edits: tuple[Edit, ...]) -> None:
    data = box(b"edts", elst)

    assert read_edits(Bytes(data), Box(b"trak", 0, 0, len(data))) == edits
