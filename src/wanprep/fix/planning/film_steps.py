"""Say what happens to a clip, whatever its size and its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.film.shapes import is_square, square_size
from wanprep.fix.planning.draft import rename_steps
from wanprep.fix.planning.size_steps import px
from wanprep.fix.steps import Step
from wanprep.text import plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts


def film_steps(facts: Facts, recipe: FilmRecipe) -> Iterator[Step]:
    """List the changes, in no order."""
    yield from rename_steps(facts, recipe.container)
    if recipe.drop_location:
        yield Step("drop-location", "safe", "remove the place where it was taken")
    if recipe.video == "copy":
        yield from _moved(facts, recipe)
    else:
        yield from _encoded(facts, recipe)
    if recipe.audio == "aac" and facts.audio_codec != "aac":
        words = f"convert its sound from {(facts.audio_codec or '').upper()} to AAC"
        yield Step("encode", "lossy", words)


def _moved(facts: Facts, recipe: FilmRecipe) -> Iterator[Step]:
    name = recipe.container.upper()
    all_of_it = recipe.audio in {"copy", None}
    what = "its streams as they are" if all_of_it else "its picture as it is"
    if facts.format != recipe.container:
        words = f"move {what} from {facts.format.upper()} to {name}"
        yield Step("remux", "safe", words)
    elif facts.problem:
        yield Step("remux", "safe", f"write a new {name}, with {what} and a true header")


def _encoded(facts: Facts, recipe: FilmRecipe) -> Iterator[Step]:
    if facts.rotation:
        yield Step("turn", "safe", "turn its picture upright")
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
    yield Step("encode", "lossy", f"encode its picture as 8-bit H.264{_why(facts, recipe)}")


def _why(facts: Facts, recipe: FilmRecipe) -> str:
    if facts.video_codec != "h264":
        return f" (it is {(facts.video_codec or 'unknown').upper()})"
    return " (a copy could only begin at a key frame)" if recipe.start else ""
