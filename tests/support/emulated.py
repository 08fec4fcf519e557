"""Start the emulator, talk to it as the providers' documents show, and inspect what it returns."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from wanprep.emulator import KEY, Emulator
from wanprep.submit.services.plugins import load_emulators

T = TypeVar("T")
FPS = 12
_TLS = ssl.create_default_context()  # never used here, and slow to make for every client


def emulate(**options: Any) -> Emulator:
    """Start an emulator of all the providers that the installed plugins emulate."""
    return Emulator(load_emulators(), **options)


def client(emulator: Emulator, site: str = "", *, key: str = KEY) -> httpx.Client:
    """Open a client below a site; without a key for the public places."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(
        base_url=f"{emulator.url}/{site}", headers=headers, timeout=30, verify=_TLS, trust_env=False
    )


def until(ask: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Ask again and again, until it is done."""
    deadline = time.monotonic() + 30
    while not done(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer}"
        time.sleep(0.02)
    return answer


def frames(path: Path) -> int:
    """Count the frames of a video by decoding them all."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framecrc"]
    done = subprocess.run([*command, "-"], check=True, capture_output=True, text=True)
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def color_at(path: Path, second: float) -> tuple[int, ...]:
    """Return the color in the middle of the frame at a time."""
    shot = path.with_suffix(".png")
    command = [get_ffmpeg_exe(), "-v", "error", "-y", "-ss", str(second), "-i", str(path)]
    subprocess.run([*command, "-frames:v", "1", str(shot)], check=True)
    with Image.open(shot) as image:
        pixel: Any = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
        return tuple(pixel)


def is_near(color: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Answer whether two colors are the same but for what a codec does to them."""
    return all(abs(one - other) < 40 for one, other in zip(color, expected, strict=True))
