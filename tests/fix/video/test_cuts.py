from __future__ import annotations

import pytest
from sample_videos import recipe_for

from wanprep.fix.video.cuts import (
    Trim,
    _audio_end,
    _count_frames,
    _cut_options,
    _read_packets,
    aac_sample_rate,
    find_trim,
    standard_rate,
)
from wanprep.media.facts import Facts


def _clip(**known: object) -> Facts:
    usual: dict[str, object] = {"path": "", "kind": "video", "format": "mp4", "fps": 25.0}
    usual |= {"duration": 60.0, "audio_tracks": 1, "sample_rate": 48_000}
    return Facts(**{**usual, **known})  # type: ignore[arg-type] # names and values of a test


_AAC = 2048 / 48_000


@pytest.mark.parametrize(
    ("facts", "options", "expected"),
    [
        pytest.param(_clip(), {}, Trim(0, 0, None, None), id="all of it"),
        pytest.param(
            _clip(), {"length": 10.0}, Trim(0, 0, 10 - 0.04 + 0.0005, 10 - _AAC), id="its start"
        ),
        pytest.param(
            _clip(),
            {"length": 10.0, "start": 20.03},
            Trim(20.0 - 0.0005, 0, 10 - 0.04 + 0.0005, 10 - _AAC),
            id="from a frame on",
        ),
        pytest.param(
            _clip(format="ts"),
            {"length": 10.0, "start": 20.0},
            Trim(0, 20.0 - 0.0005, 10 - 0.04 + 0.0005, 10 - _AAC),
            id="decoded up to there",
        ),
        pytest.param(
            _clip(vfr=True, fps=12.0),
            {"length": 10.0, "start": 20.01},
            Trim(0, 20.01, 10 - 1 / 30 + 0.0005, 10 - _AAC, 30.0),
            id="images that last long",
        ),
        pytest.param(
            _clip(vfr=True, fps=119.0),
            {"length": 1.0},
            Trim(0, 0, 1 - 1 / 60 + 0.0005, 1 - _AAC, 60.0),
            id="many images",
        ),
        pytest.param(_clip(vfr=True), {"fps": 24.0}, Trim(0, 0, None, None), id="nothing to cut"),
        pytest.param(
            _clip(),
            {"length": 10.0, "fps": 10.0},
            Trim(0, 0, 10 - 0.1 + 0.0005, 10 - _AAC),
            id="a slower rate",
        ),
        pytest.param(
            _clip(fps=None, sample_rate=8000),
            {"length": 0.02, "audio": "copy"},
            Trim(0, 0, 0.001, 0.001, 30.0),
            id="next to nothing",
        ),
    ],
)
def test_trim(facts: Facts, options: dict[str, object], expected: Trim) -> None:
    found = find_trim(recipe_for(facts, **options), facts)

    assert found.seek == pytest.approx(expected.seek)
    assert found.skip == pytest.approx(expected.skip)
    assert found.video == pytest.approx(expected.video)
    assert found.audio == pytest.approx(expected.audio)
    assert found.fps == expected.fps


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(44_100, 44_100), (32_000, 32_000), (8000, 48_000), (96_000, 48_000), (None, 48_000)],
)
def test_aac_sample_rate(rate: int | None, expected: int) -> None:
    assert aac_sample_rate(_clip(sample_rate=rate)) == expected


@pytest.mark.parametrize(
    ("video_format", "fps", "vfr", "expected"),
    [
        pytest.param("mkv", 29.989659, False, 30.0, id="rounded"),
        pytest.param("webm", 23.976, False, 24_000 / 1001, id="cinema"),
        pytest.param("mkv", 23.99, False, 24.0, id="not that of the cinema"),
        pytest.param("mkv", 12.5, False, None, id="of its own"),
        pytest.param("mkv", 30.0, True, None, id="varied"),
        pytest.param("mp4", 30.0, False, None, id="exact anyway"),
        pytest.param("mkv", None, False, None, id="not known"),
    ],
)
def test_standard_rate(
    video_format: str, fps: float | None, vfr: bool, expected: float | None
) -> None:
    facts = Facts(path="", kind="video", format=video_format, fps=fps, vfr=vfr)

    assert standard_rate(facts) == expected


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
def test_a_copy_ends_at_a_clean_frame(end: float, count: int) -> None:
    assert _count_frames(_read_packets(_TABLE)[0], end + 1e-9) == count


@pytest.mark.parametrize(
    ("end", "until"), [(0.0, 0.001), (0.045, -0.0115), (0.046, 0.0115), (1.0, 0.0345)]
)
def test_audio_that_is_not_played_counts(end: float, until: float) -> None:
    assert _audio_end(_read_packets(_TABLE)[1], end + 1e-9) == pytest.approx(until)


def test_an_empty_table() -> None:
    assert _read_packets("") == {}
    assert _count_frames([], 1.0) == 1
    assert _audio_end([], 1.0) == 0.001


def test_options_of_a_copy_cut() -> None:
    assert _cut_options(5, None) == {"frames:v": 5}
    assert _cut_options(None, 9.5) == {"t": "9.500000"}
    assert _cut_options(5, 9.5) == {"frames:v": 5, "t": "9.500000"}
