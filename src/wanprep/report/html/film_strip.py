"""A few frames of a clip, evenly spread, as a player shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanprep.fix.film.pictures import decoder, pictures
from wanprep.fix.film.shapes import square_size
from wanprep.fix.inputs import opened
from wanprep.fix.made import CannotMake
from wanprep.fix.picture.small import SmallPicture, as_webp
from wanprep.fix.recipe import FilmRecipe
from wanprep.fix.runner import PIPE, run_ffmpeg
from wanprep.report.html.sizes import FRAME, FRAMES, SECONDS, TINY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image as Picture

    from wanprep.fix.recipe import Size
    from wanprep.probe.facts import Facts


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, and when it is shown."""

    picture: SmallPicture
    second: float


def film_frames(facts: Facts) -> tuple[tuple[Frame, ...], SmallPicture]:
    """Take frames out of a clip, and a tiny copy of the one in the middle."""
    from PIL import Image

    size, times = _size(facts), _times(facts)
    found = [
        (Image.frombytes("RGB", size, pixels), second)
        for second, pixels in _decoded(facts, times, size)
    ]
    if not found:
        raise CannotMake("there is no frame in it")
    middle: Picture = found[len(found) // 2][0].copy()
    middle.thumbnail((TINY[0], TINY[0]))
    frames = tuple(Frame(as_webp(each, FRAME[1]), second) for each, second in found)
    return frames, as_webp(middle, TINY[1])


def _times(facts: Facts) -> list[float]:
    length = facts.video_duration or facts.duration or 0.0
    return [(number + 0.5) / FRAMES * length for number in range(FRAMES)] if length else [0.0]


def _size(facts: Facts) -> Size:
    whole = square_size(facts)
    factor = min(1.0, FRAME[0] / max(whole))
    width, height = (max(2, round(side * factor / 2) * 2) for side in whole)
    return width, height


def _decoded(facts: Facts, times: Sequence[float], size: Size) -> Iterator[tuple[float, bytes]]:
    """Decode all in one go; where a clip has no frame behind one of the times, one by one."""
    length = math.prod(size) * 3
    pixels = _run(facts, times, size)
    if len(pixels) == length * len(times):
        for number, second in enumerate(times):
            yield second, pixels[number * length : (number + 1) * length]
        return
    found = [(second, _run(facts, [second], size)) for second in times]
    whole = [(second, pixels) for second, pixels in found if len(pixels) == length]
    first = _run(facts, [0.0], size) if not whole else b""
    yield from whole or ([(0.0, first)] if len(first) == length else [])


def _run(facts: Facts, times: Sequence[float], size: Size) -> bytes:
    import ffmpeg

    frames = [_frame(facts, second, size) for second in times]
    stream = ffmpeg.filter(frames, "vstack", inputs=len(frames)) if len(frames) > 1 else frames[0]
    graph = ffmpeg.output(stream, PIPE, format="rawvideo", pix_fmt="rgb24", **{"frames:v": 1})
    arguments = ["-filter_complex_threads", "1", *ffmpeg.get_args(graph)]
    try:
        return run_ffmpeg(arguments, seconds=SECONDS).piped
    except CannotMake:
        return b""


def _frame(facts: Facts, second: float, size: Size) -> Any:  # noqa: ANN401 - ffmpeg has no types
    recipe = FilmRecipe(
        container="mp4", suffix=".mp4", video="h264", audio=None, size=size,
        tone_map=bool(facts.hdr),
    )  # fmt: skip
    # Where a demuxer cannot seek to the start, it is read from there.
    seek = {"ss": f"{second:.3f}"} if second else {}
    reader = opened(facts.path, facts, threads=1, **seek, **decoder(facts))
    return pictures(reader["V:0"], recipe, facts).filter("format", "rgb24")
