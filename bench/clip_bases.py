"""Make the distinct clips and audio files that the benchmark copies, with imageio-ffmpeg."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import imageio_ffmpeg  # type: ignore[import-untyped,unused-ignore] # it ships no types

if TYPE_CHECKING:
    from pathlib import Path

_X264: Final = "-c:v libx264 -preset veryfast -crf 30 -pix_fmt yuv420p"
_AAC: Final = "-c:a aac -b:a 128k"
_VP8: Final = "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 800k"
_OPUS: Final = "-c:a libopus -b:a 96k"

# Name: frames per second, seconds, whether there is an audio track, encoder options.
_CLIPS: Final = {
    "plain.mp4": (30, 3, False, _X264),
    "audio.mp4": (24, 5, True, f"{_X264} {_AAC}"),
    "web.mp4": (30, 4, True, f"{_X264} {_AAC} -movflags +faststart"),
    "fast.mp4": (60, 2, False, f"{_X264} -movflags +faststart"),
    "mpeg4.mp4": (25, 3, True, f"-c:v mpeg4 -q:v 6 {_AAC}"),
    "camera.mov": (30, 3, True, f"{_X264} -c:a pcm_s16le"),
    "audio.webm": (30, 3, True, f"{_VP8} {_OPUS}"),
    "plain.webm": (24, 4, False, _VP8),
    "audio.mkv": (30, 3, True, f"{_X264} {_AAC}"),
    "plain.mkv": (24, 4, False, _X264),
}
# As phones write them: the same streams, with a rotation in the header.
_ROTATED: Final = {"portrait.mp4": ("web.mp4", 90), "portrait.mov": ("camera.mov", 270)}
# Name: channels, seconds, encoder options.
_AUDIO: Final = {
    "voice.mp3": (1, 12, "-c:a libmp3lame -b:a 96k"),
    "music.mp3": (2, 10, "-c:a libmp3lame -b:a 192k"),
    "varying.mp3": (2, 8, "-c:a libmp3lame -q:a 4 -metadata title=Demo -metadata artist=Someone"),
    "voice.wav": (1, 4, "-c:a pcm_s16le"),
    "music.wav": (2, 2, "-c:a pcm_s24le"),
    "voice.m4a": (1, 10, _AAC),
}


def make_clips(folder: Path) -> dict[str, list[Path]]:
    """Write every base into a folder, by extension."""
    for name, (rate, seconds, has_audio, options) in _CLIPS.items():
        frames = f"-f lavfi -i testsrc2=size=640x360:rate={rate}:duration={seconds}"
        tone = f"-f lavfi -i sine=frequency=440:sample_rate=48000:duration={seconds}"
        _ffmpeg(f"{frames} {tone if has_audio else ''} {options}", folder / name)
    for name, (upright, degrees) in _ROTATED.items():
        _ffmpeg(f"-display_rotation {degrees} -i {upright} -c copy", folder / name)
    for name, (channels, seconds, options) in _AUDIO.items():
        noise = f"-f lavfi -i anoisesrc=color=pink:amplitude=0.3:sample_rate=44100:d={seconds}"
        _ffmpeg(f"{noise} -ac {channels} {options}", folder / name)
    bases: dict[str, list[Path]] = {}
    for name in (*_CLIPS, *_ROTATED, *_AUDIO):
        bases.setdefault(name.partition(".")[2], []).append(folder / name)
    return bases


def _ffmpeg(arguments: str, path: Path) -> None:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-nostdin", "-y", *arguments.split(), path.name]
    subprocess.run(command, check=True, cwd=path.parent)
