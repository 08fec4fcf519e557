"""How ffmpeg is called for a clip: the exact arguments, worked out without touching a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.film.part import is_sound_copied, part, sound_rate
from wanprep.fix.film.pictures import decoder, padded, pictures
from wanprep.fix.film.rates import sound_bit_rate, video_bit_rate
from wanprep.fix.inputs import opened
from wanprep.fix.runner import command_line, file_name

if TYPE_CHECKING:
    from wanprep.fix.film.copied_cut import Cut
    from wanprep.fix.inputs import Stream
    from wanprep.fix.recipe import FilmRecipe
    from wanprep.probe.facts import Facts

# Cover pictures are not what the clip shows; of several tracks, players take the first.
_PICTURES: Final = "V:0"
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
    rate: int | None = None  # bits per second of the pictures; None: the usual quality
    again: bool = False  # as the second pass
    less: float = 0.0  # seconds by which the last attempt was too long
    cut: Cut | None = None  # where copied streams are cut


def film_commands(
    source: str, recipe: FilmRecipe, facts: Facts, into: str, *, threads: int
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called. The second of two calls is made only when it must be.

    A clip that has to be under so many bytes is first encoded in the usual quality, which is
    also the first pass of a second encode at the rate that fits.
    """
    arguments = [film_arguments(source, recipe, facts, into, Attempt(threads=threads))]
    if recipe.video == "h264" and recipe.most_bytes and (facts.bytes or 0) > recipe.most_bytes:
        rate = video_bit_rate(recipe, facts)
        again = Attempt(threads=threads, rate=rate, again=True)
        arguments.append(film_arguments(source, recipe, facts, into, again))
    return tuple(command_line(each) for each in arguments)


def film_arguments(
    source: str, recipe: FilmRecipe, facts: Facts, into: str, attempt: Attempt
) -> list[str]:
    """Build one call of ffmpeg, for the runner."""
    import ffmpeg

    options = _container(recipe, facts) | _pictures_options(recipe, facts, into, attempt)
    options |= _sound_options(recipe, facts) | _end(recipe, facts, attempt)
    reader = _input(source, recipe, facts, attempt)
    if recipe.video == "copy":
        streams = [reader[_PICTURES]]
    else:
        streams = [padded(_pictures(reader, recipe, facts, attempt), recipe, facts)]
    if recipe.audio:
        streams.append(_sound(reader, recipe, facts, attempt))
    graph = ffmpeg.output(*streams, file_name(into), **options)
    filtering = ("-filter_complex_threads", str(attempt.threads))
    return [*filtering, *ffmpeg.get_args(graph)]


def source_pictures(source: str, recipe: FilmRecipe, facts: Facts, attempt: Attempt) -> Stream:
    """Return what of a clip is encoded, without what is padded around it."""
    return _pictures(_input(source, recipe, facts, attempt), recipe, facts, attempt)


def _input(source: str, recipe: FilmRecipe, facts: Facts, attempt: Attempt) -> Stream:
    options: dict[str, object] = {"threads": attempt.threads}
    if recipe.video == "copy":
        if facts.format == "ts":  # where not every frame has a time stamp of its own
            options["fflags"] = "+genpts"
        return opened(source, facts, **options)
    if seek := part(recipe, facts).seek:
        options["ss"] = _seconds(seek)
    return opened(source, facts, **options, **decoder(facts))


def _pictures(reader: Stream, recipe: FilmRecipe, facts: Facts, attempt: Attempt) -> Stream:
    kept = part(recipe, facts, attempt.less)
    stream = reader[_PICTURES]
    if kept.fps:
        stream = stream.filter("fps", kept.fps)
    return pictures(_kept(stream, "", kept.skip, kept.pictures), recipe, facts)


def _sound(reader: Stream, recipe: FilmRecipe, facts: Facts, attempt: Attempt) -> Stream:
    if is_sound_copied(recipe):
        return reader[_SOUND]
    kept = part(recipe, facts, attempt.less)
    # Where there is a gap in the sound, silence keeps what follows together with the pictures.
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


def _container(recipe: FilmRecipe, facts: Facts) -> dict[str, object]:
    # No time code or chapters: they would be tracks of their own. Nor is there a list of all
    # the names under which places are noted, so where they must go, all notes go. They must
    # where nobody has looked for them, or the result says what the source kept to itself.
    is_private = recipe.drop_location or facts.format not in _SEARCHED
    kept: dict[str, object] = {"map_metadata": -1} if is_private else {}
    return {"format": recipe.container, "movflags": "+faststart", "map_chapters": -1,
            "write_tmcd": 0, **kept}  # fmt: skip


def _pictures_options(
    recipe: FilmRecipe, facts: Facts, into: str, attempt: Attempt
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


def _sound_options(recipe: FilmRecipe, facts: Facts) -> dict[str, object]:
    if recipe.audio is None:
        return {}
    if is_sound_copied(recipe):
        return {"c:a": "copy"}
    options: dict[str, object] = {"c:a": "aac", "b:a": sound_bit_rate(recipe, facts)}
    if (facts.channels or 0) > _MOST_CHANNELS:
        options["ac"] = _MOST_CHANNELS
    return options


def _end(recipe: FilmRecipe, facts: Facts, attempt: Attempt) -> dict[str, object]:
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
