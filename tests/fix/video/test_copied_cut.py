from __future__ import annotations

import pytest

from wanprep.fix.video.cuts import CopyCut, _audio_end, _count_frames, _read_packets

_TABLE = """\
#software: Lavf
#tb 0: 1/25
#media_type 0: video
#tb 1: 1/1000
0,         -2,          0,        1,     9, 0x1
1,        -23,        -23,       23,     9, 0x1, S=1, 10, 0x2
0,         -1,          4,        1,     9, 0x1
0,          0,          2,        1,     9, 0x1
0,          1,          1,        1,     9, 0x1
1,          0,          0,       23,     9, 0x1
0,          2,          3,        1,     9, 0x1
1,         23,         23,       23,     9, 0x1
0,          3,          5,        1,     9, 0x1
"""


@pytest.mark.parametrize(
    ("end", "count"),
    [
        pytest.param(0.01, 1, id="one at the least"),
        pytest.param(0.04, 1, id="the key frame alone"),
        pytest.param(0.19, 1, id="the frames of a group belong together"),
        pytest.param(0.20, 5, id="a group"),
        pytest.param(0.23, 5, id="no half frame"),
        pytest.param(0.24, 6, id="all"),
    ],
)
def test_images_end_cleanly(end: float, count: int) -> None:
    assert _count_frames(_read_packets(_TABLE)[0], end + 1e-9) == count


@pytest.mark.parametrize(
    ("end", "until"), [(0.0, 0.001), (0.045, -0.0115), (0.046, 0.0115), (1.0, 0.0345)]
)
def test_sound_that_is_not_played_counts(end: float, until: float) -> None:
    assert _audio_end(_read_packets(_TABLE)[1], end + 1e-9) == pytest.approx(until)


def test_nothing_there() -> None:
    assert _read_packets("") == {}
    assert _count_frames([], 1.0) == 1
    assert _audio_end([], 1.0) == 0.001


def test_words_for_ffmpeg() -> None:
    assert CopyCut(5, None).options() == {"frames:v": 5}
    assert CopyCut(None, 9.5).options() == {"t": "9.500000"}
    assert CopyCut(5, 9.5).options() == {"frames:v": 5, "t": "9.500000"}
