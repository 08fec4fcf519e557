"""Encode an image as JPEG or PNG: as well as possible within the bytes that are allowed."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.fix.encoder_settings import JPEG_BEST, JPEG_MIN
from wanprep.fix.plan.plan import CannotFix, Output
from wanprep.text import file_size

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import ImageRecipe, Size

# A first guess of the next smaller size rarely fails with these.
_SAFETY: Final = 0.98
_LEAST_STEP: Final = 0.95


@dataclass(frozen=True, slots=True)
class Layout:
    """An image in the middle of a canvas, which may be just as large."""

    image: Size
    canvas: Size

    @property
    def corner(self) -> tuple[int, int]:
        """Return where the image begins."""
        left, top = (
            (whole - part) // 2 for whole, part in zip(self.canvas, self.image, strict=True)
        )
        return left, top

    def shrink(self, factor: float) -> Layout:
        """Scale both down."""
        return Layout(_shrink(self.image, factor), _shrink(self.canvas, factor))


def _shrink(size: Size, factor: float) -> Size:
    """Scale down so that the aspect ratio becomes, if anything, nearer to 1.

    The longer side is rounded down and the shorter one up, so that a ratio at the edge of what is
    allowed stays allowed.
    """
    width, height = size
    shorter = max(1, math.ceil(min(size) * factor - 1e-9))
    longer = max(shorter, math.floor(max(size) * factor + 1e-9))
    return (longer, shorter) if width >= height else (shorter, longer)


def planned_layout(recipe: ImageRecipe, source: Size) -> Layout:
    """Lay out the result as planned; `source` is the size after cropping."""
    image = recipe.size or source
    return Layout(image, recipe.canvas or image)


def actual_layout(recipe: ImageRecipe, source: Size, result: Size) -> Layout:
    """Lay out a result that may be smaller than planned, to fit its bytes."""
    planned = planned_layout(recipe, source)
    if result == planned.canvas:
        return planned
    width, height = _shrink(planned.image, max(result) / max(planned.canvas))
    return Layout((min(width, result[0]), min(height, result[1])), result)


def apply_layout(image: PillowImage, layout: Layout, background: str) -> PillowImage:
    """Scale the image and put it onto its canvas."""
    from PIL import Image

    if image.size != layout.image:
        # Pillow's manual: with a gap of 3 the result is indistinguishable, and far quicker.
        image = image.resize(layout.image, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if layout.canvas == layout.image:
        return image
    canvas = Image.new("RGB", layout.canvas, background)
    canvas.paste(image, layout.corner)
    return canvas


def encode_png(source: PillowImage, recipe: ImageRecipe) -> tuple[bytes, Output]:
    """Scale, pad and encode as PNG."""
    layout = planned_layout(recipe, source.size)
    image = apply_layout(source, layout, recipe.background)
    data, encodes = _save(image, "PNG"), 1
    if _is_too_large(data, recipe):
        data, encodes = _save(image, "PNG", optimize=True), 2
    if _is_too_large(data, recipe):
        raise CannotFix(
            f"As PNG it takes {file_size(len(data))} without loss, and at most"
            f" {file_size(recipe.most_bytes or 0)} are allowed. Save it as JPEG instead."
        )
    settings = {"format": "png", "size": list(layout.canvas)}
    return data, Output(settings=settings, encodes=encodes)


def encode_jpeg(source: PillowImage, subsampling: str, recipe: ImageRecipe) -> tuple[bytes, Output]:
    """Scale, pad and encode as JPEG: with a lower quality, then smaller, until it fits."""
    layout = planned = planned_layout(recipe, source.size)
    image = apply_layout(source, layout, recipe.background)
    # Colours that the source stored at half the size need no more, unless they are scaled down.
    if layout.image[0] < source.width:
        subsampling = "4:4:4"
    quality, encodes = JPEG_BEST, 1
    data = _save(image, "JPEG", quality=quality, subsampling=subsampling)
    if _is_too_large(data, recipe):
        quality, data, more = _search_quality(image, recipe, subsampling)
        encodes += more
    while _is_too_large(data, recipe):
        layout = _next_smaller(layout, planned, recipe, len(data))
        subsampling = "4:4:4"
        image = apply_layout(source, layout, recipe.background)
        quality, data, more = _search_quality(image, recipe, subsampling)
        encodes += more
    settings = {"format": "jpeg", "quality": quality, "subsampling": subsampling,
                "size": list(layout.canvas)}  # fmt: skip
    most = file_size(recipe.most_bytes or 0)
    notes = []
    if layout != planned:
        width, height = layout.canvas
        notes.append(f"Scaled down to {width}x{height} px to fit {most}.")
    if quality < JPEG_BEST:
        notes.append(f"Written with JPEG quality {quality} to fit {most}.")
    return data, Output(settings=settings, encodes=encodes, notes=tuple(notes))


def _search_quality(
    image: PillowImage, recipe: ImageRecipe, subsampling: str
) -> tuple[int, bytes, int]:
    """Return the highest quality that fits, or else the lowest, its data, and the encodes."""
    options = {"subsampling": subsampling, "optimize": True}
    best, data = JPEG_MIN, _save(image, "JPEG", quality=JPEG_MIN, **options)
    encodes, low, high = 1, JPEG_MIN + 1, JPEG_BEST
    while low <= high and not _is_too_large(data, recipe):
        middle = (low + high + 1) // 2
        attempt = _save(image, "JPEG", quality=middle, **options)
        encodes += 1
        if _is_too_large(attempt, recipe):
            high = middle - 1
        else:
            best, data, low = middle, attempt, middle + 1
    return best, data, encodes


def _next_smaller(layout: Layout, planned: Layout, recipe: ImageRecipe, size: int) -> Layout:
    """Choose the next smaller layout: bytes are proportional to the number of pixels."""
    smallest = recipe.smallest or planned.canvas
    most = recipe.most_bytes or 0
    if layout.canvas[0] <= smallest[0] or layout.canvas[1] <= smallest[1]:
        width, height = layout.canvas
        raise CannotFix(
            f"Even at {width}x{height} px and quality {JPEG_MIN} it takes {file_size(size)}, and"
            f" at most {file_size(most)} are allowed. Use an image with less detail."
        )
    current = layout.canvas[0] / planned.canvas[0]
    factor = current * min(_LEAST_STEP, _SAFETY * math.sqrt(most / size))
    lowest = max(small / full for small, full in zip(smallest, planned.canvas, strict=True))
    if factor > lowest:
        return planned.shrink(factor)
    last = planned.shrink(lowest)
    # Rounding may have cost a pixel.
    canvas = (max(last.canvas[0], smallest[0]), max(last.canvas[1], smallest[1]))
    return Layout(last.image if last.image != last.canvas else canvas, canvas)


def _is_too_large(data: bytes, recipe: ImageRecipe) -> bool:
    return recipe.most_bytes is not None and len(data) > recipe.most_bytes


def _save(image: PillowImage, format_name: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    file = io.BytesIO()
    try:
        image.save(file, format_name, **options)
    except (OSError, ValueError) as error:
        width, height = image.size
        raise CannotFix(
            f"{format_name} cannot hold {width}x{height} px ({error}). Scale it down first."
        ) from error
    return file.getvalue()
