"""Take the position out of a PNG: EXIF, XMP, and the profiles that ImageMagick hides in text."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.picture.exif_position import without_position
from wanprep.fix.picture.xmp_position import blanked

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE: Final = 8
_XMP: Final = b"XML:com.adobe.xmp"
_HIDDEN: Final = frozenset(b"raw profile type " + kind for kind in (b"app1", b"exif", b"xmp"))
_LONGEST: Final = 64 * 1024 * 1024
_XMP_IN_APP1: Final = b"http://ns.adobe.com/xap/1.0/\0"


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    data: bytes

    def written(self) -> bytes:
        body = self.kind + self.data
        return len(self.data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def strip_png(data: bytes) -> bytes:
    """Return the file without positions; chunks that had none stay as they are."""
    pieces = [data[:_SIGNATURE]]
    end = _SIGNATURE
    for at, chunk in _chunks(data):
        old = data[at : at + len(chunk.data) + 12]
        new = _stripped(chunk)
        pieces.append(old if new == chunk else b"" if new is None else new.written())
        end = at + len(old)
    return b"".join(pieces) + data[end:]


def _chunks(data: bytes) -> Iterator[tuple[int, _Chunk]]:
    at = _SIGNATURE
    while data[at + 4 : at + 8].isalpha():
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            return
        yield at, _Chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length


def _stripped(chunk: _Chunk) -> _Chunk | None:
    match chunk.kind:
        case b"eXIf":
            return _Chunk(chunk.kind, without_position(chunk.data))
        case b"tEXt" | b"zTXt" | b"iTXt":
            return _stripped_text(chunk)
        case _:
            return chunk


def _stripped_text(chunk: _Chunk) -> _Chunk | None:
    """Strip a text (PNG, third edition, 11.3.3), or drop one that is nothing but a position."""
    keyword, _, rest = chunk.data.partition(b"\0")
    if re.search(rb"\bGPS", keyword, re.IGNORECASE):
        return None
    if keyword != _XMP and keyword.lower() not in _HIDDEN:
        return chunk
    head, packed = _head_of_text(chunk.kind, rest)
    text = rest[len(head) :]
    plain = _unpacked(text) if packed else text
    changed = blanked(plain) if keyword == _XMP else _hidden(plain)
    if changed == plain:
        return chunk
    body = zlib.compress(changed) if packed else changed
    return _Chunk(chunk.kind, keyword + b"\0" + head + body)


def _head_of_text(kind: bytes, rest: bytes) -> tuple[bytes, bool]:
    """Tell what stands between the keyword and the text, and whether the text is packed."""
    match kind:
        case b"zTXt":
            return rest[:1], True
        case b"iTXt":  # a flag, the way of packing, and two names that end with a zero
            language, name = [*rest[2:].split(b"\0", 2), b"", b""][:2]
            return rest[: 2 + len(language) + len(name) + 2], rest[:1] == b"\x01"
        case _:
            return b"", False


def _unpacked(text: bytes) -> bytes:
    return zlib.decompressobj().decompress(text, _LONGEST)


def _hidden(text: bytes) -> bytes:
    """Strip a profile in hexadecimal digits, behind a line each for its name and its length."""
    lines = text.split(b"\n")
    try:
        profile = bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
    except ValueError:
        return text
    changed = _without_position(profile)
    digits = changed.hex().encode("ascii")
    rows = [digits[start : start + 72] for start in range(0, len(digits), 72)]
    return text if changed == profile else b"\n".join([*lines[:3], *rows, b""])


def _without_position(profile: bytes) -> bytes:
    is_xmp = profile.startswith(_XMP_IN_APP1) or profile.lstrip().startswith(b"<")
    return blanked(profile) if is_xmp else without_position(profile)
