"""Make the clip that a recipe describes, and do not believe it to be short or small enough."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix.film.copied_cut import find_cut
from wanprep.fix.film.encodes import Encoder
from wanprep.fix.film.film_commands import passes
from wanprep.fix.film.fit_bytes import fit_bytes
from wanprep.fix.film.place_window import place_window
from wanprep.fix.film.too_long import excess
from wanprep.fix.film.too_short import lacks_time, strange_length
from wanprep.fix.made import CannotMake, Made
from wanprep.fix.runner import ffmpeg_version
from wanprep.text import file_size, seconds, visible

if TYPE_CHECKING:
    from wanprep.fix.made import Progress
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

_CORRECTIONS: Final = 3


def make_film(
    source: str,
    recipe: FilmRecipe,
    facts: Facts,
    into: str,
    *,
    threads: int,
    progress: Progress | None = None,
) -> Made:
    """Write the clip to `into`, a name that is free; raise CannotMake and write nothing."""
    if recipe.window and recipe.window.corner is None:
        recipe = place_window(source, recipe, facts)
    encoder = Encoder(source, facts, into, threads, progress)
    try:
        made = _copied(encoder, recipe) if recipe.video == "copy" else _encoded(encoder, recipe)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(into)
        raise
    finally:
        shutil.rmtree(passes(into), ignore_errors=True)
    return replace(made, tools={"ffmpeg": ffmpeg_version()})


def _copied(encoder: Encoder, recipe: FilmRecipe) -> Made:
    cut = None
    if recipe.length is not None:
        cut = find_cut(encoder.source, recipe, encoder.facts)
    size = encoder.copy(recipe, cut)
    if excess(encoder.into, recipe):
        note = "coded anew, because its frames could not be cut as they were"
        return _encoded_after_all(encoder, recipe, note)
    if lacks_time(encoder.into, recipe, encoder.facts):
        note = "coded anew, because it does not say how long its frames are shown"
        return _encoded_after_all(encoder, recipe, note)
    if recipe.most_bytes and size > recipe.most_bytes:
        raise CannotMake(
            f"the copy has {file_size(size)}, and {file_size(recipe.most_bytes)} are allowed:"
            " its pictures have to be coded anew"
        )
    return Made(commands=tuple(encoder.commands), encodes=1 if recipe.audio == "aac" else 0)


def _encoded_after_all(encoder: Encoder, recipe: FilmRecipe, note: str) -> Made:
    """Do what a copy cannot, and say so."""
    encoder.commands.clear()  # what was copied is of no use
    made = _encoded(encoder, coded_anew(recipe, encoder.facts))
    return replace(made, notes=(note, *made.notes))


def coded_anew(recipe: FilmRecipe, facts: Facts) -> FilmRecipe:
    """Return the recipe of which no stream is copied."""
    sound: Literal["aac"] | None = "aac" if recipe.audio else None
    return replace(recipe, video="h264", audio=sound, tone_map=bool(facts.hdr))


def _encoded(encoder: Encoder, recipe: FilmRecipe) -> Made:
    encoded = encoder.encode(recipe)
    for _ in range(_CORRECTIONS):
        over = excess(encoder.into, recipe)
        if not over:
            break
        encoder.less += over
        encoded = encoder.encode(recipe)
    else:
        raise CannotMake(
            f"the result is longer than {seconds(recipe.length or 0)} however it is cut: its"
            " time stamps make no sense"
        )
    if strange := strange_length(encoder.into, recipe, encoder.facts):
        raise CannotMake(strange)
    notes = fit_bytes(encoder, recipe, encoded) if recipe.most_bytes else ()
    if encoded.damage:
        said = visible(encoded.damage)
        notes = (*notes, f"it is damaged in places ({said}): look at the result before you use it")
    return Made(commands=tuple(encoder.commands), encodes=len(encoder.commands), notes=notes)
