"""Take transparency away: what shows through shows the background instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# Their fourth channel is left at zero by programs that know no alpha, so viewers that find
# nothing but zeros in it show the picture all the same.
_SPARE_CHANNEL: Final = frozenset({"bmp", "tga"})


def apart(picture: Picture, format_name: str) -> tuple[Picture, Picture | None]:
    """Split into colours and alpha; no alpha is told where all is opaque."""
    if not picture.has_transparency_data:
        return picture, None
    colors, whole = ("L", "LA") if picture.mode in {"1", "L", "LA", "La"} else ("RGB", "RGBA")
    picture = picture if picture.mode == whole else picture.convert(whole)
    alpha = picture.getchannel("A")
    least, most = alpha.getextrema()
    unused = least == 255 or (most == 0 and format_name in _SPARE_CHANNEL)
    return picture.convert(colors), None if unused else alpha


def flattened(rgb: Picture, alpha: Picture | None, background: str) -> Picture:
    """Lay the picture on a colour, blending as every viewer does: in sRGB as it is."""
    from PIL import Image

    if alpha is None:
        return rgb
    under = Image.new("RGB", rgb.size, background)
    under.paste(rgb, mask=alpha)
    return under
