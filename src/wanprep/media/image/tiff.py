"""Read TIFF images, including BigTIFF and files of many pages.

Pillow is not used: it refuses what it cannot decode (rare bit depths, compressions and colours),
and reads tags of any size.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import cut_off
from wanprep.media.image.exif import image_facts, open_tiff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.image.exif import Directory, Tiff
    from wanprep.media.source import Source

# TIFF 6.0 section 8 and its supplements.
_WIDTH: Final = 256
_HEIGHT: Final = 257
_BITS: Final = 258
_COMPRESSION: Final = 259
_PHOTOMETRIC: Final = 262
_SAMPLES: Final = 277
_TILE_WIDTH: Final = 322
_EXTRA_SAMPLES: Final = 338
# Tags of the offsets and lengths of strips, tiles, and an old-style JPEG.
_DATA_TAGS: Final = ((273, 279), (324, 325), (513, 514))

_COLORS: Final[Mapping[int, Color]] = {
    0: "gray",
    1: "gray",
    2: "rgb",
    3: "palette",
    4: "gray",
    5: "cmyk",
    6: "rgb",  # YCbCr, which viewers show as RGB
    8: "lab",
    9: "lab",
    10: "lab",
}
_CHANNELS: Final = {"gray": 1, "palette": 1, "rgb": 3, "cmyk": 4, "lab": 3}
_ALPHA: Final = frozenset({1, 2})  # premultiplied or not
_MAX_PAGES: Final = 10_000


def read_tiff(source: Source) -> PartialFacts:
    """Read the first page's tags, and count the pages."""
    tiff = open_tiff(source)
    try:
        page = tiff.directory(tiff.first)
    except struct.error:
        return image_facts("tiff", problem=cut_off(source.size, tiff.first))
    width = _first(tiff, page, _WIDTH)
    height = _first(tiff, page, _HEIGHT)
    color = _COLORS.get(_first(tiff, page, _PHOTOMETRIC, 1))
    return image_facts(
        "tiff",
        width,
        height,
        exif=tiff.exif(page),
        alpha=_has_alpha(tiff, page, color),
        frames=_count_pages(tiff),
        bit_depth=max(tiff.numbers(page.get(_BITS)), default=1),
        color=color,
        problem=_problem(source, tiff, page, width * height),
    )


def _first(tiff: Tiff, page: Directory, tag: int, default: int = 0) -> int:
    return next(iter(tiff.numbers(page.get(tag))), default)


def _has_alpha(tiff: Tiff, page: Directory, color: Color | None) -> bool:
    extra = tiff.numbers(page.get(_EXTRA_SAMPLES))
    # One sample more than the colours need is alpha, even without a stated purpose: Photoshop
    # writes that.
    spare = _first(tiff, page, _SAMPLES, 1) - _CHANNELS.get(color or "", 1)
    return not _ALPHA.isdisjoint(extra) or (color is not None and spare == 1)


def _count_pages(tiff: Tiff) -> int:
    visited = {tiff.first}
    at = tiff.first
    try:
        while (at := tiff.following(at)) and at not in visited and len(visited) < _MAX_PAGES:
            visited.add(at)
    except struct.error:
        # The offset is beyond the end of the file: that page is missing.
        return max(1, len(visited) - 1)
    return len(visited)


def _problem(source: Source, tiff: Tiff, page: Directory, pixels: int) -> str | None:
    if not pixels:
        return "damaged: the size of its first page is missing"
    ends = [end for tags in _DATA_TAGS for end in _ends(tiff, page, tags)]
    if not ends:
        return "damaged: the offset of its pixels is missing"
    return cut_off(source.size, max(ends)) if max(ends) > source.size else None


def _ends(tiff: Tiff, page: Directory, tags: tuple[int, int]) -> list[int]:
    offsets, lengths = (tiff.numbers(page.get(tag)) for tag in tags)
    limit = _unpacked_size(tiff, page)
    if limit is not None:  # no strip is longer than the image
        lengths = tuple(min(length, limit) for length in lengths)
    # Old writers left the lengths out; then at least the offsets must be in the file.
    return [sum(pair) for pair in zip(offsets, lengths or (1,) * len(offsets), strict=False)]


def _unpacked_size(tiff: Tiff, page: Directory) -> int | None:
    """Return the size of the image in bytes; None: compressed, or in tiles."""
    if _first(tiff, page, _COMPRESSION, 1) != 1 or _TILE_WIDTH in page:
        return None
    bits = max(tiff.numbers(page.get(_BITS)), default=1) * _first(tiff, page, _SAMPLES, 1)
    return (_first(tiff, page, _WIDTH) * bits + 7) // 8 * _first(tiff, page, _HEIGHT)
