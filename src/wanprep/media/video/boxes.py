"""Walk the boxes of MP4, MOV, M4A, 3GP, HEIC and AVIF files.

A box is a size, four letters and a payload (ISO/IEC 14496-12 4.2). Payloads are read on request.
A box never extends beyond its parent; the number of missing bytes is kept.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.source import Source


# More siblings than a day of two-second fragments needs.
_MAX: Final = 200_000
_PAYLOAD: Final = 24 * 1024 * 1024  # the index of a video of ten hours fits

_STILL_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), "avif"),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "heic"
    ),
}
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"aax ", b"aaxc"})


@dataclass(frozen=True, slots=True)
class Box:
    """The type of a box and the offsets of its payload."""

    kind: bytes
    offset: int
    start: int  # of the payload
    end: int
    missing: int = 0  # bytes beyond the end of its parent


def boxes(source: Source, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes between two offsets, up to the first invalid one."""
    limit = source.size if end is None else min(end, source.size)
    for _ in range(_MAX):
        head = source.read_at(start, 16)
        if limit - start < 8 or len(head) < 8:
            return
        size, kind = struct.unpack_from(">I4s", head)
        header = 8
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:  # to the end of its parent
            size = limit - start
        if kind == b"uuid":
            header += 16
        if size < header:
            return
        stop = min(start + size, limit)
        yield Box(kind, start, min(start + header, stop), stop, start + size - stop)
        start += size
    raise ValueError("more boxes than any real file has")


def children(source: Source, parent: Box) -> dict[bytes, Box]:
    """Return the boxes inside a box by type, the first of each."""
    found: dict[bytes, Box] = {}
    for box in boxes(source, parent.start, parent.end):
        found.setdefault(box.kind, box)
    return found


def find(source: Source, parent: Box, *path: bytes) -> Box | None:
    """Return the box at a path of types below a box."""
    box: Box | None = parent
    for kind in path:
        if box is None:
            return None
        box = children(source, box).get(kind)
    return box


def payload(source: Source, box: Box | None, limit: int = _PAYLOAD) -> bytes:
    """Return the contents of a box, nothing for None."""
    if box is None:
        return b""
    length = box.end - box.start
    if length > limit:
        raise ValueError(f"a box has {length:,} bytes, more than {limit:,}")
    return source.read_at(box.start, length)


def meta_boxes(source: Source, meta: Box) -> dict[bytes, Box]:
    """Return the boxes inside `meta`, which has a version number in MP4 and none in MOV."""
    versioned = source.read_at(meta.start + 4, 4) != b"hdlr"
    start = meta.start + (4 if versioned else 0)
    return children(source, Box(meta.kind, meta.offset, start, meta.end))


def brand_format(ftyp: bytes) -> str:
    """Name the format by the payload of `ftyp`: the major brand, then compatible ones."""
    major = ftyp[:4]
    brands = [major, *(ftyp[at : at + 4] for at in range(8, len(ftyp) - 3, 4))]
    if major in {b"", b"qt  ", b"mqt "}:
        return "mov"
    if major in _SOUND_BRANDS:
        return "m4a"
    if major.startswith(b"3g") or major == b"kddi":
        return "3gp"
    if major == b"crx ":  # raw photos of Canon cameras
        return "cr3"
    if major in {b"mif1", b"mif2", b"msf1", b"miaf", *_STILL_BRANDS}:
        stills = (_STILL_BRANDS[brand] for brand in brands if brand in _STILL_BRANDS)
        return next(stills, "heic")
    return "mp4"


_QUICKTIME: Final = b"\xa9xyz"  # user data of cameras and phones
_3GPP: Final = b"loci"  # 3GPP TS 26.244 8.12
_APPLE_KEY: Final = b"com.apple.quicktime.location.ISO6709"
_LONGEST: Final = 1024 * 1024


def has_location(source: Source, moov: Box) -> bool:
    """Search where phones, cameras and editors store coordinates."""
    for parent in (moov, find(source, moov, b"udta")):
        if parent is None:
            continue
        inside = children(source, parent)
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
