"""Drafts for clips: a true name, streams moved as they are, or the picture encoded once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.film.shapes import is_square, square_size
from wanprep.fix.planning.box import LARGEST_CLIP, box_of
from wanprep.fix.planning.containers import container_for, copies, holds_sound, keeps_sound
from wanprep.fix.planning.draft import Draft, ordered, rename_steps, renamed
from wanprep.fix.planning.film_facts import at_rate, copied, encoded, steady_rate
from wanprep.fix.planning.film_steps import film_steps
from wanprep.fix.planning.fit import Fit, fit
from wanprep.fix.planning.lengths import LENGTHS, Cut, cut, too_long, trim_step
from wanprep.fix.planning.size_steps import shape_rules, size_steps
from wanprep.fix.planning.suffixes import suffix_of
from wanprep.fix.planning.weights import most_bytes, smallest_of, weight_steps
from wanprep.fix.recipe import FilmRecipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.limits import Limits
    from wanprep.fix.planning.box import Box
    from wanprep.fix.planning.containers import Container
    from wanprep.fix.planning.draft import Allowed
    from wanprep.fix.steps import Step
    from wanprep.fix.wishes import Wishes
    from wanprep.probe.facts import Facts

Sound = Literal["copy", "aac"] | None

# Container, picture and sound each round to whole frames, and AAC adds its own: a cut ends a
# frame of picture (two, where they vary) and this many seconds under the bound.
_MARGIN: Final = 0.05
_USUAL_RATE: Final = 24.0
_NEAR: Final = 0.1


def film_drafts(facts: Facts, allowed: Allowed, wishes: Wishes) -> Iterator[Draft]:
    """List the ways to repair a clip, the least damage first."""
    if rename_steps(facts, facts.format):
        yield renamed(facts)
    yield from _moved(facts, allowed, wishes)
    yield _encoded(facts, allowed, wishes)


def _moved(facts: Facts, allowed: Allowed, wishes: Wishes) -> Iterator[Draft]:
    """Copy the picture; the sound too, if the container can hold it."""
    as_is = allowed(facts)
    own: tuple[Container, ...] = ("mov",) if facts.format == "mov" else ()
    container = container_for(as_is, own)
    limits = allowed(copied(facts, container, None, "copy"))
    chosen = _cut(facts, limits, wishes)
    if not copies(facts, container) or (chosen and chosen.start):
        return
    sounds: tuple[Sound, ...] = ("copy", "aac") if holds_sound(facts, container) else ("aac",)
    for sound in sounds if facts.audio_codec else (None,):
        recipe = FilmRecipe(
            container=container,
            suffix=suffix_of(facts, container),
            video="copy",
            audio=sound,
            length=_length(facts, limits, chosen, encodes=sound == "aac"),
            drop_location=_has_place(facts, limits),
        )
        predicted = copied(facts, container, chosen, sound)
        if recipe.drop_location:
            predicted = replace(predicted, gps=False)
        yield Draft(recipe, _steps(facts, recipe, limits, chosen, wishes), predicted)


def _encoded(facts: Facts, allowed: Allowed, wishes: Wishes) -> Draft:
    """Encode the picture once, with all that is to be changed about it."""
    container = container_for(allowed(facts), ())
    plain = encoded(facts, container, square_size(facts), None, "aac")
    limits = allowed(plain)
    chosen = _cut(facts, limits, wishes)
    fitted, box = _sized(facts, limits, wishes)
    sound: Sound = "copy" if keeps_sound(facts, limits) and not (chosen and chosen.start) else "aac"
    sound = sound if facts.audio_codec else None
    cap = most_bytes(limits)
    drawn = fitted.size or (None if is_square(facts) else fitted.drawn)
    recipe = FilmRecipe(
        container=container,
        suffix=suffix_of(facts, container),
        video="h264",
        audio=sound,
        start=chosen.start if chosen else None,
        length=_length(facts, limits, chosen, encodes=True),
        background=wishes.background,
        window=fitted.window,
        size=drawn,
        canvas=fitted.canvas,
        fps=steady_rate(facts, limits),
        tone_map=bool(facts.hdr),
        drop_location=_has_place(facts, limits),
        most_bytes=cap,
        smallest=smallest_of(fitted.result, box, cap),
    )
    predicted = encoded(facts, container, fitted.result, chosen, sound)
    if recipe.fps is not None:
        predicted = at_rate(predicted, recipe.fps)
    if recipe.drop_location:
        predicted = replace(predicted, gps=False)
    weight = predicted.bytes if cap is None else cap
    steps = [
        *_steps(facts, recipe, limits, chosen, wishes),
        *size_steps(fitted, wishes.background, shape_rules(facts, limits)),
        *weight_steps(facts, cap),
    ]
    return Draft(recipe, ordered(steps), replace(predicted, bytes=weight))


def _has_place(facts: Facts, limits: Limits) -> bool:
    return bool(facts.gps) and not limits.allows("gps", facts.gps)


def _cut(facts: Facts, limits: Limits, wishes: Wishes) -> Cut | None:
    if not too_long(facts, limits):
        return None
    frames = 2 if facts.vfr else 1
    slack = frames / (facts.fps or _USUAL_RATE) + _MARGIN
    return cut(facts, limits, wishes.trim or "start", slack)


def _length(facts: Facts, limits: Limits, chosen: Cut | None, *, encodes: bool) -> float | None:
    """Hold a result that is encoded to its own length where a frame more would be too long."""
    if chosen:
        return chosen.length
    ends = [limits.range(name).high for name in LENGTHS]
    near = any(end and (facts.duration or 0) > end.value - _NEAR for end in ends)
    return facts.duration if encodes and near else None


def _sized(facts: Facts, limits: Limits, wishes: Wishes) -> tuple[Fit, Box]:
    """Fit all bounds on the size; where they contradict each other, those that refuse."""
    for each in (limits, limits.firm):
        box = box_of(each, step=2, largest=LARGEST_CLIP)
        if fitted := fit(square_size(facts), box, wishes.crop):
            return fitted, box
    return Fit(square_size(facts)), box


def _steps(
    facts: Facts, recipe: FilmRecipe, limits: Limits, chosen: Cut | None, wishes: Wishes
) -> tuple[Step, ...]:
    steps = list(film_steps(facts, recipe))
    if chosen:
        rules = limits.broken_by(facts, LENGTHS)
        steps.append(trim_step(facts, chosen, wishes.trim or "start", rules))
    return ordered(steps)
