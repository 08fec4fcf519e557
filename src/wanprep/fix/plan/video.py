"""Drafts for videos: another suffix, streams copied to another container, or encoded once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from wanprep.fix import encoder_settings as settings
from wanprep.fix.plan.draft import (
    LENGTHS,
    Draft,
    cut_if_too_long,
    fit_bytes_steps,
    in_order,
    most_bytes,
    rename_draft,
    rename_steps,
    smallest_size,
    suffix_for,
    trim_steps,
    with_size,
)
from wanprep.fix.plan.plan import Step, VideoRecipe
from wanprep.fix.plan.sizes import (
    LARGEST_VIDEO,
    choose_size,
    is_square,
    px,
    size_steps,
    square_size,
)
from wanprep.media.facts import extension_format
from wanprep.text import codec_name, plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.plan.draft import Cut, LimitsFor
    from wanprep.fix.plan.limits import Limits
    from wanprep.fix.plan.plan import Options, Size
    from wanprep.media.facts import Facts


Container = Literal["mp4", "mov"]
AudioAction = Literal["copy", "aac"] | None

# Only of these can streams be copied with the order of their frames: the others have no
# presentation times.
_TIMED: Final = frozenset({"mp4", "mov", "3gp", "mkv", "webm", "flv", "ts"})
# The codecs in an MP4 that players understand; in a MOV that stays one any codec may stay.
_VIDEO_CODECS: Final = frozenset({"h264", "hevc", "av1", "mpeg4"})
_AUDIO_CODECS: Final = frozenset({"aac", "mp3"})

# Container, video and audio each round to whole frames, and AAC adds its own: a cut ends one
# frame of video (two, where their lengths vary) and this many seconds under the limit.
_MARGIN: Final = 0.05
_USUAL_RATE: Final = 24.0
# Encoding may add a frame: a video this near to the limit is held to its own length.
_NEAR: Final = 0.1


def video_drafts(facts: Facts, limits_for: LimitsFor, options: Options) -> Iterator[Draft]:
    """List the ways to fix a video, those that change least first."""
    if rename_steps(facts, facts.format):
        yield rename_draft(facts)
    yield from _copied(facts, limits_for, options)
    yield _encoded(facts, limits_for, options)


def _copied(facts: Facts, limits_for: LimitsFor, options: Options) -> Iterator[Draft]:
    """Copy the video; the audio too, if the container can hold it."""
    own: tuple[Container, ...] = ("mov",) if facts.format == "mov" else ()
    container = _container(limits_for(facts), own)
    limits = limits_for(predict_copy(facts, container, None, "copy"))
    cut = _cut(facts, limits, options)
    stays = container == facts.format
    can_copy = facts.format in _TIMED and (stays or facts.video_codec in _VIDEO_CODECS)
    if not can_copy or (cut and cut.start):  # a copy can only begin at a key frame
        return
    actions: tuple[AudioAction, ...] = ("copy", "aac")
    if not facts.audio_codec:
        actions = (None,)
    elif not (stays or facts.audio_codec in _AUDIO_CODECS):
        actions = ("aac",)
    for audio in actions:
        recipe = VideoRecipe(
            container=container,
            suffix=suffix_for(facts, container),
            video="copy",
            audio=audio,
            length=_length(facts, limits, cut, encodes=audio == "aac"),
            drop_location=_must_drop_location(facts, limits),
        )
        predicted = predict_copy(facts, container, cut, audio)
        if recipe.drop_location:
            predicted = replace(predicted, gps=False)
        yield Draft(recipe, in_order(_steps(facts, recipe, limits, cut, options)), predicted)


def _encoded(facts: Facts, limits_for: LimitsFor, options: Options) -> Draft:
    """Encode the video once, with everything that must change about it."""
    container, size = _container(limits_for(facts)), square_size(facts)
    limits = limits_for(predict_encode(facts, container, size, None, "aac"))
    cut = _cut(facts, limits, options)
    fit, box = choose_size(size, limits, options.crop, step=2, largest=LARGEST_VIDEO)
    audio = _audio_action(facts, limits, cut)
    most = most_bytes(limits)
    recipe = VideoRecipe(
        container=container,
        suffix=suffix_for(facts, container),
        video="h264",
        audio=audio,
        start=cut.start if cut else None,
        length=_length(facts, limits, cut, encodes=True),
        background=options.background,
        window=fit.window,
        size=fit.size or (None if is_square(facts) else fit.scaled),
        canvas=fit.canvas,
        fps=constant_frame_rate(facts, limits),
        tone_map=bool(facts.hdr),
        drop_location=_must_drop_location(facts, limits),
        most_bytes=most,
        smallest=smallest_size(fit.result, box, most),
    )
    predicted = predict_encode(facts, container, fit.result, cut, audio)
    if recipe.fps is not None:
        predicted = predict_frame_rate(predicted, recipe.fps)
    if recipe.drop_location:
        predicted = replace(predicted, gps=False)
    if most is not None:
        predicted = replace(predicted, bytes=most)
    steps = [
        *_steps(facts, recipe, limits, cut, options),
        *size_steps(fit, options.background, facts, limits),
        *fit_bytes_steps(facts, most),
    ]
    return Draft(recipe, in_order(steps), predicted)


def _container(limits: Limits, preferred: tuple[Container, ...] = ()) -> Container:
    containers: tuple[Container, ...] = (*preferred, "mp4", "mov")
    return next((each for each in containers if limits.allows("format", each)), "mp4")


def _audio_action(facts: Facts, limits: Limits, cut: Cut | None) -> AudioAction:
    """Copy audio beside video that is encoded, unless it is cut in the middle or refused."""
    if not facts.audio_codec:
        return None
    can_copy = facts.format in _TIMED and facts.audio_codec in _AUDIO_CODECS
    if can_copy and limits.allows("audio_codec", facts.audio_codec) and not (cut and cut.start):
        return "copy"
    return "aac"


def _must_drop_location(facts: Facts, limits: Limits) -> bool:
    return bool(facts.gps) and not limits.allows("gps", facts.gps)


def _cut(facts: Facts, limits: Limits, options: Options) -> Cut | None:
    frames = 2 if facts.vfr else 1
    slack = frames / (facts.fps or _USUAL_RATE) + _MARGIN
    return cut_if_too_long(facts, limits, options.trim or "start", slack)


def _length(facts: Facts, limits: Limits, cut: Cut | None, *, encodes: bool) -> float | None:
    """Return the length to hold the result to, if any."""
    if cut:
        return cut.length
    ends = [limits.range(name).high for name in LENGTHS]
    is_near = any(end and (facts.duration or 0) > end.value - _NEAR for end in ends)
    return facts.duration if encodes and is_near else None


def _steps(
    facts: Facts, recipe: VideoRecipe, limits: Limits, cut: Cut | None, options: Options
) -> Iterator[Step]:
    """List the steps that copies and encodes share, in no order."""
    yield from rename_steps(facts, recipe.container)
    if recipe.drop_location:
        yield Step("drop-location", "safe", "remove the location where it was recorded")
    yield from (_copy_steps if recipe.video == "copy" else _encode_steps)(facts, recipe)
    if recipe.audio == "aac" and facts.audio_codec != "aac":
        words = f"convert its audio from {codec_name(facts.audio_codec)} to AAC"
        yield Step("encode", "lossy", words)
    yield from trim_steps(facts, cut, options.trim or "start", limits)


def _copy_steps(facts: Facts, recipe: VideoRecipe) -> Iterator[Step]:
    copied = "its video" if recipe.audio == "aac" else "its streams"
    if facts.format != recipe.container:
        words = f"copy {copied} from {facts.format.upper()} to {recipe.container.upper()}"
        yield Step("remux", "safe", words)
    elif facts.problem:
        words = f"copy {copied} into a new {recipe.container.upper()} with a correct header"
        yield Step("remux", "safe", words)


def _encode_steps(facts: Facts, recipe: VideoRecipe) -> Iterator[Step]:
    if facts.rotation:
        yield Step("turn", "safe", "rotate its frames upright")
    if facts.alpha:
        yield Step("flatten", "lossy", f"replace its transparency with {recipe.background}")
    if not is_square(facts):
        stored = (facts.width or 0, facts.height or 0)
        words = f"make its pixels square: {px(stored)} to {px(square_size(facts))} px"
        yield Step("square-pixels", "lossy", words)
    if recipe.fps is not None:
        fps = plain_number(round(recipe.fps, 3))
        yield Step("frame-rate", "lossy", f"convert it to {fps} frames per second")
    if recipe.tone_map:
        yield Step("tone-map", "lossy", "tone-map its colors from HDR to SDR")
    why = " (a copy could only begin at a key frame)" if recipe.start else ""
    if facts.video_codec != "h264":
        why = f" (it is {codec_name(facts.video_codec) or 'unknown'})"
    yield Step("encode", "lossy", f"encode its video as 8-bit H.264{why}")


# The part of a video that is kept may have a higher bit rate than the rest.
_BUSIER: Final = 1.1
# Another container has sample tables of another size.
_TABLES: Final = 0.005
_HEADER: Final = 8192
_INSIDE: Final = 0.999  # how near to an exclusive limit a frame rate goes


def predict_copy(facts: Facts, container: str, cut: Cut | None, audio: str | None) -> Facts:
    """Predict the facts of copied streams; audio may be encoded."""
    predicted = facts if cut is None else _predict_cut(facts, cut)
    if facts.audio_codec:
        predicted = replace(predicted, audio_tracks=1)
        if audio == "aac":
            predicted = replace(
                predicted,
                audio_codec="aac",
                sample_rate=facts.sample_rate and min(facts.sample_rate, settings.MAX_SAMPLE_RATE),
                channels=facts.channels and min(facts.channels, settings.MAX_CHANNELS),
            )
    return replace(
        predicted,
        path="",
        bytes=_predict_bytes(facts, container, cut, audio),
        format=container,
        extension_format=extension_format(f"x{suffix_for(facts, container)}"),
        video_tracks=1,
        problem=None,
    )


def predict_encode(
    facts: Facts, container: str, size: Size, cut: Cut | None, audio: str | None
) -> Facts:
    """Predict the facts of an encoded video; its bytes are those of a copy."""
    return replace(
        with_size(predict_copy(facts, container, cut, audio), size),
        rotation=0,
        sar=1.0,
        alpha=False,
        bit_depth=8,
        color="yuv",
        hdr=False,
        video_codec="h264",
    )


def predict_frame_rate(facts: Facts, fps: float) -> Facts:
    """Predict the facts of a video that is converted to a constant frame rate."""
    length = facts.video_duration or facts.duration or 0
    return replace(facts, fps=round(fps, 6), vfr=False, frames=round(length * fps))


def _predict_bytes(facts: Facts, container: str, cut: Cut | None, audio: str | None) -> int:
    """Estimate, rather too high: what comes near the limit is better encoded to fit."""
    size: float = facts.bytes or 0
    length = facts.duration or 0
    if cut and length:
        size *= min(1.0, cut.length / length * _BUSIER)
    if container != facts.format:
        size += size * _TABLES + _HEADER
    if facts.audio_codec and audio == "aac":
        size += (cut.length if cut else length) * settings.AAC_BIT_RATE / 8
    return int(size)


def _predict_cut(facts: Facts, cut: Cut) -> Facts:
    video = cut.length_of(facts.video_duration)
    return replace(
        facts,
        duration=cut.length_of(facts.duration),
        video_duration=video,
        audio_duration=cut.length_of(facts.audio_duration),
        frames=round(video * facts.fps) if video and facts.fps else None,
    )


def constant_frame_rate(facts: Facts, limits: Limits) -> float | None:
    """Return the frame rate to convert to; None if no limit demands another one."""
    fps, allowed = facts.fps, limits.range("fps")
    if fps is None:
        return None
    if allowed.high and not allowed.is_below_high(fps):
        high: float = allowed.high.value
        return high if allowed.is_below_high(high) else high * _INSIDE
    if allowed.low and not allowed.is_above_low(fps):
        low: float = allowed.low.value
        return low if allowed.is_above_low(low) else low / _INSIDE
    return None if limits.allows("vfr", facts.vfr) else fps
