"""Read PNG images, including animated ones (APNG).

Pillow is not used: it decodes the whole image to look for EXIF after it, refuses headers that
can be read, does not notice that a file is cut off, and takes long to import.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import cut_off
from wanprep.media.image.exif import image_facts, read_exif
from wanprep.media.source import as_file, at_hand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.source import Source

_TEXT_CHUNKS: Final = frozenset({b"tEXt", b"zTXt"})  # PNG, third edition, 11.3.3
_TEXT_EXIF: Final = b"EXIF in a text chunk"  # a key beside the chunk types of four letters

_NAMES: Final = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
_LONGEST_TEXT: Final = 4 * 1024 * 1024
_HEADING: Final = 3  # lines


def exif_in_text(kind: bytes, file: BufferedReader, length: int) -> dict[bytes, bytes]:
    """Return the EXIF in the text chunk at the file's position; most have none."""
    name = file.read(min(length, len(_NAMES[0])))
    if name not in _NAMES:
        return {}
    text = file.read(length - len(name))
    try:
        if kind == b"zTXt":  # the compression method comes first
            text = zlib.decompressobj().decompress(text[1:], _LONGEST_TEXT)
        digits = b"".join(text.split(b"\n", _HEADING)[_HEADING:])
        return {_TEXT_EXIF: bytes.fromhex(digits.decode("ascii"))}
    except (ValueError, zlib.error):
        return {}


# PNG (third edition) section 11.2.1: the bit depths that each colour type allows.
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_COLORS: Final[Mapping[int, Color]] = {0: "gray", 2: "rgb", 3: "palette", 4: "gray", 6: "rgb"}
_WITH_ALPHA: Final = frozenset({4, 6})
_PALETTE: Final = b"\x03"
_HDR_TRANSFERS: Final = frozenset({b"\x10", b"\x12"})  # ITU-T H.273 table 3: PQ and HLG

_SIGNATURE: Final = 8
_RELEVANT: Final = frozenset({b"IHDR", b"PLTE", b"acTL", b"cICP", b"eXIf", b"tRNS"})
_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_END: Final = b"\0\0\0\0IEND\xae\x42\x60\x82"
# Image data up to this size is checked against its checksums; more takes too long.
_CHECKED: Final = 64 * 1024
_TAIL: Final = 64 * 1024
_LONGEST: Final = 1024 * 1024
_BUFFER: Final = 32 * 1024
_MAX_CHUNKS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """The type of a chunk, the offset of its data, and its length by its header."""

    kind: bytes
    at: int
    length: int

    @property
    def end(self) -> int:
        """Return the end, after a checksum."""
        return self.at + self.length + 4


def read_png(source: Source) -> PartialFacts:
    """Read the chunks that describe the image, and check that the last one is there."""
    parts, problem = _walk(source)
    header = parts.get(b"IHDR", b"")
    if len(header) < 13:
        problem = problem or "damaged: it has no header"
        return image_facts("png", alpha=b"tRNS" in parts, problem=problem)
    width, height, bits, color = struct.unpack_from(">IIBB", header)
    frames = max(1, int.from_bytes(parts.get(b"acTL", b"")[:4], "big"))
    facts = image_facts(
        "png",
        width,
        height,
        exif=read_exif(parts.get(b"eXIf") or parts.get(_TEXT_EXIF, b"")),
        alpha=color in _WITH_ALPHA or bool(parts.get(b"tRNS")),
        frames=frames,
        animated=frames > 1,
        bit_depth=bits or None,
        color=_COLORS.get(color),
        problem=_header_problem(header) or problem,
    )
    if b"cICP" in parts:
        facts["hdr"] = parts[b"cICP"][1:2] in _HDR_TRANSFERS
    return facts


def _header_problem(header: bytes) -> str | None:
    width, height, bits, color, method, filtering, interlace = struct.unpack(">II5B", header[:13])
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        return f"damaged: its header gives {width} x {height} pixels"
    if bits not in _DEPTHS.get(color, ()):
        return f"damaged: colour type {color} with {bits} bits, which PNG does not allow"
    if method or filtering or interlace > 1:
        return "damaged: unknown compression, filter or interlace method in its header"
    return None


def _walk(source: Source) -> tuple[Mapping[bytes, bytes], str | None]:
    """Collect the data of the relevant chunks, and the first problem."""
    parts: dict[bytes, bytes] = {}
    problem: str | None = None
    image_bytes: int | None = None
    end = _SIGNATURE
    file = as_file(source, _BUFFER)
    for chunk in _chunks(file):
        end = chunk.end
        if chunk.kind == b"IEND":
            return parts, problem or (None if image_bytes else "damaged: there is no image in it")
        if end > source.size:
            return parts, problem or cut_off(source.size, end)
        if chunk.kind == b"IDAT":
            is_here = end <= at_hand(source, 0)
            problem = problem or _data_problem(file, chunk, parts, image_bytes, check=is_here)
            image_bytes = (image_bytes or 0) + chunk.length
            is_enough = image_bytes > _CHECKED or not is_here
            if is_enough and source.read_at(source.size - 12, 12) == _END:
                return _exif_at_end(source, end) | parts, problem
        elif chunk.kind == b"eXIf" or (chunk.kind in _RELEVANT and image_bytes is None):
            parts.setdefault(chunk.kind, file.read(min(chunk.length, _LONGEST)))
        elif chunk.kind in _TEXT_CHUNKS:
            parts |= exif_in_text(chunk.kind, file, min(chunk.length, _LONGEST))
        problem = problem or _chunk_problem(file, chunk)
    return parts, problem or _end_problem(source, end)


def _chunks(file: BufferedReader) -> Iterator[Chunk]:
    """Yield the chunks, with the file positioned at their data, until there are no more."""
    at = _SIGNATURE
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            return
        chunk = Chunk(head[4:], at + 8, int.from_bytes(head[:4], "big"))
        yield chunk
        at = chunk.end


def _end_problem(source: Source, end: int) -> str:
    if source.size - end < 8:
        return f"cut off: its {source.size:,} bytes end before the image does"
    return f"damaged: no PNG chunk at byte {end:,}"


def _data_problem(
    file: BufferedReader,
    chunk: Chunk,
    parts: Mapping[bytes, bytes],
    image_bytes: int | None,
    *,
    check: bool,
) -> str | None:
    if image_bytes is None and parts.get(b"IHDR", b"")[9:10] == _PALETTE and b"PLTE" not in parts:
        return "damaged: its palette is missing"
    small = (image_bytes or 0) + chunk.length <= _CHECKED
    if small and check and _has_wrong_checksum(file, chunk):
        return "damaged: a checksum of its image data is wrong"
    return None


def _chunk_problem(file: BufferedReader, chunk: Chunk) -> str | None:
    if chunk.kind == b"IHDR" and _has_wrong_checksum(file, chunk):
        return "damaged: the checksum of its header is wrong"
    # An upper-case first letter: needed to show the image (section 5.4). Apple writes CgBI.
    if chunk.kind[:1].isupper() and chunk.kind not in _CRITICAL:
        return f"it has {chunk.kind.decode()} chunks, which few programs support"
    return None


def _has_wrong_checksum(file: BufferedReader, chunk: Chunk) -> bool:
    file.seek(chunk.at - len(chunk.kind))
    data = file.read(chunk.length + 8)
    return zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big")


def _exif_at_end(source: Source, start: int) -> dict[bytes, bytes]:
    """Find EXIF after the image data without walking its chunks."""
    tail = source.read_at(max(start, source.size - _TAIL), _TAIL)
    at = tail.rfind(b"eXIf", 4)
    while at >= 0:
        data = tail[at + 4 : at + 4 + int.from_bytes(tail[at - 4 : at], "big")]
        sum_at = at + 4 + len(data)
        # Compressed data may contain these four letters by chance, but not the checksum as well.
        if zlib.crc32(b"eXIf" + data).to_bytes(4, "big") == tail[sum_at : sum_at + 4]:
            return {b"eXIf": data}
        at = tail.rfind(b"eXIf", 4, at)
    return {}
