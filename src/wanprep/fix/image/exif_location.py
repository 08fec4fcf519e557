"""Remove the location from EXIF without moving any other byte.

EXIF is full of offsets, and makers' notes hold some that are undocumented, so nothing is
rewritten. The entry of the GPS directory is removed and those behind it move up; the directory
and its values are overwritten with zeros. The length stays the same.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.media.image.exif import GPS_DIRECTORY, read_exif

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY: Final = 12
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
# TIFF 6.0 section 2: how many bytes a value of each type takes.
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_MOST_DIRECTORIES: Final = 16
_LAST_GPS_TAG: Final = 0x1F


class LocationNotRemoved(Exception):
    """The location is stored in a way that cannot be removed safely."""


def strip_exif(exif: bytes) -> bytes:
    """Return EXIF, with or without its prefix, without a location and of the same length."""
    prefix = 6 if exif.startswith(b"Exif\0") else 0
    order = _BYTE_ORDERS.get(exif[prefix : prefix + 4])
    if order is None:
        return exif
    tiff = _Directories(bytearray(exif[prefix:]), order)
    tiff.drop_locations()
    stripped = exif[:prefix] + bytes(tiff.data)
    if read_exif(stripped).gps:
        raise LocationNotRemoved
    return stripped


class _Directories:
    """The directories of a TIFF structure, changed in place."""

    def __init__(self, data: bytearray, order: str) -> None:
        self.data = data
        self._order = order

    def drop_locations(self) -> None:
        for directory in self._chain():
            for entry, tag in reversed(list(self._entries(directory))):
                if tag == GPS_DIRECTORY:
                    self._zero_directory(self._number("I", entry + 8))
                    self._remove(directory, entry)

    def _chain(self) -> list[int]:
        """Find the directories: that of the image, then that of its thumbnail."""
        found: list[int] = []
        at = self._number("I", 4)
        while at and at not in found and len(found) < _MOST_DIRECTORIES and self._is_whole(at):
            found.append(at)
            at = self._number("I", self._end(at))
        return found

    def _is_whole(self, at: int) -> bool:
        return at + 2 <= len(self.data) and self._end(at) + 4 <= len(self.data)

    def _end(self, at: int) -> int:
        return at + 2 + self._number("H", at) * _ENTRY

    def _entries(self, at: int) -> Iterator[tuple[int, int]]:
        for entry in range(at + 2, self._end(at), _ENTRY):
            yield entry, self._number("H", entry)

    def _remove(self, at: int, entry: int) -> None:
        end = self._end(at) + 4  # the offset of the next directory moves up as well
        self.data[entry:end] = self.data[entry + _ENTRY : end] + bytes(_ENTRY)
        struct.pack_into(self._order + "H", self.data, at, self._number("H", at) - 1)

    def _zero_directory(self, at: int) -> None:
        """Overwrite a GPS directory and its values, if it is one."""
        if not self._is_whole(at) or any(tag > _LAST_GPS_TAG for _, tag in self._entries(at)):
            return
        for entry, _ in self._entries(at):
            kind, count = self._number("H", entry + 2), self._number("I", entry + 4)
            size = _SIZES.get(kind, 0) * count
            if size > 4:
                self._zero(self._number("I", entry + 8), size)
        self._zero(at, self._end(at) - at)

    def _zero(self, at: int, size: int) -> None:
        end = min(at + size, len(self.data))
        if at < end:
            self.data[at:end] = bytes(end - at)

    def _number(self, code: str, at: int) -> int:
        number: int = struct.unpack_from(self._order + code, self.data, at)[0]
        return number
