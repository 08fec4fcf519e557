"""Drafts for clips: a true name, streams moved as they are, or the image encoded once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.plan.draft import Draft, ordered, rename_steps, renamed, suffix_of
from wanprep.fix.plan.lengths import (
    LENGTHS,
    Cut,
    cut,
    most_bytes,
    smallest_of,
    too_long,
    trim_step,
    weight_steps,
)
from wanprep.fix.plan.plan import Step, VideoRecipe
from wanprep.fix.plan.sizes import LARGEST_CLIP, Fit, box_of, fit, px, shape_rules, size_steps
from wanprep.fix.plan.video_facts import at_rate, copied, encoded, steady_rate
from wanprep.fix.video.sizes import is_square, square_size
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import Allowed
    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.plan.sizes import Box
    from wanprep.media.facts import Facts


def video_steps(facts: Facts, recipe: VideoRecipe) -> Iterator[Step]:
    """List the changes, in no order."""
    yield from rename_steps(facts, recipe.container)
    if recipe.drop_location:
        yield Step("drop-location", "safe", "remove the place where it was taken")
    if recipe.video == "copy":
        yield from _video_steps_moved(facts, recipe)
    else:
        yield from _video_steps_encoded(facts, recipe)
    if recipe.audio == "aac" and facts.audio_codec != "aac":
        words = f"convert its sound from {(facts.audio_codec or '').upper()} to AAC"
        yield Step("encode", "lossy", words)


def _video_steps_moved(facts: Facts, recipe: VideoRecipe) -> Iterator[Step]:
    name = recipe.container.upper()
    all_of_it = recipe.audio in {"copy", None}
    what = "its streams as they are" if all_of_it else "its image as it is"
    if facts.format != recipe.container:
        words = f"move {what} from {facts.format.upper()} to {name}"
        yield Step("remux", "safe", words)
    elif facts.problem:
        yield Step("remux", "safe", f"write a new {name}, with {what} and a true header")


def _video_steps_encoded(facts: Facts, recipe: VideoRecipe) -> Iterator[Step]:
    if facts.rotation:
        yield Step("turn", "safe", "turn its image upright")
    if facts.alpha:
        yield Step("flatten", "lossy", f"put it on {recipe.background} wherever it is transparent")
    if not is_square(facts):
        stored = (facts.width or 0, facts.height or 0)
        words = f"make its pixels square: {px(stored)} to {px(square_size(facts))} px"
        yield Step("square-pixels", "lossy", words)
    if recipe.fps is not None:
        words = f"show {plain_number(round(recipe.fps, 3))} frames every second"
        yield Step("frame-rate", "lossy", words)
    if recipe.tone_map:
        yield Step("tone-map", "lossy", "map its HDR colours to those that every screen shows")
    yield Step("encode", "lossy", f"encode its image as 8-bit H.264{_why(facts, recipe)}")


def _why(facts: Facts, recipe: VideoRecipe) -> str:
    if facts.video_codec != "h264":
        return f" (it is {(facts.video_codec or 'unknown').upper()})"
    return " (a copy could only begin at a key frame)" if recipe.start else ""


Container = Literal["mp4", "mov"]


CONTAINERS: Final[tuple[Container, ...]] = ("mp4", "mov")


# Only of these a copy keeps the order of the frames: the others write down no time of showing.
_TIMED: Final = frozenset({"mp4", "mov", "3gp", "mkv", "webm", "flv", "ts"})


# What an MP4 is widely understood to hold; a MOV that stays a MOV may keep what it has.
_HELD: Final = frozenset({"h264", "hevc", "av1", "mpeg4"})


_HEARD: Final = frozenset({"aac", "mp3"})


def container_for(limits: Limits, own: tuple[Container, ...]) -> Container:
    """Stay in a MOV where nothing is encoded; else write MP4, unless it is refused."""
    return next((each for each in (*own, *CONTAINERS) if limits.allows("format", each)), "mp4")


def copies(facts: Facts, container: Container) -> bool:
    """Tell whether the image may be moved into a container as it is."""
    held = facts.video_codec in _HELD or container == facts.format
    return held and facts.format in _TIMED


def holds_sound(facts: Facts, container: Container) -> bool:
    """Tell whether the sound may be moved with it."""
    return facts.audio_codec in _HEARD or container == facts.format


def keeps_sound(facts: Facts, limits: Limits) -> bool:
    """Tell whether the sound may stay as it is beside an image that is encoded."""
    timed = facts.format in _TIMED and facts.audio_codec in _HEARD
    return timed and limits.allows("audio_codec", facts.audio_codec)


Sound = Literal["copy", "aac"] | None


# Container, image and sound each round to whole frames, and AAC adds its own: a cut ends a
# frame of image (two, where they vary) and this many seconds under the bound.
_MARGIN: Final = 0.05


_USUAL_RATE: Final = 24.0


_NEAR: Final = 0.1


def video_drafts(facts: Facts, allowed: Allowed, options: Options) -> Iterator[Draft]:
    """List the ways to repair a clip, the least damage first."""
    if rename_steps(facts, facts.format):
        yield renamed(facts)
    yield from _moved(facts, allowed, options)
    yield _encoded(facts, allowed, options)


def _moved(facts: Facts, allowed: Allowed, options: Options) -> Iterator[Draft]:
    """Copy the image; the sound too, if the container can hold it."""
    as_is = allowed(facts)
    own: tuple[Container, ...] = ("mov",) if facts.format == "mov" else ()
    container = container_for(as_is, own)
    limits = allowed(copied(facts, container, None, "copy"))
    chosen = _cut(facts, limits, options)
    if not copies(facts, container) or (chosen and chosen.start):
        return
    sounds: tuple[Sound, ...] = ("copy", "aac") if holds_sound(facts, container) else ("aac",)
    for sound in sounds if facts.audio_codec else (None,):
        recipe = VideoRecipe(
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
        yield Draft(recipe, _steps(facts, recipe, limits, chosen, options), predicted)


def _encoded(facts: Facts, allowed: Allowed, options: Options) -> Draft:
    """Encode the image once, with all that is to be changed about it."""
    container = container_for(allowed(facts), ())
    plain = encoded(facts, container, square_size(facts), None, "aac")
    limits = allowed(plain)
    chosen = _cut(facts, limits, options)
    fitted, box = _sized(facts, limits, options)
    sound: Sound = "copy" if keeps_sound(facts, limits) and not (chosen and chosen.start) else "aac"
    sound = sound if facts.audio_codec else None
    cap = most_bytes(limits)
    drawn = fitted.size or (None if is_square(facts) else fitted.drawn)
    recipe = VideoRecipe(
        container=container,
        suffix=suffix_of(facts, container),
        video="h264",
        audio=sound,
        start=chosen.start if chosen else None,
        length=_length(facts, limits, chosen, encodes=True),
        background=options.background,
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
        *_steps(facts, recipe, limits, chosen, options),
        *size_steps(fitted, options.background, shape_rules(facts, limits)),
        *weight_steps(facts, cap),
    ]
    return Draft(recipe, ordered(steps), replace(predicted, bytes=weight))


def _has_place(facts: Facts, limits: Limits) -> bool:
    return bool(facts.gps) and not limits.allows("gps", facts.gps)


def _cut(facts: Facts, limits: Limits, options: Options) -> Cut | None:
    if not too_long(facts, limits):
        return None
    frames = 2 if facts.vfr else 1
    slack = frames / (facts.fps or _USUAL_RATE) + _MARGIN
    return cut(facts, limits, options.trim or "start", slack)


def _length(facts: Facts, limits: Limits, chosen: Cut | None, *, encodes: bool) -> float | None:
    """Hold a result that is encoded to its own length where a frame more would be too long."""
    if chosen:
        return chosen.length
    ends = [limits.range(name).high for name in LENGTHS]
    near = any(end and (facts.duration or 0) > end.value - _NEAR for end in ends)
    return facts.duration if encodes and near else None


def _sized(facts: Facts, limits: Limits, options: Options) -> tuple[Fit, Box]:
    """Fit all bounds on the size; where they contradict each other, those that refuse."""
    for each in (limits, limits.firm):
        box = box_of(each, step=2, largest=LARGEST_CLIP)
        if fitted := fit(square_size(facts), box, options.crop):
            return fitted, box
    return Fit(square_size(facts)), box


def _steps(
    facts: Facts, recipe: VideoRecipe, limits: Limits, chosen: Cut | None, options: Options
) -> tuple[Step, ...]:
    steps = list(video_steps(facts, recipe))
    if chosen:
        rules = limits.broken_by(facts, LENGTHS)
        steps.append(trim_step(facts, chosen, options.trim or "start", rules))
    return ordered(steps)
