"""Carry out a recipe for a picture: one decoding, one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wanprep.fix.deliver import told
from wanprep.fix.made import Made
from wanprep.fix.picture.encode import encode
from wanprep.fix.picture.likeness import likeness_to
from wanprep.fix.picture.meant import open_meant
from wanprep.fix.picture.strip import stripped
from wanprep.fix.recipe import PictureRecipe, Stripped

if TYPE_CHECKING:
    from wanprep.fix.picture.encode import Encoded
    from wanprep.probe.facts import Facts

_HDR: Final = "It was HDR, and is not tone-mapped: see whether its colours are as they should be."


def make_picture(source: str, recipe: PictureRecipe | Stripped, facts: Facts, into: str) -> Made:
    """Write the result under a temporary name, or raise and leave nothing there.

    It is RGB of 8 bits a channel, in sRGB, upright, opaque, and carries nothing but pixels: no
    EXIF, no place, no profile.
    """
    match recipe:
        case PictureRecipe():
            encoded = encode(open_meant(source, recipe, facts), recipe)
            _write(encoded.data, into)
            return _made(encoded, recipe, facts)
        case Stripped():
            _write(stripped(source, facts), into)
            return Made()


def make_and_measure(
    source: str, recipe: PictureRecipe | Stripped, facts: Facts, into: str
) -> tuple[Made, float | None]:
    """Do the same, and tell how like its source the result is; the source is decoded once."""
    if isinstance(recipe, Stripped):
        return make_picture(source, recipe, facts, into), None
    meant = open_meant(source, recipe, facts)
    encoded = encode(meant, recipe)
    _write(encoded.data, into)
    return _made(encoded, recipe, facts), likeness_to(meant.picture, recipe, into)


def _write(data: bytes, into: str) -> None:
    with told(into), open(into, "xb") as file:  # never over a file that somebody else has put there
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(into)
            raise


def _made(encoded: Encoded, recipe: PictureRecipe, facts: Facts) -> Made:
    settings = {**encoded.settings, "size": list(encoded.layout.canvas)}
    if recipe.window is not None and recipe.window.corner is not None:
        settings["window"] = [*recipe.window.corner, *recipe.window.size]
    return Made(
        settings=settings,
        tools=_tools(facts),
        encodes=encoded.encodes,
        notes=(*encoded.notes, *([_HDR] if facts.hdr else [])),
    )


def _tools(facts: Facts) -> dict[str, str]:
    import PIL
    from PIL import features

    tools = {"Pillow": PIL.__version__}
    tools["LittleCMS"] = features.version("littlecms2") or "unknown"
    if facts.format == "heic":
        import pi_heif

        tools["libheif"] = pi_heif.libheif_version()
    return tools
