"""Drafts for images: a true name, a cut in the metadata, or decoded and written once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.plan.draft import Draft, ordered, rename_steps, renamed, suffix_of
from wanprep.fix.plan.lengths import most_bytes, smallest_of, weight_steps
from wanprep.fix.plan.plan import ImageRecipe, Step, Stripped
from wanprep.fix.plan.sizes import LARGEST_IMAGE, Fit, box_of, fit, shape_rules, size_steps
from wanprep.media.facts import Facts, extension_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import Allowed
    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.plan.sizes import Box


def image_steps(facts: Facts, written: str, background: str) -> Iterator[Step]:
    """List the changes, in no order."""
    if (facts.orientation or 1) != 1:
        yield Step("turn", "safe", "turn it upright")
    if (facts.frames or 1) > 1:
        what = "frame" if facts.animated else "picture"
        yield Step("first-frame", "lossy", f"keep only the first of its {facts.frames} {what}s")
    if words := _image_steps_color(facts):
        yield Step("color", "lossy", words)
    if facts.alpha:
        yield Step("flatten", "lossy", f"put it on {background} wherever it is transparent")
    yield _encode(facts.format, written)


def _image_steps_color(facts: Facts) -> str:
    if facts.color in {"cmyk", "lab"}:
        return f"convert its colours from {facts.color.upper()} to sRGB"
    if facts.hdr:
        return "convert its colours from HDR to sRGB"
    return f"reduce it from {facts.bit_depth} to 8 bits" if (facts.bit_depth or 8) > 8 else ""


def _encode(was: str, written: str) -> Step:
    name = written.upper()
    words = f"write it anew as {name}" if was == written else f"convert {was.upper()} to {name}"
    return Step("encode", "safe" if written == "png" else "lossy", words)


# A PNG's size is an estimate: one that comes near the cap may well miss it.
SURE: Final = 0.9


_PNG_OVERHEAD: Final = 1.002


def image_bytes(facts: Facts, written: str, sized: Fit, cap: int | None) -> int:
    """Tell how many bytes it will have: at most the cap, where it surely comes below that."""
    if written == "png":
        weight = png_bytes(facts, sized)
        return weight if cap is None or weight > cap * SURE else cap
    return _raw(facts, sized) if cap is None else cap


def png_bytes(facts: Facts, sized: Fit) -> int:
    """Estimate, rather too high: samples that do not pack at all, or as the source did."""
    raw = _raw(facts, sized)
    if facts.format not in {"png", "gif"} or facts.bytes is None:
        return raw
    part = sized.drawn[0] * sized.drawn[1] / (sized.source[0] * sized.source[1])
    factor = part * 8 / max(8, facts.bit_depth or 8)
    # Palettes and flat areas pack better than what scaling makes of them.
    factor *= 3 if facts.color == "palette" else 1
    return min(raw, int(facts.bytes * factor * (1.3 if sized.size else 1)))


def _raw(facts: Facts, sized: Fit) -> int:
    samples = 1 if facts.color == "gray" and not sized.canvas else 3
    return int(sized.result[0] * sized.result[1] * samples * _PNG_OVERHEAD) + 1000


Written = Literal["jpeg", "png"]


# A place can be cut out of these without touching a pixel.
_STRIPPED: Final = frozenset({"jpeg", "png", "webp"})


# These are drawn by rules, or have no decoder here.
UNDECODED: Final = frozenset({"jxl", "svg"})


# Formats that lose something already, so that another JPEG is what their images are made for.
_LOSSY: Final = frozenset({"avif", "heic", "jpeg", "jpeg2000"})


def image_drafts(facts: Facts, allowed: Allowed, options: Options) -> Iterator[Draft]:
    """List the ways to repair an image, the least damage first."""
    if rename_steps(facts, facts.format):
        yield renamed(facts)
    if facts.gps and facts.format in _STRIPPED:
        yield _stripped(facts)
    if facts.format not in UNDECODED:
        for written in _formats(facts):
            yield _written(facts, written, allowed, options)


def _stripped(facts: Facts) -> Draft:
    named = renamed(facts)
    steps = (*named.steps, _WITHOUT_PLACE)
    return Draft(
        Stripped(suffix_of(facts, facts.format)), steps, replace(named.predicted, gps=False)
    )


_WITHOUT_PLACE: Final = Step("drop-location", "safe", "remove the place where it was taken")


def _formats(facts: Facts) -> tuple[Written, Written]:
    """Prefer what the image's pixels came from: plain samples, or a lossy code."""
    lossy = facts.format in _LOSSY or (facts.format == "webp" and not facts.alpha)
    return ("jpeg", "png") if lossy or facts.color in {"cmyk", "yuv"} else ("png", "jpeg")


def _written(facts: Facts, written: Written, allowed: Allowed, options: Options) -> Draft:
    suffix = suffix_of(facts, written)
    same = facts.color == "gray" and not facts.alpha
    plain = Facts(
        path="",
        kind="image",
        format=written,
        extension_format=extension_format(f"x{suffix}"),
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        aspect=facts.aspect,
        orientation=1,
        alpha=False,
        animated=False,
        frames=1,
        bit_depth=8,
        color="gray" if same else "rgb",
        gps=False,
        readable=True,
    )
    limits = allowed(plain)
    sized, box = _sized(facts, written, limits, options)
    cap = most_bytes(limits)
    predicted = replace(
        _of_size(plain, sized),
        bytes=image_bytes(facts, written, sized, cap),
        color=_color(plain, sized),
    )
    recipe = ImageRecipe(
        format=written,
        suffix=suffix,
        background=options.background,
        window=sized.window,
        size=sized.size,
        canvas=sized.canvas,
        most_bytes=cap,
        smallest=smallest_of(sized.result, box, cap),
    )
    steps = [
        *rename_steps(facts, written),
        *([_WITHOUT_PLACE] if facts.gps else []),
        *image_steps(facts, written, options.background),
        *size_steps(sized, options.background, shape_rules(facts, limits)),
        *weight_steps(facts, cap),
    ]
    return Draft(recipe, ordered(steps), predicted)


def _of_size(plain: Facts, sized: Fit) -> Facts:
    width, height = sized.result
    return replace(
        plain,
        width=width,
        height=height,
        stored_width=width,
        stored_height=height,
        aspect=round(width / height, 6),
    )


def _color(plain: Facts, sized: Fit) -> Literal["gray", "rgb"]:
    return "gray" if plain.color == "gray" and not sized.canvas else "rgb"


def _sized(facts: Facts, written: Written, limits: Limits, options: Options) -> tuple[Fit, Box]:
    """Fit all bounds on the size; where they contradict each other, those that refuse."""
    source = (max(1, facts.width or 0), max(1, facts.height or 0))
    for each in (limits, limits.firm):
        box = box_of(each, step=1, largest=LARGEST_IMAGE)
        if sized := fit(source, box, options.crop):
            if written == "png" and not each.allows("format", "jpeg"):
                sized = _lighter(facts, most_bytes(each), sized, box, options)
            return sized, box
    return Fit(source), box


def _lighter(facts: Facts, cap: int | None, sized: Fit, box: Box, options: Options) -> Fit:
    """Shrink a PNG that is too large where no JPEG is taken: it has no other way."""
    while cap is not None and (weight := png_bytes(facts, sized)) > cap * SURE:
        factor = (cap * SURE**2 / weight) ** 0.5
        most = (int(sized.result[0] * factor), int(sized.result[1] * factor))
        smaller = fit(sized.source, replace(box, most=most), options.crop)
        if smaller is None:
            break
        sized = smaller
    return sized
