"""Take the place where a picture was taken out of its file, and touch nothing else."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from wanprep.fix.made import CannotMake
from wanprep.fix.picture.exif_position import StillThere
from wanprep.fix.picture.strip_jpeg import strip_jpeg
from wanprep.fix.picture.strip_png import strip_png
from wanprep.fix.picture.strip_webp import strip_webp

if TYPE_CHECKING:
    from wanprep.probe.facts import Facts

_STRIPPERS: Final = {"jpeg": strip_jpeg, "png": strip_png, "webp": strip_webp}


def stripped(source: str, facts: Facts) -> bytes:
    """Return the file without its position; its picture data stay the same, bit for bit."""
    if facts.format not in _STRIPPERS:
        raise CannotMake(
            f"The position can be taken out of JPEG, PNG and WEBP, not out of {facts.format}."
            " Export it without its location from the program that made it."
        )
    try:
        with open(source, "rb") as file:
            data = file.read()
        return _STRIPPERS[facts.format](data)
    except OSError as error:
        raise CannotMake(f"The picture cannot be read: {error.strerror}. Try again.") from error
    except (StillThere, struct.error, zlib.error) as error:
        raise CannotMake(
            "The position is written in a way that cannot be undone safely. Export the picture"
            " without its location from the program that made it."
        ) from error
