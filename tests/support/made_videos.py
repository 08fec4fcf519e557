"""Clips and sounds made by ffmpeg for the fixer's hands, and what ffmpeg and Pillow see in them."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import imageio_ffmpeg
from PIL import Image

from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.video.make import make_video
from wanprep.media.probe_file import probe_file

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.fix.plan.plan import Output
    from wanprep.media.facts import Facts

X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
# Seven bars, whose colours are known everywhere but at their edges.
BARS = "smptebars=s=320x240:r=25:d=1"
RGB_BARS = f"{BARS},format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr"
MOVING = "testsrc2=s=320x240:r=25:d=2"
TONE = "sine=f=440:r=44100:d=2"


@dataclass(frozen=True, slots=True)
class Result:
    """What the video hand made of a clip."""

    path: str
    made: Output
    facts: Facts


def ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def make(path: Path, *images: str, how: str = X264) -> str:
    """Write a clip or a sound: sources of lavfi, and how they are encoded."""
    inputs = [word for source in images for word in ("-f", "lavfi", "-i", source)]
    ffmpeg(*inputs, *how.split(), f"file:{path}")
    return str(path)


def remake(source: str, path: Path, how: str = "-c copy", before: str = "") -> str:
    """Write a clip anew."""
    ffmpeg(*before.split(), "-i", f"file:{source}", *how.split(), f"file:{path}")
    return str(path)


def recipe_for(facts: Facts, **options: object) -> VideoRecipe:
    """Encode all there is, but for what is wished."""
    usual: dict[str, object] = {"container": "mp4", "suffix": ".mp4", "video": "h264"}
    usual |= {"audio": "aac" if facts.audio_tracks else None, "tone_map": bool(facts.hdr)}
    return VideoRecipe(**{**usual, **options})  # type: ignore[arg-type] # names and values of a test


def fixed_video(source: str, into: Path, **options: object) -> Result:
    """Let the video hand make a clip."""
    facts = probe_file(source)
    made = make_video(source, recipe_for(facts, **options), facts, str(into), threads=2)
    return Result(str(into), made, probe_file(str(into)))


def frame_at(path: str, at: float = 0.0) -> Image.Image:
    """Decode one image as every player would show it."""
    out = ("-ss", str(at), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-")
    return Image.open(io.BytesIO(ffmpeg("-i", f"file:{path}", *out))).convert("RGB")


def colors(image: Image.Image, count: int = 7) -> list[tuple[int, ...]]:
    """Return the colours in the middle of bars that stand side by side."""
    across = [int(image.width * (number + 0.5) / count) for number in range(count)]
    found = [image.getpixel((x, image.height // 4)) for x in across]
    return [pixel for pixel in found if isinstance(pixel, tuple)]


def apart(one: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> int:
    """Tell by how much two rows of colours differ at most."""
    pairs = [pair for p, q in zip(one, other, strict=True) for pair in zip(p, q, strict=True)]
    return max(abs(a - b) for a, b in pairs)


def told(path: str) -> str:
    """Return what ffmpeg tells of a file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", f"file:{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def line_of(path: str, kind: str) -> str:
    """Return the line in which ffmpeg tells of a track."""
    return next(line for line in told(path).splitlines() if f": {kind}: " in line)


def tracks(path: str) -> list[str]:
    """Name the tracks of a file, by kind and codec."""
    return re.findall(r"Stream #0:\d+.*?: (\w+: \w+)", told(path))


def times(path: str, track: str = "v:0") -> list[float]:
    """List when frames are shown, decoding them."""
    how = ("-map", f"0:{track}", "-fps_mode", "passthrough", "-enc_time_base", "1:90000")
    table = ffmpeg("-i", f"file:{path}", *how, "-f", "framecrc", "-").decode()
    rows = [line.split(",") for line in table.splitlines() if not line.startswith("#")]
    return [int(row[2]) / 90000 for row in rows]


def played(path: str) -> float:
    """Decode the sound as the plainest of players does, and tell how long it is."""
    sound = ffmpeg("-flags2", "-skip_manual", "-i", f"file:{path}", "-map", "0:a:0",
                   "-ac", "1", "-ar", "48000", "-f", "s16le", "-")  # fmt: skip
    return len(sound) / 2 / 48_000
