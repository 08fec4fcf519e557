"""Read BMP images, with all headers of Windows and OS/2.

Pillow is not used: it refuses rare ones (2 or 64 bits, short OS/2 headers, unusual masks) and
does not notice that the pixels are cut off.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.image.exif import image_facts

if TYPE_CHECKING:
    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

_FILE_HEADER: Final = 14
_CORE: Final = 12  # BITMAPCOREHEADER
# OS/2 2.x headers may end anywhere after the first four fields; BITMAPINFOHEADER has 40 bytes,
# and 52, 56, 108 or 124 with later additions.
_WINDOWS: Final = frozenset({40, 52, 56, 108, 124})
_OS2: Final = frozenset(range(16, 65)) - _WINDOWS
_DEPTHS: Final = frozenset({1, 2, 4, 8, 16, 24, 32, 64})
_CHANNEL_BITS: Final = {16: 5, 24: 8, 32: 8, 64: 16}

_RAW: Final = 0
_BITS_OF_RUNS: Final = {1: 8, 2: 4}
_RUNS: Final = frozenset(_BITS_OF_RUNS)
_MASKS: Final = 3
_FOUR_MASKS: Final = 6
_INSIDE: Final = {4: "a JPEG", 5: "a PNG"}


@dataclass(frozen=True, slots=True)
class Header:
    """The fields that all kinds of headers have."""

    size: int
    data_at: int
    width: int
    height: int
    bits: int
    compression: int = _RAW
    data_size: int = 0
    masks: tuple[int, ...] = (0, 0, 0, 0)  # red, green, blue, alpha

    @property
    def masked(self) -> bool:
        """Return whether masks assign the bits of a pixel to channels."""
        return self.size in _WINDOWS and self.compression in {_MASKS, _FOUR_MASKS}


def read_bmp(source: Source) -> PartialFacts:
    """Read the header, and check that all pixels are there."""
    header = _read_header(source)
    if header is None:
        return image_facts("bmp", problem=f"cut off: its {source.size:,} bytes end in the header")
    return image_facts(
        "bmp",
        header.width,
        abs(header.height),  # negative: stored from the top row down
        alpha=header.masked and header.masks[3] != 0,
        bit_depth=_bit_depth(header),
        color=("palette" if header.bits <= 8 else "rgb") if header.bits else None,
        problem=_header_problem(header) or _cut_off(source, header),
    )


def _read_header(source: Source) -> Header | None:
    data = source.read_at(0, 70)
    try:
        data_at, size = struct.unpack_from("<II", data, 10)
        if size == _CORE:
            width, height, _, bits = struct.unpack_from("<4H", data, 18)
            return Header(size, data_at, width, height, bits)
        width, height, _, bits = struct.unpack_from("<iiHH", data, 18)
        if size == 16:
            return Header(size, data_at, width, height, bits)
        compression, data_size = struct.unpack_from("<II", data, 30)
    except struct.error:
        return None
    red, green, blue, alpha = struct.unpack("<4I", data[54:].ljust(16, b"\0"))
    # Short headers are followed by the masks, and only with _FOUR_MASKS by one for alpha.
    if size < 56 and compression != _FOUR_MASKS:
        alpha = 0
    masks = (red, green, blue, alpha)
    return Header(size, data_at, width, height, bits, compression, data_size, masks)


def _bit_depth(header: Header) -> int | None:
    if header.masked:
        return max(mask.bit_count() for mask in header.masks[:3])
    return _CHANNEL_BITS.get(header.bits, header.bits or None)


def _header_problem(header: Header) -> str | None:
    if header.size != _CORE and header.size not in _WINDOWS | _OS2:
        return f"damaged: a header of {header.size:,} bytes, which BMP does not allow"
    if header.width <= 0 or header.height == 0:
        return f"damaged: its header gives {header.width} x {header.height} pixels"
    if header.size in _WINDOWS and header.compression in _INSIDE:
        return f"a BMP with {_INSIDE[header.compression]} inside, which only printers support"
    if header.compression not in _RUNS and header.compression != _RAW and not header.masked:
        return f"compressed in a way (number {header.compression}) that hardly any program reads"
    if header.bits != _BITS_OF_RUNS.get(header.compression, header.bits):
        return f"damaged: {header.bits} bits per pixel, which this compression does not allow"
    if header.bits not in _DEPTHS:
        return f"damaged: {header.bits} bits per pixel, which BMP does not allow"
    return None


def _cut_off(source: Source, header: Header) -> str | None:
    end = (header.data_at or _FILE_HEADER + header.size) + _data_size(header)
    if end <= source.size:
        return None
    return f"cut off: {source.size:,} of {end:,} bytes are there"


def _data_size(header: Header) -> int:
    """Return the minimum size of the pixels; the size in the header matters only for runs."""
    if header.compression in _RUNS:
        return header.data_size
    row = (header.width * header.bits + 7) // 8
    padded = (row + 3) // 4 * 4
    return padded * (abs(header.height) - 1) + row  # the last row needs no padding
