"""Previews: a small image, a few frames of a video, the waveform of audio.

No file is decoded in this process. Images go to worker processes, the rest to ffmpeg, on
all cores and within a time limit each; one that fails costs only its own preview.
"""

from __future__ import annotations

import math
from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Final

from wanprep.fix.executors import cores
from wanprep.fix.ffmpeg import input_stream, resume, run_ffmpeg, stop_all
from wanprep.fix.image.thumbnails import Thumbnail, as_webp
from wanprep.fix.image.workers import ImageWorkers
from wanprep.fix.plan.plan import CannotFix, VideoRecipe
from wanprep.fix.video.commands import decoder_options, video_filters
from wanprep.fix.video.sizes import square_size
from wanprep.media.ffmpeg import STDOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

# Hundreds of previews fit into one page that opens at once.
TINY: Final = (96, 2_500)  # pixels of the longer side, bytes
COPIES: Final = ((320, 20_000), TINY)
FRAME: Final = (256, 5_000)
_FRAMES: Final = 5
_SECONDS: Final = 30.0  # for one preview
_NO_PREVIEW: Final = "No preview available."

_BARS: Final = 96
_MOST_SAMPLES: Final = 6_000_000  # of all channels, whatever the duration
_LONGEST: Final = 3600.0
_FULL_SCALE: Final = 32768
_SILENT: Final = 0.001  # 60 dB below full scale


@dataclass(frozen=True, slots=True)
class Still:
    """An image, and a thumbnail of it."""

    kind: ClassVar[str] = "still"
    image: Thumbnail
    tiny: Thumbnail


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video, and its time."""

    image: Thumbnail
    second: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Frames of a video, evenly spread, and a thumbnail of the middle one."""

    kind: ClassVar[str] = "strip"
    frames: tuple[Frame, ...]
    tiny: Thumbnail

    @property
    def is_tall(self) -> bool:
        """Return whether the frames are in portrait format."""
        width, height = self.frames[0].image.size
        return height > width


@dataclass(frozen=True, slots=True)
class Waveform:
    """The peak of each part of an audio track, from 0 to 1."""

    kind: ClassVar[str] = "waveform"
    peaks: tuple[float, ...]
    seconds: float

    @property
    def is_silent(self) -> bool:
        """Return whether nothing in it can be heard."""
        return max(self.peaks) < _SILENT

    @property
    def path(self) -> str:
        """Draw it as the path of an SVG, 80 high, with a bar every 4."""
        return "".join(
            f"M{4 * at + 2} {40 - max(0.6, 38 * peak):.1f}V{40 + max(0.6, 38 * peak):.1f}"
            for at, peak in enumerate(self.peaks)
        )


@dataclass(frozen=True, slots=True)
class NoPreview:
    """The reason why nothing is shown."""

    kind: ClassVar[str] = "none"
    reason: str


Preview = Still | Strip | Waveform | NoPreview


def make_previews(files: Iterable[Facts]) -> Mapping[str, Preview]:
    """Make the previews of files, by path."""
    by_path = {facts.path: facts for facts in files}
    count = cores()
    with ImageWorkers(count, seconds=_SECONDS) as workers:
        pool = ThreadPoolExecutor(count, thread_name_prefix="preview")
        try:
            previews = list(pool.map(lambda facts: _preview(facts, workers), by_path.values()))
        except BaseException:
            workers.close()
            stop_all()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            resume()
    return dict(zip(by_path, previews, strict=True))


def _preview(facts: Facts, workers: ImageWorkers) -> Preview:
    if not facts.readable:
        return NoPreview(facts.problem or _NO_PREVIEW)
    try:
        match facts.kind:
            case "image":
                return Still(*workers.make_thumbnails(facts.path, facts, COPIES))
            case "video":
                return _strip(facts)
            case _:
                return _waveform(facts)
    except CannotFix:
        return NoPreview(_NO_PREVIEW)


def _strip(facts: Facts) -> Strip:
    from PIL import Image

    size, times = _frame_size(facts), _times(facts)
    found = [
        (Image.frombytes("RGB", size, pixels), second)
        for second, pixels in _decoded(facts, times, size)
    ]
    if not found:
        raise CannotFix("there is no frame in it")
    middle: Image.Image = found[len(found) // 2][0].copy()
    middle.thumbnail((TINY[0], TINY[0]))
    frames = tuple(Frame(as_webp(image, FRAME[1]), second) for image, second in found)
    return Strip(frames, as_webp(middle, TINY[1]))


def _times(facts: Facts) -> list[float]:
    length = facts.video_duration or facts.duration or 0.0
    return [(number + 0.5) / _FRAMES * length for number in range(_FRAMES)] if length else [0.0]


def _frame_size(facts: Facts) -> Size:
    whole = square_size(facts)
    factor = min(1.0, FRAME[0] / max(whole))
    width, height = (max(2, round(side * factor / 2) * 2) for side in whole)
    return width, height


def _decoded(facts: Facts, times: Sequence[float], size: Size) -> Iterator[tuple[float, bytes]]:
    """Decode all frames in one go; one by one if the video ends before one of the times."""
    length = math.prod(size) * 3
    pixels = _decode(facts, times, size)
    if len(pixels) == length * len(times):
        for number, second in enumerate(times):
            yield second, pixels[number * length : (number + 1) * length]
        return
    found = [(second, _decode(facts, [second], size)) for second in times]
    whole = [(second, pixels) for second, pixels in found if len(pixels) == length]
    first = _decode(facts, [0.0], size) if not whole else b""
    yield from whole or ([(0.0, first)] if len(first) == length else [])


def _decode(facts: Facts, times: Sequence[float], size: Size) -> bytes:
    import ffmpeg

    frames = [_frame(facts, second, size) for second in times]
    stream = ffmpeg.filter(frames, "vstack", inputs=len(frames)) if len(frames) > 1 else frames[0]
    graph = ffmpeg.output(stream, STDOUT, format="rawvideo", pix_fmt="rgb24", **{"frames:v": 1})
    arguments = ["-filter_complex_threads", "1", *ffmpeg.get_args(graph)]
    try:
        return run_ffmpeg(arguments, seconds=_SECONDS).stdout
    except CannotFix:
        return b""


def _frame(facts: Facts, second: float, size: Size) -> Any:  # noqa: ANN401 - ffmpeg has no types
    recipe = VideoRecipe(
        container="mp4", suffix=".mp4", video="h264", audio=None, size=size,
        tone_map=bool(facts.hdr),
    )  # fmt: skip
    # Some demuxers cannot seek to the start: without `ss` they read from there.
    seek = {"ss": f"{second:.3f}"} if second else {}
    reader = input_stream(facts.path, facts, threads=1, **seek, **decoder_options(facts))
    return video_filters(reader["V:0"], recipe, facts).filter("format", "rgb24")


def _waveform(facts: Facts) -> Waveform:
    import ffmpeg

    length = min(facts.audio_duration or facts.duration or _LONGEST, _LONGEST)
    channels = facts.channels or 2
    most = int(_MOST_SAMPLES / (length + 1) / channels)
    rate = max(1000, min(facts.sample_rate or 48000, most))
    reader = input_stream(facts.path, facts, threads=1)
    graph = ffmpeg.output(
        reader["a:0"], STDOUT, format="s16le", ac=channels, ar=rate, t=f"{length:.3f}"
    )
    stdout = run_ffmpeg(ffmpeg.get_args(graph), seconds=_SECONDS).stdout
    samples = array("h", stdout[: len(stdout) // 2 * 2])
    if not samples:
        raise CannotFix("there is no audio in it")
    return Waveform(_peaks(samples), len(samples) / channels / rate)


def _peaks(samples: array[int]) -> tuple[float, ...]:
    count = min(_BARS, len(samples))
    edges = [number * len(samples) // count for number in range(count + 1)]
    parts = (samples[begin:end] for begin, end in pairwise(edges))
    return tuple(_peak(part) for part in parts)


def _peak(part: array[int]) -> float:
    highest, lowest = max(part), min(part)
    return max(highest, -lowest) / _FULL_SCALE
