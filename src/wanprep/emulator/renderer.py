"""Render the result of an accepted job: a small real video that shows its references."""

from __future__ import annotations

import subprocess
import uuid
import zlib
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.emulator.jobs import Failure, Job
from wanprep.emulator.references import fetch_and_check
from wanprep.engines.guard import guarded_group
from wanprep.files.atomic import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from threading import Event

    from PIL.Image import Image

    from wanprep.emulator.emulator import State
    from wanprep.emulator.references import Document, Reference

_FPS: Final = 12
_POLL: Final = 0.01  # seconds between checks whether ffmpeg has ended
_LONG_SIDE: Final = 480
_SIZES: Final = {
    "16:9": (480, 270),
    "9:16": (270, 480),
    "1:1": (320, 320),
    "4:3": (400, 300),
    "3:4": (300, 400),
}
_ENCODED: Final = {
    "vcodec": "libx264",
    "preset": "ultrafast",
    "pix_fmt": "yuv420p",
    "acodec": "aac",
    "movflags": "+faststart",
    "threads": 1,
}
_MOST_RENDERED: Final = 32
_rendered: Final[dict[tuple[object, ...], bytes]] = {}  # videos, by what they show
_COLORS: Final = ("#264653", "#2a6f97", "#6d597a", "#7f4f24", "#386641")


class RenderError(Exception):
    """The video cannot be rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec:
    """What a job orders, whatever its provider calls it."""

    references: tuple[Reference, ...]
    seconds: int
    aspect: str = "16:9"


def accept_job(
    state: State,
    *,
    site: str,
    job_id: str,
    model: str,
    body: Mapping[str, Any],
    video: VideoSpec | Failure,
    limits: Document,
    notes: Mapping[str, Any] | None = None,
) -> Job:
    """Accept a job and begin to render it, if it ends; errors in its files show when it runs."""
    if state.faults.trigger("fail"):
        video = Failure("policy", "The content does not comply with the usage policy.")
    elif isinstance(video, VideoSpec) and state.faults.trigger("short-result"):
        video = replace(video, seconds=max(1, video.seconds // 2))
    endless = state.faults.trigger("never-finishes")
    job = Job(
        id=job_id,
        site=site,
        model=model,
        body=body,
        outcome=Future() if endless else state.jobs.start(lambda: _outcome(state, video, limits)),
        speed=state.speed,
        endless=endless,
        notes=notes or {},
    )
    return state.jobs.add(job)


def _outcome(state: State, video: VideoSpec | Failure, limits: Document) -> Path | Failure:
    if isinstance(video, Failure):
        return video
    if state.closing.is_set():
        return Failure("internal", "the emulator was closed")
    files: dict[Reference, Path | None] = {}
    for reference in video.references:
        file = fetch_and_check(state, reference, limits)
        if isinstance(file, Failure):
            return file
        files[reference] = file
    try:
        return _render_once(state, video, files)
    except RenderError as error:
        return Failure("internal", str(error))


def _render_once(state: State, video: VideoSpec, files: Mapping[Reference, Path | None]) -> Path:
    """Render a video, or take the one that an earlier job with the same files has."""
    inputs = _inputs(video, files)
    output = state.folder / f"result-{uuid.uuid4().hex}.mp4"
    if content := _rendered.get(inputs):
        output.write_bytes(content)
        return output
    render(video, files, output, state.closing)
    if len(_rendered) >= _MOST_RENDERED:
        _rendered.clear()
    _rendered[inputs] = output.read_bytes()
    return output


def _inputs(video: VideoSpec, files: Mapping[Reference, Path | None]) -> tuple[object, ...]:
    """Return all that a video depends on: a file's content, or the card in place of it."""
    shown = [
        (each.role, each.number, sha256_of(str(file)) if file else each.url)
        for each, file in files.items()
    ]
    return (video.seconds, video.aspect, *shown)


def render(
    video: VideoSpec, files: Mapping[Reference, Path | None], output: Path, stop: Event
) -> Path:
    """Show each reference in turn; one without a file, which was not fetched, as a drawn card."""
    import ffmpeg

    shown = [each for each in video.references if each.role != "voice"]
    shown.sort(key=lambda each: ("first_frame", "image", "video").index(each.role))
    size = _frame_size(video, shown[0], files[shown[0]])
    seconds = video.seconds / len(shown)
    parts = [
        _part(each, files[each], size, seconds, output.with_suffix(f".{place}.png"))
        for place, each in enumerate(shown)
    ]
    silence = ffmpeg.input("anullsrc=r=44100:cl=mono", f="lavfi", t=video.seconds)
    joined = ffmpeg.concat(*parts, v=1, a=0)
    _run(ffmpeg.output(joined, silence, str(output), t=video.seconds, r=_FPS, **_ENCODED), stop)
    return output


def _part(
    reference: Reference, file: Path | None, size: tuple[int, int], seconds: float, still: Path
) -> Any:  # noqa: ANN401 - a node of ffmpeg-python
    """Show one reference, and a frame more, so that rounding never leaves one out."""
    import ffmpeg

    if file is not None and reference.role == "video":
        width, height = size
        frames = ffmpeg.input(str(file), stream_loop=-1, t=seconds + 1 / _FPS).video
        return (
            frames.filter("scale", width, height, force_original_aspect_ratio="decrease")
            .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
            .filter("setsar", 1)
            .filter("fps", _FPS)
            .filter("format", "yuv420p")
        )
    if file is None:
        still.write_bytes(draw_card(reference, size))
    else:
        _fit_image(file, size, still)
    frame = ffmpeg.input(str(still), framerate=_FPS)  # decoded once, and then repeated
    shown = frame.filter("setsar", 1).filter("format", "yuv420p")
    return shown.filter("tpad", stop_mode="clone", stop_duration=seconds)


def _frame_size(video: VideoSpec, first: Reference, file: Path | None) -> tuple[int, int]:
    """Take the first frame's shape where there is one, else the ordered one."""
    if first.role != "first_frame" or file is None:
        return _SIZES[video.aspect]
    with _upright(file) as image:
        width, height = image.size
    factor = _LONG_SIDE / max(width, height)
    return max(16, round(width * factor / 2) * 2), max(16, round(height * factor / 2) * 2)


def _run(output: Any, stop: Event) -> None:  # noqa: ANN401
    from imageio_ffmpeg import get_ffmpeg_exe

    command = output.global_args("-v", "quiet", "-nostdin").compile(cmd=get_ffmpeg_exe())
    with subprocess.Popen(command, process_group=guarded_group()) as process:
        while process.poll() is None:
            if stop.wait(_POLL):
                process.kill()
    if process.returncode:
        raise RenderError("the video cannot be rendered from these references")


def _fit_image(file: Path, size: tuple[int, int], output: Path) -> None:
    from PIL import ImageOps

    with _upright(file) as image:
        ImageOps.pad(image.convert("RGB"), size).save(output, "PNG", compress_level=1)


@contextmanager
def _upright(file: Path) -> Iterator[Image]:
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            yield ImageOps.exif_transpose(image)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise RenderError("one of the images cannot be decoded") from error


def draw_card(reference: Reference, size: tuple[int, int]) -> bytes:
    """Write a reference's title, and its host, on a colored card: a PNG."""
    from io import BytesIO

    from PIL import Image, ImageDraw, ImageFont

    card = Image.new("RGB", size, _COLORS[zlib.crc32(reference.url.encode()) % len(_COLORS)])
    draw = ImageDraw.Draw(card)
    host = urlsplit(reference.url).hostname or ""
    for line, height, points in ((reference.title, 0.4, 40), (host, 0.6, 16)):
        place = (size[0] / 2, size[1] * height)
        draw.text(place, line, "white", ImageFont.load_default(points), anchor="mm")
    card.save(content := BytesIO(), "PNG", compress_level=1)
    return content.getvalue()
