from __future__ import annotations

import pytest

from wanprep.fix.video.cuts import standard_rate
from wanprep.media.facts import Facts


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
