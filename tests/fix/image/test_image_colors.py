from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from color_profiles import P3_PRIMARIES, SRGB_PRIMARIES, cmyk_profile, gray_profile, rgb_profile
from image_results import CORNERS, all_near, at, corners, fixed, near, quarters
from PIL import Image, ImageChops, ImageCms
from PIL.PngImagePlugin import PngInfo

from wanprep.fix.image.colors import ColorSpace, _is_identity, _transform, to_srgb
from wanprep.fix.plan.plan import CannotFix

ONE = (32, 32)
P3 = rgb_profile(P3_PRIMARIES)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        # By the matrices of CSS Color 4, clipped as a screen does.
        pytest.param((200, 100, 50), (215, 93, 31), id="orange"),
        pytest.param((0, 255, 0), (0, 255, 0), id="out of gamut"),
        pytest.param((128, 128, 128), (128, 128, 128), id="gray"),
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_display_p3_becomes_srgb(
    tmp_path: Path, suffix: str, color: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    source = tmp_path / f"wide{suffix}"
    Image.new("RGB", ONE, color).save(source, icc_profile=P3, **options)

    result, _ = fixed(source)

    assert near(at(result, 0.5, 0.5), expected, 2)
    with Image.open(result) as opened:
        assert "icc_profile" not in opened.info


def test_alpha_keeps_the_colors_of_a_profile(tmp_path: Path) -> None:
    Image.new("RGBA", ONE, (200, 100, 50, 128)).save(tmp_path / "half.png", icc_profile=P3)

    result, _ = fixed(tmp_path / "half.png")

    assert near(at(result, 0.5, 0.5), (235, 174, 143), 2)


def test_gray_profile_becomes_srgb(tmp_path: Path) -> None:
    Image.new("L", ONE, 128).save(tmp_path / "linear.png", icc_profile=gray_profile(1.0))

    result, _ = fixed(tmp_path / "linear.png")

    assert near(at(result, 0.5, 0.5), (188, 188, 188), 2), "half the light looks brighter than 128"


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param({}, 128, id="neither"),
        pytest.param({b"gAMA": 100_000}, 188, id="linear"),
        pytest.param({b"gAMA": 55_556}, 146, id="gamma 1.8 of old Macs"),
        pytest.param({b"gAMA": 45_455}, 128, id="gamma of screens"),
        pytest.param({b"gAMA": 100_000, b"sRGB": 0}, 128, id="sRGB takes precedence"),
        pytest.param({b"gAMA": 0}, 128, id="gamma 0"),
    ],
)
def test_the_gamma_of_a_png_is_undone(
    tmp_path: Path, chunks: dict[bytes, int], expected: int
) -> None:
    said = PngInfo()
    for name, value in chunks.items():
        said.add(name, value.to_bytes(1 if name == b"sRGB" else 4, "big"))
    drawn = Image.new("RGB", ONE, (128, 128, 128))
    found = {}
    for mode in ("L", "P", "RGB", "RGBA", "LA"):
        stored = drawn.quantize(2) if mode == "P" else drawn.convert(mode)
        stored.save(tmp_path / f"{mode}.png", pnginfo=said)

        result, _ = fixed(tmp_path / f"{mode}.png")

        found[mode] = at(result, 0.5, 0.5)
    assert {
        mode: color for mode, color in found.items() if not near(color, [expected] * 3, 1)
    } == {}


def test_a_profile_takes_precedence_over_gamma(tmp_path: Path) -> None:
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
    ("inks", "expected"),
    [
        pytest.param((255, 0, 0, 0), (0, 255, 0), id="an ink of another colour than its name"),
        pytest.param((0, 0, 0, 0), (255, 255, 255), id="paper"),
        pytest.param((0, 0, 0, 255), (0, 0, 0), id="black"),
    ],
)
def test_cmyk_profile_becomes_srgb(
    tmp_path: Path, suffix: str, inks: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    source = tmp_path / f"inks{suffix}"
    Image.new("CMYK", ONE, inks).save(source, icc_profile=cmyk_profile(), quality=95)

    result, _ = fixed(source)

    assert near(at(result, 0.5, 0.5), expected, 12)


def test_ycck_becomes_srgb(tmp_path: Path) -> None:
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
def test_an_invalid_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    quarters().save(tmp_path / "odd.png", icc_profile=profile)

    result, _ = fixed(tmp_path / "odd.png")

    assert corners(result) == list(CORNERS)


def test_srgb_under_another_name_is_not_converted() -> None:
    nameless = rgb_profile(SRGB_PRIMARIES)
    assert _transform("RGB", nameless) is None
    assert _transform("RGB", P3) is not None, "or this would prove nothing"
    assert _transform("RGB", rgb_profile(SRGB_PRIMARIES, gamma=1.8)) is not None


def test_a_small_change_of_color_is_converted() -> None:
    transform = _transform("RGB", rgb_profile(SRGB_PRIMARIES, gamma=2.2))
    assert transform is not None
    assert not _is_identity(transform)


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "HSV", "RGBX", "I"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    assert to_srgb(Image.new(mode, (2, 2)), ColorSpace()).mode == "RGB"


SIDE = 16


def png(path: Path, bits: int, kind: int, pixels: bytes, key: bytes = b"") -> Path:
    """Write a PNG of 16 x 16 by hand: no library writes every depth."""

    def chunk(name: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(name + data)
        return len(data).to_bytes(4, "big") + name + data + sum_.to_bytes(4, "big")

    row = len(pixels) // SIDE
    rows = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, bits, kind, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"tRNS", key) if key else b""
    path.write_bytes(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def tiff(path: Path, bits: int, photometric: int, pixels: bytes, kind: int = 1) -> Path:
    tags = [(256, SIDE), (257, SIDE), (258, bits), (259, 1), (262, photometric), (273, 8)]
    tags += [(277, 1), (278, SIDE), (279, len(pixels)), (339, kind)]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    data = b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels
    path.write_bytes(data + struct.pack("<H", len(tags)) + directory + bytes(4))
    return path


def shorts(order: str, *values: int) -> bytes:
    """Lay the values out in columns of equal width."""
    row = b"".join(struct.pack(order + "H", value) * (SIDE // len(values)) for value in values)
    return row * SIDE


COLUMNS = (0, 0x4080, 0x8080, 0xFFFF)
EXPECTED = (0, 64, 128, 255)


def test_a_16_bit_gray_png_keeps_its_brightness(tmp_path: Path) -> None:
    source = png(tmp_path / "deep.png", 16, 0, shorts(">", *COLUMNS))

    result, _ = fixed(source)

    assert [at(result, (n + 0.5) / 4, 0.5) for n in range(4)] == [(v, v, v) for v in EXPECTED]


def test_a_16_bit_rgb_png_keeps_its_colors(tmp_path: Path) -> None:
    pixel = struct.pack(">3H", 0xFFFF, 0x8080, 0x1010)
    source = png(tmp_path / "deep.png", 16, 2, pixel * SIDE * SIDE)

    result, _ = fixed(source)

    assert at(result, 0.5, 0.5) == (255, 128, 16)


@pytest.mark.parametrize(
    ("bits", "photometric", "pixels", "expected"),
    [
        pytest.param(16, 1, shorts("<", *COLUMNS), EXPECTED, id="black is zero"),
        pytest.param(16, 0, shorts("<", *COLUMNS), (255, 191, 127, 0), id="white is zero"),
        pytest.param(
            12, 1, bytes.fromhex("000000" * 2 + "405405" * 2 + "808808" * 2 + "ffffff" * 2) * SIDE,
            (0, 64, 128, 255), id="12 bits",
        ),
    ],
)  # fmt: skip
def test_a_gray_tiff_of_more_than_8_bits_keeps_its_brightness(
    tmp_path: Path, bits: int, photometric: int, pixels: bytes, expected: tuple[int, ...]
) -> None:
    result, _ = fixed(tiff(tmp_path / "deep.tif", bits, photometric, pixels))

    found = [at(result, (n + 0.5) / 4, 0.5) for n in range(4)]
    assert all_near(found, [(v, v, v) for v in expected], 1)


def test_a_netpbm_of_10_bits_keeps_its_brightness(tmp_path: Path) -> None:
    row = b"".join(struct.pack(">H", value) * 4 for value in (0, 256, 512, 1023))
    (tmp_path / "deep.pgm").write_bytes(b"P5 16 16 1023\n" + row * SIDE)

    result, _ = fixed(tmp_path / "deep.pgm")

    found = [at(result, (n + 0.5) / 4, 0.5) for n in range(4)]
    assert all_near(found, [(v, v, v) for v in (0, 64, 128, 255)], 1)


@pytest.mark.parametrize(
    ("kind", "bits"), [pytest.param(3, 32, id="float"), pytest.param(2, 32, id="signed")]
)
def test_samples_without_a_brightness_are_refused(tmp_path: Path, kind: int, bits: int) -> None:
    source = tiff(tmp_path / "raw.tif", bits, 1, bytes(4 * SIDE * SIDE), kind)

    with pytest.raises(CannotFix, match="8 or 16 bits per channel"):
        fixed(source)


@pytest.mark.parametrize(
    ("bits", "kind", "pixels", "key", "expected"),
    [
        pytest.param(16, 0, shorts(">", 0x1234, 0x1235), b"\x12\x34", (0x12,) * 3, id="gray, 16"),
        pytest.param(4, 0, b"\x33\x33\x33\x33\xcc\xcc\xcc\xcc" * SIDE, b"\0\x03", (0xCC,) * 3,
                     id="gray, 4"),
        pytest.param(8, 0, (b"\x07" * 8 + b"\x99" * 8) * SIDE, b"\0\x07", (0x99,) * 3,
                     id="gray, 8"),
        pytest.param(8, 2, (b"\x07\x08\x09" * 8 + b"\x99\x88\x77" * 8) * SIDE,
                     b"\0\x07\0\x08\0\x09", (0x99, 0x88, 0x77), id="rgb, 8"),
        pytest.param(16, 2, (b"\x07\0\x08\0\x09\0" * 8 + b"\x99\0\x88\0\x77\0" * 8) * SIDE,
                     b"\x07\0\x08\0\x09\0", (0x99, 0x88, 0x77), id="rgb, 16"),
        pytest.param(1, 0, b"\x00\xff" * SIDE, b"\0\0", (255,) * 3, id="black and white"),
    ],
)  # fmt: skip
def test_the_one_transparent_color_shows_the_background(
    tmp_path: Path, bits: int, kind: int, pixels: bytes, key: bytes, expected: tuple[int, ...]
) -> None:
    source = png(tmp_path / "hole.png", bits, kind, pixels, key)

    result, _ = fixed(source, background="#2040c0")

    left, right, *_ = corners(result)
    assert left == (0x20, 0x40, 0xC0)
    assert all_near([right], [expected], 1)
