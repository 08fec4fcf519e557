"""Turn a picture the way a viewer shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from wanprep.probe.facts import Facts

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


def upright(picture: Picture, facts: Facts) -> Picture:
    """Undo the turn that the file asks for, once, whoever is to undo it."""
    from PIL.Image import Transpose

    turn = _TURNS.get(_orientation(picture, facts))
    return picture.transpose(Transpose[turn]) if turn else picture


def _orientation(picture: Picture, facts: Facts) -> int:
    match facts.format:
        case "heic" | "tiff":
            return 1  # libheif and Pillow have turned it while they decoded it
        case "avif":
            # Pillow tells of the properties irot and imir in this way, and does not turn. The
            # EXIF of the file, which may say the same once more, it leaves out.
            return int(picture.getexif().get(_ORIENTATION, 1))
        case _:
            return facts.orientation or 1
