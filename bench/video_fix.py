"""Measure the time and memory of fixing a clip: `python bench/video_fix.py`.

Three comparisons in one run: a copy into MP4 with an encode of the
same clip, an encode with the plain ffmpeg command and the same arguments, and the memory for
a clip with that for one four times as long.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

import imageio_ffmpeg  # type: ignore[import-untyped,unused-ignore] # it ships no types
from measure import Run, Summary, run, summary, table, users_environment

from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.video.commands import video_commands
from wanprep.media import probe

_THREADS: Final = os.cpu_count() or 1
_SECONDS: Final = 10
_LONGER: Final = 4
_FIX: Final = (
    "import sys\n"
    "from wanprep.fix.video.make import make_video\n"
    "from wanprep.fix.plan.plan import VideoRecipe\n"
    "from wanprep.media.probe_file import probe_file\n"
    "source, into, video, audio, threads = sys.argv[1:]\n"
    "recipe = VideoRecipe(container='mp4', suffix='.mp4', video=video, audio=audio)\n"
    "make_video(source, recipe, probe_file(source), into, threads=int(threads))\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each command (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = _measure(Path(folder), options.runs)
    print(f"{options.runs} interleaved runs each after one to warm up; a clip of {_SECONDS} s\n")
    print(table(_rows(results)))
    if options.json:
        figures = {name: asdict(result) for name, result in results.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _measure(folder: Path, times: int) -> dict[str, Summary]:
    clip, long = folder / "clip.mkv", folder / "long.mkv"
    _make(clip, _SECONDS)
    _make(long, _SECONDS * _LONGER)
    into = folder / "out.mp4"
    commands = {
        "copy": _fix(clip, into, "copy"),
        "encode": _fix(clip, into, "h264"),
        "plain ffmpeg": _plain_command(clip, into),
        "longer copy": _fix(long, into, "copy"),
        "longer encode": _fix(long, into, "h264"),
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            into.unlink(missing_ok=True)
            cost = run(command, folder / "output", users_environment())
            assert into.stat().st_size
            if turn:  # the first only fills the caches
                runs[name].append(cost)
                print(f"round {turn}, {name}: {cost.seconds:.2f} s", file=sys.stderr, flush=True)
    return {name: summary(costs) for name, costs in runs.items()}


def _make(path: Path, seconds: int) -> None:
    frames = f"testsrc2=s=1280x720:r=30:d={seconds},noise=alls=8:allf=t"
    tone = f"sine=frequency=440:sample_rate=48000:duration={seconds}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
    command += ["-f", "lavfi", "-i", frames, "-f", "lavfi", "-i", tone, "-c:v", "libx264"]
    command += ["-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([*command, str(path)], check=True)


def _fix(source: Path, into: Path, video: str) -> list[str]:
    audio = "copy" if video == "copy" else "aac"
    arguments = [str(source), str(into), video, audio, str(_THREADS)]
    return [sys.executable, "-c", _FIX, *arguments]


def _plain_command(source: Path, into: Path) -> list[str]:
    recipe = VideoRecipe(container="mp4", suffix=".mp4", video="h264", audio="aac")
    facts = probe(source, cache=False)
    (arguments,) = video_commands(str(source), recipe, facts, str(into), threads=_THREADS)
    return [imageio_ffmpeg.get_ffmpeg_exe(), *arguments]


def _rows(results: dict[str, Summary]) -> list[tuple[str, ...]]:
    encode, plain = results["encode"], results["plain ffmpeg"]
    ratios = {
        "encode / copy": (encode.median / results["copy"].median, ">= 10"),
        "encode / plain ffmpeg": (encode.median / plain.median, "<= 1.10"),
        "memory, longer / shorter copy": (
            results["longer copy"].peak_bytes / results["copy"].peak_bytes, "<= 1.10",
        ),
        "memory, longer / shorter encode": (
            results["longer encode"].peak_bytes / encode.peak_bytes, "<= 1.10",
        ),
    }  # fmt: skip
    rows: list[tuple[str, ...]] = [("", "measured", "target", "")]
    for name, (ratio, target) in ratios.items():
        sign, bound = target.split()
        met = ratio >= float(bound) if sign == ">=" else ratio <= float(bound)
        rows.append((name, f"{ratio:.2f}", target, "met" if met else "MISSED"))
    return rows


if __name__ == "__main__":
    main()
