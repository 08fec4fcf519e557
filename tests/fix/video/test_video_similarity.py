"""The scores are high for a good result, and low for all that looks otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample_videos import MOVING as TWO_SECONDS
from sample_videos import X264, fixed_video, make, recipe_for, remake

from wanprep.fix.plan.plan import Window
from wanprep.fix.video.similarity import video_similarity
from wanprep.media.probe_file import probe_file

MOVING = TWO_SECONDS.replace("d=2", "d=1")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make(tmp_path_factory.mktemp("clip") / "clip.mp4", MOVING)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="all of it"),
        pytest.param({"start": 0.3, "length": 0.5}, id="a part"),
        pytest.param({"size": (48, 36), "canvas": (60, 60)}, id="padded"),
        pytest.param({"size": (98, 72), "canvas": (102, 78)}, id="padded by a little"),
        pytest.param({"window": Window((48, 60), "center", (6, 9))}, id="a window"),
        pytest.param({"fps": 10.0}, id="fewer frames"),
        pytest.param({"most_bytes": 12_000, "smallest": (32, 32)}, id="fewer bytes"),
    ],
)
def test_good_results_score_high(tmp_path: Path, clip: str, options: dict[str, object]) -> None:
    result = fixed_video(clip, tmp_path / "out.mp4", **options)
    facts = probe_file(clip)

    figures = video_similarity(clip, recipe_for(facts, **options), facts, result.path, threads=2)

    assert figures["ssim"] > 0.93
    assert figures["vmaf"] > 80


def test_variable_rate_and_rotation(tmp_path: Path) -> None:
    varied = make(tmp_path / "v.mkv", f"{MOVING},select='lt(mod(n,20),9)'",
                  how=f"{X264} -fps_mode vfr")  # fmt: skip
    turned = remake(varied, tmp_path / "t.mp4", before="-display_rotation 90")
    for source in (varied, turned):
        result = fixed_video(source, tmp_path / f"{source[-3:]}.mp4")
        facts = probe_file(source)

        figures = video_similarity(source, recipe_for(facts), facts, result.path, threads=2)

        assert figures["ssim"] > 0.96


@pytest.mark.parametrize(
    "harm",
    [
        "vflip",
        "negate",
        "drawbox=t=fill",
        "boxblur=9",
        "hue=h=120",
        "setpts=PTS+0.4/TB,tpad=start=10",
    ],
)
def test_wrong_results_score_low(tmp_path: Path, clip: str, harm: str) -> None:
    facts = probe_file(clip)
    wrong = remake(clip, tmp_path / "wrong.mp4", how=f"-vf {harm} {X264}")

    figures = video_similarity(clip, recipe_for(facts), facts, wrong, threads=2)

    assert figures["ssim"] < 0.9


def test_tiny_frames_have_no_vmaf(tmp_path: Path) -> None:
    tiny = make(tmp_path / "tiny.mp4", "testsrc=s=16x16:d=0.2")
    facts = probe_file(tiny)

    figures = video_similarity(tiny, recipe_for(facts), replace(facts), tiny, threads=1)

    assert figures == {"ssim": 1.0}
