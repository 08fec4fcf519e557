"""Place the window of a video from a few of its frames: one place for all of them."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import input_stream, run_ffmpeg
from wanprep.fix.plan.plan import CannotFix
from wanprep.fix.plan.sizes import square_size
from wanprep.fix.video.commands import FRAMES, decoder_options
from wanprep.fix.video.sizes import output_length
from wanprep.media.ffmpeg import STDOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    from wanprep.fix.plan.plan import Size, VideoRecipe
    from wanprep.media.facts import Facts

_FRAMES: Final = 6
_SIDE: Final = 256  # pixels: enough to find a subject
_TIME_LIMIT: Final = 120.0


def place_window(source: str, recipe: VideoRecipe, facts: Facts) -> VideoRecipe:
    """Fill in the corner of the recipe's window."""
    window = recipe.window
    if window is None or window.corner is not None:
        return recipe
    whole = square_size(facts)
    room = (whole[0] - window.size[0], whole[1] - window.size[1])
    corner = (room[0] // 2, room[1] // 2)
    if window.choose == "smart":
        corner = _smart_corner(source, recipe, facts, window.size) or corner
    left, top = (min(max(0, at), most) // 2 * 2 for at, most in zip(corner, room, strict=True))
    return replace(recipe, window=replace(window, corner=(left, top)))


def _smart_corner(
    source: str, recipe: VideoRecipe, facts: Facts, window: Size
) -> tuple[int, int] | None:
    """Choose the window in each frame, and take the median."""
    from wanprep.fix.image.smart_crop import smart_corner

    whole = square_size(facts)
    factor = min(1.0, _SIDE / max(whole))
    width, height = (max(1, round(side * factor)) for side in whole)
    size = (
        min(width, max(1, round(window[0] * factor))),
        min(height, max(1, round(window[1] * factor))),
    )
    frames = _decode_frames(source, recipe, facts, (width, height))
    corners = [smart_corner(frame, size) for frame in frames]
    if not corners:
        return None
    left, top = (round(statistics.median(ats) / factor) for ats in zip(*corners, strict=True))
    return left, top


def _decode_frames(
    source: str, recipe: VideoRecipe, facts: Facts, size: Size
) -> Iterator[Image.Image]:
    """Decode a few frames, evenly spread over the part that is kept."""
    import ffmpeg
    from PIL import Image

    step = output_length(recipe, facts) / _FRAMES
    for number in range(_FRAMES):
        at = (recipe.start or 0.0) + (number + 0.5) * step
        try:
            reader = input_stream(source, facts, ss=f"{at:.3f}", **decoder_options(facts))
            stream = reader[FRAMES].filter("scale", *size, flags="area").filter("format", "rgb24")
            graph = ffmpeg.output(stream, STDOUT, format="rawvideo", **{"frames:v": 1})
            pixels = run_ffmpeg(ffmpeg.get_args(graph), seconds=_TIME_LIMIT).stdout
        except CannotFix:
            continue  # the other frames will do
        if len(pixels) == size[0] * size[1] * 3:
            yield Image.frombytes("RGB", size, pixels)
