"""Images with known colours at known places, and an independent reader of results."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from PIL import Image, ImageDraw

from wanprep import probe
from wanprep.fix.image.make import make_image
from wanprep.fix.plan.plan import ImageRecipe, Output

Rgb = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 40), (30, 40, 190), (220, 200, 40)
CORNERS = (RED, GREEN, BLUE, YELLOW)  # top left, top right, bottom left, bottom right
SIZE = (96, 64)
PLACES = ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))


def quarters(size: tuple[int, int] = SIZE, mode: str = "RGB") -> Image.Image:
    """Draw a quarter of the image in each of four colours: no turn leaves it the same."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    width, height = size[0] // 2, size[1] // 2
    for index, color in enumerate(CORNERS):
        left, top = index % 2 * width, index // 2 * height
        draw.rectangle((left, top, left + width, top + height), fill=color)
    return image if mode == "RGB" else image.convert(mode)


def recipe(**changes: Any) -> ImageRecipe:
    return ImageRecipe(**({"format": "png", "suffix": ".png"} | changes))


def fixed(source: Path, **changes: Any) -> tuple[Path, Output]:
    """Carry out a recipe, by default for a PNG that only stores the image in another way."""
    wanted = recipe(**changes)
    into = source.with_name(f"{source.stem}-made{wanted.suffix}")
    into.unlink(missing_ok=True)
    return into, make_image(str(source), wanted, probe(source, cache=False), str(into))[0]


def pixels(path: Path) -> Image.Image:
    """Decode with ffmpeg, which knows nothing of how the file was written."""
    with Image.open(path) as opened:
        size = opened.size
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    command += ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return Image.frombytes("RGB", size, raw)


def at(path: Path, across: float, down: float) -> Rgb:
    """Tell the colour at a place, given in parts of the width and the height."""
    image = pixels(path)
    found: Any = image.getpixel((int(across * image.width), int(down * image.height)))
    return found[0], found[1], found[2]


def corners(path: Path) -> list[Rgb]:
    image = pixels(path)
    found: list[Any] = [
        image.getpixel((int(x * image.width), int(y * image.height))) for x, y in PLACES
    ]
    return [(each[0], each[1], each[2]) for each in found]


def near(one: Any, other: Any, most: int = 6) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def all_near(found: list[Rgb], wanted: Any, most: int = 6) -> bool:
    return all(near(one, other, most) for one, other in zip(found, wanted, strict=True))
