"""Take the position out of XMP, leaving blanks: places in it, and its length, stay the same.

XMP is RDF, which says the same in many ways, but a property always has its name in an
attribute or around an element. All that names a GPS property goes: EXIF's, and those that
makers of drones have invented.
"""

from __future__ import annotations

import re
from typing import Final

_ATTRIBUTE: Final = re.compile(rb"""\s[\w.-]+:GPS[\w.-]*\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_ELEMENT: Final = re.compile(
    rb"<([\w.-]+:GPS[\w.-]*)(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", re.IGNORECASE | re.DOTALL
)


def blanked(xmp: bytes) -> bytes:
    """Return XMP of the same length without the properties of a position."""
    for pattern in (_ELEMENT, _ATTRIBUTE):
        xmp = pattern.sub(lambda match: b" " * len(match[0]), xmp)
    return xmp
