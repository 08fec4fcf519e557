from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from color_profiles import P3_PRIMARIES, SRGB_PRIMARIES, cmyk_profile, gray_profile, rgb_profile
from image_results import CORNERS, all_near, at, corners, fixed, near, quarters
from PIL import Image, ImageChops, ImageCms
from PIL.PngImagePlugin import PngInfo

from wanprep.fix.image.colors import ColorSpace, _is_identity, _transform, to_srgb

ONE = (32, 32)
P3 = rgb_profile(P3_PRIMARIES)


@pytest.mark.parametrize(
    ("color", "wanted"),
    [
        # By the matrices of CSS Color 4, clipped as a screen does.
        pytest.param((200, 100, 50), (215, 93, 31), id="orange"),
        pytest.param((0, 255, 0), (0, 255, 0), id="out of reach"),
        pytest.param((128, 128, 128), (128, 128, 128), id="gray"),
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_display_p3_becomes_srgb(
    tmp_path: Path, suffix: str, color: tuple[int, int, int], wanted: tuple[int, int, int]
) -> None:
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    source = tmp_path / f"wide{suffix}"
    Image.new("RGB", ONE, color).save(source, icc_profile=P3, **options)

    result, _ = fixed(source)

    assert near(at(result, 0.5, 0.5), wanted, 2)
    with Image.open(result) as opened:
        assert "icc_profile" not in opened.info


def test_alpha_keeps_the_colors_of_a_profile(tmp_path: Path) -> None:
    Image.new("RGBA", ONE, (200, 100, 50, 128)).save(tmp_path / "half.png", icc_profile=P3)

    result, _ = fixed(tmp_path / "half.png")

    assert near(at(result, 0.5, 0.5), (235, 174, 143), 2)


def test_gray_goes_through_its_profile(tmp_path: Path) -> None:
    Image.new("L", ONE, 128).save(tmp_path / "linear.png", icc_profile=gray_profile(1.0))

    result, _ = fixed(tmp_path / "linear.png")

    assert near(at(result, 0.5, 0.5), (188, 188, 188), 2), "half the light looks brighter than 128"


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        pytest.param({}, 128, id="no word of it"),
        pytest.param({b"gAMA": 100_000}, 188, id="half the light looks brighter than 128"),
        pytest.param({b"gAMA": 55_556}, 146, id="gamma 1.8 of old Macs"),
        pytest.param({b"gAMA": 45_455}, 128, id="gamma of screens"),
        pytest.param({b"gAMA": 100_000, b"sRGB": 0}, 128, id="sRGB says more than gamma"),
        pytest.param({b"gAMA": 0}, 128, id="a gamma that makes no sense"),
    ],
)
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA"])
def test_the_gamma_of_a_png_is_undone(
    tmp_path: Path, mode: str, chunks: dict[bytes, int], wanted: int
) -> None:
    said = PngInfo()
    for name, value in chunks.items():
        said.add(name, value.to_bytes(1 if name == b"sRGB" else 4, "big"))
    drawn = Image.new("RGB", ONE, (128, 128, 128))
    stored = drawn.quantize(2) if mode == "P" else drawn.convert(mode)
    stored.save(tmp_path / "gamma.png", pnginfo=said)

    result, _ = fixed(tmp_path / "gamma.png")

    assert near(at(result, 0.5, 0.5), (wanted, wanted, wanted), 1)


def test_a_profile_says_more_than_gamma(tmp_path: Path) -> None:
    said = PngInfo()
    said.add(b"gAMA", (100_000).to_bytes(4, "big"))
    Image.new("RGB", ONE, (128, 128, 128)).save(tmp_path / "both.png", icc_profile=P3, pnginfo=said)

    result, _ = fixed(tmp_path / "both.png")

    assert near(at(result, 0.5, 0.5), (128, 128, 128), 2)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_without_a_profile_is_what_browsers_show(tmp_path: Path, suffix: str) -> None:
    # Pillow writes inks as Adobe does, upside down, and says so in a marker.
    source = tmp_path / f"inks{suffix}"
    quarters(mode="CMYK").save(source, quality=95)

    result, _ = fixed(source)

    assert all_near(corners(result), CORNERS)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize(
    ("inks", "wanted"),
    [
        pytest.param((255, 0, 0, 0), (0, 255, 0), id="an ink of another colour than its name"),
        pytest.param((0, 0, 0, 0), (255, 255, 255), id="paper"),
        pytest.param((0, 0, 0, 255), (0, 0, 0), id="black"),
    ],
)
def test_cmyk_goes_through_its_profile(
    tmp_path: Path, suffix: str, inks: tuple[int, ...], wanted: tuple[int, int, int]
) -> None:
    source = tmp_path / f"inks{suffix}"
    Image.new("CMYK", ONE, inks).save(source, icc_profile=cmyk_profile(), quality=95)

    result, _ = fixed(source)

    assert near(at(result, 0.5, 0.5), wanted, 12)


def test_cmyk_stored_as_luma_is_understood(tmp_path: Path) -> None:
    cyan, magenta, yellow, black = quarters(mode="CMYK").split()
    luma = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr")
    stored = Image.merge("CMYK", (*map(ImageChops.invert, luma.split()), black))
    stored.save(tmp_path / "ycck.jpg", quality=95, subsampling=0)
    data = bytearray((tmp_path / "ycck.jpg").read_bytes())
    data[data.index(b"Adobe") + 11] = 2  # says that it is YCCK
    (tmp_path / "ycck.jpg").write_bytes(data)

    result, _ = fixed(tmp_path / "ycck.jpg")

    assert all_near(corners(result), CORNERS)


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(quarters(), srgb, lab, outputMode="LAB")
    assert converted is not None
    converted.save(tmp_path / "lab.tif")

    result, _ = fixed(tmp_path / "lab.tif")

    assert all_near(corners(result), CORNERS, 10)


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"not a profile", id="garbage"),
        pytest.param(P3[:200], id="cut off"),
        pytest.param(cmyk_profile(), id="of other colours"),
        pytest.param(P3[:132] + bytes(len(P3) - 132), id="without tags"),
    ],
)
def test_a_profile_that_makes_no_sense_is_left_aside(tmp_path: Path, profile: bytes) -> None:
    quarters().save(tmp_path / "odd.png", icc_profile=profile)

    result, _ = fixed(tmp_path / "odd.png")

    assert corners(result) == list(CORNERS)


def test_srgb_under_another_name_is_not_converted() -> None:
    nameless = rgb_profile(SRGB_PRIMARIES)
    assert _transform("RGB", nameless) is None
    assert _transform("RGB", P3) is not None, "or this would prove nothing"
    assert _transform("RGB", rgb_profile(SRGB_PRIMARIES, gamma=1.8)) is not None


def test_a_small_change_of_color_is_seen() -> None:
    transform = _transform("RGB", rgb_profile(SRGB_PRIMARIES, gamma=2.2))
    assert transform is not None
    assert not _is_identity(transform)


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "HSV", "RGBX", "I"])
def test_whatever_the_mode_it_ends_as_rgb(mode: str) -> None:
    assert to_srgb(Image.new(mode, (2, 2)), ColorSpace()).mode == "RGB"
