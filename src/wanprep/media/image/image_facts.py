"""Facts that every reader of images gives, put together in one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.media.image.exif import NO_EXIF

if TYPE_CHECKING:
    from wanprep.media.facts import Color, Found
    from wanprep.media.image.exif import Exif


def image_facts(
    name: str,
    width: int = 0,
    height: int = 0,
    *,
    exif: Exif = NO_EXIF,
    alpha: bool | None = None,
    frames: int = 1,
    animated: bool = False,
    bit_depth: int | None = None,
    color: Color | None = None,
    problem: str | None = None,
) -> Found:
    """Return the facts of an image stored as `width` x `height`; a problem makes it unusable."""
    found: Found = {"kind": "image", "format": name, "orientation": exif.orientation}
    found |= {"gps": exif.gps, "animated": animated, "frames": frames}
    if width > 0 and height > 0:
        found |= _sizes(width, height, exif.orientation)
    if alpha is not None:
        found["alpha"] = alpha
    if bit_depth is not None:
        found["bit_depth"] = bit_depth
    if color is not None:
        found["color"] = color
    found["readable"] = problem is None
    if problem is not None:
        found["problem"] = problem
    return found


def _sizes(stored_width: int, stored_height: int, orientation: int) -> Found:
    # Orientations 5 to 8 lie on their side: EXIF 2.32, tag 0x0112.
    sideways = orientation >= 5
    width, height = (stored_height, stored_width) if sideways else (stored_width, stored_height)
    return {
        "width": width,
        "height": height,
        "stored_width": stored_width,
        "stored_height": stored_height,
        "aspect": width / height,
    }
