"""PNG images, animated ones (APNG) included.

The chunks are not read through Pillow, which decodes the whole image to look for EXIF behind
it, refuses headers that can be read, and does not notice that the file is cut off. The walk
also spares the start-up cost of Pillow.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.image.exif import image_facts, read_exif
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from wanprep.media.facts import Color, Found
    from wanprep.media.source import Source

TEXTS: Final = frozenset({b"tEXt", b"zTXt"})  # plain and packed (PNG, third edition, 11.3.3)
HIDDEN: Final = b"hidden EXIF"  # beside the names of chunks, which have four letters

_NAMES: Final = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
_LONGEST_TEXT: Final = 4 * 1024 * 1024
_HEADING: Final = 3  # lines


def hidden_exif(kind: bytes, file: BufferedReader, length: int) -> dict[bytes, bytes]:
    """Return the EXIF in a text chunk, at whose beginning the file stands; most have none."""
    name = file.read(min(length, len(_NAMES[0])))
    if name not in _NAMES:
        return {}
    text = file.read(length - len(name))
    try:
        if kind == b"zTXt":  # in front of what is packed stands how
            text = zlib.decompressobj().decompress(text[1:], _LONGEST_TEXT)
        digits = b"".join(text.split(b"\n", _HEADING)[_HEADING:])
        return {HIDDEN: bytes.fromhex(digits.decode("ascii"))}
    except (ValueError, zlib.error):
        return {}


# PNG (third edition) section 11.2.1: the bit depths that each colour type allows.
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_COLORS: Final[Mapping[int, Color]] = {0: "gray", 2: "rgb", 3: "palette", 4: "gray", 6: "rgb"}
_WITH_ALPHA: Final = frozenset({4, 6})
_PALETTE: Final = b"\x03"
_HDR_TRANSFERS: Final = frozenset({b"\x10", b"\x12"})  # ITU-T H.273 table 3: PQ and HLG

_SIGNATURE: Final = 8
_TELLING: Final = frozenset({b"IHDR", b"PLTE", b"acTL", b"cICP", b"eXIf", b"tRNS"})
_KNOWN: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_END: Final = b"\0\0\0\0IEND\xae\x42\x60\x82"
# So much image data is held against its checksums in passing; the rest is for decoders.
_CHECKED: Final = 64 * 1024
_TAIL: Final = 64 * 1024
_LONGEST: Final = 1024 * 1024
_BUFFER: Final = 32 * 1024
_MOST_CHUNKS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of the file: where its data begins, and the length that it claims."""

    kind: bytes
    at: int
    length: int

    @property
    def end(self) -> int:
        """Return where the next chunk begins: behind a checksum."""
        return self.at + self.length + 4


def read_png(source: Source) -> Found:
    """Read the chunks that describe the image, and make sure that the last one is there."""
    parts, fault = _walk(source)
    header = parts.get(b"IHDR", b"")
    if len(header) < 13:
        fault = fault or "damaged: it has no header"
        return image_facts("png", alpha=b"tRNS" in parts, problem=fault)
    width, height, bits, color = struct.unpack_from(">IIBB", header)
    frames = max(1, int.from_bytes(parts.get(b"acTL", b"")[:4], "big"))
    found = image_facts(
        "png",
        width,
        height,
        exif=read_exif(parts.get(b"eXIf") or parts.get(HIDDEN, b"")),
        alpha=color in _WITH_ALPHA or bool(parts.get(b"tRNS")),
        frames=frames,
        animated=frames > 1,
        bit_depth=bits or None,
        color=_COLORS.get(color),
        problem=_nonsense(header) or fault,
    )
    if b"cICP" in parts:
        found["hdr"] = parts[b"cICP"][1:2] in _HDR_TRANSFERS
    return found


def _nonsense(header: bytes) -> str | None:
    width, height, bits, color, method, filtering, interlace = struct.unpack(">II5B", header[:13])
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        return f"damaged: its header speaks of {width} x {height} pixels"
    if bits not in _DEPTHS.get(color, ()):
        return f"damaged: colour type {color} with {bits} bits, which PNG does not have"
    if method or filtering or interlace > 1:
        return "damaged: its header names a way of compression that PNG does not have"
    return None


def _walk(source: Source) -> tuple[Mapping[bytes, bytes], str | None]:
    """Collect the data of the chunks that matter, and the first fault."""
    parts: dict[bytes, bytes] = {}
    fault: str | None = None
    has_image: int | None = None  # bytes of image data so far
    end = _SIGNATURE
    file = as_file(source, _BUFFER)
    for chunk in _chunks(file):
        end = chunk.end
        if chunk.kind == b"IEND":
            return parts, fault or (None if has_image else "damaged: there is no image in it")
        if end > source.size:
            return parts, fault or f"cut off: {source.size:,} of at least {end:,} bytes are there"
        if chunk.kind == b"IDAT":
            fault = fault or _fault_in_data(file, chunk, parts, has_image)
            has_image = (has_image or 0) + chunk.length
            if has_image > _CHECKED and source.read_at(source.size - 12, 12) == _END:
                return _late_exif(source, end) | parts, fault
        elif chunk.kind == b"eXIf" or (chunk.kind in _TELLING and has_image is None):
            parts.setdefault(chunk.kind, file.read(min(chunk.length, _LONGEST)))
        elif chunk.kind in TEXTS:
            parts |= hidden_exif(chunk.kind, file, min(chunk.length, _LONGEST))
        fault = fault or _fault_in_chunk(file, chunk)
    return parts, fault or _no_end(source, end)


def _chunks(file: BufferedReader) -> Iterator[Chunk]:
    """Walk the chunks until the last one, or until what follows is none.

    The file stands at the data of a chunk when that is yielded.
    """
    at = _SIGNATURE
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            return
        chunk = Chunk(head[4:], at + 8, int.from_bytes(head[:4], "big"))
        yield chunk
        at = chunk.end


def _no_end(source: Source, end: int) -> str:
    if source.size - end < 8:
        return f"cut off: its {source.size:,} bytes end before the image does"
    return f"damaged: what stands at byte {end:,} does not belong in a PNG"


def _fault_in_data(
    file: BufferedReader, chunk: Chunk, parts: Mapping[bytes, bytes], has_image: int | None
) -> str | None:
    if has_image is None and parts.get(b"IHDR", b"")[9:10] == _PALETTE and b"PLTE" not in parts:
        return "damaged: its palette is missing"
    if (has_image or 0) + chunk.length <= _CHECKED and _wrong_sum(file, chunk):
        return "damaged: a checksum of its image data is wrong"
    return None


def _fault_in_chunk(file: BufferedReader, chunk: Chunk) -> str | None:
    if chunk.kind == b"IHDR" and _wrong_sum(file, chunk):
        return "damaged: the checksum of its header is wrong"
    # An upper-case first letter: who does not know it cannot show the image (section 5.4).
    # Apple's CgBI is the one that is met.
    if chunk.kind[:1].isupper() and chunk.kind not in _KNOWN:
        return f"it needs a reader that knows {chunk.kind.decode()} chunks, which few do"
    return None


def _wrong_sum(file: BufferedReader, chunk: Chunk) -> bool:
    file.seek(chunk.at - len(chunk.kind))
    data = file.read(chunk.length + 8)
    return zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big")


def _late_exif(source: Source, start: int) -> dict[bytes, bytes]:
    """Find EXIF behind the image data without walking all of that, chunk by chunk."""
    tail = source.read_at(max(start, source.size - _TAIL), _TAIL)
    at = tail.rfind(b"eXIf", 4)
    while at >= 0:
        data = tail[at + 4 : at + 4 + int.from_bytes(tail[at - 4 : at], "big")]
        sum_at = at + 4 + len(data)
        # Compressed data may hold these four letters by chance, but not the checksum as well.
        if zlib.crc32(b"eXIf" + data).to_bytes(4, "big") == tail[sum_at : sum_at + 4]:
            return {b"eXIf": data}
        at = tail.rfind(b"eXIf", 4, at)
    return {}
