"""How ffmpeg is called for a clip: the exact arguments, worked out without touching a file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wanprep.fix.ffmpeg import command_line, file_name
from wanprep.fix.ffmpeg_input import opened
from wanprep.fix.video.cuts import is_sound_copied, part, sound_rate
from wanprep.fix.video.sizes import is_square, shapes, sound_bit_rate, video_bit_rate

if TYPE_CHECKING:
    from wanprep.fix.ffmpeg_input import Stream
    from wanprep.fix.plan.plan import Size, VideoRecipe
    from wanprep.fix.video.cuts import Cut
    from wanprep.media.facts import Facts


_SCALING: Final = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"


_NTSC: Final = 1001


_LINES: Final = 3  # fewer cannot be interlaced


# Nor can these. Where the size of an image changes on the way, as in a call over the net, the
# filter would each time lose images that it still looks at.
_WHOLE: Final = frozenset({"av1", "theora", "vp8", "vp9"})


# Of these ffmpeg's own decoders leave the transparency out.
_ALPHA_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


# HDR puts a white page at 203 nits and an 18 % grey at 26 (ITU-R BT.2408). With this much light
# as full white, the grey keeps its brightness on an ordinary screen and the page comes to 220
# of 255, which leaves room for what shines.
_WHITE_NITS: Final = 150


_BT709: Final = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}


def decoder(facts: Facts) -> dict[str, object]:
    """Choose the decoder, where it must not be the one that ffmpeg takes."""
    chosen = _ALPHA_DECODERS.get(facts.video_codec or "") if facts.alpha else None
    return {"c:v": chosen} if chosen else {}


def images(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    """Turn images as they were decoded into those that are encoded."""
    stream = framed(stream, recipe, facts)
    stream = _scaled(stream, shapes(recipe, facts).image, facts)
    if recipe.tone_map:
        stream = _tone_mapped(stream)
    stream = stream.filter("format", "yuv420p").filter("setsar", 1)
    if recipe.tone_map or _is_rgb(facts):
        stream = stream.filter("setparams", range="tv", **_BT709)
    if recipe.fps:
        stream = stream.filter("fps", Fraction(recipe.fps).limit_denominator(_NTSC))
    return stream


def framed(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    """Return whole images, nothing seen through them, and only what the window shows."""
    if _may_be_interlaced(facts) and min(shapes(recipe, facts).square) >= _LINES:
        # Acts on frames that say they are interlaced, and passes all others on as they are.
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    if facts.alpha:
        stream = _flattened(stream, recipe.background)
    if recipe.window:
        if not is_square(facts):
            stream = stream.filter("scale", *shapes(recipe, facts).square, flags=_SCALING)
        # A window that is not placed yet, as in a plan, stands in the middle: crop's own default.
        stream = stream.filter("crop", *recipe.window.size, *(recipe.window.corner or ()))
    return stream


def _may_be_interlaced(facts: Facts) -> bool:
    return facts.color == "yuv" and not facts.hdr and facts.video_codec not in _WHOLE


def padded(stream: Stream, recipe: VideoRecipe, facts: Facts) -> Stream:
    """Put the images in the middle of a larger canvas."""
    if not recipe.canvas or recipe.canvas == shapes(recipe, facts).image:
        return stream
    return stream.filter(
        "pad", *recipe.canvas, "(ow-iw)/2", "(oh-ih)/2", color=recipe.background
    ).filter("setsar", 1)


def _scaled(stream: Stream, size: Size, facts: Facts) -> Stream:
    """Scale, and say in the range that every player expects what was said in the full one.

    What is YUV keeps its matrix, told or not, so that no player sees other colours than before.
    """
    matrix = {"out_color_matrix": "bt709"} if _is_rgb(facts) else {}
    return stream.filter("scale", *size, flags=_SCALING, out_range="limited", **matrix)


def _is_rgb(facts: Facts) -> bool:
    return facts.color in ("rgb", "palette") or bool(facts.alpha)  # which is flattened in RGB


def _flattened(stream: Stream, background: str) -> Stream:
    """Lay the images on a colour; theirs are the size and the time of it."""
    below, above = _two(stream.filter("format", "gbrap"))
    below = below.filter("drawbox", color=f"{background}@1", thickness="fill", replace=1)
    flat = below.overlay(above, format="gbrp", eof_action="endall")
    return flat.filter("format", "gbrp")


def _two(stream: Stream) -> tuple[Stream, Stream]:
    copies = stream.filter_multi_output("split")
    return copies[0], copies[1]


def _tone_mapped(stream: Stream) -> Stream:
    """Bring high dynamic range to BT.709: light as it is up to a point, softly bent above it."""
    return (
        stream.filter("zscale", transfer="linear", npl=_WHITE_NITS)
        .filter("format", "gbrpf32le")
        .filter("zscale", primaries="bt709")
        .filter("tonemap", "mobius", desat=0)
        .filter("zscale", transfer="bt709", matrix="bt709", range="limited")
        # Else the encoder would note how bright the HDR was, and players take it for HDR still.
        .filter("sidedata", mode="delete")
    )


# Cover images are not what the clip shows; of several tracks, players take the first.
_IMAGES: Final = "V:0"


_SOUND: Final = "a:0"


_CRF: Final = 18


_TAGS: Final = {"h264": "avc1", "hevc": "hvc1"}  # the names that Apple's players insist on


_MOST_CHANNELS: Final = 2


_GAP: Final = 0.04  # seconds: shorter gaps in the sound nobody sees


_SEARCHED: Final = frozenset({"3gp", "mov", "mp4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is not the recipe's but this run's: one recipe may need several."""

    threads: int
    rate: int | None = None  # bits per second of the images; None: the usual quality
    again: bool = False  # as the second pass
    less: float = 0.0  # seconds by which the last attempt was too long
    cut: Cut | None = None  # where copied streams are cut


def video_commands(
    source: str, recipe: VideoRecipe, facts: Facts, into: str, *, threads: int
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called. The second of two calls is made only when it must be.

    A clip that has to be under so many bytes is first encoded in the usual quality, which is
    also the first pass of a second encode at the rate that fits.
    """
    arguments = [video_arguments(source, recipe, facts, into, Attempt(threads=threads))]
    if recipe.video == "h264" and recipe.most_bytes and (facts.bytes or 0) > recipe.most_bytes:
        rate = video_bit_rate(recipe, facts)
        again = Attempt(threads=threads, rate=rate, again=True)
        arguments.append(video_arguments(source, recipe, facts, into, again))
    return tuple(command_line(each) for each in arguments)


def video_arguments(
    source: str, recipe: VideoRecipe, facts: Facts, into: str, attempt: Attempt
) -> list[str]:
    """Build one call of ffmpeg, for the runner."""
    import ffmpeg

    options = _container(recipe, facts) | _images_options(recipe, facts, into, attempt)
    options |= _sound_options(recipe, facts) | _end(recipe, facts, attempt)
    reader = _input(source, recipe, facts, attempt)
    if recipe.video == "copy":
        streams = [reader[_IMAGES]]
    else:
        streams = [padded(_images(reader, recipe, facts, attempt), recipe, facts)]
    if recipe.audio:
        streams.append(_sound(reader, recipe, facts, attempt))
    graph = ffmpeg.output(*streams, file_name(into), **options)
    filtering = ("-filter_complex_threads", str(attempt.threads))
    return [*filtering, *ffmpeg.get_args(graph)]


def source_images(source: str, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    """Return what of a clip is encoded, without what is padded around it."""
    return _images(_input(source, recipe, facts, attempt), recipe, facts, attempt)


def _input(source: str, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    options: dict[str, object] = {"threads": attempt.threads}
    if recipe.video == "copy":
        if facts.format == "ts":  # where not every frame has a time stamp of its own
            options["fflags"] = "+genpts"
        return opened(source, facts, **options)
    if seek := part(recipe, facts).seek:
        options["ss"] = _seconds(seek)
    return opened(source, facts, **options, **decoder(facts))


def _images(reader: Stream, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    kept = part(recipe, facts, attempt.less)
    stream = reader[_IMAGES]
    if kept.fps:
        stream = stream.filter("fps", kept.fps)
    return images(_kept(stream, "", kept.skip, kept.images), recipe, facts)


def _sound(reader: Stream, recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> Stream:
    if is_sound_copied(recipe):
        return reader[_SOUND]
    kept = part(recipe, facts, attempt.less)
    # Where there is a gap in the sound, silence keeps what follows together with the images.
    return _kept(reader[_SOUND], "a", kept.skip, kept.sound).filter(
        "aresample", sound_rate(facts), **{"async": 1, "first_pts": 0, "min_hard_comp": _GAP}
    )


def _kept(stream: Stream, kind: str, skip: float, length: float | None) -> Stream:
    limits = {"start": _seconds(skip)} if skip else {}
    if length is not None:
        limits["end"] = _seconds(skip + length)
    if not limits:
        return stream
    stream = stream.filter(f"{kind}trim", **limits)
    return stream.filter(f"{kind}setpts", f"PTS-{_seconds(skip)}/TB") if skip else stream


def _container(recipe: VideoRecipe, facts: Facts) -> dict[str, object]:
    # No time code or chapters: they would be tracks of their own. Nor is there a list of all
    # the names under which places are noted, so where they must go, all notes go. They must
    # where nobody has looked for them, or the result says what the source kept to itself.
    is_private = recipe.drop_location or facts.format not in _SEARCHED
    kept: dict[str, object] = {"map_metadata": -1} if is_private else {}
    return {"format": recipe.container, "movflags": "+faststart", "map_chapters": -1,
            "write_tmcd": 0, **kept}  # fmt: skip


def _images_options(
    recipe: VideoRecipe, facts: Facts, into: str, attempt: Attempt
) -> dict[str, object]:
    if recipe.video == "copy":
        tag = _TAGS.get(facts.video_codec or "")
        return {"c:v": "copy", "tag:v": tag} if tag else {"c:v": "copy"}
    options: dict[str, object] = {"c:v": "libx264", "preset": "medium", "tag:v": "avc1",
                                  "threads": attempt.threads}  # fmt: skip
    # Every frame keeps its own time, to the tick.
    options |= {"fps_mode": "vfr", "enc_time_base": "filter"}
    options |= {"b:v": attempt.rate} if attempt.rate else {"crf": _CRF}
    if recipe.most_bytes:
        options |= {"pass": 2 if attempt.again else 1, "passlogfile": f"{passes(into)}/x264",
                    "fastfirstpass": 0}  # fmt: skip
    return options


def passes(into: str) -> str:
    """Name the folder for what one encode tells the next."""
    return f"{into}.passes"


def _sound_options(recipe: VideoRecipe, facts: Facts) -> dict[str, object]:
    if recipe.audio is None:
        return {}
    if is_sound_copied(recipe):
        return {"c:a": "copy"}
    options: dict[str, object] = {"c:a": "aac", "b:a": sound_bit_rate(recipe, facts)}
    if (facts.channels or 0) > _MOST_CHANNELS:
        options["ac"] = _MOST_CHANNELS
    return options


def _end(recipe: VideoRecipe, facts: Facts, attempt: Attempt) -> dict[str, object]:
    """Say where copied streams end; the filters of encoded ones do that themselves."""
    if recipe.length is None:
        return {}
    if recipe.video == "copy":
        # Counted frames are exact; a time is compared with when a frame is decoded.
        return attempt.cut.options() if attempt.cut else {"t": _seconds(recipe.length)}
    if is_sound_copied(recipe):
        sound = part(recipe, facts, attempt.less).sound
        return {"t": _seconds(sound)} if sound else {}
    return {}


def _seconds(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
