"""What all readers of images share: EXIF, the TIFF structure that holds it, and the facts.

Pillow's reader of EXIF is not used: it warns of malformed data where an image must simply
count as upright, reads values of whatever size they claim, and takes the orientation from
XMP, which viewers do not, where EXIF has none.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import stated_facts
from wanprep.media.source import Bytes

if TYPE_CHECKING:
    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.source import Source


ORIENTATION: Final = 0x0112
GPS_DIRECTORY: Final = 0x8825
GPS_LATITUDE: Final = 2

_MAGICS: Final = {  # the order of bytes, and whether it is BigTIFF
    b"II*\0": ("<", False),
    b"II+\0": ("<", True),
    b"MM\0*": (">", False),
    b"MM\0+": (">", True),
}

# The integer types of TIFF 6.0 section 2 and of BigTIFF; text and fractions are never read here.
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
_FRACTIONS: Final = {5, 10}
_MAX_ENTRIES: Final = 0xFFFF
_MAX_VALUES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Exif:
    """The EXIF fields that matter here."""

    orientation: int  # 1-8; 1 where absent or invalid
    gps: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory: its type, the number of its values, and their offset."""

    kind: int
    count: int
    at: int


Directory = Mapping[int, Entry]  # the tags of one page


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF structure, its byte order and the size of its offsets."""

    source: Source
    order: str
    big: bool
    first: int

    def directory(self, at: int) -> Directory:
        """Read the directory at an offset; tags that are cut off are left out."""
        start, count, size = self._entries(at)
        data = self._read(start, count * size)
        fields, address = ("HHQ", 8) if self.big else ("HHI", 4)
        facts: dict[int, Entry] = {}
        for index in range(0, len(data) - size + 1, size):
            tag, kind, values = struct.unpack_from(self.order + fields, data, index)
            # Values that fit into the offset field, which comes last, are stored there.
            facts.setdefault(tag, Entry(kind, values, start + index + size - address))
        return facts

    def following(self, at: int) -> int:
        """Return the offset of the next directory, 0 after the last."""
        start, count, size = self._entries(at)
        return self._number("Q" if self.big else "I", start + count * size)

    def _entries(self, at: int) -> tuple[int, int, int]:
        if self.big:
            return at + 8, min(self._number("Q", at), _MAX_ENTRIES), 20
        return at + 2, self._number("H", at), 12

    def numbers(self, entry: Entry | None) -> tuple[int, ...]:
        """Return the values of a tag, none if it is absent or not of integers."""
        if entry is None or entry.kind not in _NUMBERS:
            return ()
        code = _NUMBERS[entry.kind]
        size = struct.calcsize("<" + code)
        length = min(entry.count, _MAX_VALUES) * size
        data = self._read(self._place(entry, entry.count * size), length)
        whole = len(data) // size
        return struct.unpack_from(f"{self.order}{whole}{code}", data)

    def exif(self, directory: Directory) -> Exif:
        """Return the orientation in a directory, and whether it has a position."""
        values = self.numbers(directory.get(ORIENTATION))
        orientation = values[0] if values and 1 <= values[0] <= 8 else 1
        position = self.numbers(directory.get(GPS_DIRECTORY))
        return Exif(orientation, bool(position) and self._has_latitude(position[0]))

    def _has_latitude(self, at: int) -> bool:
        try:
            latitude = self.directory(at).get(GPS_LATITUDE)
            if latitude is None or latitude.kind not in _FRACTIONS:
                return False
            # Cameras without a position yet write 0/0.
            return any(self._read(self._place(latitude, latitude.count * 8), 24))
        except struct.error:  # an invalid offset: the other fields are still valid
            return False

    def _place(self, entry: Entry, size: int) -> int:
        """Return the offset of the values of a tag, which take `size` bytes."""
        address = "Q" if self.big else "I"
        fits = size <= struct.calcsize("<" + address)
        return entry.at if fits else self._number(address, entry.at)

    def _number(self, code: str, at: int) -> int:
        data = self._read(at, struct.calcsize("<" + code))
        number: int = struct.unpack(self.order + code, data)[0]
        return number

    def _read(self, at: int, length: int) -> bytes:
        # An offset of 8 bytes can be larger than the system allows.
        return self.source.read_at(at, length) if at < self.source.size else b""


NO_EXIF: Final = Exif(orientation=1, gps=False)


def open_tiff(source: Source) -> Tiff:
    """Find the first directory of a TIFF structure (TIFF 6.0 section 2; BigTIFF)."""
    head = source.read_at(0, 16).ljust(16, b"\0")
    if head[:4] not in _MAGICS:
        raise ValueError("not a TIFF structure")
    order, big = _MAGICS[head[:4]]
    code, at = ("Q", 8) if big else ("I", 4)
    return Tiff(source, order, big, first=struct.unpack_from(order + code, head, at)[0])


def read_exif(data: bytes) -> Exif:
    """Read EXIF, with or without its "Exif" prefix; malformed EXIF counts as none."""
    try:
        tiff = open_tiff(Bytes(data[6:] if data.startswith(b"Exif\0") else data))
        return tiff.exif(tiff.directory(tiff.first))
    except (ValueError, struct.error):
        return NO_EXIF


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
) -> PartialFacts:
    """Return the facts of an image stored as `width` x `height`; a problem: unreadable."""
    facts = stated_facts(
        kind="image",
        format=name,
        orientation=exif.orientation,
        gps=exif.gps,
        animated=animated,
        frames=frames,
        alpha=alpha,
        bit_depth=bit_depth,
        color=color,
        readable=problem is None,
        problem=problem,
    )
    return facts | _sizes(width, height, exif.orientation) if width > 0 < height else facts


def _sizes(stored_width: int, stored_height: int, orientation: int) -> PartialFacts:
    # Orientations 5 to 8 are rotated by 90 degrees: EXIF 2.32, tag 0x0112.
    sideways = orientation >= 5
    width, height = (stored_height, stored_width) if sideways else (stored_width, stored_height)
    return {
        "width": width,
        "height": height,
        "stored_width": stored_width,
        "stored_height": stored_height,
        "aspect": width / height,
    }
