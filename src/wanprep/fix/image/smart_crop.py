"""Choose the part of an image that is kept by what is in it.

The measure is that of smartcrop.js, with one part more: every spot of a small copy is worth
what it has of edges, of the colour of skin, of strong colours, and of colours that are rare in
this image. The window is put where it holds the most of that, and what lies in its core
counts twice, so that a subject is not left at the rim. It knows no faces and no meaning: a
subject that is plainer than what surrounds it is missed, and then the user must cut by hand.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size

Corner = tuple[int, int]

_PIXELS: Final = 20_000  # of the small copy
_SKIN: Final = (0.78, 0.57, 0.44)  # red, green and blue of skin in any light, as a direction
_SKIN_FROM: Final = 0.8
_EDGES: Final = 1.0
_SKIN_WORTH: Final = 1.2
_STRONG: Final = 0.3
_RARE: Final = 0.5
_NEARBY: Final = 3  # pixels
_SOMETHING: Final = 64
_CORE: Final = 6  # a core leaves out a sixth of the window on each side
_PULL: Final = 0.02  # so much better must the rim be than the middle


def smart_corner(image: PillowImage, size: Size) -> Corner:
    """Return the left and top edge of the best window of this size in an RGB image."""
    width, height = image.size
    factor = min(1.0, math.sqrt(_PIXELS / (width * height)))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    copy = image.resize(small, reducing_gap=2.0)
    window = tuple(
        min(whole, max(1, round(part * whole / full)))
        for part, whole, full in zip(size, small, image.size, strict=True)
    )
    left, top = _best(_Sums(_worths(copy), small[0]), small, (window[0], window[1]))
    return (
        _scaled(left, small[0] - window[0], width - size[0]),
        _scaled(top, small[1] - window[1], height - size[1]),
    )


def central_corner(of: Size, size: Size) -> Corner:
    """Return the corner of a window in the middle."""
    return (of[0] - size[0]) // 2, (of[1] - size[1]) // 2


def _scaled(at: int, room: int, full_room: int) -> int:
    return round(at * full_room / room) if room else full_room // 2


class _Sums:
    """Sums over any rectangle of a map, each from four numbers."""

    def __init__(self, values: list[float], width: int) -> None:
        self._rows = [[0.0] * (width + 1)]
        for start in range(0, len(values), width):
            row = accumulate(values[start : start + width], initial=0.0)
            self._rows.append([a + b for a, b in zip(row, self._rows[-1], strict=True)])

    def within(self, left: int, top: int, right: int, bottom: int) -> float:
        upper, lower = self._rows[top], self._rows[bottom]
        return lower[right] - lower[left] - upper[right] + upper[left]


def _best(sums: _Sums, small: Size, window: Size) -> Corner:
    width, height = window
    rim = (width // _CORE, height // _CORE)
    middle = central_corner(small, window)
    reach = math.dist((0, 0), middle) or 1.0

    def score(corner: Corner) -> float:
        left, top = corner
        right, bottom = left + width, top + height
        whole = sums.within(left, top, right, bottom)
        core = sums.within(left + rim[0], top + rim[1], right - rim[0], bottom - rim[1])
        return (whole + core) * (1 - _PULL * math.dist(corner, middle) / reach)

    # Of equals the first wins: begin in the middle.
    return max(_corners(small, window), key=lambda each: (score(each), -math.dist(each, middle)))


def _corners(small: Size, window: Size) -> Iterator[Corner]:
    for top in range(small[1] - window[1] + 1):
        for left in range(small[0] - window[0] + 1):
            yield left, top


def _worths(copy: PillowImage) -> list[float]:
    """Tell how much each pixel of the small copy is worth."""
    from PIL import ImageFilter

    pixels = memoryview(copy.tobytes())
    edges, rarity = _edges(copy), _rarity(copy)
    around = edges.filter(ImageFilter.GaussianBlur(_NEARBY))
    layers = (pixels[::3], pixels[1::3], pixels[2::3])
    maps = (edges.tobytes(), rarity.tobytes(), around.tobytes())
    return [
        # A wall or a beach may have the colour of skin: it counts where there is something.
        _EDGES * edge + _RARE * rare + _of_color(*color) * min(1.0, (rare + 2 * near) / _SOMETHING)
        for *color, edge, rare, near in zip(*layers, *maps, strict=True)
    ]


def _of_color(red: int, green: int, blue: int) -> float:
    most, least = max(red, green, blue), min(red, green, blue)
    if most < 50:  # in the dark no colour can be told
        return 0.0
    length = math.hypot(red, green, blue)
    skin = 1 - math.dist((red / length, green / length, blue / length), _SKIN)
    likely = max(0.0, (skin - _SKIN_FROM) / (1 - _SKIN_FROM))
    return 255 * _SKIN_WORTH * likely**2 + _STRONG * (most - least)


def _edges(copy: PillowImage) -> PillowImage:
    """Tell how far each pixel differs in brightness from its neighbours."""
    from PIL import Image, ImageChops

    luma = copy.convert("L")
    edges = Image.new("L", luma.size)
    for aside, below in ((1, 0), (0, 1)):
        moved = ImageChops.difference(luma, ImageChops.offset(luma, -aside, -below))
        inside = moved.crop((0, 0, luma.width - aside, luma.height - below))  # the rest wraps round
        edges.paste(ImageChops.lighter(edges.crop((0, 0, *inside.size)), inside))
    return edges


def _rarity(copy: PillowImage) -> PillowImage:
    """Tell how far the colour around each pixel is from that of the whole (Achanta et al. 2009)."""
    from PIL import Image, ImageChops, ImageFilter, ImageStat

    mean = tuple(round(value) for value in ImageStat.Stat(copy).mean)
    smooth = copy.filter(ImageFilter.GaussianBlur(1.5))
    away = ImageChops.difference(smooth, Image.new("RGB", copy.size, mean))
    red, green, blue = away.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)
