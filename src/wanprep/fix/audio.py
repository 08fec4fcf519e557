"""Write the audio that a recipe describes, and check that it is as short and small as planned."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix import encoder_settings as settings
from wanprep.fix.ffmpeg import command_line, ffmpeg_version, input_stream, run_ffmpeg
from wanprep.fix.plan.plan import AudioRecipe, CannotFix, Output
from wanprep.media.ffmpeg import file_url
from wanprep.media.workers import probe_in_worker
from wanprep.text import file_size, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.ffmpeg import CompletedRun
    from wanprep.fix.plan.plan import ProgressCallback
    from wanprep.media.facts import Facts

# An MP3 decodes to what was put in, with silence around it: the encoder's delay and the filling
# of the last frame. Only players that read a note in the file cut it off.
_MP3_SILENCE: Final = 3 * settings.MP3_FRAME
_ROUNDING: Final = 1e-6  # seconds are no exact binary fractions
_TIME_LIMIT: Final = 900.0
# What ffmpeg logs where the sample rate or the channels change.
_CHANGE: Final = "Reconfiguring filter graph"
# So much of the expected length may be missing, a share and seconds: an encoder's silence.
_MISSING_SHARE: Final = 0.05
_MISSING_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Encoding:
    sample_rate: int
    channels: int
    bit_rate: int


def audio_commands(
    source: str, recipe: AudioRecipe, facts: Facts, output: str
) -> tuple[tuple[str, ...], ...]:
    """List the command lines of ffmpeg before they run."""
    return (command_line(_arguments(source, recipe, facts, output)),)


def make_audio(
    source: str,
    recipe: AudioRecipe,
    facts: Facts,
    output: str,
    *,
    progress: ProgressCallback | None = None,
) -> Output:
    """Write the audio to `output`, which must not exist; raise CannotFix and leave no file."""
    runs = _run(source, recipe, facts, output, progress)
    try:
        _check(output, recipe, facts)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(output)
        raise
    commands = tuple(run.command for run in runs)
    return Output(commands=commands, tools={"ffmpeg": ffmpeg_version()}, encodes=len(commands))


def _run(
    source: str, recipe: AudioRecipe, facts: Facts, output: str, progress: ProgressCallback | None
) -> tuple[CompletedRun, ...]:
    length = recipe.length or facts.duration
    arguments = _arguments(source, recipe, facts, output)
    run = run_ffmpeg(arguments, seconds=_TIME_LIMIT, length=length, progress=progress)
    if _CHANGE not in run.log or not (recipe.start or recipe.length):
        return (run,)
    # At the change ffmpeg counts samples from zero again. In a WAV, where all are alike, it cuts
    # where it should.
    os.unlink(output)
    wav = f"{output}.wav"
    whole = AudioRecipe(format="wav", suffix=".wav")
    try:
        decoding = run_ffmpeg(_arguments(source, whole, facts, wav), seconds=_TIME_LIMIT)
        cut = _arguments(wav, recipe, probe_in_worker(wav), output)
        return decoding, run_ffmpeg(cut, seconds=_TIME_LIMIT)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(wav)


def _arguments(source: str, recipe: AudioRecipe, facts: Facts, output: str) -> list[str]:
    import ffmpeg

    encoding = _choose_encoding(recipe, facts)
    stream = input_stream(source, facts)["a:0"].filter("aresample", encoding.sample_rate)
    if limits := _sample_limits(recipe, encoding.sample_rate):
        stream = stream.filter("atrim", **limits)
    stream = stream.filter("asetpts", "N")
    options: dict[str, object] = {
        "map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact",
        "ar": encoding.sample_rate, "ac": encoding.channels, "format": recipe.format,
    }  # fmt: skip
    if recipe.format == "wav":
        options["c:a"] = settings.WAV_CODEC
    else:
        options |= {"c:a": "libmp3lame", "b:a": encoding.bit_rate}
        options |= {"write_xing": 0, "id3v2_version": 0}
    arguments: list[str] = ffmpeg.get_args(ffmpeg.output(stream, file_url(output), **options))
    return arguments


def _sample_limits(recipe: AudioRecipe, rate: int) -> dict[str, int]:
    """Count in samples as they are written: a file's own time stamps may be wrong."""
    start = round((recipe.start or 0.0) * rate)
    limits = {"start_sample": start} if start else {}
    if recipe.length is not None:
        added = _MP3_SILENCE if recipe.format == "mp3" else 0
        samples = int(recipe.length * rate + _ROUNDING) - added
        limits["end_sample"] = start + max(1, samples)
    return limits


def _choose_encoding(recipe: AudioRecipe, facts: Facts) -> _Encoding:
    """Choose the best encoding that fits into the bytes that are allowed."""
    whole = max(0.0, (facts.audio_duration or facts.duration or 0.0) - (recipe.start or 0.0))
    length = whole if recipe.length is None else min(whole, recipe.length)
    size = 0.0
    for encoding in _encodings(recipe, facts):
        padding = settings.MP3_PADDING / encoding.sample_rate if recipe.format == "mp3" else 0.0
        size = encoding.bit_rate / 8 * (length + padding) + settings.WAV_HEADER
        if recipe.most_bytes is None or size <= recipe.most_bytes:
            return encoding
    raise CannotFix(
        f"{length:.1f} s of audio take at least {file_size(round(size))}, and at most"
        f" {file_size(recipe.most_bytes or 0)} are allowed: make it shorter"
    )


def _encodings(recipe: AudioRecipe, facts: Facts) -> Iterator[_Encoding]:
    """List the encodings from the best down."""
    channels = min(facts.channels or settings.MAX_CHANNELS, settings.MAX_CHANNELS)
    highest = settings.MAX_SAMPLE_RATE
    rate = min(facts.sample_rate or highest, highest)
    if recipe.format == "mp3":
        rate = rate if rate in settings.MP3_SAMPLE_RATES else 44_100
        yield from (_Encoding(rate, channels, bits) for bits in settings.MP3_BIT_RATES)
        return
    lower = (each for each in settings.LOWER_WAV_SAMPLE_RATES if each <= rate)
    for each, count in ((rate, channels), (rate, 1), *((each, 1) for each in lower)):
        yield _Encoding(each, count, each * count * settings.WAV_SAMPLE_BYTES * 8)


def _check(output: str, recipe: AudioRecipe, facts: Facts) -> None:
    result = probe_in_worker(output)
    if not result.readable or not result.duration:
        raise CannotFix(
            f"what ffmpeg wrote cannot be played ({result.problem or 'it is silent'}): the"
            " requested part may have no audio"
        )
    if recipe.length is not None and result.duration > recipe.length:
        raise CannotFix(
            f"the result plays {seconds(result.duration)} instead of {seconds(recipe.length)}:"
            " its time stamps are invalid"
        )
    whole = max(0.0, (facts.duration or 0.0) - (recipe.start or 0.0))
    expected = min(whole, recipe.length or whole)
    if result.duration < expected - expected * _MISSING_SHARE - _MISSING_SECONDS:
        raise CannotFix(
            f"only {seconds(result.duration)} of {seconds(expected)} of audio can be decoded: the"
            " file is damaged, or joined from several kinds. Export it again as WAV with the"
            " program that made it"
        )
    if recipe.most_bytes is not None and (result.bytes or 0) > recipe.most_bytes:
        raise CannotFix(
            f"the result has {file_size(result.bytes or 0)}, and at most"
            f" {file_size(recipe.most_bytes)} are allowed: make it shorter"
        )
