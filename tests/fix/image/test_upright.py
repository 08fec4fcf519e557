from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from image_results import CORNERS, SIZE, all_near, corners, fixed, quarters
from PIL import Image

from wanprep.fix.image.decode import _TURNS

# How a camera stores the upright image for each orientation: the turn that undoes it, undone.
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(orientation: int) -> tuple[Image.Image, Image.Exif]:
    turn = _STORED[orientation]
    image = quarters() if turn is None else quarters().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return image, exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        pytest.param(".jpg", {"quality": 95}, id="jpeg"),
        pytest.param(".png", {}, id="png"),
        pytest.param(".webp", {"lossless": True}, id="webp"),
        pytest.param(".tif", {}, id="tiff"),
    ],
)
def test_every_orientation_comes_out_upright(
    tmp_path: Path, orientation: int, suffix: str, options: dict[str, Any]
) -> None:
    image, exif = stored(orientation)
    image.save(tmp_path / f"turned{suffix}", exif=exif, **options)

    result, _ = fixed(tmp_path / f"turned{suffix}")

    with Image.open(result) as opened:
        assert opened.size == SIZE
        assert not opened.getexif()
    assert all_near(corners(result), CORNERS)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_avif_is_turned_once(tmp_path: Path, orientation: int) -> None:
    # Pillow writes irot for the orientation, and readers must not turn by the EXIF as well.
    image, exif = stored(orientation)
    image.save(tmp_path / "turned.avif", exif=exif, quality=95)

    result, _ = fixed(tmp_path / "turned.avif")

    assert all_near(corners(result), CORNERS, 10)


def test_a_tiff_is_not_turned_by_what_its_xmp_says(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    quarters().save(tmp_path / "said.tif", tiffinfo={700: xmp})

    result, _ = fixed(tmp_path / "said.tif")

    assert all_near(corners(result), CORNERS)


def test_a_mono_tiff_of_big_ends_is_turned(tmp_path: Path) -> None:
    rows = bytes([10, 10, 200, 200] * 2 + [10, 10, 90, 90] * 2)
    tags = [(256, 3, 4), (257, 3, 4), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (274, 3, 6), (277, 3, 1), (278, 3, 4), (279, 4, 16)]
    directory = b"".join(
        struct.pack(">HHI", tag, kind, 1)
        + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
        for tag, kind, value in tags
    )
    data = b"MM\0*" + struct.pack(">I", 24) + rows + struct.pack(">H", len(tags)) + directory
    (tmp_path / "big.tif").write_bytes(data + bytes(4))

    result, _ = fixed(tmp_path / "big.tif")

    assert all_near(corners(result), [(10,) * 3, (10,) * 3, (90,) * 3, (200,) * 3])


def test_every_turn_has_a_name_in_pillow() -> None:
    assert all(hasattr(Image.Transpose, name) for name in _TURNS.values())
