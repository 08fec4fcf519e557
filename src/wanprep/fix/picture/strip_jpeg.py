"""Take the position out of a JPEG: EXIF, XMP, and the pictures and the clip behind the picture.

All is done in place, so that what phones append (a second picture, a clip) stays where the
first picture says that it is.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from wanprep.fix.picture.exif_position import without_position
from wanprep.fix.picture.xmp_position import blanked

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP1: Final = 0xE1
_SCAN: Final = 0xDA
_EXIF: Final = b"Exif\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
# XMP part 3, 1.1.3.1: what does not fit into one segment is spread over several, each with the
# MD5 of it all in hexadecimal digits, its length, and where this piece belongs.
_MORE_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_DIGITS: Final = slice(len(_MORE_XMP), len(_MORE_XMP) + 32)
_MORE_HEAD: Final = len(_MORE_XMP) + 32 + 8
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START: Final = b"\xff\xd8\xff"
# A box of a film with an ISO 6709 position, as Android writes it: size, name, length, language.
_FILM_POSITION: Final = re.compile(rb"\xa9xyz(....[+-][\d.]+[+-][\d.]+[\d.+-]*/?)", re.DOTALL)


def strip_jpeg(data: bytes) -> bytes:
    """Return the file without positions, of the same length and with the same picture data."""
    edited = bytearray(data)
    start = 0
    while start >= 0:
        behind = _strip_picture(edited, start)
        start = edited.find(_START, behind)
    tail = _end_of_first(data)
    edited[tail:] = _FILM_POSITION.sub(_freed, bytes(edited[tail:]))
    return bytes(edited)


def _freed(match: re.Match[bytes]) -> bytes:
    return b"free" + bytes(len(match[1]))


def _end_of_first(data: bytes) -> int:
    """Tell where the first picture ends at the earliest: behind its last header."""
    end = data.find(b"\xff\xd9", _headers_end(data, 0))
    return len(data) if end < 0 else end + 2


def _headers_end(data: bytes | bytearray, start: int) -> int:
    return max((at + length for _, at, length in _segments(data, start)), default=start + 2)


def _strip_picture(data: bytearray, start: int) -> int:
    """Strip the picture that begins here, and tell where its headers end."""
    app1 = [(at, at + length) for marker, at, length in _segments(data, start) if marker == _APP1]
    more = []
    for at, end in app1:
        segment = bytes(data[at:end])
        if segment.startswith(_EXIF):
            data[at:end] = without_position(segment)
        elif segment.startswith(_XMP):
            data[at:end] = blanked(segment)
        elif segment.startswith(_MORE_XMP) and len(segment) >= _MORE_HEAD:
            more.append((at, end))
    _strip_more_xmp(data, more, app1)
    return _headers_end(data, start)


def _strip_more_xmp(
    data: bytearray, more: list[tuple[int, int]], app1: list[tuple[int, int]]
) -> None:
    """Strip XMP in several pieces as a whole, and say its new checksum wherever the old one was."""
    whole = b"".join(bytes(data[at + _MORE_HEAD : end]) for at, end in more)
    changed = blanked(whole)
    if changed == whole:
        return
    old = bytes(data[more[0][0] :][_DIGITS])
    new = hashlib.md5(changed, usedforsecurity=False).hexdigest().upper().encode("ascii")
    taken = 0
    for at, end in more:
        size = end - at - _MORE_HEAD
        data[at + _MORE_HEAD : end] = changed[taken : taken + size]
        taken += size
    for at, end in app1:
        data[at:end] = bytes(data[at:end]).replace(old, new)


def _segments(data: bytes | bytearray, start: int) -> Iterator[tuple[int, int, int]]:
    """Walk the segments up to the first scan: the marker, and where what it holds is."""
    at = start + 2
    while match := _MARKER.search(data, at):
        marker = data[match.end() - 1]
        at = match.end()
        if marker in _BARE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if marker == 0xD9 or length < 2 or at + length > len(data):
            return
        yield marker, at + 2, length - 2
        at += length
        if marker == _SCAN:
            return
