"""How similar a video is to its source: SSIM and VMAF.

The source goes through the same filters as in the encode (trim, turn, window, tone map, scale),
so that only the losses of the encoder are measured. Padding is left out.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wanprep.fix.encoder_settings import VIDEO_PIXELS
from wanprep.fix.ffmpeg import input_stream, run_ffmpeg
from wanprep.fix.video.commands import FRAMES, MAX_RATE_DENOMINATOR, source_frames
from wanprep.fix.video.make import time_limit
from wanprep.fix.video.sizes import frame_sizes, output_length, resize
from wanprep.media.workers import probe_in_worker

if TYPE_CHECKING:
    from wanprep.fix.ffmpeg import Stream
    from wanprep.fix.plan.plan import VideoRecipe
    from wanprep.media.facts import Facts

_SCORES: Final = {
    "ssim": re.compile(r"SSIM .*All:(-?[0-9.]+)"),
    "vmaf": re.compile(r"VMAF score: ([0-9.]+)"),
}
_MOST_FPS: Final = 60
_USUAL_FPS: Final = 25
_VMAF_FRAMES: Final = 40  # VMAF is slow; of the other frames it measures only the motion
_SMALLEST_VMAF: Final = 32  # pixels: VMAF crashes on smaller frames


def video_similarity(
    source: str, recipe: VideoRecipe, facts: Facts, result: str, *, threads: int
) -> dict[str, float]:
    """Measure a result: `ssim` (1 is identical) and, where possible, `vmaf` (100 is identical)."""
    import ffmpeg

    actual = probe_in_worker(result)
    if actual.width and actual.height:  # it may be smaller than planned, to fit the bytes
        recipe = resize(recipe, facts, (actual.width, actual.height))
    length = output_length(recipe, facts)
    rate = Fraction(min(_MOST_FPS, recipe.fps or facts.fps or _USUAL_FPS))
    rate = rate.limit_denominator(MAX_RATE_DENOMINATOR)
    expected = _align(source_frames(source, recipe, facts, threads=threads), rate)
    output = input_stream(result, actual, threads=threads)[FRAMES]
    output = _align(_remove_padding(output, recipe, facts), rate)
    graphs = []
    if min(frame_sizes(recipe, facts).image) >= _SMALLEST_VMAF:
        every = max(1, round(float(rate) * length / _VMAF_FRAMES))
        outputs, sources = (each.filter_multi_output("split") for each in (output, expected))
        options = {"shortest": 1, "n_subsample": every, "n_threads": threads}
        graphs.append(ffmpeg.filter([outputs[1], sources[1]], "libvmaf", **options))
        output, expected = outputs[0], sources[0]
    graphs.insert(0, ffmpeg.filter([output, expected], "ssim", shortest=1))
    arguments = ffmpeg.get_args(ffmpeg.output(*graphs, "-", format="null"))
    log = run_ffmpeg(arguments, seconds=time_limit(recipe, facts)).log
    scores = {name: pattern.findall(log) for name, pattern in _SCORES.items()}
    return {name: round(float(found[-1]), 4) for name, found in scores.items() if found}


def _align(stream: Stream, rate: Fraction) -> Stream:
    """Start at zero, with frames at the same times as in the other stream."""
    return stream.filter("setpts", "PTS-STARTPTS").filter("fps", rate)


def _remove_padding(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    sizes = frame_sizes(recipe, facts)
    stream = stream.filter("format", VIDEO_PIXELS)
    if sizes.canvas == sizes.image:
        return stream
    # ffmpeg pads by even numbers, for there is one colour to four pixels.
    padding = ((w - i) // 4 * 2 for w, i in zip(sizes.canvas, sizes.image, strict=True))
    return stream.filter("crop", *sizes.image, *padding)
