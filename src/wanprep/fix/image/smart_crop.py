"""Choose the part of an image to keep by its content.

The measure is that of smartcrop.js, with one more term: every pixel of a small copy scores for
edges, for the colour of skin, for saturation, and for colours that are rare in this image. The
window goes where it holds the most of that, and what is in its core counts twice, so that a
subject is not left at the rim. It detects no faces and no objects: a subject that is plainer than
what surrounds it is missed, and then the user must crop by hand.
"""

from __future__ import annotations

import math
from itertools import accumulate, product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size

Corner = tuple[int, int]

_PIXELS: Final = 20_000  # of the small copy
_SKIN: Final = (0.78, 0.57, 0.44)  # red, green and blue of skin in any light, as a direction
_SKIN_FROM: Final = 0.8
_EDGE_WEIGHT: Final = 1.0
_SKIN_WEIGHT: Final = 1.2
_SATURATION_WEIGHT: Final = 0.3
_RARE_WEIGHT: Final = 0.5
_NEARBY: Final = 3  # pixels
_DETAIL: Final = 64
_DARK: Final = 50
_CORE: Final = 6  # a core leaves out a sixth of the window on each side
_CENTER_BIAS: Final = 0.02  # so much better must the rim be than the middle


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
    left, top = _best_corner(_Sums(_scores(copy), small[0]), small, (window[0], window[1]))
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


def _best_corner(sums: _Sums, whole: Size, window: Size) -> Corner:
    width, height = window
    rim = (width // _CORE, height // _CORE)
    middle = central_corner(whole, window)
    reach = math.dist((0, 0), middle) or 1.0

    def score(corner: Corner) -> float:
        left, top = corner
        right, bottom = left + width, top + height
        total = sums.within(left, top, right, bottom)
        core = sums.within(left + rim[0], top + rim[1], right - rim[0], bottom - rim[1])
        return (total + core) * (1 - _CENTER_BIAS * math.dist(corner, middle) / reach)

    corners = (
        (x, y) for y, x in product(range(whole[1] - height + 1), range(whole[0] - width + 1))
    )
    # Of equals, the nearest to the middle.
    return max(corners, key=lambda each: (score(each), -math.dist(each, middle)))


def _scores(copy: PillowImage) -> list[float]:
    """Score each pixel of the small copy."""
    from PIL import ImageFilter

    pixels = memoryview(copy.tobytes())
    edges, rarity = _edges(copy), _rarity(copy)
    nearby = edges.filter(ImageFilter.GaussianBlur(_NEARBY))
    colors = (pixels[::3], pixels[1::3], pixels[2::3])
    maps = (edges.tobytes(), rarity.tobytes(), nearby.tobytes())
    return [
        # A wall or a beach may have the colour of skin: it counts where there is detail.
        _EDGE_WEIGHT * edge
        + _RARE_WEIGHT * rare
        + _score_color(*color) * min(1.0, (rare + 2 * near) / _DETAIL)
        for *color, edge, rare, near in zip(*colors, *maps, strict=True)
    ]


def _score_color(red: int, green: int, blue: int) -> float:
    most, least = max(red, green, blue), min(red, green, blue)
    if most < _DARK:
        return 0.0
    length = math.hypot(red, green, blue)
    likeness = 1 - math.dist((red / length, green / length, blue / length), _SKIN)
    skin = max(0.0, (likeness - _SKIN_FROM) / (1 - _SKIN_FROM))
    return 255 * _SKIN_WEIGHT * skin**2 + _SATURATION_WEIGHT * (most - least)


def _edges(copy: PillowImage) -> PillowImage:
    """Return how far each pixel differs in brightness from its neighbours."""
    from PIL import Image, ImageChops

    luma = copy.convert("L")
    edges = Image.new("L", luma.size)
    for right, down in ((1, 0), (0, 1)):
        moved = ImageChops.difference(luma, ImageChops.offset(luma, -right, -down))
        inside = moved.crop((0, 0, luma.width - right, luma.height - down))  # the rest wraps round
        edges.paste(ImageChops.lighter(edges.crop((0, 0, *inside.size)), inside))
    return edges


def _rarity(copy: PillowImage) -> PillowImage:
    """Return how far the colour around each pixel is from the mean (Achanta et al. 2009)."""
    from PIL import Image, ImageChops, ImageFilter, ImageStat

    mean = tuple(round(value) for value in ImageStat.Stat(copy).mean)
    smooth = copy.filter(ImageFilter.GaussianBlur(1.5))
    distance = ImageChops.difference(smooth, Image.new("RGB", copy.size, mean))
    red, green, blue = distance.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)
