"""Take the place where an image was taken out of its file, and touch nothing else."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.image.exif_location import StillThere, without_position
from wanprep.fix.plan.plan import CannotFix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.facts import Facts


_ATTRIBUTE: Final = re.compile(rb"""\s[\w.-]+:GPS[\w.-]*\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)


_ELEMENT: Final = re.compile(
    rb"<([\w.-]+:GPS[\w.-]*)(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", re.IGNORECASE | re.DOTALL
)


def blanked(xmp: bytes) -> bytes:
    """Return XMP of the same length without the properties of a position."""
    for pattern in (_ELEMENT, _ATTRIBUTE):
        xmp = pattern.sub(lambda match: b" " * len(match[0]), xmp)
    return xmp


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


# A box of a video with an ISO 6709 position, as Android writes it: size, name, length, language.
_VIDEO_POSITION: Final = re.compile(rb"\xa9xyz(....[+-][\d.]+[+-][\d.]+[\d.+-]*/?)", re.DOTALL)


def strip_jpeg(data: bytes) -> bytes:
    """Return the file without positions, of the same length and with the same image data."""
    edited = bytearray(data)
    start = 0
    while start >= 0:
        behind = _strip_image(edited, start)
        start = edited.find(_START, behind)
    tail = _end_of_first(data)
    edited[tail:] = _VIDEO_POSITION.sub(_freed, bytes(edited[tail:]))
    return bytes(edited)


def _freed(match: re.Match[bytes]) -> bytes:
    return b"free" + bytes(len(match[1]))


def _end_of_first(data: bytes) -> int:
    """Tell where the first image ends at the earliest: behind its last header."""
    end = data.find(b"\xff\xd9", _headers_end(data, 0))
    return len(data) if end < 0 else end + 2


def _headers_end(data: bytes | bytearray, start: int) -> int:
    return max((at + length for _, at, length in _segments(data, start)), default=start + 2)


def _strip_image(data: bytearray, start: int) -> int:
    """Strip the image that begins here, and tell where its headers end."""
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


_SIGNATURE: Final = 8


_STRIP_PNG_XMP: Final = b"XML:com.adobe.xmp"


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
    if keyword != _STRIP_PNG_XMP and keyword.lower() not in _HIDDEN:
        return chunk
    head, packed = _head_of_text(chunk.kind, rest)
    text = rest[len(head) :]
    plain = _unpacked(text) if packed else text
    changed = blanked(plain) if keyword == _STRIP_PNG_XMP else _hidden(plain)
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


_STRIPPERS: Final = {"jpeg": strip_jpeg, "png": strip_png, "webp": strip_webp}


def stripped(source: str, facts: Facts) -> bytes:
    """Return the file without its position; its image data stay the same, bit for bit."""
    if facts.format not in _STRIPPERS:
        raise CannotFix(
            f"The position can be taken out of JPEG, PNG and WEBP, not out of {facts.format}."
            " Export it without its location from the program that made it."
        )
    try:
        with open(source, "rb") as file:
            data = file.read()
        return _STRIPPERS[facts.format](data)
    except OSError as error:
        raise CannotFix(f"The image cannot be read: {error.strerror}. Try again.") from error
    except (StillThere, struct.error, zlib.error) as error:
        raise CannotFix(
            "The position is written in a way that cannot be undone safely. Export the image"
            " without its location from the program that made it."
        ) from error
