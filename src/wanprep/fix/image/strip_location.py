"""Remove the location from JPEG, PNG and WEBP files, and change nothing else.

EXIF is full of offsets, and makers' notes hold some that are undocumented, so nothing in it is
rewritten. The entry of the GPS directory is removed and those behind it move up; the directory
and its values are overwritten with zeros. The length stays the same.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import CannotFix
from wanprep.media.image.exif import GPS_DIRECTORY, read_exif

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.facts import Facts

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


_XMP_ATTRIBUTE: Final = re.compile(
    rb"""\s[\w.-]+:GPS[\w.-]*\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE
)
_XMP_ELEMENT: Final = re.compile(
    rb"<([\w.-]+:GPS[\w.-]*)(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", re.IGNORECASE | re.DOTALL
)

_JPEG_START: Final = b"\xff\xd8\xff"
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_APP1: Final = 0xE1
_SCAN: Final = 0xDA
_END: Final = 0xD9
_EXIF: Final = b"Exif\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
# XMP part 3, 1.1.3.1: what does not fit into one segment is spread over several, each with the
# MD5 of it all in hexadecimal digits, its length, and where this piece belongs.
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_DIGEST: Final = slice(len(_EXTENDED_XMP), len(_EXTENDED_XMP) + 32)
_EXTENDED_HEAD: Final = len(_EXTENDED_XMP) + 32 + 8
# A box of a video with an ISO 6709 position, as Android writes it: size, name, length, language.
_VIDEO_LOCATION: Final = re.compile(rb"\xa9xyz(....[+-][\d.]+[+-][\d.]+[\d.+-]*/?)", re.DOTALL)

_PNG_SIGNATURE: Final = 8
_PNG_XMP: Final = b"XML:com.adobe.xmp"
_PNG_PROFILES: Final = frozenset(b"raw profile type " + kind for kind in (b"app1", b"exif", b"xmp"))
_PNG_DIGITS: Final = 72  # of a profile, in a line
_LONGEST_TEXT: Final = 64 * 1024 * 1024

_WEBP_FIRST_CHUNK: Final = 12


def strip_location(source: str, facts: Facts) -> bytes:
    """Return the file without its location, with the same image data, bit for bit."""
    strip = {"jpeg": _strip_jpeg, "png": _strip_png, "webp": _strip_webp}.get(facts.format)
    if strip is None:
        raise CannotFix(
            f"The location can be removed from JPEG, PNG and WEBP, not from {facts.format}."
            " Export it without its location from the program that made it."
        )
    try:
        with open(source, "rb") as file:
            data = file.read()
        return strip(data)
    except OSError as error:
        raise CannotFix(f"The image cannot be read: {error.strerror}. Try again.") from error
    except (LocationNotRemoved, struct.error, zlib.error) as error:
        raise CannotFix(
            "The location is stored in a way that cannot be removed safely. Export the image"
            " without its location from the program that made it."
        ) from error


def blank_xmp(xmp: bytes) -> bytes:
    """Replace the properties of a location by spaces."""
    for pattern in (_XMP_ELEMENT, _XMP_ATTRIBUTE):
        xmp = pattern.sub(lambda match: b" " * len(match[0]), xmp)
    return xmp


def _strip_jpeg(data: bytes) -> bytes:
    """Strip all images in the file (phones append some) and the video behind them, in place."""
    edited = bytearray(data)
    start = 0
    while start >= 0:
        headers_end = _strip_jpeg_image(edited, start)
        start = edited.find(_JPEG_START, headers_end)
    end = data.find(b"\xff\xd9", _jpeg_headers_end(data, 0))
    tail = len(data) if end < 0 else end + 2
    edited[tail:] = _VIDEO_LOCATION.sub(
        lambda match: b"free" + bytes(len(match[1])), bytes(edited[tail:])
    )
    return bytes(edited)


def _strip_jpeg_image(data: bytearray, start: int) -> int:
    """Strip the image that begins here, and return where its headers end."""
    app1 = [(at, end) for marker, at, end in _jpeg_segments(data, start) if marker == _APP1]
    extended = []
    for at, end in app1:
        segment = bytes(data[at:end])
        if segment.startswith(_EXIF):
            data[at:end] = strip_exif(segment)
        elif segment.startswith(_XMP):
            data[at:end] = blank_xmp(segment)
        elif segment.startswith(_EXTENDED_XMP) and len(segment) >= _EXTENDED_HEAD:
            extended.append((at, end))
    _strip_extended_xmp(data, extended, app1)
    return _jpeg_headers_end(data, start)


def _strip_extended_xmp(
    data: bytearray, extended: list[tuple[int, int]], app1: list[tuple[int, int]]
) -> None:
    """Strip XMP in several pieces as a whole, and update its checksum everywhere."""
    before = b"".join(bytes(data[at + _EXTENDED_HEAD : end]) for at, end in extended)
    after = blank_xmp(before)
    if after == before:
        return
    old = bytes(data[extended[0][0] :][_EXTENDED_DIGEST])
    new = hashlib.md5(after, usedforsecurity=False).hexdigest().upper().encode("ascii")
    for at, end in extended:
        size = end - at - _EXTENDED_HEAD
        data[at + _EXTENDED_HEAD : end] = after[:size]
        after = after[size:]
    for at, end in app1:
        data[at:end] = bytes(data[at:end]).replace(old, new)


def _jpeg_headers_end(data: bytes | bytearray, start: int) -> int:
    return max((end for _, _, end in _jpeg_segments(data, start)), default=start + 2)


def _jpeg_segments(data: bytes | bytearray, start: int) -> Iterator[tuple[int, int, int]]:
    """List the segments up to the first scan: the marker, and the range of its contents."""
    at = start + 2
    while match := _MARKER.search(data, at):
        marker = data[match.end() - 1]
        at = match.end()
        if marker in _WITHOUT_LENGTH:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if marker == _END or end < at + 2 or end > len(data):
            return
        yield marker, at + 2, end
        at = end
        if marker == _SCAN:
            return


def _strip_png(data: bytes) -> bytes:
    """Strip the metadata chunks; all others stay as they are."""
    chunks = [data[:_PNG_SIGNATURE]]
    at = _PNG_SIGNATURE
    while data[at + 4 : at + 8].isalpha():
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            break
        chunks.append(_strip_png_chunk(data[at:end]))
        at = end
    return b"".join(chunks) + data[at:]


def _strip_png_chunk(chunk: bytes) -> bytes:
    kind, contents = chunk[4:8], chunk[8:-4]
    match kind:
        case b"eXIf":
            stripped: bytes | None = strip_exif(contents)
        case b"tEXt" | b"zTXt" | b"iTXt":
            stripped = _strip_png_text(kind, contents)
        case _:
            return chunk
    if stripped is None:
        return b""
    if stripped == contents:
        return chunk
    body = kind + stripped
    return len(stripped).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _strip_png_text(kind: bytes, contents: bytes) -> bytes | None:
    """Strip a text (PNG, third edition, 11.3.3), or drop one that is nothing but a location."""
    keyword, _, rest = contents.partition(b"\0")
    if re.search(rb"\bGPS", keyword, re.IGNORECASE):
        return None
    if keyword != _PNG_XMP and keyword.lower() not in _PNG_PROFILES:
        return contents
    head, is_compressed = 0, False
    if kind == b"zTXt":  # the compression method
        head, is_compressed = 1, True
    elif kind == b"iTXt":  # a flag, the method, and two names that end with a zero
        language, name = [*rest[2:].split(b"\0", 2), b"", b""][:2]
        head, is_compressed = 2 + len(language) + len(name) + 2, rest[:1] == b"\x01"
    head = min(head, len(rest))
    text = rest[head:]
    if is_compressed:
        text = zlib.decompressobj().decompress(text, _LONGEST_TEXT)
    stripped = blank_xmp(text) if keyword == _PNG_XMP else _strip_profile(text)
    if stripped == text:
        return contents
    packed = zlib.compress(stripped) if is_compressed else stripped
    return keyword + b"\0" + rest[:head] + packed


def _strip_profile(text: bytes) -> bytes:
    """Strip a profile in hexadecimal digits, behind a line each for its name and its length."""
    lines = text.split(b"\n")
    try:
        profile = bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
    except ValueError:
        return text
    is_xmp = profile.startswith(_XMP) or profile.lstrip().startswith(b"<")
    stripped = blank_xmp(profile) if is_xmp else strip_exif(profile)
    if stripped == profile:
        return text
    digits = stripped.hex().encode("ascii")
    rows = [digits[at : at + _PNG_DIGITS] for at in range(0, len(digits), _PNG_DIGITS)]
    return b"\n".join([*lines[:3], *rows, b""])


def _strip_webp(data: bytes) -> bytes:
    edited = bytearray(data)
    at = _WEBP_FIRST_CHUNK
    while at + 8 <= len(data):
        start = at + 8
        end = start + int.from_bytes(data[at + 4 : start], "little")
        strip = {b"EXIF": strip_exif, b"XMP ": blank_xmp}.get(data[at : at + 4])
        if strip is not None and end <= len(data):
            edited[start:end] = strip(data[start:end])
        at = end + (end - start) % 2
    return bytes(edited)
