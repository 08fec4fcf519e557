"""Tell whether a film says where it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import boxes, children, find, meta_boxes, payload

if TYPE_CHECKING:
    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.source import Source

_QUICKTIME: Final = b"\xa9xyz"  # user data of cameras and phones
_3GPP: Final = b"loci"  # 3GPP TS 26.244 8.12
_APPLE_KEY: Final = b"com.apple.quicktime.location.ISO6709"
_LONGEST: Final = 1024 * 1024


def has_location(source: Source, moov: Box) -> bool:
    """Look in the places where phones, cameras and editors leave coordinates."""
    for holder in (moov, find(source, moov, b"udta")):
        if holder is None:
            continue
        inside = children(source, holder)
        if _QUICKTIME in inside or _3GPP in inside:
            return True
        if b"meta" in inside and _in_meta(source, inside[b"meta"]):
            return True
    return False


def _in_meta(source: Source, meta: Box) -> bool:
    inside = meta_boxes(source, meta)
    if b"ilst" not in inside:
        return False
    items = {box.kind for box in boxes(source, inside[b"ilst"].start, inside[b"ilst"].end)}
    if _QUICKTIME in items:
        return True
    keys = payload(source, inside.get(b"keys"), _LONGEST)
    return _APPLE_KEY in keys
