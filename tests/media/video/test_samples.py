"""Sample tables, and the frame rates that follow from them."""

from __future__ import annotations

import struct
from array import array
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING

import pytest
from iso_boxes import full, table

from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box
from wanprep.media.video.samples import Runs, Samples, is_variable, read_samples, times_within

if TYPE_CHECKING:
    from collections.abc import Iterable

THREE = table(b"stts", [(3, 10)])
SIZES = full(b"stsz", struct.pack(">5I", 0, 3, 100, 200, 300))
ONE_CHUNK = table(b"stsc", [(1, 3, 1)])
AT_1000 = table(b"stco", [(1000,)])


def samples(*tables: bytes) -> Samples:
    data = b"".join(tables)
    return read_samples(Bytes(data), Box(b"stbl", 0, 0, len(data)))


def runs(*pairs: tuple[int, int]) -> Runs:
    return Runs(array("Q", [n for n, _ in pairs]), array("q", [v for _, v in pairs]))


@pytest.mark.parametrize(
    ("tables", "count", "total", "end_of_data"),
    [
        pytest.param([THREE, SIZES, ONE_CHUNK, AT_1000], 3, 30, 1600, id="ordinary"),
        pytest.param(
            [THREE, SIZES, table(b"stsc", [(1, 1, 1)]), table(b"stco", [(50,), (9000,), (60,)])],
            3, 30, 9200, id="chunks out of order",
        ),
        pytest.param(
            [THREE, SIZES, table(b"stsc", [(1, 1, 1), (2, 2, 1)]), table(b"stco", [(9,), (90,)])],
            3, 30, 590, id="chunks of several lengths",
        ),
        pytest.param(
            [THREE, SIZES, ONE_CHUNK, full(b"co64", struct.pack(">IQ", 1, 2**40))],
            3, 30, 2**40 + 600, id="64-bit places",
        ),
        pytest.param(
            [THREE, full(b"stsz", struct.pack(">II", 7, 3)), ONE_CHUNK, AT_1000],
            3, 30, 1021, id="samples of one size",
        ),
        pytest.param(
            [THREE, full(b"stsz", struct.pack(">II", 1, 3)), ONE_CHUNK, AT_1000],
            3, 30, 1001, id="QuickTime audio, whose sizes are no sizes",
        ),
        pytest.param(
            [THREE, full(b"stz2", struct.pack(">IIBBB", 8, 3, 5, 6, 7)), ONE_CHUNK, AT_1000],
            3, 30, 1018, id="sizes of 8 bits",
        ),
        pytest.param(
            [THREE, full(b"stz2", struct.pack(">IIHHH", 16, 3, 5, 6, 700)), ONE_CHUNK, AT_1000],
            3, 30, 1711, id="sizes of 16 bits",
        ),
        pytest.param(
            [THREE, full(b"stz2", struct.pack(">IIBB", 4, 3, 1, 2)), ONE_CHUNK, AT_1000],
            3, 30, 1001, id="sizes of 4 bits",
        ),
        pytest.param(
            [table(b"stts", [(1, 10)]), SIZES, ONE_CHUNK, AT_1000],
            3, 30, 1600, id="durations for the first only: the rest last as long",
        ),
        pytest.param(
            [table(b"stts", [(1, 10), (99, 20)]), SIZES, ONE_CHUNK, AT_1000],
            3, 50, 1600, id="durations for more than there are",
        ),
        pytest.param([SIZES, ONE_CHUNK, AT_1000], 3, 0, 1600, id="no durations"),
        pytest.param(
            [table(b"stts", [(2, 10), (1, -5)]), SIZES, ONE_CHUNK, AT_1000],
            3, 21, 1600, id="a negative duration",
        ),
        pytest.param(
            [THREE, full(b"stsz", struct.pack(">II", 9, 2**32 - 1)), ONE_CHUNK, AT_1000],
            3, 30, 1027, id="four billion samples in a chunk for three",
        ),
        pytest.param([THREE, SIZES, AT_1000], 0, 0, 0, id="no chunks"),
        pytest.param([THREE, SIZES, ONE_CHUNK], 0, 0, 0, id="no places"),
        pytest.param([THREE, ONE_CHUNK, AT_1000], 0, 0, 0, id="no sizes"),
        pytest.param([], 0, 0, 0, id="nothing at all"),
        pytest.param(
            [
                full(b"stts", struct.pack(">3I", 2**32 - 1, 3, 10)),
                full(b"stsz", struct.pack(">5I", 0, 2**32 - 1, 1, 2, 3)),
                full(b"stsc", struct.pack(">4I", 2**32 - 1, 1, 3, 1)),
                full(b"stco", struct.pack(">2I", 2**32 - 1, 40)),
            ],
            3, 30, 46, id="tables that say they are endless",
        ),
    ],
)  # fmt: skip
def test_tables(tables: list[bytes], count: int, total: int, end_of_data: int) -> None:
    found = samples(*tables)

    assert (found.count, found.durations.total(), found.end_of_data) == (count, total, end_of_data)


def test_offsets_are_signed_whatever_their_version() -> None:
    found = samples(THREE, table(b"ctts", [(1, 0), (2, -10)]), SIZES, ONE_CHUNK, AT_1000)

    assert list(found.offsets.expand()) == [0, -10, -10]


def test_without_offsets_samples_are_shown_when_they_are_decoded() -> None:
    assert list(samples(THREE, SIZES, ONE_CHUNK, AT_1000).offsets.expand()) == [0, 0, 0]


@pytest.mark.parametrize(
    ("given", "count", "resized"),
    [
        (runs((2, 5), (3, 7)), 5, [5, 5, 7, 7, 7]),
        (runs((2, 5), (3, 7)), 4, [5, 5, 7, 7]),
        (runs((2, 5), (3, 7)), 2, [5, 5]),
        (runs((2, 5), (3, 7)), 1, [5]),
        (runs((2, 5), (3, 7)), 0, []),
        (runs((2, 5), (3, 7)), 6, [5, 5, 7, 7, 7, 7]),
        (runs((2, 5), (0, 9), (1, 7)), 4, [5, 5, 7, 7]),
        (runs(), 2, [0, 0]),
    ],
)
def test_fitted(given: Runs, count: int, resized: list[int]) -> None:
    assert list(given.resized(count).expand()) == resized


def times(*gaps: Iterable[int]) -> list[int]:
    return list(accumulate(chain.from_iterable(gaps), initial=0))


def rounded(rate: float, seconds: float, ticks: int) -> list[int]:
    return [round(frame / rate * ticks) for frame in range(int(seconds * rate))]


@pytest.mark.parametrize(
    ("frames", "ticks"),
    [
        pytest.param([], 600, id="no frames"),
        pytest.param([7], 600, id="one frame"),
        pytest.param([0, 40], 1000, id="two frames"),
        pytest.param(times([512] * 50), 12800, id="steady"),
        pytest.param(times([20] * 44, [21], [20] * 75), 600, id="a phone: 20 and 21 of 600"),
        pytest.param(times([19, 20, 21, 20] * 30), 600, id="a phone: 19, 20 and 21 of 600"),
        pytest.param(times([3012] * 62, [3003] * 2, [3021], [3012] * 60), 90000, id="an editor"),
        pytest.param(rounded(30, 10, 1000), 1000, id="30 fps in milliseconds"),
        pytest.param(rounded(59.94, 10, 1000), 1000, id="59.94 fps in milliseconds"),
        pytest.param(rounded(240, 5, 1000), 1000, id="240 fps in milliseconds"),
        pytest.param(rounded(23.976, 10, 1000), 1000, id="23.976 fps in milliseconds"),
        pytest.param(times([33, 31, 36, 34, 33] * 20), 1000, id="a camera's jitter"),
    ],
)
def test_steady(frames: list[int], ticks: int) -> None:
    assert not is_variable(frames, ticks)


@pytest.mark.parametrize(
    ("frames", "ticks"),
    [
        pytest.param(times([29281], [3000] * 5), 90000, id="a long first frame"),
        pytest.param(times([83, 100, 119, 96, 70, 124] * 5), 1000, id="a screen recording"),
        pytest.param(times([40] * 20, [80], [40] * 20), 1000, id="one frame left out"),
        pytest.param(times([4] * 200, [8], [4] * 20), 1000, id="one of 240 fps left out"),
        pytest.param(times([4000] * 50, [3333] * 60), 100_000, id="25, then 30 fps"),
        pytest.param(times([2500] * 48, [2400] * 50), 60_000, id="24, then 25 fps"),
        pytest.param(times([2, 3] * 24), 60, id="video on 60 fps"),
        pytest.param(times([40, 0, 40, 80]), 1000, id="two frames at once"),
    ],
)
def test_varying(frames: list[int], ticks: int) -> None:
    assert is_variable(frames, ticks)


def test_jitter_does_not_add_up_to_a_change() -> None:
    assert not is_variable(times(chain.from_iterable(repeat([19, 21, 20, 20], 500))), 600)


@pytest.mark.parametrize(
    ("windows", "left"),
    [
        ([(0, 50)], [0, 10, 20, 30, 40]),
        ([(10, 30)], [10, 20]),
        ([(11, 31)], [20, 30]),
        ([(0, 10), (40, 99)], [0, 40]),
        ([(20, 40), (0, 20)], [20, 30, 0, 10]),
        ([(50, 60)], []),
    ],
)
def test_frames_that_begin_inside_the_windows(
    windows: list[tuple[int, int]], left: list[int]
) -> None:
    assert times_within([0, 10, 20, 30, 40], windows) == left
