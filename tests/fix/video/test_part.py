from __future__ import annotations

import pytest
from sample_videos import recipe_for

from wanprep.fix.video.cuts import Trim, aac_sample_rate, find_trim
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
