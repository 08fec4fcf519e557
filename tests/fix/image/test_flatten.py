from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from image_results import CORNERS, SIZE, all_near, at, corners, fixed, near, quarters
from PIL import Image

HALF = (255 + 200) // 2, (255 + 30) // 2, (255 + 30) // 2


def see_through(mode: str = "RGBA") -> Image.Image:
    """Left half at half strength, right half gone."""
    image = Image.new("RGBA", SIZE, (200, 30, 30, 128))
    image.paste((0, 0, 0, 0), (SIZE[0] // 2, 0, *SIZE))
    return image if mode == "RGBA" else image.convert(mode)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        pytest.param(".png", {}, id="png"),
        pytest.param(".webp", {"lossless": True}, id="webp"),
        pytest.param(".tif", {}, id="tiff"),
        pytest.param(".avif", {"quality": 100}, id="avif"),
    ],
)
def test_transparency_shows_the_background(
    tmp_path: Path, suffix: str, options: dict[str, Any]
) -> None:
    see_through().save(tmp_path / f"ghost{suffix}", **options)

    result, _ = fixed(tmp_path / f"ghost{suffix}")

    assert near(at(result, 0.2, 0.5), HALF, 4)
    assert near(at(result, 0.8, 0.5), (255, 255, 255), 2), "white, not black"


def test_the_background_is_the_users_choice(tmp_path: Path) -> None:
    see_through().save(tmp_path / "ghost.png")

    result, _ = fixed(tmp_path / "ghost.png", background="#0000ff", format="jpeg", suffix=".jpg")

    assert near(at(result, 0.2, 0.5), (100, 15, 142))
    assert near(at(result, 0.8, 0.5), (0, 0, 255))


def test_gray_with_alpha_is_flattened(tmp_path: Path) -> None:
    image = Image.new("LA", SIZE, (40, 255))
    image.paste((0, 0), (SIZE[0] // 2, 0, *SIZE))
    image.save(tmp_path / "ghost.png")

    result, _ = fixed(tmp_path / "ghost.png")

    assert at(result, 0.2, 0.5) == (40, 40, 40)
    assert at(result, 0.8, 0.5) == (255, 255, 255)


@pytest.mark.parametrize("transparency", [pytest.param(b"\xff\x00\x80", id="steps"), 1])
def test_a_palette_may_have_holes(tmp_path: Path, transparency: bytes | int) -> None:
    image = Image.new("P", SIZE, 0)
    image.putpalette([200, 30, 30, 9, 9, 9, 30, 160, 40])
    image.paste(1, (SIZE[0] // 2, 0, SIZE[0], SIZE[1] // 2))
    image.paste(2, (SIZE[0] // 2, SIZE[1] // 2, *SIZE))
    image.save(tmp_path / "holes.png", transparency=transparency)

    result, _ = fixed(tmp_path / "holes.png")

    left, hole, _, right = corners(result)
    assert (left, hole) == ((200, 30, 30), (255, 255, 255))
    assert near(right, (30, 160, 40) if transparency == 1 else (142, 207, 147), 2)


def test_a_palette_without_holes_keeps_its_colors(tmp_path: Path) -> None:
    quarters().quantize(16).save(tmp_path / "plain.gif")

    result, _ = fixed(tmp_path / "plain.gif")

    assert all_near(corners(result), CORNERS)


def test_colors_under_an_opaque_alpha_are_untouched(tmp_path: Path) -> None:
    quarters(mode="RGBA").save(tmp_path / "opaque.png")

    result, _ = fixed(tmp_path / "opaque.png")

    assert corners(result) == list(CORNERS)


@pytest.mark.parametrize("suffix", [".bmp", ".tga"])
def test_an_unused_fourth_channel_hides_nothing(tmp_path: Path, suffix: str) -> None:
    image = quarters(mode="RGBA")
    image.putalpha(0)
    image.save(tmp_path / f"spare{suffix}")

    result, _ = fixed(tmp_path / f"spare{suffix}")

    assert corners(result) == list(CORNERS)


def test_a_png_that_is_all_transparent_is_the_background(tmp_path: Path) -> None:
    image = quarters(mode="RGBA")
    image.putalpha(0)
    image.save(tmp_path / "nothing.png")

    result, _ = fixed(tmp_path / "nothing.png")

    assert corners(result) == [(255, 255, 255)] * 4
