"""Place the window of a clip by looking at a few of its images: one place for all of it."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import PIPE, run_ffmpeg
from wanprep.fix.ffmpeg_input import opened
from wanprep.fix.plan.plan import CannotFix
from wanprep.fix.video.commands import decoder
from wanprep.fix.video.sizes import length_of, square_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    from wanprep.fix.plan.plan import Size, VideoRecipe
    from wanprep.media.facts import Facts

_IMAGES: Final = 6
_SIDE: Final = 256  # pixels: enough to see what an image is of
_PATIENCE: Final = 120.0


def place_window(source: str, recipe: VideoRecipe, facts: Facts) -> VideoRecipe:
    """Fill in the corner of a recipe's window."""
    window = recipe.window
    if window is None or window.corner is not None:
        return recipe
    whole = square_size(facts)
    room = (whole[0] - window.size[0], whole[1] - window.size[1])
    corner = (room[0] // 2, room[1] // 2)
    if window.choose == "smart":
        corner = _by_content(source, recipe, facts, whole) or corner
    left, top = (min(max(0, at), most) // 2 * 2 for at, most in zip(corner, room, strict=True))
    return replace(recipe, window=replace(window, corner=(left, top)))


def _by_content(
    source: str, recipe: VideoRecipe, facts: Facts, whole: Size
) -> tuple[int, int] | None:
    """Ask where the window belongs in each image, and take the middle of the answers."""
    from wanprep.fix.image.smart_crop import smart_corner

    assert recipe.window  # noqa: S101 - the caller has seen to it
    factor = min(1.0, _SIDE / max(whole))
    seen = _scaled(whole, factor)
    size = _scaled(recipe.window.size, factor)
    size = (min(size[0], seen[0]), min(size[1], seen[1]))
    corners = [smart_corner(each, size) for each in _seen(source, recipe, facts, seen)]
    if not corners:
        return None
    return (
        round(statistics.median(left for left, _ in corners) / factor),
        round(statistics.median(top for _, top in corners) / factor),
    )


def _scaled(size: Size, factor: float) -> Size:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _seen(source: str, recipe: VideoRecipe, facts: Facts, size: Size) -> Iterator[Image.Image]:
    """Decode a few images, evenly spread over the part that is kept."""
    from PIL import Image

    step = length_of(recipe, facts) / _IMAGES
    for number in range(_IMAGES):
        at = (recipe.start or 0.0) + (number + 0.5) * step
        try:
            pixels = _decoded(source, facts, at, size)
        except CannotFix:
            continue  # the others will do
        if len(pixels) == size[0] * size[1] * 3:
            yield Image.frombytes("RGB", size, pixels)


def _decoded(source: str, facts: Facts, at: float, size: Size) -> bytes:
    import ffmpeg

    reader = opened(source, facts, ss=f"{at:.3f}", **decoder(facts))
    stream = reader["V:0"].filter("scale", *size, flags="area").filter("format", "rgb24")
    output = ffmpeg.output(stream, PIPE, format="rawvideo", **{"frames:v": 1})
    return run_ffmpeg(ffmpeg.get_args(output), seconds=_PATIENCE).piped
