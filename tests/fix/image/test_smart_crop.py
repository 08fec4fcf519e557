from __future__ import annotations

import random
from pathlib import Path

import pytest
from image_results import fixed, quarters, recipe
from PIL import Image, ImageDraw

from wanprep import probe
from wanprep.fix.image.make import place_window
from wanprep.fix.image.smart_crop import central_corner, smart_corner
from wanprep.fix.plan.plan import ImageRecipe, Window

pytestmark = pytest.mark.untraced

FIXTURES = Path(__file__).parents[3] / "fixtures"


def background(size: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB").point(lambda v: 120 + v // 4)


def person(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=(224, 172, 140))
    draw.rectangle((x - 45, y + 30, x + 45, y + 130), fill=(40, 60, 110))
    draw.ellipse((x - 14, y - 8, x - 6, y), fill=(30, 20, 20))
    draw.ellipse((x + 6, y - 8, x + 14, y), fill=(30, 20, 20))


@pytest.mark.parametrize("x", [60, 200, 400, 600, 740])
def test_smart_crop_finds_a_person(x: int) -> None:
    image = background((800, 400))
    person(ImageDraw.Draw(image), x, 150)

    left, top = smart_corner(image, (300, 400))

    assert top == 0
    assert left <= x - 45 + 15
    assert x + 45 <= left + 300 + 15


@pytest.mark.parametrize("y", [60, 300, 640])
def test_smart_crop_finds_a_person_in_portrait_format(y: int) -> None:
    image = background((400, 800))
    person(ImageDraw.Draw(image), 200, y)

    left, top = smart_corner(image, (400, 260))

    assert left == 0
    assert top <= y
    assert y + 30 <= top + 260


def test_smart_crop_prefers_detail() -> None:
    dice = random.Random(3)  # noqa: S311 - the same every time
    image = background((900, 300))
    patch = Image.frombytes("L", (40, 40), dice.randbytes(1600)).resize((200, 200))
    image.paste(patch, (690, 50))

    left, _ = smart_corner(image, (300, 300))

    assert left >= 540


def test_smart_crop_finds_a_rare_color_without_edges() -> None:
    image = Image.new("RGB", (900, 300), (60, 140, 60))
    ball = Image.radial_gradient("L").point(lambda v: max(0, 255 - 2 * v)).resize((260, 260))
    image.paste((220, 40, 30), (20, 20), ball)

    left, _ = smart_corner(image, (300, 300))

    assert left <= 60


@pytest.mark.parametrize("size", [(300, 300), (100, 50), (899, 300), (900, 300), (1, 1)])
def test_smart_crop_keeps_the_middle_of_a_plain_image(size: tuple[int, int]) -> None:
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
def test_the_window_is_inside_the_image(size: tuple[int, int], window: tuple[int, int]) -> None:
    dice = random.Random(5)  # noqa: S311 - the same every time
    noise = Image.frombytes("RGB", (16, 16), dice.randbytes(768)).resize(size)

    left, top = smart_corner(noise, window)

    assert 0 <= left <= size[0] - window[0]
    assert 0 <= top <= size[1] - window[1]


def test_smart_crop_keeps_the_face_of_the_demo() -> None:
    with Image.open(FIXTURES / "demo/refs/hero.jpg") as opened:
        image = opened.convert("RGB")
    wide = Image.new("RGB", (image.width * 3, image.height), image.getpixel((2, 2)))
    for place in (0, 1, 2):
        scene = wide.copy()
        scene.paste(image, (place * image.width, 0))

        left, _ = smart_corner(scene, (image.height, image.height))

        middle = left + image.height / 2
        assert abs(middle - (place + 0.5) * image.width) < image.width * 0.3


def placed(source: Path, planned: ImageRecipe) -> ImageRecipe:
    return place_window(str(source), planned, probe(source, cache=False))


def test_no_window_or_a_placed_one_is_left_alone(tmp_path: Path) -> None:
    quarters().save(tmp_path / "one.png")
    for planned in (recipe(), recipe(window=Window((10, 10), "smart", (1, 2)))):
        assert placed(tmp_path / "one.png", planned) is planned


def test_center_places_the_window_in_the_middle(tmp_path: Path) -> None:
    quarters().save(tmp_path / "one.png")
    planned = recipe(window=Window((50, 64), "center"))
    assert placed(tmp_path / "one.png", planned).window == Window((50, 64), "center", (23, 0))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_place_window_of_a_turned_photo(tmp_path: Path, suffix: str) -> None:
    upright = Image.new("RGB", (2400, 1200), (120, 130, 140))
    draw = ImageDraw.Draw(upright)
    draw.ellipse((2100, 300, 2350, 600), fill=(224, 172, 140))
    draw.rectangle((2080, 600, 2370, 1200), fill=(40, 60, 110))
    exif = Image.Exif()
    exif[0x0112] = 6
    source = tmp_path / f"photo{suffix}"
    upright.transpose(Image.Transpose.ROTATE_90).save(source, exif=exif)

    window = placed(source, recipe(window=Window((1200, 1200), "smart"))).window

    assert window is not None
    assert window.corner is not None
    assert window.corner[0] > 1000
    assert window.corner[1] == 0


@pytest.mark.parametrize("choose", ["smart", "center"])
def test_make_image_places_a_window_without_a_corner(tmp_path: Path, choose: str) -> None:
    quarters().save(tmp_path / "one.png")

    result, _ = fixed(tmp_path / "one.png", window=Window((40, 64), choose))  # type: ignore[arg-type] # from a table

    with Image.open(result) as opened:
        assert opened.size == (40, 64)
