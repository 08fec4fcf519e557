"""The command lines of ffmpeg for a video, built without touching a file."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix import encoder_settings as settings
from wanprep.fix.ffmpeg import command_line, input_stream
from wanprep.fix.plan.sizes import is_square
from wanprep.fix.video.cuts import aac_sample_rate, find_trim, is_audio_copied
from wanprep.fix.video.sizes import audio_bit_rate, frame_sizes, video_bit_rate
from wanprep.media.ffmpeg import file_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.fix.ffmpeg import Stream
    from wanprep.fix.plan.plan import VideoRecipe
    from wanprep.media.facts import Facts

# Cover images are not what the video shows; of several tracks, players take the first.
FRAMES: Final = "V:0"
_AUDIO: Final = "a:0"

_SCALING: Final = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
_BT709: Final = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
MAX_RATE_DENOMINATOR: Final = 1001  # that of NTSC
_FEWEST_INTERLACED_LINES: Final = 3
# Where the size of frames changes midway, as in a call over the network, the deinterlacer
# would lose the frames that it still compares.
_NEVER_INTERLACED: Final = frozenset({"av1", "theora", "vp8", "vp9"})
# Of these ffmpeg's own decoders leave the transparency out.
_ALPHA_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# HDR puts a white page at 203 nits and an 18 % grey at 26 (ITU-R BT.2408). With this much light
# as full white, the grey keeps its brightness on an ordinary screen and the page comes to 220
# of 255, which leaves room for highlights.
_WHITE_NITS: Final = 150

_COPY_TAGS: Final = {"h264": "avc1", "hevc": "hvc1"}  # the names that Apple's players insist on
_AUDIO_GAP: Final = 0.04  # seconds: shorter gaps are not noticed
# The probe finds locations in these.
_PROBED_FOR_LOCATION: Final = frozenset({"3gp", "mov", "mp4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one run adds to the recipe, which may need several."""

    threads: int
    bit_rate: int | None = None  # of the frames; None: the usual quality
    second_pass: bool = False
    shorten_by: float = 0.0  # seconds by which the last attempt was too long
    cut: Mapping[str, object] | None = None  # the options that end copied streams


def video_commands(
    source: str, recipe: VideoRecipe, facts: Facts, output: str, *, threads: int
) -> tuple[tuple[str, ...], ...]:
    """List the command lines before they run; the second of two runs only if it must.

    A video that has to be under so many bytes is first encoded in the usual quality, which is
    also the first pass of a second encode at the rate that fits.
    """
    attempts = [Attempt(threads=threads)]
    if recipe.video == "h264" and recipe.most_bytes and (facts.bytes or 0) > recipe.most_bytes:
        rate = video_bit_rate(recipe, facts)
        attempts.append(Attempt(threads=threads, bit_rate=rate, second_pass=True))
    return tuple(
        command_line(video_arguments(source, recipe, facts, output, attempt))
        for attempt in attempts
    )


def video_arguments(
    source: str, recipe: VideoRecipe, facts: Facts, output: str, attempt: Attempt
) -> list[str]:
    """Build the arguments of one run."""
    import ffmpeg

    options = _container_options(recipe, facts) | _video_options(recipe, facts, output, attempt)
    options |= _audio_options(recipe, facts) | _end_options(recipe, facts, attempt)
    reader = _input(source, recipe, facts, attempt)
    if recipe.video == "copy":
        streams = [reader[FRAMES]]
    else:
        streams = [_pad(_source_frames(reader, recipe, facts, attempt), recipe, facts)]
    if recipe.audio:
        streams.append(_audio_filters(reader, recipe, facts, attempt))
    graph = ffmpeg.output(*streams, file_url(output), **options)
    threads = ("-filter_complex_threads", str(attempt.threads))
    return [*threads, *ffmpeg.get_args(graph)]


def source_frames(source: str, recipe: VideoRecipe, facts: Facts, *, threads: int) -> Stream:
    """Return the frames as they are encoded, without padding."""
    attempt = Attempt(threads=threads)
    return _source_frames(_input(source, recipe, facts, attempt), recipe, facts, attempt)


def decoder_options(facts: Facts) -> dict[str, object]:
    """Name the decoder where it must not be ffmpeg's default."""
    decoder = _ALPHA_DECODERS.get(facts.video_codec or "") if facts.alpha else None
    return {"c:v": decoder} if decoder else {}


def _input(source: str, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    options: dict[str, object] = {"threads": attempt.threads}
    if recipe.video == "copy":
        if facts.format == "ts":  # where not every frame has a time stamp of its own
            options["fflags"] = "+genpts"
        return input_stream(source, facts, **options)
    if seek := find_trim(recipe, facts).seek:
        options["ss"] = _seconds(seek)
    return input_stream(source, facts, **options, **decoder_options(facts))


def _source_frames(reader: Stream, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    trim = find_trim(recipe, facts, attempt.shorten_by)
    stream = reader[FRAMES]
    if trim.fps:
        stream = stream.filter("fps", trim.fps)
    return video_filters(_trim(stream, "", trim.skip, trim.video), recipe, facts)


def _audio_filters(reader: Stream, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    if is_audio_copied(recipe):
        return reader[_AUDIO]
    trim = find_trim(recipe, facts, attempt.shorten_by)
    # Silence in place of gaps keeps what follows in time with the frames.
    return _trim(reader[_AUDIO], "a", trim.skip, trim.audio).filter(
        "aresample",
        aac_sample_rate(facts),
        **{"async": 1, "first_pts": 0, "min_hard_comp": _AUDIO_GAP},
    )


def _trim(stream: Stream, kind: str, skip: float, length: float | None) -> Stream:
    limits = {"start": _seconds(skip)} if skip else {}
    if length is not None:
        limits["end"] = _seconds(skip + length)
    if not limits:
        return stream
    stream = stream.filter(f"{kind}trim", **limits)
    return stream.filter(f"{kind}setpts", f"PTS-{_seconds(skip)}/TB") if skip else stream


def video_filters(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    """Turn decoded frames into those that are encoded, but for padding."""
    sizes = frame_sizes(recipe, facts)
    if _may_be_interlaced(facts) and min(sizes.square) >= _FEWEST_INTERLACED_LINES:
        # Acts on frames that are marked as interlaced, and passes all others on as they are.
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    if facts.alpha:
        stream = _flatten(stream, recipe.background)
    if recipe.window:
        if not is_square(facts):
            stream = stream.filter("scale", *sizes.square, flags=_SCALING)
        # Without a corner, as in a plan, the window is in the middle: crop's own default.
        stream = stream.filter("crop", *recipe.window.size, *(recipe.window.corner or ()))
    # YUV keeps its matrix, stated or not, so that no player shows other colours than before.
    is_rgb = facts.color in ("rgb", "palette") or bool(facts.alpha)  # alpha is flattened in RGB
    matrix = {"out_color_matrix": "bt709"} if is_rgb else {}
    stream = stream.filter("scale", *sizes.image, flags=_SCALING, out_range="limited", **matrix)
    if recipe.tone_map:
        stream = _tone_map(stream)
    stream = stream.filter("format", settings.VIDEO_PIXELS).filter("setsar", 1)
    if recipe.tone_map or is_rgb:
        stream = stream.filter("setparams", range="tv", **_BT709)
    if recipe.fps:
        rate = Fraction(recipe.fps).limit_denominator(MAX_RATE_DENOMINATOR)
        stream = stream.filter("fps", rate)
    return stream


def _may_be_interlaced(facts: Facts) -> bool:
    return facts.color == "yuv" and not facts.hdr and facts.video_codec not in _NEVER_INTERLACED


def _flatten(stream: Stream, background: str) -> Stream:
    """Lay the frames on a colour: a copy of them that is painted over, with the same times."""
    copies = stream.filter("format", "gbrap").filter_multi_output("split")
    color = copies[0].filter("drawbox", color=f"{background}@1", thickness="fill", replace=1)
    flat = color.overlay(copies[1], format="gbrp", eof_action="endall")
    return flat.filter("format", "gbrp")


def _tone_map(stream: Stream) -> Stream:
    """Map HDR to BT.709: light unchanged up to a point, softly bent above it."""
    return (
        stream.filter("zscale", transfer="linear", npl=_WHITE_NITS)
        .filter("format", "gbrpf32le")
        .filter("zscale", primaries="bt709")
        .filter("tonemap", "mobius", desat=0)
        .filter("zscale", transfer="bt709", matrix="bt709", range="limited")
        # Else the encoder would note how bright the HDR was, and players take it for HDR still.
        .filter("sidedata", mode="delete")
    )


def _pad(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    if not recipe.canvas or recipe.canvas == frame_sizes(recipe, facts).image:
        return stream
    centered = ("(ow-iw)/2", "(oh-ih)/2")
    return stream.filter("pad", *recipe.canvas, *centered, color=recipe.background).filter(
        "setsar", 1
    )


def _container_options(recipe: VideoRecipe, facts: Facts) -> dict[str, object]:
    # No time code or chapters: they would be tracks of their own. Nor is there a list of all the
    # names under which locations are stored, so to drop one, all metadata is dropped. So it is
    # where the probe does not look for locations, or the result might reveal one.
    drops = recipe.drop_location or facts.format not in _PROBED_FOR_LOCATION
    metadata: dict[str, object] = {"map_metadata": -1} if drops else {}
    return {"format": recipe.container, "movflags": "+faststart", "map_chapters": -1,
            "write_tmcd": 0, **metadata}  # fmt: skip


def _video_options(
    recipe: VideoRecipe, facts: Facts, output: str, attempt: Attempt
) -> dict[str, object]:
    if recipe.video == "copy":
        tag = _COPY_TAGS.get(facts.video_codec or "")
        return {"c:v": "copy", "tag:v": tag} if tag else {"c:v": "copy"}
    # Every frame keeps its own time, to the tick.
    options: dict[str, object] = {**settings.X264, "threads": attempt.threads, "fps_mode": "vfr",
                                  "enc_time_base": "filter"}  # fmt: skip
    options |= {"b:v": attempt.bit_rate} if attempt.bit_rate else {"crf": settings.CRF}
    if recipe.most_bytes:
        options |= {"pass": 2 if attempt.second_pass else 1, "fastfirstpass": 0,
                    "passlogfile": f"{pass_log_folder(output)}/x264"}  # fmt: skip
    return options


def pass_log_folder(output: str) -> str:
    """Name the folder for what the first pass leaves to the second."""
    return f"{output}.passes"


def _audio_options(recipe: VideoRecipe, facts: Facts) -> dict[str, object]:
    if recipe.audio is None:
        return {}
    if is_audio_copied(recipe):
        return {"c:a": "copy"}
    options: dict[str, object] = {"c:a": "aac", "b:a": audio_bit_rate(recipe, facts)}
    if (facts.channels or 0) > settings.MAX_CHANNELS:
        options["ac"] = settings.MAX_CHANNELS
    return options


def _end_options(recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> dict[str, object]:
    """End copied streams; those that are encoded are ended by filters."""
    if recipe.length is None:
        return {}
    if recipe.video == "copy":
        # Counted frames are exact; a time is compared with when a frame is decoded.
        return dict(attempt.cut) if attempt.cut is not None else {"t": _seconds(recipe.length)}
    audio = find_trim(recipe, facts, attempt.shorten_by).audio
    return {"t": _seconds(audio)} if is_audio_copied(recipe) and audio else {}


def _seconds(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
