"""Find the EXIF that programs hid in the text of a PNG before PNG had a place for it.

ImageMagick began it, and many read it to this day: a text chunk named "Raw profile type exif"
(or APP1) holds a line break, the profile's name and length on lines of their own, and then
the bytes in hexadecimal digits.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import BufferedReader

TEXTS: Final = frozenset({b"tEXt", b"zTXt"})  # plain and packed (PNG, third edition, 11.3.3)
HIDDEN: Final = b"hidden EXIF"  # beside the names of chunks, which have four letters

_NAMES: Final = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
_LONGEST: Final = 4 * 1024 * 1024
_HEADING: Final = 3  # lines


def hidden_exif(kind: bytes, file: BufferedReader, length: int) -> dict[bytes, bytes]:
    """Return the EXIF in a text chunk, at whose beginning the file stands; most have none."""
    name = file.read(min(length, len(_NAMES[0])))
    if name not in _NAMES:
        return {}
    text = file.read(length - len(name))
    try:
        if kind == b"zTXt":  # in front of what is packed stands how
            text = zlib.decompressobj().decompress(text[1:], _LONGEST)
        digits = b"".join(text.split(b"\n", _HEADING)[_HEADING:])
        return {HIDDEN: bytes.fromhex(digits.decode("ascii"))}
    except (ValueError, zlib.error):
        return {}
