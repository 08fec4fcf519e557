"""Images with known colours at known places, and an independent reader of results."""

from __future__ import annotations

import subprocess
from functools import cache
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
    the_recipe = recipe(**changes)
    output = source.with_name(f"{source.stem}-made{the_recipe.suffix}")
    output.unlink(missing_ok=True)
    return output, make_image(str(source), the_recipe, probe(source, cache=False), str(output))[0]


def pixels(path: Path) -> Image.Image:
    """Decode with ffmpeg, which is independent of Pillow, that wrote the file."""
    with Image.open(path) as opened:
        size = opened.size
    return Image.frombytes("RGB", size, _decode(path.read_bytes()))


@cache
def _decode(data: bytes) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "-"]
    command += ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(command, check=True, capture_output=True, input=data).stdout


def at(path: Path, across: float, down: float) -> Rgb:
    """Return the colour at a place, in shares of the width and the height."""
    image = pixels(path)
    found: Any = image.getpixel((int(across * image.width), int(down * image.height)))
    return found[0], found[1], found[2]


def corners(path: Path) -> list[Rgb]:
    return [at(path, x, y) for x, y in PLACES]


def near(one: Any, other: Any, most: int = 6) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def all_near(found: list[Rgb], expected: Any, most: int = 6) -> bool:
    return all(near(one, other, most) for one, other in zip(found, expected, strict=True))
