"""Random media and limits: real results have the facts that their plan predicts."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from planning import bound, target

from wanprep import Facts, probe
from wanprep.fix.executors import Executors
from wanprep.fix.plan.plan import CannotFix, Options, Plan, TargetRole
from wanprep.fix.plan_file import plan_asset
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.target import Target

# The same examples in each run: each costs real work, and a rare failure must not block an
# unrelated change.
FEW: Final = settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS: Final = itertools.count()
# Facts that may be smaller than predicted, and those that are not predicted.
BOUNDED: Final = {"bytes", "duration", "audio_duration", "video_duration", "frames"}
FREE: Final = {"path", "audio_tracks", "vfr", "fps", "gps", "rotation", "orientation", "color"}


@pytest.fixture(scope="module")
def executors() -> Iterator[Executors]:
    with Executors(1, 1) as executors:
        yield executors


def side(least: int, most: int) -> dict[str, Any]:
    small = bound("image-too-small", minimum=least)
    return {"allOf": [small, bound("image-too-large", maximum=most)]}


@st.composite
def image_limits(draw: st.DrawFn) -> dict[str, Any]:
    least = draw(st.integers(8, 60))
    most = draw(st.integers(least + 20, 200))
    aspect = draw(st.floats(1.2, 6))
    return {
        "properties": {
            "format": bound("format-unsupported", enum=draw(st.sampled_from(FORMATS))),
            "width": side(least, most),
            "height": side(least, most),
            "aspect": bound("aspect-out-of-range", minimum=1 / aspect, maximum=aspect),
            "alpha": bound("alpha-unsupported", const=False),
            "bytes": bound("file-too-large", maximum=draw(st.integers(4_000, 60_000))),
        }
    }


FORMATS: Final = (["jpeg"], ["png", "jpeg"], ["jpeg", "png", "webp"])
MODES: Final = {"RGB": "png", "RGBA": "png", "L": "bmp", "P": "gif", "CMYK": "tiff", "1": "png"}


@settings(FEW, max_examples=30)
@given(
    size=st.tuples(st.integers(4, 260), st.integers(4, 260)),
    mode=st.sampled_from(sorted(MODES)),
    schema=image_limits(),
    crop=st.sampled_from(["smart", "center", "pad"]),
)
def test_images(
    executors: Executors,
    tmp_path: Path,
    size: tuple[int, int],
    mode: str,
    schema: dict[str, Any],
    crop: Any,
) -> None:
    path = tmp_path / f"{next(NUMBERS)}.{MODES[mode]}"
    drawn = Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 60).convert("RGB")
    drawn.convert(mode).save(path)
    _check_result(executors, path, target("reference_image", schema), Options(crop=crop, yes=True))


@st.composite
def video_limits(draw: st.DrawFn) -> dict[str, Any]:
    least = draw(st.integers(16, 60)) * 2
    sides: dict[str, Any] = {"minimum": least, "maximum": least + draw(st.integers(20, 100)) * 2}
    rules = {"minimum": "video-too-small", "maximum": "video-too-large"}
    longest = draw(st.floats(0.5, 1.6).map(lambda value: round(value, 2)))
    return {
        "properties": {
            "format": bound("format-unsupported", enum=["mp4"]),
            "width": bound(rules, **sides),
            "height": bound(rules, **sides),
            **{name: bound("video-too-long", maximum=longest)
               for name in ("duration", "video_duration", "audio_duration")},
        }
    }  # fmt: skip


@settings(FEW, max_examples=6)
@given(
    size=st.tuples(st.integers(20, 120), st.integers(20, 120)),
    container=st.sampled_from(["mkv", "mov", "mp4"]),
    schema=video_limits(),
    trim=st.sampled_from(["start", "center", "end"]),
    crop=st.sampled_from(["center", "pad"]),
)
def test_videos(
    executors: Executors, tmp_path: Path, ffmpeg: str, size: tuple[int, int], container: str,
    schema: dict[str, Any], trim: Any, crop: Any,
) -> None:  # fmt: skip
    path = tmp_path / f"{next(NUMBERS)}.{container}"
    inputs = ["-f", "lavfi", "-i", f"testsrc2=s={size[0] * 2}x{size[1] * 2}:r=25:d=1.2"]
    inputs += ["-f", "lavfi", "-i", "sine=d=1.2"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg, "-v", "error", *inputs, *codecs, str(path)], check=True)
    options = Options(trim=trim, crop=crop, yes=True)
    _check_result(executors, path, target("reference_video", schema), options)


@settings(FEW, max_examples=10)
@given(
    name=st.sampled_from(["a.mp3", "a.m4a", "a.flac", "a.wav", "a.ogg"]),
    longest=st.floats(0.3, 2).map(lambda value: round(value, 2)),
    most=st.integers(20_000, 400_000),
    formats=st.sampled_from([["wav"], ["mp3"], ["wav", "mp3"]]),
    trim=st.sampled_from(["start", "center", "end"]),
)
def test_audio(
    executors: Executors, tmp_path: Path, ffmpeg: str, name: str, longest: float, most: int,
    formats: list[str], trim: Any,
) -> None:  # fmt: skip
    path = tmp_path / f"{next(NUMBERS)}-{name}"
    tone = ["-f", "lavfi", "-i", "sine=d=1.5:r=44100"]
    codec = ["-c:a", "libvorbis"] if name.endswith("ogg") else []
    subprocess.run([ffmpeg, "-v", "error", *tone, *codec, str(path)], check=True)
    schema = {
        "properties": {
            "format": bound("format-unsupported", enum=formats),
            "duration": bound("audio-too-long", maximum=longest),
            "bytes": bound("file-too-large", maximum=most),
        }
    }
    _check_result(executors, path, target("voice", schema), Options(trim=trim, yes=True))


def _check_result(executors: Executors, path: Path, own: Target, options: Options) -> None:
    """Plan and fix, and compare the real result with the limits and with the prediction."""
    (role,) = own.roles
    facts = probe(path, cache=False)
    plan = plan_asset(facts, [TargetRole(own, role)], options)
    if not isinstance(plan, Plan):
        return  # the properties of plans test this
    into = path.with_name(f"result-{path.stem}{plan.recipe.suffix}")
    if why := _refusal(executors, path, plan, into):
        # How many bytes an image needs is only known afterwards: then nothing is delivered.
        assert "are allowed" in why
        assert not into.exists()
        return
    found = probe(into, deep=True, cache=False)
    assert found.readable, found.problem
    broken = [each.rule for each in judge_asset(found, own, role) if each.severity == "error"]
    assert broken == [], (plan, found)
    _compare(plan.predicted, found)


def _refusal(executors: Executors, path: Path, plan: Plan, into: Path) -> str:
    try:
        executors.write_output(str(path), plan, str(into), None)
    except CannotFix as error:
        return str(error)
    return ""


def _compare(predicted: Facts, found: Facts) -> None:
    expected, real = predicted.as_json(), found.as_json()
    for name, value in expected.items():
        if name in FREE or name not in real:
            continue
        if name in BOUNDED:
            assert real[name] <= value + (1e-3 if isinstance(value, float) else 1), (name, real)
        elif isinstance(value, float):
            assert real[name] == pytest.approx(value, rel=0.01), (name, real)
        else:
            assert real[name] == value, (name, real)
