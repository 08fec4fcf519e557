"""Open a stranger's image and decode what a viewer shows first.

That is the first frame of what moves, the first page of a document, the primary image of a
HEIC. Nothing here is tolerant: half an image is no image.
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


# Drawings that other programs would have to be run for, or that have no pixels at all.
_DRAWINGS: Final = frozenset({"eps", "svg", "wmf"})


# RFC 9649, section 2.7: behind the head of the first chunk.
_WEBP_FLAGS: Final = 20


_WEBP_ALPHA: Final = 0x10


_OF_DAMAGE: Final = (
    OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, AttributeError,
    EOFError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


def decode(source: str, facts: Facts, near: Size | None = None) -> PillowImage:
    """Return the decoded image, as it lies in the file.

    `near` says that about this size is enough: a JPEG is then decoded in a fraction of the time.
    """
    if facts.format in _DRAWINGS:
        raise CannotFix(
            f"{facts.format.upper()} is a drawing. Export it as PNG from the program that made it."
        )
    with _told(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of oddities in files, to no one who could help
        return _decode_heic(source) if facts.format == "heic" else _decode(source, facts, near)


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what a decoder makes of a file that it cannot read."""
    from PIL import UnidentifiedImageError
    from PIL.Image import DecompressionBombError

    try:
        yield
    except DecompressionBombError as error:
        raise _too_many(str(error)) from error
    except MemoryError as error:
        raise _too_many("it does not fit into memory") from error
    except UnidentifiedImageError as error:
        raise _damaged("it is damaged, or stored in a way that is hardly ever read") from error
    except _OF_DAMAGE as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _damaged(printable_line(why)) from error


def _damaged(why: str) -> CannotFix:
    return CannotFix(
        f"The image cannot be decoded ({why})."
        " Export it again from the program that made it, or fetch it again."
    )


def _too_many(why: str) -> CannotFix:
    return CannotFix(f"The image is too large to be repaired here: {why}. Scale it down first.")


def _decode(source: str, facts: Facts, near: Size | None) -> PillowImage:
    from PIL import ExifTags, Image

    name = _PILLOW_NAMES.get(facts.format, facts.format.upper())
    Image.init()
    if name not in Image.OPEN:
        raise CannotFix(f"Nothing here decodes {name}. Save it as PNG or JPEG first.")
    with Image.open(_file(source, facts), formats=[name]) as image:
        _refuse_too_many(image.size)
        if near is not None:
            image.draft(None, near)
        if name == "TIFF":
            # Pillow turns TIFF upright by itself, and without this by what XMP says as well.
            image.getexif()[ExifTags.Base.Orientation] = facts.orientation or 1
            _refuse_split_alpha(image)
        image.load()
        return _as_drawn(image) if name == "GIF" else image


def _refuse_split_alpha(tiff: PillowImage) -> None:
    """Refuse what Pillow decodes wrongly without a word: gray and alpha in planes of their own."""
    from PIL import TiffImagePlugin

    assert isinstance(tiff, TiffImagePlugin.TiffImageFile)  # noqa: S101 - it was opened as such
    if tiff.mode in {"LA", "La"} and tiff.tag_v2.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2:
        raise _damaged("its gray and its transparency lie apart, which is hardly ever read")


def _file(source: str, facts: Facts) -> str | BytesIO:
    """Set the flag of a WEBP's alpha where it is not set: Pillow then leaves the alpha out."""
    if facts.format != "webp" or not facts.alpha:
        return source
    with open(source, "rb") as file:
        data = bytearray(file.read())
    if data[12:16] == b"VP8X":
        data[_WEBP_FLAGS] |= _WEBP_ALPHA
    return BytesIO(data)


def _as_drawn(gif: PillowImage) -> PillowImage:
    """Let what the first frame of a GIF leaves bare show through, as browsers do."""
    from PIL import Image

    drawn: tuple[int, int, int, int] = gif.dispose_extent  # type: ignore[attr-defined] # of GIF
    if drawn == (0, 0, *gif.size):
        return gif
    whole = gif.convert("RGBA")
    shown = Image.new("RGBA", gif.size)
    shown.paste(whole.crop(drawn), drawn)
    return shown


def _decode_heic(source: str) -> PillowImage:
    import pi_heif

    with open(source, "rb") as file:
        heic = pi_heif.open_heif(file)
        _refuse_too_many(heic.size)
        image: PillowImage = heic.to_pillow()
        return image


def _refuse_too_many(size: Size) -> None:
    """Refuse what would not fit into the memory that a worker may have."""
    if size[0] * size[1] > MOST_PIXELS:
        count = f"{size[0] * size[1] / 1e6:,.0f} megapixels"
        raise _too_many(f"it has {count}, {MOST_PIXELS / 1e6:.0f} are the most")


_ORIENTATION: Final = 0x0112


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


def upright(image: PillowImage, facts: Facts) -> PillowImage:
    """Undo the turn that the file asks for, once, whoever is to undo it."""
    from PIL.Image import Transpose

    turn = _TURNS.get(_orientation(image, facts))
    return image.transpose(Transpose[turn]) if turn else image


def _orientation(image: PillowImage, facts: Facts) -> int:
    match facts.format:
        case "heic" | "tiff":
            return 1  # libheif and Pillow have turned it while they decoded it
        case "avif":
            # Pillow tells of the properties irot and imir in this way, and does not turn. The
            # EXIF of the file, which may say the same once more, it leaves out.
            return int(image.getexif().get(_ORIENTATION, 1))
        case _:
            return facts.orientation or 1
