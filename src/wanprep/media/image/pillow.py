"""Read images of rarer formats with Pillow: JPEG 2000, PSD, DDS, Targa, Netpbm and icons.

Pillow opens an image without decoding it, except icons (ICO), whose list of sizes is read here.
Formats with a module of their own are never opened by Pillow.
"""

from __future__ import annotations

import struct
import warnings
from typing import TYPE_CHECKING, Final

from wanprep.media.image.exif import image_facts, read_exif
from wanprep.media.source import as_file

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.source import Source

_READ_ELSEWHERE: Final = frozenset(
    {"AVIF", "BMP", "GIF", "ICO", "JPEG", "MPEG", "PNG", "TIFF", "WEBP"}
)
_NOT_IMAGES: Final = frozenset({"BUFR", "GRIB", "HDF5"})  # Pillow cannot read them
_COLORS: Final[dict[str, Color]] = {
    **dict.fromkeys(("1", "F", "I", "I;16", "I;16B", "I;16L", "L", "LA"), "gray"),
    **dict.fromkeys(("HSV", "RGB", "RGBA", "RGBX", "RGBa", "YCbCr"), "rgb"),
    **dict.fromkeys(("P", "PA"), "palette"),
    "CMYK": "cmyk",
    "LAB": "lab",
}
_NAMES: Final = {"ppm": "pnm"}  # Pillow calls all of Netpbm's formats by that name
_ICON: Final = b"\0\0\1\0"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD: Final = struct.Struct(">16x2I")  # up to the size in its first chunk
_PNG_END: Final = b"IEND\xae\x42\x60\x82"


def read_with_pillow(source: Source) -> PartialFacts:
    """Read the header with the first of Pillow's formats that accepts the file."""
    if source.read_at(0, 4) == _ICON:
        return _read_icon(source)
    with warnings.catch_warnings():
        # Pillow warns of malformed metadata.
        warnings.simplefilter("ignore")
        try:
            image = _open(source)
        except (OSError, ValueError):
            return {"readable": False, "problem": "cut off or damaged: its header is invalid"}
        if image is None:
            return {"readable": False, "problem": "not an image format that Pillow supports"}
        return _facts(image)


def _open(source: Source) -> ImageFile | None:
    """Do what `Image.open` does, without the limit of `Image.MAX_IMAGE_PIXELS`.

    The limit protects decoding, which is not done here, and other users of Pillow may set it.
    """
    from PIL import Image

    Image.init()
    start = source.read_at(0, 16)
    for name in Image.ID:
        if name in _READ_ELSEWHERE | _NOT_IMAGES:
            continue
        factory, accept = Image.OPEN[name]
        try:
            if accept is None or accept(start) is True:
                return factory(as_file(source), "")
        except (SyntaxError, IndexError, TypeError, NotImplementedError, struct.error):
            continue  # Pillow's readers reject a file of another format this way
    return None


def _facts(image: ImageFile) -> PartialFacts:
    name = _NAMES.get(name := (image.format or "unknown").lower(), name)
    # Pillow counts the layers of a Photoshop file as frames.
    frames = 1 if name == "psd" else getattr(image, "n_frames", 1)
    return image_facts(
        name,
        image.width,
        image.height,
        exif=read_exif(image.info.get("exif", b"")),
        alpha=image.has_transparency_data,
        frames=frames,
        animated=frames > 1,
        color=_COLORS.get(image.mode),
    )


def _read_icon(source: Source) -> PartialFacts:
    count = int.from_bytes(source.read_at(4, 2), "little")
    entries = struct.Struct("<BB2x4xII")
    data = source.read_at(6, count * entries.size)
    listed = list(entries.iter_unpack(data[: len(data) // entries.size * entries.size]))
    # 256 pixels do not fit into a byte and are written as 0.
    width, height, length, at = max(
        ((w or 256, h or 256, length, at) for w, h, length, at in listed), default=(0, 0, 0, 0)
    )
    width, height = _png_size(source, at) or (width, height)
    problem = None
    if len(listed) < count or not _is_there(source, at, length):
        problem = f"cut off: its {source.size:,} bytes end before the icon does"
    elif not listed:
        problem = "damaged: an icon without images"
    return image_facts("ico", width, height, alpha=True, bit_depth=8, color="rgb", problem=problem)


def _png_size(source: Source, at: int) -> tuple[int, int] | None:
    """Read the size of a PNG in an icon, which the list cannot give above 256 pixels."""
    head = source.read_at(at, _PNG_HEAD.size)
    if len(head) < _PNG_HEAD.size or not head.startswith(_PNG):
        return None
    width, height = _PNG_HEAD.unpack(head)
    return width, height


def _is_there(source: Source, at: int, length: int) -> bool:
    """Return whether an image is complete; the end of a PNG counts, not the list."""
    is_png = source.read_at(at, len(_PNG)) == _PNG
    return at + length <= source.size or (is_png and _PNG_END in source.read_at(at, length))
