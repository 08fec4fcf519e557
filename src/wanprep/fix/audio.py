"""Make the sound that a recipe describes, and look whether it is as short and small as that."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import command_line, ffmpeg_version, file_name, run_ffmpeg
from wanprep.fix.ffmpeg_input import opened
from wanprep.fix.plan.plan import AudioRecipe, CannotFix, Output
from wanprep.media.workers import probe_in_worker
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.ffmpeg import Ran
    from wanprep.fix.plan.plan import ProgressCallback
    from wanprep.media.facts import Facts


MP3_BLOCK: Final = 1152  # samples


_MOST_RATE: Final = 48_000


_MOST_CHANNELS: Final = 2


_WAV_HEADER: Final = 44


_SAMPLE: Final = 2  # bytes


# Speech is still clear at the last of these.
_LOWER_RATES: Final = (32_000, 24_000, 16_000)


_MP3_RATES: Final = (32_000, 44_100, 48_000)


_BIT_RATES: Final = (192_000, 160_000, 128_000, 96_000, 64_000, 48_000)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a sound is written."""

    rate: int
    channels: int
    bit_rate: int


def shape(recipe: AudioRecipe, facts: Facts) -> Shape:
    """Choose the best that fits into the bytes that are allowed."""
    length = _length(recipe, facts)
    smallest = 0.0
    for each in _offers(recipe, facts):
        smallest = each.bit_rate / 8 * length + _WAV_HEADER + _slack(recipe, each)
        if recipe.most_bytes is None or smallest <= recipe.most_bytes:
            return each
    allowed = file_size(recipe.most_bytes or 0)
    raise CannotFix(
        f"{length:.1f} s of sound take {file_size(round(smallest))} at the least, and {allowed}"
        " are allowed: make it shorter"
    )


def _slack(recipe: AudioRecipe, each: Shape) -> float:
    return 4 * MP3_BLOCK / each.rate * each.bit_rate / 8 if recipe.format == "mp3" else 0.0


def _length(recipe: AudioRecipe, facts: Facts) -> float:
    whole = max(0.0, (facts.audio_duration or facts.duration or 0.0) - (recipe.start or 0.0))
    return whole if recipe.length is None else min(whole, recipe.length)


def _offers(recipe: AudioRecipe, facts: Facts) -> Iterator[Shape]:
    """Go from the best down."""
    channels = min(facts.channels or _MOST_CHANNELS, _MOST_CHANNELS)
    rate = min(facts.sample_rate or _MOST_RATE, _MOST_RATE)
    if recipe.format == "mp3":
        rate = rate if rate in _MP3_RATES else _MP3_RATES[1]
        yield from (Shape(rate, channels, bits) for bits in _BIT_RATES)
        return
    yield _plain(rate, channels)
    yield from (_plain(each, 1) for each in (rate, *_LOWER_RATES) if each <= rate)


def _plain(rate: int, channels: int) -> Shape:
    return Shape(rate, channels, rate * channels * _SAMPLE * 8)


# An MP3 decodes to what was put in, and before and after that to silence: the encoder's delay
# and the filling of the last block. Only players that believe a note in the file cut it off.
_MP3_SILENCE: Final = 3 * MP3_BLOCK


_ROUNDING: Final = 1e-6  # of numbers that are not decimal inside


def sound_commands(
    source: str, recipe: AudioRecipe, facts: Facts, into: str
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called."""
    return (command_line(sound_arguments(source, recipe, facts, into)),)


def sound_arguments(source: str, recipe: AudioRecipe, facts: Facts, into: str) -> list[str]:
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


def _limits(recipe: AudioRecipe, kept: Shape) -> dict[str, int]:
    """Say what is kept, in samples as they are written: a file's own times may be odd."""
    start = round((recipe.start or 0.0) * kept.rate)
    limits = {"start_sample": start} if start else {}
    if recipe.length is not None:
        lost = _MP3_SILENCE if recipe.format == "mp3" else 0
        samples = int(recipe.length * kept.rate + _ROUNDING) - lost
        limits["end_sample"] = start + max(1, samples)
    return limits


def _coding(recipe: AudioRecipe, kept: Shape) -> dict[str, object]:
    if recipe.format == "wav":
        return {"format": "wav", "c:a": "pcm_s16le"}
    return {"format": "mp3", "c:a": "libmp3lame", "b:a": kept.bit_rate, "write_xing": 0,
            "id3v2_version": 0}  # fmt: skip


_PATIENCE: Final = 900.0


# What ffmpeg says where the rate or the channels are others from some point on.
_CHANGE: Final = "Reconfiguring filter graph"


# So much may be missing, a part and seconds: silence that an encoder had put around the sound.
_PART: Final = 0.05


_SECONDS: Final = 0.25


def make_sound(
    source: str,
    recipe: AudioRecipe,
    facts: Facts,
    into: str,
    *,
    progress: ProgressCallback | None = None,
) -> Output:
    """Write the sound to `into`, a name that is free; raise CannotMake and write nothing."""
    runs = _written(source, recipe, facts, into, progress)
    try:
        _check(into, recipe, facts)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(into)
        raise
    commands = tuple(ran.command for ran in runs)
    return Output(commands=commands, tools={"ffmpeg": ffmpeg_version()}, encodes=len(commands))


def _written(
    source: str, recipe: AudioRecipe, facts: Facts, into: str, progress: ProgressCallback | None
) -> tuple[Ran, ...]:
    length = recipe.length or facts.duration
    arguments = sound_arguments(source, recipe, facts, into)
    ran = run_ffmpeg(arguments, seconds=_PATIENCE, length=length, progress=progress)
    if _CHANGE not in ran.log or not (recipe.start or recipe.length):
        return (ran,)
    # From there on samples were counted anew. Of plain samples, all alike, a part can be cut.
    os.unlink(into)
    plain = f"{into}.wav"
    whole = AudioRecipe(format="wav", suffix=".wav")
    try:
        first = run_ffmpeg(sound_arguments(source, whole, facts, plain), seconds=_PATIENCE)
        cut = sound_arguments(plain, recipe, probe_in_worker(plain), into)
        return first, run_ffmpeg(cut, seconds=_PATIENCE)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(plain)


def _check(into: str, recipe: AudioRecipe, facts: Facts) -> None:
    made = probe_in_worker(into)
    if not made.readable or not made.duration:
        raise CannotFix(
            f"what ffmpeg made cannot be played ({made.problem or 'it is silent'}): there may be"
            " no sound in the part that was asked for"
        )
    if recipe.length is not None and made.duration > recipe.length:
        raise CannotFix(
            f"the result plays {seconds(made.duration)} instead of {seconds(recipe.length)}:"
            " its time stamps make no sense"
        )
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    intent = min(whole, recipe.length or whole)
    if made.duration < intent - intent * _PART - _SECONDS:
        raise CannotFix(
            f"only {seconds(made.duration)} of {seconds(intent)} of sound can be decoded: the file"
            " is damaged, or made of parts of several kinds. Export it again as WAV with the"
            " program that made it"
        )
    if recipe.most_bytes is not None and (made.bytes or 0) > recipe.most_bytes:
        raise CannotFix(
            f"the result has {file_size(made.bytes or 0)}, and {file_size(recipe.most_bytes)}"
            " are allowed: make it shorter"
        )
