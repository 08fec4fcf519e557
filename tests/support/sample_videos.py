"""Video and audio files written by ffmpeg, and what ffmpeg and Pillow decode of results."""

from __future__ import annotations

import io
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import containers
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
BARS = "smptebars=s=160x120:r=10:d=0.3"
RGB_BARS = f"{BARS},format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:colorspace=gbr"
MOVING = "testsrc2=s=96x72:r=25:d=2"
# AAC's encoder takes three times as long for a pure tone.
NOISE = "anoisesrc=a=0.02:r=44100:d=2:seed=1"
AAC = "-c:a aac -aac_coder fast"


@dataclass(frozen=True, slots=True)
class Result:
    """A fixed video."""

    path: str
    output: Output
    facts: Facts


def ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def make(path: Path, *sources: str, how: str = X264) -> str:
    """Write a file from sources of lavfi, encoded as the options say."""
    inputs = " ".join(f"-f lavfi -i {source}" for source in sources)
    path.write_bytes(containers.make(f"{inputs} {how}", path.suffix))
    return str(path)


def remake(source: str, path: Path, how: str = "-c copy", before: str = "") -> str:
    """Write a file from another."""
    ffmpeg(*before.split(), "-i", f"file:{source}", *how.split(), f"file:{path}")
    return str(path)


def recipe_for(facts: Facts, **options: object) -> VideoRecipe:
    """Encode everything, except as the options say."""
    usual: dict[str, object] = {"container": "mp4", "suffix": ".mp4", "video": "h264"}
    usual |= {"audio": "aac" if facts.audio_tracks else None, "tone_map": bool(facts.hdr)}
    return VideoRecipe(**{**usual, **options})  # type: ignore[arg-type] # names and values of a test


def fixed_video(source: str, into: Path, **options: object) -> Result:
    """Run the recipe."""
    facts = probe_file(source)
    output = make_video(source, recipe_for(facts, **options), facts, str(into), threads=2)
    return Result(str(into), output, probe_file(str(into)))


def frame_at(path: str, at: float = 0.0) -> Image.Image:
    """Decode one frame as players show it."""
    out = ("-ss", str(at), "-frames:v", "1", "-f", "image2pipe", "-c:v", "bmp", "-")
    return Image.open(io.BytesIO(ffmpeg("-i", f"file:{path}", *out))).convert("RGB")


def colors(image: Image.Image, count: int = 7) -> list[tuple[int, ...]]:
    """Return the colours in the middle of vertical bars."""
    across = [int(image.width * (number + 0.5) / count) for number in range(count)]
    found = [image.getpixel((x, image.height // 4)) for x in across]
    return [pixel for pixel in found if isinstance(pixel, tuple)]


def distance(one: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> int:
    """Return by how much two rows of colours differ at most."""
    pairs = [pair for p, q in zip(one, other, strict=True) for pair in zip(p, q, strict=True)]
    return max(abs(a - b) for a, b in pairs)


def description(path: str) -> str:
    """Return what ffmpeg prints about a file."""
    return _describe(path, os.stat(path).st_mtime_ns)


@cache
def _describe(path: str, _changed: int) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", f"file:{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def line_of(path: str, kind: str) -> str:
    """Return the line about a track in it."""
    return next(line for line in description(path).splitlines() if f": {kind}: " in line)


def tracks(path: str) -> list[str]:
    """List the tracks of a file, by kind and codec."""
    return re.findall(r"Stream #0:\d+.*?: (\w+: \w+)", description(path))


def frame_times(path: str) -> list[float]:
    """List when the frames are shown."""
    return [int(pts) / 90_000 for pts, *_ in _decode(path, os.stat(path).st_mtime_ns)["video"]]


def frame_hashes(path: str) -> list[str]:
    """List checksums of the decoded frames."""
    return [checksum for *_, checksum in _decode(path, os.stat(path).st_mtime_ns)["video"]]


def audio_seconds(path: str) -> float:
    """Return the length of the audio as the simplest of players decode it."""
    sizes = (int(size) for _, size, _ in _decode(path, os.stat(path).st_mtime_ns)["audio"])
    return sum(sizes) / 2 / 48_000


@cache
def _decode(path: str, _changed: int) -> dict[str, list[tuple[str, str, str]]]:
    """List time stamp, bytes and checksum of what the first video and audio track decode to."""
    plain = ("-flags2", "+skip_manual", "-i", f"file:{path}")  # all samples, also those before zero
    video = ("-map", "0:v:0?", "-fps_mode", "passthrough", "-enc_time_base:v", "1:90000")
    audio = ("-map", "0:a:0?", "-c:a", "pcm_s16le", "-ac", "1", "-ar", "48000")
    table = ffmpeg(*plain, *video, *audio, "-f", "framecrc", "-").decode()
    kinds = dict(re.findall(r"^#media_type (\d): (\w+)$", table, re.MULTILINE))
    rows: dict[str, list[tuple[str, str, str]]] = {"video": [], "audio": []}
    for line in table.splitlines():
        if not line.startswith("#"):
            track, _, pts, _, size, checksum, *_ = line.split(",")
            rows[kinds[track]].append((pts, size, checksum))
    return rows
