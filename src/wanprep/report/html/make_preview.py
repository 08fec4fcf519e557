"""Make one preview, in a worker process: what opens a stranger's file may crash or hang."""

from __future__ import annotations

import math
import subprocess
from array import array
from base64 import b64encode
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from wanprep.fix.ffmpeg import input_stream
from wanprep.fix.image.thumbnails import encode_small, make_thumbnails
from wanprep.fix.plan.plan import CannotFix, VideoRecipe
from wanprep.fix.plan.sizes import square_size
from wanprep.fix.video.commands import FRAMES, decoder_options, video_filters
from wanprep.media.facts import Facts
from wanprep.media.ffmpeg import STDOUT, command_line, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.image.thumbnails import Thumbnail
    from wanprep.fix.plan.plan import Size

# Pixels of the longer side, and bytes. Hundreds of small ones fit into a page that opens at once.
TINY: Final = (96, 2_500)
SMALL: Final = (192, 9_000)
LARGE: Final = (320, 20_000)
FRAME: Final = (256, 5_000)
_FRAMES: Final = 5

_BARS: Final = 96
_MOST_SAMPLES: Final = 6_000_000  # of all channels, whatever the duration
_SAMPLED: Final = 100_000  # of them for the peaks: a thousand for each bar
_LONGEST: Final = 3600.0
_FULL_SCALE: Final = 32768
# Nearly every frame of a video is decoded from others. These open the file at the nearest frame
# that is not, and decode that one.
_KEY_FRAME: Final = {"noaccurate_seek": None, "skip_frame": "nokey"}

_Json = dict[str, Any]


def make_preview(data: _Json, is_small: bool, has_tiny: bool) -> _Json:
    """Return the fields of a preview: an image, frames of a video or the peaks of audio."""
    Image.MAX_IMAGE_PIXELS = None  # `decode` has a limit of its own, which fits the memory
    facts = Facts.from_json(data)
    match facts.kind:
        case "image":
            limits = (SMALL if is_small else LARGE, *([TINY] if has_tiny else []))
            image, *tiny = make_thumbnails(facts.path, facts, limits)
            return {"kind": "still", "image": _picture(image), "tiny": [*map(_picture, tiny)]}
        case "video":
            return _poster(facts) if is_small else _strip(facts)
        case _:
            return _waveform(facts)


def _picture(thumbnail: Thumbnail) -> _Json:
    data = b64encode(thumbnail.data).decode("ascii")
    return {"kind": thumbnail.kind, "base64": data, "size": thumbnail.size}


def _poster(facts: Facts) -> _Json:
    """Decode the key frame before the first third, which takes a tenth of the time of a strip."""
    size = _frame_size(facts, SMALL[0])
    pixels = _decode(facts, [_length(facts) / 3], size, **_KEY_FRAME)
    if len(pixels) != math.prod(size) * 3:
        pixels = _decode(facts, [0.0], size)
    frame = _image(pixels, size)
    image = _picture(encode_small(frame, SMALL[1]))
    return {"kind": "still", "image": image, "tiny": [_tiny(frame)]}


def _strip(facts: Facts) -> _Json:
    size, times = _frame_size(facts, FRAME[0]), _times(facts)
    found = [(_image(pixels, size), second) for second, pixels in _decoded(facts, times, size)]
    if not found:
        raise CannotFix("there is no frame in it")
    return {
        "kind": "strip",
        "frames": [
            {"image": _picture(encode_small(image, FRAME[1])), "second": second}
            for image, second in found
        ],
        "tiny": [_tiny(found[len(found) // 2][0])],
    }


def _image(pixels: bytes, size: Size) -> Image.Image:
    if len(pixels) != math.prod(size) * 3:
        raise CannotFix("there is no frame in it")
    return Image.frombytes("RGB", size, pixels)


def _tiny(image: Image.Image) -> _Json:
    copy = image.copy()
    copy.thumbnail((TINY[0], TINY[0]))
    return _picture(encode_small(copy, TINY[1]))


def _length(facts: Facts) -> float:
    return facts.video_duration or facts.duration or 0.0


def _times(facts: Facts) -> list[float]:
    length = _length(facts)
    return [(number + 0.5) / _FRAMES * length for number in range(_FRAMES)] if length else [0.0]


def _frame_size(facts: Facts, side: int) -> Size:
    whole = square_size(facts)
    factor = min(1.0, side / max(whole))
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


def _decode(facts: Facts, times: Sequence[float], size: Size, **options: object) -> bytes:
    import ffmpeg

    frames = [_frame(facts, second, size, options) for second in times]
    stream = ffmpeg.filter(frames, "vstack", inputs=len(frames)) if len(frames) > 1 else frames[0]
    graph = ffmpeg.output(
        stream, STDOUT, format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough",
        **{"frames:v": 1},
    )  # fmt: skip
    return _run("-filter_complex_threads", "1", *ffmpeg.get_args(graph))


def _frame(facts: Facts, second: float, size: Size, options: _Json) -> Any:  # noqa: ANN401 - ffmpeg's
    recipe = VideoRecipe(
        container="mp4", suffix=".mp4", video="h264", audio=None, size=size,
        tone_map=bool(facts.hdr),
    )  # fmt: skip
    # Some demuxers cannot seek to the start: without `ss` they read from there.
    seek = {"ss": f"{second:.3f}"} if second else {}
    reader = input_stream(facts.path, facts, threads=1, **seek, **options, **decoder_options(facts))
    return video_filters(reader[FRAMES], recipe, facts).filter("format", "rgb24")


def _waveform(facts: Facts) -> _Json:
    import ffmpeg

    length = min(facts.audio_duration or facts.duration or _LONGEST, _LONGEST)
    channels = facts.channels or 2
    most = int(_MOST_SAMPLES / (length + 1) / channels)
    rate = max(1000, min(facts.sample_rate or 48000, most))
    reader = input_stream(facts.path, facts, threads=1)
    graph = ffmpeg.output(
        reader["a:0"], STDOUT, format="s16le", ac=channels, ar=rate, t=f"{length:.3f}"
    )
    stdout = _run(*ffmpeg.get_args(graph))
    samples = array("h", stdout[: len(stdout) // 2 * 2])
    if not samples:
        raise CannotFix("there is no audio in it")
    seconds = len(samples) / channels / rate
    step = len(samples) // _SAMPLED | 1  # odd, so that it meets both of two channels
    return {"kind": "waveform", "peaks": _peaks(samples[::step]), "seconds": seconds}


def _peaks(samples: array[int]) -> list[float]:
    """Return the peak of each part, from 0 to 1."""
    count = min(_BARS, len(samples))
    edges = [number * len(samples) // count for number in range(count + 1)]
    parts = (samples[begin:end] for begin, end in pairwise(edges))
    return [round(_peak(part), 4) for part in parts]


def _peak(part: array[int]) -> float:
    highest, lowest = max(part), min(part)
    return max(highest, -lowest) / _FULL_SCALE


def _run(*arguments: str) -> bytes:
    """Return what ffmpeg decodes; the pool ends it together with this process."""
    command = command_line("-v", "quiet", *arguments)
    try:
        with start(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            return process.communicate()[0]
    except OSError as error:
        raise CannotFix(f"ffmpeg cannot be started: {error}") from error
