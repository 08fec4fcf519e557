from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from wanprep.fix.image.smart_crop import central_corner, smart_corner

FIXTURES = Path(__file__).parents[3] / "fixtures"


def background(size: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB").point(lambda v: 120 + v // 4)


def person(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=(224, 172, 140))
    draw.rectangle((x - 45, y + 30, x + 45, y + 130), fill=(40, 60, 110))
    draw.ellipse((x - 14, y - 8, x - 6, y), fill=(30, 20, 20))
    draw.ellipse((x + 6, y - 8, x + 14, y), fill=(30, 20, 20))


@pytest.mark.parametrize("x", [60, 200, 400, 600, 740])
def test_somebody_is_found_wherever_she_stands(x: int) -> None:
    image = background((800, 400))
    person(ImageDraw.Draw(image), x, 150)

    left, top = smart_corner(image, (300, 400))

    assert top == 0
    assert left <= x - 45 + 15
    assert x + 45 <= left + 300 + 15


@pytest.mark.parametrize("y", [60, 300, 640])
def test_and_in_an_upright_image(y: int) -> None:
    image = background((400, 800))
    person(ImageDraw.Draw(image), 200, y)

    left, top = smart_corner(image, (400, 260))

    assert left == 0
    assert top <= y
    assert y + 30 <= top + 260


def test_what_is_sharp_outweighs_what_is_plain() -> None:
    dice = random.Random(3)  # noqa: S311 - the same every time
    image = background((900, 300))
    patch = Image.frombytes("L", (40, 40), dice.randbytes(1600)).resize((200, 200))
    image.paste(patch, (690, 50))

    left, _ = smart_corner(image, (300, 300))

    assert left >= 540


def test_what_has_a_rare_color_is_found_without_edges() -> None:
    image = Image.new("RGB", (900, 300), (60, 140, 60))
    ball = Image.radial_gradient("L").point(lambda v: max(0, 255 - 2 * v)).resize((260, 260))
    image.paste((220, 40, 30), (20, 20), ball)

    left, _ = smart_corner(image, (300, 300))

    assert left <= 60


@pytest.mark.parametrize("size", [(300, 300), (100, 50), (899, 300), (900, 300), (1, 1)])
def test_where_nothing_stands_out_the_middle_is_kept(size: tuple[int, int]) -> None:
    image = Image.new("RGB", (900, 300), "#808080")
    middle = central_corner(image.size, size)
    assert all(abs(a - b) <= 6 for a, b in zip(smart_corner(image, size), middle, strict=True))


@pytest.mark.parametrize(
    ("size", "window"),
    [
        pytest.param((6000, 100), (800, 100), id="a banner"),
        pytest.param((50, 3000), (50, 400), id="a tower"),
        pytest.param((3, 2), (2, 2), id="hardly anything"),
        pytest.param((2001, 1333), (1999, 1331), id="nearly all of it"),
    ],
)
def test_a_window_lies_inside(size: tuple[int, int], window: tuple[int, int]) -> None:
    dice = random.Random(5)  # noqa: S311 - the same every time
    noise = Image.frombytes("RGB", (16, 16), dice.randbytes(768)).resize(size)

    left, top = smart_corner(noise, window)

    assert 0 <= left <= size[0] - window[0]
    assert 0 <= top <= size[1] - window[1]


def test_the_hero_of_the_demo_keeps_his_face() -> None:
    with Image.open(FIXTURES / "demo/refs/hero.jpg") as opened:
        image = opened.convert("RGB")
    wide = Image.new("RGB", (image.width * 3, image.height), image.getpixel((2, 2)))
    for place in (0, 1, 2):
        scene = wide.copy()
        scene.paste(image, (place * image.width, 0))

        left, _ = smart_corner(scene, (image.height, image.height))

        middle = left + image.height / 2
        assert abs(middle - (place + 0.5) * image.width) < image.width * 0.3
