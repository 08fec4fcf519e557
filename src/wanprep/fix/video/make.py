"""Write the video that a recipe describes, again until it is as short and small as it must be."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import field, replace
from math import log, sqrt
from typing import TYPE_CHECKING, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.fix.encoder_settings import MIN_VIDEO_BIT_RATE
from wanprep.fix.ffmpeg import ffmpeg_version, run_ffmpeg
from wanprep.fix.plan.plan import CannotFix, Output
from wanprep.fix.video.commands import Attempt, pass_log_folder, video_arguments
from wanprep.fix.video.cuts import find_cut
from wanprep.fix.video.sizes import (
    TARGET_SHARE,
    frame_sizes,
    output_length,
    pixels_per_second,
    shrink,
    video_bit_rate,
)  # fmt: skip
from wanprep.media.workers import probe_in_worker
from wanprep.text import file_size, seconds, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.ffmpeg import CompletedRun
    from wanprep.fix.plan.plan import ProgressCallback, VideoRecipe
    from wanprep.media.facts import Facts

# Large HDR frames are encoded at one or two a second on a busy machine.
_SHORTEST_TIME_LIMIT: Final = 600.0
_TIME_LIMIT_PER_SECOND: Final = 180.0
_COPY_TIME_LIMIT: Final = 900.0

_VIDEO_KIB: Final = re.compile(r"video:(\d+)Ki?B audio:")
# Only decoders log errors so that ffmpeg goes on after.
_DAMAGE: Final = re.compile(r"^\[(?:(?!out#|fc#)[^\]]+\] \[)+error\] *(.+)$", re.MULTILINE)
# Messages of ffmpeg, and what a user should know.
_EXPLANATIONS: Final = {
    "no path between colorspaces": "it does not state what its HDR colours mean (Dolby Vision of"
    " its own kind does not): export it in SDR with the program that made it",
    "received no packets": "there is no video and no audio in the requested part",
    "bitrate is too low": "it does not fit into the allowed bytes: make it shorter, or smaller",
}

_LENGTH_CORRECTIONS: Final = 3
_SMALLEST_EXCESS: Final = 0.001
_LAST_FRAMES: Final = 1.5  # not every file says for how long the last frame is shown
# So much of what is encoded may be missing or too much, a share and seconds: frames before the
# first key frame.
_LENGTH_SHARE: Final = 0.1
_LENGTH_SECONDS: Final = 0.5

_MOST_ENCODES: Final = 3
_FEWEST_BITS_PER_PIXEL: Final = 0.02  # with fewer, blocks show
_GOOD_BITS_PER_PIXEL: Final = 0.06
_FULL: Final = 0.9  # a result that had to shrink should use so much of what is allowed
_SAME_RATE: Final = 0.02  # two rates nearer than this show nothing of what lies between
_POWERS: Final = (0.6, 4.0)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded result."""

    size: int
    video_bytes: int
    damage: str | None = None  # the decoder's first error


@dataclass(slots=True)
class Encoder:
    """Encodes one video to one file, as often as it takes."""

    source: str
    facts: Facts
    output: str
    threads: int
    progress: ProgressCallback | None
    shorten_by: float = 0.0
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def encode(
        self, recipe: VideoRecipe, bit_rate: int | None = None, *, second_pass: bool = False
    ) -> Encoded:
        """Encode in the usual quality or at a bit rate."""
        if recipe.most_bytes:
            os.makedirs(pass_log_folder(self.output), exist_ok=True)
        attempt = Attempt(
            threads=self.threads,
            bit_rate=bit_rate,
            second_pass=second_pass,
            shorten_by=self.shorten_by,
        )
        run = self.run(recipe, attempt, time_limit(recipe, self.facts))
        kib = _VIDEO_KIB.findall(run.log)
        damage = _DAMAGE.search(run.log)
        size = os.path.getsize(self.output)
        return Encoded(size, int(kib[-1]) * 1024 if kib else 0, damage and damage[1])

    def run(self, recipe: VideoRecipe, attempt: Attempt, limit: float) -> CompletedRun:
        """Run ffmpeg once, in place of what it wrote before."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.output)
        arguments = video_arguments(self.source, recipe, self.facts, self.output, attempt)
        length = output_length(recipe, self.facts)
        try:
            run = run_ffmpeg(arguments, seconds=limit, length=length, progress=self.progress)
        except CannotFix as error:
            text = str(error)
            explained = (words for part, words in _EXPLANATIONS.items() if part in text)
            raise CannotFix(next(explained, text)) from error
        self.commands.append(run.command)
        return run


def time_limit(recipe: VideoRecipe, facts: Facts) -> float:
    """Allow time in proportion to what is decoded."""
    decoded = output_length(recipe, facts) + (recipe.start or 0.0)
    return max(_SHORTEST_TIME_LIMIT, _TIME_LIMIT_PER_SECOND * decoded)


def make_video(
    source: str,
    recipe: VideoRecipe,
    facts: Facts,
    output: str,
    *,
    threads: int,
    progress: ProgressCallback | None = None,
) -> Output:
    """Write the video to `output`, which must not exist; raise CannotFix and leave no file."""
    encoder = Encoder(source, facts, output, threads, progress)
    try:
        result = _copy(encoder, recipe) if recipe.video == "copy" else _encode(encoder, recipe)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(output)
        raise
    finally:
        shutil.rmtree(pass_log_folder(output), ignore_errors=True)
    return replace(result, tools={"ffmpeg": ffmpeg_version()})


def encode_all_streams(recipe: VideoRecipe, facts: Facts) -> VideoRecipe:
    """Return the recipe with all streams encoded."""
    audio: Literal["aac"] | None = "aac" if recipe.audio else None
    return replace(recipe, video="h264", audio=audio, tone_map=bool(facts.hdr))


def _copy(encoder: Encoder, recipe: VideoRecipe) -> Output:
    cut = None
    if recipe.length is not None:
        cut = find_cut(encoder.source, recipe, encoder.facts)
    encoder.run(recipe, Attempt(threads=encoder.threads, cut=cut), _COPY_TIME_LIMIT)
    result = _probe(encoder.output)
    if _excess_seconds(result, recipe):
        return _encode_instead(encoder, recipe, "its frames cannot be cut as they are")
    if _lacks_frames(result, recipe, encoder.facts):
        return _encode_instead(encoder, recipe, "it does not state how long its frames are shown")
    size = result.bytes or 0
    if recipe.most_bytes and size > recipe.most_bytes:
        raise CannotFix(
            f"the copy has {file_size(size)}, and at most {file_size(recipe.most_bytes)} are"
            " allowed: its frames have to be encoded again"
        )
    return Output(commands=tuple(encoder.commands), encodes=1 if recipe.audio == "aac" else 0)


def _encode_instead(encoder: Encoder, recipe: VideoRecipe, reason: str) -> Output:
    encoder.commands.clear()  # the copy is not used
    result = _encode(encoder, encode_all_streams(recipe, encoder.facts))
    return replace(result, notes=(f"re-encoded, because {reason}", *result.notes))


def _encode(encoder: Encoder, recipe: VideoRecipe) -> Output:
    encoded = encoder.encode(recipe)
    for _ in range(_LENGTH_CORRECTIONS):
        result = _probe(encoder.output)
        excess = _excess_seconds(result, recipe)
        if not excess:
            break
        encoder.shorten_by += excess
        encoded = encoder.encode(recipe)
    else:
        raise CannotFix(
            f"the result is longer than {seconds(recipe.length or 0)} however it is cut: its"
            " time stamps are invalid"
        )
    _check_length(result, recipe, encoder.facts)
    notes = fit_bytes(encoder, recipe, encoded) if recipe.most_bytes else ()
    if encoded.damage:
        details = visible(encoded.damage)
        notes = (*notes, f"it is damaged in places ({details}): check the result before you use it")
    return Output(commands=tuple(encoder.commands), encodes=len(encoder.commands), notes=notes)


def _probe(output: str) -> Facts:
    result = probe_in_worker(output)
    if not result.readable:
        raise CannotFix(
            f"the result cannot be played ({result.problem}): the requested part may be empty"
        )
    if not result.video_tracks:  # ffmpeg does not always notice
        raise CannotFix("there is no video in the requested part")
    return result


def _excess_seconds(result: Facts, recipe: VideoRecipe) -> float:
    """Return by how much the result is too long; 0 where it is not."""
    if recipe.length is None:
        return 0.0
    lengths = (result.duration, result.video_duration, result.audio_duration)
    excess = max(length or 0.0 for length in lengths) - recipe.length
    return max(excess, _SMALLEST_EXCESS) if excess > 0 else 0.0


def _lacks_frames(result: Facts, recipe: VideoRecipe, facts: Facts) -> bool:
    """Compare the lengths of a copy; there is no telling with a variable rate, or of a part."""
    if recipe.length is not None or facts.vfr or not (facts.fps and facts.video_duration):
        return False
    return (result.video_duration or 0.0) < facts.video_duration - _LAST_FRAMES / facts.fps


def _check_length(result: Facts, recipe: VideoRecipe, facts: Facts) -> None:
    """Refuse a result that lost frames, or shows them at other times."""
    if facts.vfr or not (facts.fps and facts.video_duration):
        return
    whole = max(0.0, facts.video_duration - (recipe.start or 0.0))
    expected = min(whole, output_length(recipe, facts))
    length = result.video_duration or 0.0
    tolerance = expected * _LENGTH_SHARE + _LENGTH_SECONDS + _LAST_FRAMES / facts.fps
    if abs(length - expected) > tolerance:
        raise CannotFix(
            f"the result would show {seconds(length)} of video instead of {seconds(expected)}: it"
            " is damaged, or its time stamps are invalid. Export it again from the program that"
            " made it"
        )


def fit_bytes(encoder: Encoder, recipe: VideoRecipe, encoded: Encoded) -> tuple[str, ...]:
    """Encode again while the result is too large, and return notes for the user."""
    cap = recipe.most_bytes or 0
    if encoded.size <= cap:
        return ()
    rate = video_bit_rate(recipe, encoder.facts, encoded.size - encoded.video_bytes)
    notes: tuple[str, ...] = ()
    bits = rate / pixels_per_second(recipe, encoder.facts)
    if bits < _FEWEST_BITS_PER_PIXEL:
        smaller = shrink(recipe, encoder.facts, min(1.0, sqrt(bits / _GOOD_BITS_PER_PIXEL)))
        before, after = (frame_sizes(each, encoder.facts).canvas for each in (recipe, smaller))
        if before != after:
            recipe = smaller
            encoded = encoder.encode(recipe, rate)
            sizes = "scaled from {}x{} to {}x{} px".format(*before, *after)
            notes = (f"{sizes} to fit into {file_size(cap)}",)
    _search_bit_rate(encoder, recipe, encoded, rate)
    return notes


def _search_bit_rate(encoder: Encoder, recipe: VideoRecipe, encoded: Encoded, rate: int) -> None:
    """Encode at a rate, then at a better one, until it fits and is not smaller than need be."""
    cap = recipe.most_bytes or 0
    best = os.path.join(pass_log_folder(encoder.output), "best")
    best_size = 0
    first_rate = encoded.video_bytes * 8 / output_length(recipe, encoder.facts)
    tried = [(first_rate, encoded.video_bytes)]
    while not cap * _FULL <= encoded.size <= cap and len(encoder.commands) < _MOST_ENCODES:
        if best_size < encoded.size <= cap:
            os.replace(encoder.output, best)
            best_size = encoded.size
        encoded = encoder.encode(recipe, rate, second_pass=True)
        tried.append((rate, encoded.video_bytes))
        rate = _next_rate(tried[-2:], cap * TARGET_SHARE - (encoded.size - encoded.video_bytes))
    if best_size and not best_size < encoded.size <= cap:
        os.replace(best, encoder.output)
    elif encoded.size > cap:
        raise CannotFix(
            f"it does not fit into {file_size(cap)}: {file_size(encoded.size)} is as small as"
            " it gets. Make it shorter, or smaller"
        )


def _next_rate(tried: Sequence[tuple[float, int]], target: float) -> int:
    """Find the bit rate for so many bytes of video, from the last two that were tried.

    Bytes grow as a power of the rate; ideally, as the first.
    """
    (rate_0, bytes_0), (rate_1, bytes_1) = tried
    growth = log(max(1, bytes_1) / max(1, bytes_0))
    distance = log(rate_1 / max(1.0, rate_0))
    power = growth / distance if abs(distance) > _SAME_RATE else 1.0
    power = min(max(power, _POWERS[0]), _POWERS[1])
    factor = (max(1.0, target) / max(1, bytes_1)) ** (1 / power)
    return max(MIN_VIDEO_BIT_RATE, int(rate_1 * factor))
