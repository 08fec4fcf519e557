"""Pictures for the film: the references, fitted, and cards for those that nobody fetched."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.Image import Image

    from wanprep.emulator.scene import Reference

_COLOURS: Final = ("#264653", "#2a6f97", "#6d597a", "#7f4f24", "#386641")


class Unfilmable(Exception):
    """No video can be made of this."""


def picture_size(path: Path) -> tuple[int, int]:
    """Tell how large a picture is as a viewer shows it."""
    with _upright(path) as image:
        return image.size


def fit_picture(path: Path, size: tuple[int, int], to: Path) -> None:
    """Show the whole picture in a frame of this size."""
    from PIL import ImageOps

    with _upright(path) as image:
        ImageOps.pad(image.convert("RGB"), size).save(to, "PNG", compress_level=1)


@contextmanager
def _upright(path: Path) -> Iterator[Image]:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            yield ImageOps.exif_transpose(image)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Unfilmable("one of the pictures cannot be decoded") from error


def card(who: Reference, size: tuple[int, int]) -> bytes:
    """Write what a reference is called, and where it lies, on a coloured card: a PNG."""
    from io import BytesIO

    from PIL import Image, ImageDraw, ImageFont

    drawn = Image.new("RGB", size, _COLOURS[zlib.crc32(who.url.encode()) % len(_COLOURS)])
    draw = ImageDraw.Draw(drawn)
    host = urlsplit(who.url).hostname or ""
    for text, height, points in ((who.title, 0.4, 40), (host, 0.6, 16)):
        place = (size[0] / 2, size[1] * height)
        draw.text(place, text, "white", ImageFont.load_default(points), anchor="mm")
    drawn.save(content := BytesIO(), "PNG", compress_level=1)
    return content.getvalue()
