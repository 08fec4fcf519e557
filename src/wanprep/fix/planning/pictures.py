"""Drafts for pictures: a true name, a cut in the metadata, or decoded and written once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.planning.box import LARGEST_PICTURE, box_of
from wanprep.fix.planning.draft import Draft, ordered, rename_steps, renamed
from wanprep.fix.planning.fit import Fit, fit
from wanprep.fix.planning.picture_steps import picture_steps
from wanprep.fix.planning.picture_weights import SURE, picture_bytes, png_bytes
from wanprep.fix.planning.size_steps import shape_rules, size_steps
from wanprep.fix.planning.suffixes import suffix_of
from wanprep.fix.planning.weights import most_bytes, smallest_of, weight_steps
from wanprep.fix.recipe import PictureRecipe, Stripped
from wanprep.fix.steps import Step
from wanprep.probe.facts import Facts
from wanprep.probe.names import extension_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.limits import Limits
    from wanprep.fix.planning.box import Box
    from wanprep.fix.planning.draft import Allowed
    from wanprep.fix.wishes import Wishes

Written = Literal["jpeg", "png"]

# A place can be cut out of these without touching a pixel.
_STRIPPED: Final = frozenset({"jpeg", "png", "webp"})
# These are drawn by rules, or have no decoder here.
UNDECODED: Final = frozenset({"jxl", "svg"})
# Formats that lose something already, so that another JPEG is what their pictures are made for.
_LOSSY: Final = frozenset({"avif", "heic", "jpeg", "jpeg2000"})


def picture_drafts(facts: Facts, allowed: Allowed, wishes: Wishes) -> Iterator[Draft]:
    """List the ways to repair a picture, the least damage first."""
    if rename_steps(facts, facts.format):
        yield renamed(facts)
    if facts.gps and facts.format in _STRIPPED:
        yield _stripped(facts)
    if facts.format not in UNDECODED:
        for written in _formats(facts):
            yield _written(facts, written, allowed, wishes)


def _stripped(facts: Facts) -> Draft:
    named = renamed(facts)
    steps = (*named.steps, _WITHOUT_PLACE)
    return Draft(
        Stripped(suffix_of(facts, facts.format)), steps, replace(named.predicted, gps=False)
    )


_WITHOUT_PLACE: Final = Step("drop-location", "safe", "remove the place where it was taken")


def _formats(facts: Facts) -> tuple[Written, Written]:
    """Prefer what the picture's pixels came from: plain samples, or a lossy code."""
    lossy = facts.format in _LOSSY or (facts.format == "webp" and not facts.alpha)
    return ("jpeg", "png") if lossy or facts.color in {"cmyk", "yuv"} else ("png", "jpeg")


def _written(facts: Facts, written: Written, allowed: Allowed, wishes: Wishes) -> Draft:
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
    sized, box = _sized(facts, written, limits, wishes)
    cap = most_bytes(limits)
    predicted = replace(
        _of_size(plain, sized),
        bytes=picture_bytes(facts, written, sized, cap),
        color=_color(plain, sized),
    )
    recipe = PictureRecipe(
        format=written,
        suffix=suffix,
        background=wishes.background,
        window=sized.window,
        size=sized.size,
        canvas=sized.canvas,
        most_bytes=cap,
        smallest=smallest_of(sized.result, box, cap),
    )
    steps = [
        *rename_steps(facts, written),
        *([_WITHOUT_PLACE] if facts.gps else []),
        *picture_steps(facts, written, wishes.background),
        *size_steps(sized, wishes.background, shape_rules(facts, limits)),
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


def _sized(facts: Facts, written: Written, limits: Limits, wishes: Wishes) -> tuple[Fit, Box]:
    """Fit all bounds on the size; where they contradict each other, those that refuse."""
    source = (max(1, facts.width or 0), max(1, facts.height or 0))
    for each in (limits, limits.firm):
        box = box_of(each, step=1, largest=LARGEST_PICTURE)
        if sized := fit(source, box, wishes.crop):
            if written == "png" and not each.allows("format", "jpeg"):
                sized = _lighter(facts, most_bytes(each), sized, box, wishes)
            return sized, box
    return Fit(source), box


def _lighter(facts: Facts, cap: int | None, sized: Fit, box: Box, wishes: Wishes) -> Fit:
    """Shrink a PNG that is too large where no JPEG is taken: it has no other way."""
    while cap is not None and (weight := png_bytes(facts, sized)) > cap * SURE:
        factor = (cap * SURE**2 / weight) ** 0.5
        most = (int(sized.result[0] * factor), int(sized.result[1] * factor))
        smaller = fit(sized.source, replace(box, most=most), wishes.crop)
        if smaller is None:
            break
        sized = smaller
    return sized
