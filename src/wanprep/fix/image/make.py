"""Carry out a recipe for an image: decode once, write one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wanprep.fix.deliver import told
from wanprep.fix.image.encode import encode
from wanprep.fix.image.prepare import prepare
from wanprep.fix.image.similarity import image_similarity
from wanprep.fix.image.strip_location import strip_location
from wanprep.fix.plan.plan import ImageRecipe, Output, Stripped

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

_HDR: Final = "It was HDR and is not tone-mapped: check its colours."


def make_image(
    source: str, recipe: ImageRecipe | Stripped, facts: Facts, output: str
) -> tuple[Output, float | None]:
    """Write the result to a new file and measure its similarity; raise and leave no file.

    The result of an ImageRecipe is RGB of 8 bits a channel, in sRGB, upright, opaque, and carries
    nothing but pixels: no EXIF, no location, no profile. What is only stripped of its location is
    the same image, and not measured.
    """
    if isinstance(recipe, Stripped):
        _write(strip_location(source, facts), output)
        return Output(), None
    prepared = prepare(source, recipe, facts)
    encoded = encode(prepared, recipe)
    _write(encoded.data, output)
    settings = {**encoded.settings, "size": list(encoded.layout.canvas)}
    if recipe.window is not None and recipe.window.corner is not None:
        settings["window"] = [*recipe.window.corner, *recipe.window.size]
    notes = (*encoded.notes, _HDR) if facts.hdr else encoded.notes
    result = Output(settings=settings, tools=_tools(facts), encodes=encoded.encodes, notes=notes)
    return result, image_similarity(prepared.image, recipe, output)


def _write(data: bytes, output: str) -> None:
    with told(output), open(output, "xb") as file:  # never over an existing file
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(output)
            raise


def _tools(facts: Facts) -> dict[str, str]:
    import PIL
    from PIL import features

    tools = {"Pillow": PIL.__version__}
    tools["LittleCMS"] = features.version("littlecms2") or "unknown"
    if facts.format == "heic":
        import pi_heif

        tools["libheif"] = pi_heif.libheif_version()
    return tools
