"""Read GIF images, animated or not.

Pillow is not used: it does not notice that a file is cut off, and has to read each frame. GIF
stores neither the number of frames nor the size of one, so all sub-blocks, of 255 bytes at most,
are visited; nothing is decoded.
"""

from __future__ import annotations

import struct
from io import SEEK_CUR
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.image.exif import image_facts
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from io import BufferedReader

    from wanprep.media.facts import PartialFacts
    from wanprep.media.source import Source

# GIF89a sections 18 to 27.
_SCREEN: Final = 13
_GRAPHIC_CONTROL: Final = 0xF9
_TRANSPARENT: Final = 0x01
_LONGEST_CODE: Final = 11  # decoders have tables of 12 bits, and one bit is added
_MAX_BLOCKS: Final = 1_000_000


@dataclass(slots=True)
class _Contents:
    """The contents of the blocks that were read so far."""

    width: int
    height: int
    frames: int = 0
    transparent: bool = False
    problem: str | None = None


def read_gif(source: Source) -> PartialFacts:
    """Read the size of the screen, and count the frames."""
    head = source.read_at(0, _SCREEN)
    contents = _Contents(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    try:
        _walk(source, _SCREEN + _color_table(head[10]), contents)
    except (IndexError, ValueError, struct.error):  # read beyond the end
        contents.problem = f"cut off: its {source.size:,} bytes end in the middle of an image"
    if not contents.frames and contents.problem is None:
        contents.problem = "damaged: there is no image in it"
    return image_facts(
        "gif",
        contents.width,
        contents.height,
        alpha=contents.transparent,
        frames=max(1, contents.frames),
        animated=contents.frames > 1,
        bit_depth=8,
        color="palette",
        problem=contents.problem,
    )


def _color_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _walk(source: Source, start: int, contents: _Contents) -> None:
    file = as_file(source, 256 * 1024)
    file.seek(start)
    for _ in range(_MAX_BLOCKS):
        match file.read(1):
            case b"\x21":
                _extension(file, contents)
            case b"\x2c":
                _image(file, contents)
            case _:
                # The trailer, the end of the file or garbage: viewers stop here and show the
                # images up to this point.
                return


def _extension(file: BufferedReader, contents: _Contents) -> None:
    kind = file.read(1)[0]
    if kind == _GRAPHIC_CONTROL:
        size, flags = file.read(2)
        contents.transparent = contents.transparent or bool(flags & _TRANSPARENT)
        file.seek(size - 1, SEEK_CUR)
    _skip_data(file)


def _image(file: BufferedReader, contents: _Contents) -> None:
    left, top, width, height, flags = struct.unpack("<4HB", file.read(9))
    if not contents.frames:
        # Viewers enlarge a screen that is too small for the first image, or empty.
        contents.width = max(contents.width, left + width)
        contents.height = max(contents.height, top + height)
    file.seek(_color_table(flags), SEEK_CUR)
    code_size = file.read(1)[0]
    if code_size > _LONGEST_CODE:
        contents.problem = f"damaged: codes of {code_size} bits, which GIF does not allow"
    _skip_data(file)
    contents.frames += 1


def _skip_data(file: BufferedReader) -> None:
    while length := file.read(1)[0]:
        file.seek(length, SEEK_CUR)
