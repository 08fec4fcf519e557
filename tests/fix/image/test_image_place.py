from __future__ import annotations

from pathlib import Path

import pytest
from image_results import fixed, quarters, recipe
from PIL import Image, ImageDraw

from wanprep import probe
from wanprep.fix.image.prepare import place_window
from wanprep.fix.plan.plan import ImageRecipe, Window


def placed(source: Path, wanted: ImageRecipe) -> ImageRecipe:
    return place_window(str(source), wanted, probe(source, cache=False))


def test_nothing_to_place(tmp_path: Path) -> None:
    quarters().save(tmp_path / "one.png")
    for wanted in (recipe(), recipe(window=Window((10, 10), "smart", (1, 2)))):
        assert placed(tmp_path / "one.png", wanted) is wanted


def test_the_middle(tmp_path: Path) -> None:
    quarters().save(tmp_path / "one.png")
    wanted = recipe(window=Window((50, 64), "center"))
    assert placed(tmp_path / "one.png", wanted).window == Window((50, 64), "center", (23, 0))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_subject_at_the_right_edge_of_a_turned_photo(tmp_path: Path, suffix: str) -> None:
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
def test_a_window_that_nobody_placed_is_placed_while_making(tmp_path: Path, choose: str) -> None:
    quarters().save(tmp_path / "one.png")

    result, _ = fixed(tmp_path / "one.png", window=Window((40, 64), choose))  # type: ignore[arg-type] # from a table

    with Image.open(result) as opened:
        assert opened.size == (40, 64)
