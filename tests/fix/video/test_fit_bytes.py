"""Results stay under the cap, use nine tenths of it, and take at most three encodes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sample_videos import AAC, NOISE, X264, fixed_video, frame_times, make, recipe_for

from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.video.commands import pass_log_folder
from wanprep.fix.video.make import Encoded, Encoder, _next_rate, fit_bytes
from wanprep.media.facts import Facts


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A second of zooming and noise, with audio."""
    source = "mandelbrot=s=96x72:r=25,noise=alls=12:allf=t,trim=duration=1"
    how = f"{X264} -crf 10 {AAC}"
    return make(
        tmp_path_factory.mktemp("busy") / "busy.mp4", source, NOISE.replace("d=2", "d=1"), how=how
    )


@pytest.mark.parametrize("cap", [10_000, 30_000])
def test_under_the_cap_and_near_it(tmp_path: Path, busy: str, cap: int) -> None:
    result = fixed_video(busy, tmp_path / "out.mp4", most_bytes=cap)

    assert 0.9 * cap <= os.path.getsize(result.path) <= cap
    assert 2 <= result.output.encodes <= 3
    assert result.output.encodes == len(result.output.commands)
    assert len(frame_times(result.path)) == 25
    assert os.listdir(tmp_path) == ["out.mp4"]


def test_one_encode_where_that_fits(tmp_path: Path, busy: str) -> None:
    result = fixed_video(busy, tmp_path / "out.mp4", most_bytes=5_000_000)

    assert result.output.encodes == 1


def test_frames_shrink_where_the_bit_rate_is_too_low(tmp_path: Path, busy: str) -> None:
    result = fixed_video(
        busy, tmp_path / "out.mp4", most_bytes=3_000, audio=None, canvas=(160, 160),
        size=(160, 120), smallest=(100, 100),
    )  # fmt: skip

    assert (result.facts.width, result.facts.height) == (100, 100)
    assert 0.9 * 3_000 <= os.path.getsize(result.path) <= 3_000
    assert result.output.notes == ("scaled from 160x160 to 100x100 px to fit into 3.0 kB",)


@dataclass
class ScriptedEncoder(Encoder):
    """An encoder whose results have the given sizes."""

    sizes: list[int] = field(default_factory=list)

    def encode(
        self, recipe: VideoRecipe, bit_rate: int | None = None, *, second_pass: bool = False
    ) -> Encoded:
        assert recipe.most_bytes
        size = self.sizes.pop(0)
        Path(self.output).write_bytes(bytes(size))
        self.commands.append((str(bit_rate), str(second_pass)))
        return Encoded(size, size)


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        pytest.param([2000, 500, 1500], 500, id="the one that fits"),
        pytest.param([2000, 500, 400], 500, id="the larger of two that fit"),
        pytest.param([2000, 500, 800], 800, id="the last"),
        pytest.param([2000, 1500, 950], 950, id="full enough"),
    ],
)
def test_the_best_of_three_encodes_is_kept(tmp_path: Path, sizes: list[int], left: int) -> None:
    facts = Facts(path="", kind="video", width=8, height=8, fps=1.0, duration=1.0)
    recipe = recipe_for(facts, most_bytes=1000)
    output = tmp_path / "out.mp4"
    Path(pass_log_folder(str(output))).mkdir()
    encoder = ScriptedEncoder("", facts, str(output), 1, None, sizes=sizes)

    fit_bytes(encoder, recipe, encoder.encode(recipe))

    assert output.stat().st_size == left
    assert len(encoder.commands) == 3


@pytest.mark.parametrize(
    ("tried", "target", "expected"),
    [
        pytest.param([(1000.0, 1000), (500.0, 500)], 400, 400, id="in proportion"),
        pytest.param([(1e5, 10_000), (1e5, 11_000)], 10_000, 90_909, id="too near to each other"),
        pytest.param([(1e6, 100_000), (1e5, 1000)], 4000, 200_000, id="as a square"),
        pytest.param([(1e6, 1_000_000), (1e5, 0)], 4, 141_421, id="no steeper than that"),
        pytest.param([(1e6, 10), (1e5, 1_000_000)], 1, 4000, id="no less than the least"),
    ],
)
def test_the_next_rate(tried: list[tuple[float, int]], target: int, expected: int) -> None:
    assert _next_rate(tried, target) == pytest.approx(max(4000, expected), rel=0.01)
