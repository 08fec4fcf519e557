"""The result of a job: a small real video of the ordered length, made of its references."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.pictures import Unfilmable, card, fit_picture, picture_size

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from wanprep.emulator.scene import Reference, Scene

_FPS: Final = 12
_LOOK: Final = 0.01  # seconds between two looks at ffmpeg
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


def film(scene: Scene, seen: list[tuple[Reference, Path | None]], to: Path, stop: Event) -> Path:
    """Show each reference in turn; one elsewhere, which nobody fetched, as a drawn card."""
    import ffmpeg

    shown = [(who, path) for who, path in seen if who.role != "voice"]
    shown.sort(key=lambda pair: ("first_frame", "image", "video").index(pair[0].role))
    size = _size(scene, shown)
    each = scene.seconds / len(shown)
    parts = [
        _part(who, path, size, each, to.with_suffix(f".{place}.png"))
        for place, (who, path) in enumerate(shown)
    ]
    silence = ffmpeg.input("anullsrc=r=44100:cl=mono", f="lavfi", t=scene.seconds)
    order = ffmpeg.output(
        ffmpeg.concat(*parts, v=1, a=0), silence, str(to), t=scene.seconds, r=_FPS, **_ENCODED
    )
    _run(order, stop)
    return to


def _part(
    who: Reference, path: Path | None, size: tuple[int, int], seconds: float, drawn: Path
) -> Any:  # noqa: ANN401 - a node of ffmpeg-python
    import ffmpeg

    lasting = seconds + 1 / _FPS  # a frame more, so that rounding never leaves one out
    if path is not None and who.role == "video":
        taken = ffmpeg.input(str(path), stream_loop=-1, t=lasting).video
    else:
        if path is None:
            drawn.write_bytes(card(who, size))
        else:
            fit_picture(path, size, drawn)
        taken = ffmpeg.input(str(drawn), loop=1, framerate=_FPS, t=lasting)
    return _fitted(taken, size)


def _fitted(taken: Any, size: tuple[int, int]) -> Any:  # noqa: ANN401
    width, height = size
    return (
        taken.filter("scale", width, height, force_original_aspect_ratio="decrease")
        .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
        .filter("setsar", 1)
        .filter("fps", _FPS)
        .filter("format", "yuv420p")
    )


def _size(scene: Scene, shown: list[tuple[Reference, Path | None]]) -> tuple[int, int]:
    """Take the first frame's shape where there is one, else the ordered one."""
    who, path = shown[0]
    if who.role != "first_frame" or path is None:
        return _SIZES[scene.aspect]
    width, height = picture_size(path)
    factor = _LONG_SIDE / max(width, height)
    return max(16, round(width * factor / 2) * 2), max(16, round(height * factor / 2) * 2)


def _run(order: Any, stop: Event) -> None:  # noqa: ANN401
    from imageio_ffmpeg import get_ffmpeg_exe

    command = order.global_args("-v", "quiet", "-nostdin").compile(cmd=get_ffmpeg_exe())
    with subprocess.Popen(command) as running:
        while running.poll() is None:
            if stop.wait(_LOOK):
                running.kill()
    if running.returncode:
        raise Unfilmable("the video could not be made of these references")
