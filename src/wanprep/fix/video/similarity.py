"""How like its source a clip is: SSIM and VMAF, against the source as the recipe means it.

The source goes through the same filters as in the encode (trim, turn, window, tone map, scale),
so that what is measured is what the encoder and its rate took away. What was padded around the
image is left out.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import run_ffmpeg
from wanprep.fix.ffmpeg_input import opened
from wanprep.fix.video.commands import Attempt, source_images
from wanprep.fix.video.sizes import length_of, resized, shapes
from wanprep.media.workers import probe_in_worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.fix.ffmpeg_input import Stream
    from wanprep.fix.plan.plan import VideoRecipe
    from wanprep.media.facts import Facts

_SSIM: Final = re.compile(r"SSIM .*All:([0-9.]+)")
_VMAF: Final = re.compile(r"VMAF score: ([0-9.]+)")
_MOST_FPS: Final = 60
_NTSC: Final = 1001
# So many images are looked at by VMAF, which is slow; the others only for their motion.
_LOOKED_AT: Final = 40
_SMALLEST: Final = 32  # VMAF breaks down over images of fewer pixels
_LEAST_PATIENCE: Final = 600.0
_PATIENCE: Final = 180.0


def video_similarity(
    source: str, recipe: VideoRecipe, facts: Facts, result: str, *, threads: int
) -> dict[str, float]:
    """Measure a result; the figures are `ssim` (1 is the same) and `vmaf` (100 is)."""
    import ffmpeg

    made = probe_in_worker(result)
    recipe = _as_made(recipe, facts, made)
    length = length_of(recipe, facts)
    rate = Fraction(min(_MOST_FPS, recipe.fps or facts.fps or 25)).limit_denominator(_NTSC)
    intent = _at(source_images(source, recipe, facts, Attempt(threads=threads)), rate)
    seen = opened(result, made, threads=threads)["V:0"]
    seen = _at(_unpadded(seen, recipe, facts), rate)
    every = max(1, round(float(rate) * length / _LOOKED_AT))
    measure = _both(every, threads) if min(shapes(recipe, facts).image) >= _SMALLEST else _ssim
    graph = ffmpeg.output(*measure(seen, intent), "-", format="null")
    patience = max(_LEAST_PATIENCE, _PATIENCE * (length + (recipe.start or 0.0)))
    log = run_ffmpeg(ffmpeg.get_args(graph), seconds=patience).log
    figures = {"ssim": _SSIM.findall(log), "vmaf": _VMAF.findall(log)}
    return {name: round(float(told[-1]), 4) for name, told in figures.items() if told}


def _as_made(recipe: VideoRecipe, facts: Facts, made: Facts) -> VideoRecipe:
    """Take the size that the result really has, which may be smaller for the bytes' sake."""
    whole = (made.width or 0, made.height or 0)
    return recipe if 0 in whole else resized(recipe, facts, whole)


def _at(stream: Stream, rate: Fraction) -> Stream:
    """Let both begin at the same moment and have images at the same times."""
    return stream.filter("setpts", "PTS-STARTPTS").filter("fps", rate)


def _unpadded(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    each = shapes(recipe, facts)
    if each.whole == each.image:
        return stream.filter("format", "yuv420p")
    # ffmpeg pads by even numbers, for there is one colour to four pixels.
    room = ((w - p) // 4 * 2 for w, p in zip(each.whole, each.image, strict=True))
    return stream.filter("format", "yuv420p").filter("crop", *each.image, *room)


def _ssim(seen: Stream, intent: Stream) -> tuple[Stream, ...]:
    import ffmpeg

    return (ffmpeg.filter([seen, intent], "ssim", shortest=1),)


def _both(every: int, threads: int) -> Callable[[Stream, Stream], tuple[Stream, ...]]:
    """Measure both in one go; VMAF looks at every so-manieth image."""

    def measure(seen: Stream, intent: Stream) -> tuple[Stream, ...]:
        import ffmpeg

        one, other = (each.filter_multi_output("split") for each in (seen, intent))
        vmaf = ffmpeg.filter([one[1], other[1]], "libvmaf", shortest=1,
                             n_subsample=every, n_threads=threads)  # fmt: skip
        return *_ssim(one[0], other[0]), vmaf

    return measure
