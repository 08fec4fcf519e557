"""Take the position out of a WEBP: its EXIF and XMP chunks, in place."""

from __future__ import annotations

from typing import Final

from wanprep.fix.picture.exif_position import without_position
from wanprep.fix.picture.xmp_position import blanked

_FIRST_CHUNK: Final = 12
_EDITS: Final = {b"EXIF": without_position, b"XMP ": blanked}


def strip_webp(data: bytes) -> bytes:
    """Return the file without positions, of the same length."""
    edited = bytearray(data)
    at = _FIRST_CHUNK
    while at + 8 <= len(data):
        start = at + 8
        end = start + int.from_bytes(data[at + 4 : start], "little")
        edit = _EDITS.get(data[at : at + 4])
        if edit is not None and end <= len(data):
            edited[start:end] = edit(data[start:end])
        at = end + (end - start) % 2
    return bytes(edited)
