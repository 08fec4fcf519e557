"""Read WEBP images, including animated ones.

Pillow is not used: to open a WEBP it reads the whole file and allocates canvases of the size in
the header, which a few bytes can make gigabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.image.exif import NO_EXIF, Exif, image_facts, read_exif
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

# The flags of the extended header (RFC 9649 section 2.7.1).
_ANIMATED: Final = 0x02
_ALPHA: Final = 0x10

_FIRST_CHUNK: Final = 12
_MAX_CHUNKS: Final = 100_000
_LONGEST_EXIF: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """The type of a chunk, the offset of its data, and its length by its header."""

    kind: bytes
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Bitstream:
    """The header of the image data; size 0: invalid."""

    width: int
    height: int
    alpha: bool | None  # None: not stated (lossy)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The extended header."""

    flags: int
    width: int
    height: int


@dataclass(slots=True)
class _Contents:
    """The contents of the chunks that were read so far."""

    canvas: Canvas | None = None
    still: Bitstream | None = None
    alpha_plane: bool = False
    frames: int = 0
    exif: Exif = NO_EXIF
    end: int = _FIRST_CHUNK


def read_webp(source: Source) -> PartialFacts:
    """Read the headers, and count the frames."""
    contents = _Contents()
    for chunk in _chunks(source):
        _add(source, chunk, contents)
    canvas, still = contents.canvas, contents.still
    size = canvas or still or Bitstream(0, 0, alpha=None)
    animated = canvas is not None and bool(canvas.flags & _ANIMATED)
    frames = contents.frames if animated else 1
    return image_facts(
        "webp",
        size.width,
        size.height,
        exif=contents.exif,
        alpha=_has_alpha(contents, animated=animated),
        frames=max(1, frames),
        animated=frames > 1,
        bit_depth=8,
        color="rgb",
        problem=_cut_off(source, contents) or _problem(contents, animated=animated),
    )


def _chunks(source: Source) -> Iterator[Chunk]:
    """Yield the chunks up to the end of the file or of the RIFF container."""
    file = as_file(source, 4096)
    end = min(source.size, _claimed_size(source))
    at = _FIRST_CHUNK
    for _ in range(_MAX_CHUNKS):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(8)
        chunk = Chunk(head[:4], at + 8, int.from_bytes(head[4:], "little"))
        yield chunk
        at = chunk.at + chunk.length + chunk.length % 2


def _claimed_size(source: Source) -> int:
    return 8 + int.from_bytes(source.read_at(4, 4), "little")


def _add(source: Source, chunk: Chunk, contents: _Contents) -> None:
    contents.end = max(contents.end, chunk.at + chunk.length)
    match chunk.kind:
        case b"VP8X" if contents.canvas is None:
            contents.canvas = _canvas(source.read_at(chunk.at, 10))
        case b"VP8 " if contents.still is None:
            contents.still = _lossy(source.read_at(chunk.at, 10), chunk.length)
        case b"VP8L" if contents.still is None:
            contents.still = _lossless(source.read_at(chunk.at, 5))
        case b"ALPH":
            contents.alpha_plane = True
        case b"ANMF":
            contents.frames += 1
        case b"EXIF":
            contents.exif = read_exif(source.read_at(chunk.at, min(chunk.length, _LONGEST_EXIF)))


def _canvas(data: bytes) -> Canvas | None:
    if len(data) < 10:
        return None
    width, height = (1 + int.from_bytes(side, "little") for side in (data[4:7], data[7:]))
    return Canvas(data[0], width, height)


def _lossy(data: bytes, length: int) -> Bitstream:
    """Read the header of a VP8 frame (RFC 6386 section 9.1), as strictly as libwebp."""
    tag = int.from_bytes(data[:3], "little")
    hidden = not tag >> 4 & 1
    if tag & 1 or hidden or tag >> 5 >= length or data[3:6] != b"\x9d\x01\x2a":
        return Bitstream(0, 0, alpha=None)
    width = int.from_bytes(data[6:8], "little") & 0x3FFF
    height = int.from_bytes(data[8:10], "little") & 0x3FFF
    return Bitstream(width, height, alpha=None)


def _lossless(data: bytes) -> Bitstream:
    """Read the header of a VP8L image (RFC 9649 section 3.4)."""
    bits = int.from_bytes(data[1:5], "little")
    if data[:1] != b"\x2f" or bits >> 29:
        return Bitstream(0, 0, alpha=None)
    return Bitstream((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha=bool(bits >> 28 & 1))


def _has_alpha(contents: _Contents, *, animated: bool) -> bool:
    if contents.still and contents.still.alpha is not None and not animated:
        return contents.still.alpha
    declared = contents.canvas is not None and bool(contents.canvas.flags & _ALPHA)
    return declared or contents.alpha_plane


def _cut_off(source: Source, contents: _Contents) -> str | None:
    claimed = max(_claimed_size(source), contents.end)
    if claimed <= source.size:
        return None
    return f"cut off: {source.size:,} of {claimed:,} bytes are there"


def _problem(contents: _Contents, *, animated: bool) -> str | None:
    canvas, still = contents.canvas, contents.still
    if animated:
        return None if contents.frames else "damaged: an animation without frames"
    if still is None:
        return "damaged: there is no image in it"
    if not still.width or not still.height:
        return "damaged: the header of its image data is invalid"
    if canvas and (canvas.width, canvas.height) != (still.width, still.height):
        sizes = f"{canvas.width} x {canvas.height} pixels, its image {still.width} x {still.height}"
        return f"damaged: its header gives {sizes}"
    return None
