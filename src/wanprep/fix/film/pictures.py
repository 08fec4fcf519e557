"""The filters that make a clip's pictures what the recipe says, up to what is padded around.

ffmpeg itself turns pictures upright before the first filter.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.shapes import is_square, shapes

if TYPE_CHECKING:
    from wanprep.fix.inputs import Stream
    from wanprep.fix.recipe import FilmRecipe, Size
    from wanprep.probe.facts import Facts

_SCALING: Final = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
_NTSC: Final = 1001
_LINES: Final = 3  # fewer cannot be interlaced
# Nor can these. Where the size of a picture changes on the way, as in a call over the net, the
# filter would each time lose pictures that it still looks at.
_WHOLE: Final = frozenset({"av1", "theora", "vp8", "vp9"})
# Of these ffmpeg's own decoders leave the transparency out.
_ALPHA_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# HDR puts a white page at 203 nits and an 18 % grey at 26 (ITU-R BT.2408). With this much light
# as full white, the grey keeps its brightness on an ordinary screen and the page comes to 220
# of 255, which leaves room for what shines.
_WHITE_NITS: Final = 150
_BT709: Final = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}


def decoder(facts: Facts) -> dict[str, object]:
    """Choose the decoder, where it must not be the one that ffmpeg takes."""
    chosen = _ALPHA_DECODERS.get(facts.video_codec or "") if facts.alpha else None
    return {"c:v": chosen} if chosen else {}


def pictures(stream: Stream, recipe: FilmRecipe, facts: Facts) -> Stream:
    """Turn pictures as they were decoded into those that are encoded."""
    stream = framed(stream, recipe, facts)
    stream = _scaled(stream, shapes(recipe, facts).picture, facts)
    if recipe.tone_map:
        stream = _tone_mapped(stream)
    stream = stream.filter("format", "yuv420p").filter("setsar", 1)
    if recipe.tone_map or _is_rgb(facts):
        stream = stream.filter("setparams", range="tv", **_BT709)
    if recipe.fps:
        stream = stream.filter("fps", Fraction(recipe.fps).limit_denominator(_NTSC))
    return stream


def framed(stream: Stream, recipe: FilmRecipe, facts: Facts) -> Stream:
    """Return whole pictures, nothing seen through them, and only what the window shows."""
    if _may_be_interlaced(facts) and min(shapes(recipe, facts).square) >= _LINES:
        # Acts on frames that say they are interlaced, and passes all others on as they are.
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    if facts.alpha:
        stream = _flattened(stream, recipe.background)
    if recipe.window:
        if not is_square(facts):
            stream = stream.filter("scale", *shapes(recipe, facts).square, flags=_SCALING)
        # A window that is not placed yet, as in a plan, stands in the middle: crop's own default.
        stream = stream.filter("crop", *recipe.window.size, *(recipe.window.corner or ()))
    return stream


def _may_be_interlaced(facts: Facts) -> bool:
    return facts.color == "yuv" and not facts.hdr and facts.video_codec not in _WHOLE


def padded(stream: Stream, recipe: FilmRecipe, facts: Facts) -> Stream:
    """Put the pictures in the middle of a larger canvas."""
    if not recipe.canvas or recipe.canvas == shapes(recipe, facts).picture:
        return stream
    return stream.filter(
        "pad", *recipe.canvas, "(ow-iw)/2", "(oh-ih)/2", color=recipe.background
    ).filter("setsar", 1)


def _scaled(stream: Stream, size: Size, facts: Facts) -> Stream:
    """Scale, and say in the range that every player expects what was said in the full one.

    What is YUV keeps its matrix, told or not, so that no player sees other colours than before.
    """
    matrix = {"out_color_matrix": "bt709"} if _is_rgb(facts) else {}
    return stream.filter("scale", *size, flags=_SCALING, out_range="limited", **matrix)


def _is_rgb(facts: Facts) -> bool:
    return facts.color in ("rgb", "palette") or bool(facts.alpha)  # which is flattened in RGB


def _flattened(stream: Stream, background: str) -> Stream:
    """Lay the pictures on a colour; theirs are the size and the time of it."""
    below, above = _two(stream.filter("format", "gbrap"))
    below = below.filter("drawbox", color=f"{background}@1", thickness="fill", replace=1)
    flat = below.overlay(above, format="gbrp", eof_action="endall")
    return flat.filter("format", "gbrp")


def _two(stream: Stream) -> tuple[Stream, Stream]:
    copies = stream.filter_multi_output("split")
    return copies[0], copies[1]


def _tone_mapped(stream: Stream) -> Stream:
    """Bring high dynamic range to BT.709: light as it is up to a point, softly bent above it."""
    return (
        stream.filter("zscale", transfer="linear", npl=_WHITE_NITS)
        .filter("format", "gbrpf32le")
        .filter("zscale", primaries="bt709")
        .filter("tonemap", "mobius", desat=0)
        .filter("zscale", transfer="bt709", matrix="bt709", range="limited")
        # Else the encoder would note how bright the HDR was, and players take it for HDR still.
        .filter("sidedata", mode="delete")
    )
