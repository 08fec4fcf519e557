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


def sound_commands(
    source: str, recipe: SoundRecipe, facts: Facts, into: str
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called."""
    return (command_line(sound_arguments(source, recipe, facts, into)),)


def sound_arguments(source: str, recipe: SoundRecipe, facts: Facts, into: str) -> list[str]:
    """Build the call of ffmpeg, for the runner."""
    import ffmpeg

    kept = shape(recipe, facts)
    # Times are counted by what was decoded, as a plain player does; a file's own may be odd.
    stream = opened(source, facts)["a:0"].filter("asetpts", "N/SR/TB")
    if limits := _limits(recipe, kept):
        stream = stream.filter("atrim", **limits).filter("asetpts", "PTS-STARTPTS")
    options: dict[str, object] = {"map_metadata": -1, "map_chapters": -1, "ar": kept.rate,
                                  "ac": kept.channels, "fflags": "+bitexact"}  # fmt: skip
    options |= _coding(recipe, kept)
    compiled: list[str] = ffmpeg.get_args(ffmpeg.output(stream, file_name(into), **options))
    return compiled


def _limits(recipe: SoundRecipe, kept: Shape) -> dict[str, str]:
    start = recipe.start or 0.0
    limits = {"start": f"{start:.6f}"} if start else {}
    if recipe.length is not None:
        lost = _MP3_SILENCE / kept.rate if recipe.format == "mp3" else 0.0
        limits["end"] = f"{start + max(0.001, recipe.length - lost):.6f}"
    return limits


def _coding(recipe: SoundRecipe, kept: Shape) -> dict[str, object]:
    if recipe.format == "wav":
        return {"format": "wav", "c:a": "pcm_s16le"}
    return {"format": "mp3", "c:a": "libmp3lame", "b:a": kept.bit_rate, "write_xing": 0,
            "id3v2_version": 0}  # fmt: skip
