"""How ffmpeg is called for a sound: the exact arguments, worked out without touching a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.fix.inputs import opened
from wanprep.fix.runner import command_line, file_name
from wanprep.fix.sound.shapes import MP3_BLOCK, shape

if TYPE_CHECKING:
    from wanprep.fix.recipe import SoundRecipe
    from wanprep.fix.sound.shapes import Shape
    from wanprep.probe.facts import Facts

# An MP3 decodes to what was put in, and before and after that to silence: the encoder's delay
# and the filling of the last block. Only players that believe a note in the file cut it off.
_MP3_SILENCE: Final = 3 * MP3_BLOCK
_ROUNDING: Final = 1e-6  # of numbers that are not decimal inside


def sound_commands(
    source: str, recipe: SoundRecipe, facts: Facts, into: str
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called."""
    return (command_line(sound_arguments(source, recipe, facts, into)),)


def sound_arguments(source: str, recipe: SoundRecipe, facts: Facts, into: str) -> list[str]:
    """Build the call of ffmpeg, for the runner."""
    import ffmpeg

    kept = shape(recipe, facts)
    stream = opened(source, facts)["a:0"].filter("aresample", kept.rate)
    if limits := _limits(recipe, kept):
        stream = stream.filter("atrim", **limits)
    stream = stream.filter("asetpts", "N")
    options: dict[str, object] = {"map_metadata": -1, "map_chapters": -1, "ar": kept.rate,
                                  "ac": kept.channels, "fflags": "+bitexact"}  # fmt: skip
    options |= _coding(recipe, kept)
    compiled: list[str] = ffmpeg.get_args(ffmpeg.output(stream, file_name(into), **options))
    return compiled


def _limits(recipe: SoundRecipe, kept: Shape) -> dict[str, int]:
    """Say what is kept, in samples as they are written: a file's own times may be odd."""
    start = round((recipe.start or 0.0) * kept.rate)
    limits = {"start_sample": start} if start else {}
    if recipe.length is not None:
        lost = _MP3_SILENCE if recipe.format == "mp3" else 0
        samples = int(recipe.length * kept.rate + _ROUNDING) - lost
        limits["end_sample"] = start + max(1, samples)
    return limits


def _coding(recipe: SoundRecipe, kept: Shape) -> dict[str, object]:
    if recipe.format == "wav":
        return {"format": "wav", "c:a": "pcm_s16le"}
    return {"format": "mp3", "c:a": "libmp3lame", "b:a": kept.bit_rate, "write_xing": 0,
            "id3v2_version": 0}  # fmt: skip
