"""Carry out a recipe for an image: one decoding, one file."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.files.atomic import explain_os_errors
from wanprep.fix.image.decode import decode
from wanprep.fix.image.encode import encode
from wanprep.fix.image.similarity import similarity_to
from wanprep.fix.image.smart_crop import central_corner, smart_corner
from wanprep.fix.image.source import as_shown, open_intent
from wanprep.fix.image.strip_location import stripped
from wanprep.fix.plan.plan import ImageRecipe, Output, StripLocation

if TYPE_CHECKING:
    from wanprep.fix.image.encode import Encoded
    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts


_HDR: Final = "It was HDR, and is not tone-mapped: see whether its colours are as they should be."


def make_image(source: str, recipe: ImageRecipe | StripLocation, facts: Facts, into: str) -> Output:
    """Write the result under a temporary name, or raise and leave nothing there.

    It is RGB of 8 bits a channel, in sRGB, upright, opaque, and carries nothing but pixels: no
    EXIF, no place, no profile.
    """
    match recipe:
        case ImageRecipe():
            encoded = encode(open_intent(source, recipe, facts), recipe)
            _write(encoded.data, into)
            return _made(encoded, recipe, facts)
        case StripLocation():
            _write(stripped(source, facts), into)
            return Output()


def make_and_measure(
    source: str, recipe: ImageRecipe | StripLocation, facts: Facts, into: str
) -> tuple[Output, float | None]:
    """Do the same, and tell how like its source the result is; the source is decoded once."""
    if isinstance(recipe, StripLocation):
        return make_image(source, recipe, facts, into), None
    intent = open_intent(source, recipe, facts)
    encoded = encode(intent, recipe)
    _write(encoded.data, into)
    return _made(encoded, recipe, facts), similarity_to(intent.image, recipe, into)


def _write(data: bytes, into: str) -> None:
    with (
        explain_os_errors(into),
        open(into, "xb") as file,
    ):  # never over a file that somebody else has put there
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(into)
            raise


def _made(encoded: Encoded, recipe: ImageRecipe, facts: Facts) -> Output:
    settings = {**encoded.settings, "size": list(encoded.layout.canvas)}
    if recipe.window is not None and recipe.window.corner is not None:
        settings["window"] = [*recipe.window.corner, *recipe.window.size]
    return Output(
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


_NEAR: Final = (1000, 1000)


def place_window(source: str, recipe: ImageRecipe, facts: Facts) -> ImageRecipe:
    """Fill in the corner of the window; a window that has one stays where it is."""
    window = recipe.window
    if window is None or window.corner is not None:
        return recipe
    full = (facts.width or 0, facts.height or 0)
    match window.choose:
        case "center":
            corner = central_corner(full, window.size)
        case "smart":
            image = as_shown(decode(source, facts, _NEAR), facts, recipe.background).image
            small = smart_corner(image, _scaled(window.size, full, image.size))
            corner = _scaled(small, image.size, full)
    room = [whole - part for whole, part in zip(full, window.size, strict=True)]
    corner = (min(corner[0], room[0]), min(corner[1], room[1]))
    return replace(recipe, window=replace(window, corner=corner))


def _scaled(pair: Size, of: Size, to: Size) -> Size:
    return round(pair[0] * to[0] / of[0]), round(pair[1] * to[1] / of[1])
