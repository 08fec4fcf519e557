"""The frame sizes and bit rates of a video, from its source to the result."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix import encoder_settings as settings
from wanprep.fix.plan.sizes import square_size

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import Size, VideoRecipe
    from wanprep.media.facts import Facts

_USUAL_FPS: Final = 25
_SHORTEST: Final = 0.04  # seconds
_AUDIO_SHARE: Final = 0.15  # of the bytes that are allowed
# Encoders miss their rate by a little. This is the middle between the cap and 9/10 of it.
TARGET_SHARE: Final = 0.95
_INDEX_BYTES: Final = 20  # for each frame, in the container's tables


@dataclass(frozen=True, slots=True)
class FrameSizes:
    """The size of a frame after each step."""

    square: Size  # upright, with square pixels
    image: Size  # cut to the window and scaled
    canvas: Size  # padded


def frame_sizes(recipe: VideoRecipe, facts: Facts) -> FrameSizes:
    """Calculate the sizes. What is encoded has even sides."""
    square = square_size(facts)
    width, height = recipe.window.size if recipe.window else square
    image = recipe.size or (max(2, width // 2 * 2), max(2, height // 2 * 2))
    return FrameSizes(square, image, recipe.canvas or image)


def shrink(recipe: VideoRecipe, facts: Facts, factor: float) -> VideoRecipe:
    """Scale the result down by a factor, but never below the recipe's smallest size."""
    if recipe.smallest is None:
        return recipe
    canvas = frame_sizes(recipe, facts).canvas
    least = max(small / full for small, full in zip(recipe.smallest, canvas, strict=True))
    return resize(recipe, facts, _scale(canvas, min(1.0, max(factor, least))))


def resize(recipe: VideoRecipe, facts: Facts, canvas: Size) -> VideoRecipe:
    """Change the size of the result, and that of the image inside it in proportion."""
    if recipe.canvas is None:
        return replace(recipe, size=canvas)
    sizes = frame_sizes(recipe, facts)
    width, height = _scale(sizes.image, canvas[0] / sizes.canvas[0])
    return replace(recipe, size=(min(width, canvas[0]), min(height, canvas[1])), canvas=canvas)


def _scale(size: Size, factor: float) -> Size:
    """Scale, to the nearest even numbers."""
    width, height = (max(2, round(side * factor / 2) * 2) for side in size)
    return width, height


def output_length(recipe: VideoRecipe, facts: Facts) -> float:
    """Return how many seconds the result lasts."""
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    return max(_SHORTEST, min(whole, recipe.length) if recipe.length else whole)


def audio_bit_rate(recipe: VideoRecipe, facts: Facts) -> int:
    """Choose the bit rate of the audio: a small share where bytes are limited."""
    if not recipe.most_bytes:
        return settings.AAC_BIT_RATE
    share = int(recipe.most_bytes * 8 / output_length(recipe, facts) * _AUDIO_SHARE)
    return min(settings.AAC_BIT_RATE, max(settings.MIN_AAC_BIT_RATE, share))


def video_bit_rate(recipe: VideoRecipe, facts: Facts, other_bytes: int | None = None) -> int:
    """Choose the bit rate of the frames; `other_bytes` is the measured size of all else."""
    assert recipe.most_bytes  # noqa: S101 - callers have a cap
    length = output_length(recipe, facts)
    if other_bytes is None:
        audio = audio_bit_rate(recipe, facts) / 8 if recipe.audio else 0
        other_bytes = int((audio + (facts.fps or _USUAL_FPS) * _INDEX_BYTES) * length)
    rate = int((recipe.most_bytes * TARGET_SHARE - other_bytes) * 8 / length)
    return max(settings.MIN_VIDEO_BIT_RATE, rate)


def pixels_per_second(recipe: VideoRecipe, facts: Facts) -> float:
    """Multiply out the size and the rate of the frames, padding left out."""
    return math.prod(frame_sizes(recipe, facts).image) * (recipe.fps or facts.fps or _USUAL_FPS)
