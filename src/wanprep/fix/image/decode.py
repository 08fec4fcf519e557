"""Decode what a viewer shows of an image, upright.

That is the first frame of an animation, the first page of a document, the primary image of a
HEIC. An image that does not decode completely is refused.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import CannotFix
from wanprep.media.facts import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

# While an image is turned or converted it is there twice, with 4 bytes a pixel: 1.8 GB.
MOST_PIXELS: Final = 225_000_000
_PILLOW_NAMES: Final = {"pnm": "PPM", "tga": "TGA", "jpeg2000": "JPEG2000"}
# These need other programs to decode, or have no pixels at all.
_DRAWINGS: Final = frozenset({"eps", "svg", "wmf"})
# RFC 9649, section 2.7: behind the head of the first chunk.
_WEBP_FLAGS: Final = 20
_WEBP_ALPHA: Final = 0x10
_DECODE_ERRORS: Final = (
    OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, AttributeError,
    EOFError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_EXIF_ORIENTATION: Final = 0x0112
# EXIF 2.32, tag 0x0112, as the members of PIL.Image.Transpose that undo it.
_TURNS: Final = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def decode(source: str, facts: Facts, near: Size | None = None) -> PillowImage:
    """Decode an image as it is stored; `turn_upright` is the next step.

    `near` is a size that is enough: a JPEG is then decoded in a fraction of the time.
    """
    if facts.format in _DRAWINGS:
        raise CannotFix(
            f"{facts.format.upper()} is a drawing. Export it as PNG from the program that made it."
        )
    with _translate_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities of the file
        return _decode_heic(source) if facts.format == "heic" else _decode(source, facts, near)


def turn_upright(image: PillowImage, facts: Facts) -> PillowImage:
    """Undo the orientation of the file, unless the decoder has done it."""
    from PIL.Image import Transpose

    match facts.format:
        case "heic" | "tiff":
            return image  # libheif and Pillow turn it while they decode
        case "avif":
            # Pillow reports the properties irot and imir in this way, and does not turn. It leaves
            # out the EXIF of the file, which may repeat them.
            orientation = int(image.getexif().get(_EXIF_ORIENTATION, 1))
        case _:
            orientation = facts.orientation or 1
    turn = _TURNS.get(orientation)
    return image.transpose(Transpose[turn]) if turn else image


@contextmanager
def _translate_errors() -> Iterator[None]:
    from PIL import UnidentifiedImageError
    from PIL.Image import DecompressionBombError

    try:
        yield
    except DecompressionBombError as error:
        raise _too_large(str(error)) from error
    except MemoryError as error:
        raise _too_large("it does not fit into memory") from error
    except UnidentifiedImageError as error:
        raise _damaged("it is damaged, or of an unsupported kind") from error
    except _DECODE_ERRORS as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _damaged(printable_line(why)) from error


def _damaged(why: str) -> CannotFix:
    return CannotFix(
        f"The image cannot be decoded ({why})."
        " Export it again from the program that made it, or download it again."
    )


def _too_large(why: str) -> CannotFix:
    return CannotFix(f"The image is too large to be fixed here: {why}. Scale it down first.")


def _decode(source: str, facts: Facts, near: Size | None) -> PillowImage:
    from PIL import ExifTags, Image

    name = _PILLOW_NAMES.get(facts.format, facts.format.upper())
    Image.init()
    if name not in Image.OPEN:
        raise CannotFix(f"{name} cannot be decoded here. Save it as PNG or JPEG first.")
    with Image.open(_with_alpha_flag(source, facts), formats=[name]) as image:
        _refuse_too_large(image.size)
        if near is not None:
            image.draft(None, near)
        if name == "TIFF":
            # Pillow turns TIFF upright by itself, and without this by its XMP as well.
            image.getexif()[ExifTags.Base.Orientation] = facts.orientation or 1
            _refuse_split_alpha(image)
        image.load()
        return _on_its_screen(image) if name == "GIF" else image


def _refuse_split_alpha(tiff: PillowImage) -> None:
    """Refuse gray and alpha in separate planes, which Pillow decodes wrongly."""
    from PIL import TiffImagePlugin

    assert isinstance(tiff, TiffImagePlugin.TiffImageFile)  # noqa: S101 - it was opened as such
    if tiff.mode in {"LA", "La"} and tiff.tag_v2.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2:
        raise _damaged("its gray and its alpha are in separate planes")


def _with_alpha_flag(source: str, facts: Facts) -> str | BytesIO:
    """Set the flag of a WEBP's alpha: without it Pillow leaves the alpha out."""
    if facts.format != "webp" or not facts.alpha:
        return source
    with open(source, "rb") as file:
        data = bytearray(file.read())
    if data[12:16] == b"VP8X":
        data[_WEBP_FLAGS] |= _WEBP_ALPHA
    return BytesIO(data)


def _on_its_screen(gif: PillowImage) -> PillowImage:
    """Make transparent what the first frame does not cover, as browsers do."""
    from PIL import Image

    frame: tuple[int, int, int, int] = gif.dispose_extent  # type: ignore[attr-defined] # of GIF
    if frame == (0, 0, *gif.size):
        return gif
    screen = Image.new("RGBA", gif.size)
    screen.paste(gif.convert("RGBA").crop(frame), frame)
    return screen


def _decode_heic(source: str) -> PillowImage:
    import pi_heif

    with open(source, "rb") as file:
        heic = pi_heif.open_heif(file)
        _refuse_too_large(heic.size)
        image: PillowImage = heic.to_pillow()
        return image


def _refuse_too_large(size: Size) -> None:
    """Refuse what would not fit into a worker's memory."""
    if size[0] * size[1] > MOST_PIXELS:
        count = f"{size[0] * size[1] / 1e6:,.0f} megapixels"
        raise _too_large(f"it has {count}, at most {MOST_PIXELS / 1e6:.0f} fit into memory")
