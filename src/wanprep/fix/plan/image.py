"""Drafts for images: another suffix, the location removed, or decoded and encoded once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.plan.draft import (
    Draft,
    fit_bytes_steps,
    in_order,
    most_bytes,
    rename_draft,
    rename_steps,
    smallest_size,
    suffix_for,
    with_size,
)
from wanprep.fix.plan.plan import ImageRecipe, Step, StripLocation
from wanprep.fix.plan.sizes import LARGEST_IMAGE, choose_size, fit_into, size_steps
from wanprep.media.facts import Facts, extension_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import LimitsFor
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.plan.sizes import Box, Fit

ImageFormat = Literal["jpeg", "png"]

# The location can be removed from these without touching a pixel.
_STRIPPABLE: Final = frozenset({"jpeg", "png", "webp"})
# Vector graphics, and a format without a decoder here.
_NOT_DECODED: Final = frozenset({"jxl", "svg"})
# Lossy formats, whose images another JPEG suits best.
_LOSSY: Final = frozenset({"avif", "heic", "jpeg", "jpeg2000"})
# The size of a PNG is an estimate: one that comes near the limit may well miss it.
_SAFETY_MARGIN: Final = 0.9
_PNG_OVERHEAD: Final = 1.002


def image_drafts(facts: Facts, limits_for: LimitsFor, options: Options) -> Iterator[Draft]:
    """List the ways to fix an image, those that change least first."""
    if rename_steps(facts, facts.format):
        yield rename_draft(facts)
    if facts.gps and facts.format in _STRIPPABLE:
        yield _stripped(facts)
    if facts.format not in _NOT_DECODED:
        for image_format in _formats(facts):
            yield _encoded(facts, image_format, limits_for, options)


def _stripped(facts: Facts) -> Draft:
    renamed = rename_draft(facts)
    recipe = StripLocation(suffix_for(facts, facts.format))
    return Draft(recipe, (*renamed.steps, _DROP_LOCATION), replace(renamed.predicted, gps=False))


_DROP_LOCATION: Final = Step("drop-location", "safe", "remove the location where it was taken")


def _formats(facts: Facts) -> tuple[ImageFormat, ImageFormat]:
    """Prefer the kind of format that the image has: lossless or lossy."""
    is_lossy = facts.format in _LOSSY or (facts.format == "webp" and not facts.alpha)
    return ("jpeg", "png") if is_lossy or facts.color in {"cmyk", "yuv"} else ("png", "jpeg")


def _encoded(
    facts: Facts, image_format: ImageFormat, limits_for: LimitsFor, options: Options
) -> Draft:
    suffix = suffix_for(facts, image_format)
    same_size = _predict(facts, image_format, suffix)
    limits = limits_for(same_size)
    source = (max(1, facts.width or 0), max(1, facts.height or 0))
    fit, box = choose_size(source, limits, options.crop, step=1, largest=LARGEST_IMAGE)
    most = most_bytes(limits)
    if image_format == "png" and not limits.allows("format", "jpeg"):
        fit = _shrink_png(facts, most, fit, box, options)
    predicted = replace(
        with_size(same_size, fit.result), bytes=_predict_bytes(facts, image_format, fit, most)
    )
    recipe = ImageRecipe(
        format=image_format,
        suffix=suffix,
        background=options.background,
        window=fit.window,
        size=fit.size,
        canvas=fit.canvas,
        most_bytes=most,
        smallest=smallest_size(fit.result, box, most),
    )
    steps = [
        *_content_steps(facts, image_format, options.background),
        *size_steps(fit, options.background, facts, limits),
        *fit_bytes_steps(facts, most),
    ]
    return Draft(recipe, in_order(steps), predicted)


def _predict(facts: Facts, image_format: ImageFormat, suffix: str) -> Facts:
    """Predict the facts of an encoded image, but for its size."""
    return Facts(
        path="",
        kind="image",
        format=image_format,
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
        color="rgb",
        gps=False,
        readable=True,
    )


def _content_steps(facts: Facts, image_format: ImageFormat, background: str) -> Iterator[Step]:
    yield from rename_steps(facts, image_format)
    if facts.gps:
        yield _DROP_LOCATION
    if (facts.orientation or 1) != 1:
        yield Step("turn", "safe", "rotate it upright")
    if (facts.frames or 1) > 1:
        what = "frame" if facts.animated else "page"
        yield Step("first-frame", "lossy", f"keep only the first of its {facts.frames} {what}s")
    if facts.color in {"cmyk", "lab"}:
        yield Step("color", "lossy", f"convert its colors from {facts.color.upper()} to sRGB")
    elif facts.hdr:
        yield Step("color", "lossy", "convert its colors from HDR to sRGB")
    elif (facts.bit_depth or 8) > 8:
        yield Step("color", "lossy", f"reduce it from {facts.bit_depth} to 8 bits per channel")
    if facts.alpha:
        yield Step("flatten", "lossy", f"replace its transparency with {background}")
    words = f"convert {facts.format.upper()} to {image_format.upper()}"
    if facts.format == image_format:
        words = f"re-encode it as {image_format.upper()}"
    yield Step("encode", "safe" if image_format == "png" else "lossy", words)


def _shrink_png(facts: Facts, most: int | None, fit: Fit, box: Box, options: Options) -> Fit:
    """Scale down a PNG that is too large: without JPEG there is no other way."""
    while most is not None and (size := _png_bytes(facts, fit)) > most * _SAFETY_MARGIN:
        factor = (most * _SAFETY_MARGIN**2 / size) ** 0.5
        largest = (int(fit.result[0] * factor), int(fit.result[1] * factor))
        smaller = fit_into(fit.source, replace(box, most=largest), options.crop)
        if smaller is None:
            break
        fit = smaller
    return fit


def _predict_bytes(facts: Facts, image_format: ImageFormat, fit: Fit, most: int | None) -> int:
    """Predict an upper bound: the limit, where the size is sure to stay below that."""
    if image_format == "jpeg":
        return _raw_bytes(fit) if most is None else most
    size = _png_bytes(facts, fit)
    return size if most is None or size > most * _SAFETY_MARGIN else most


def _png_bytes(facts: Facts, fit: Fit) -> int:
    """Estimate, rather too high: samples that do not compress, or only as well as the source's."""
    raw = _raw_bytes(fit)
    if facts.format not in {"png", "gif"} or facts.bytes is None:
        return raw
    part = fit.scaled[0] * fit.scaled[1] / (fit.source[0] * fit.source[1])
    factor = part * 8 / max(8, facts.bit_depth or 8)
    # Three samples take the place of one, and flat areas compress better than scaled ones.
    factor *= 3 if facts.color in {"palette", "gray"} else 1
    return min(raw, int(facts.bytes * factor * (1.3 if fit.size else 1)))


def _raw_bytes(fit: Fit) -> int:
    return int(fit.result[0] * fit.result[1] * 3 * _PNG_OVERHEAD) + 1000
