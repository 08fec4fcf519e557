from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from image_results import all_near, at, corners, fixed

from wanprep.fix.plan.plan import CannotFix

SIDE = 16


def png(path: Path, bits: int, kind: int, pixels: bytes, key: bytes = b"") -> Path:
    """Write a PNG of 16 x 16 by hand: nobody else writes every depth."""

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
WANTED = (0, 64, 128, 255)


def test_a_16_bit_gray_png_keeps_its_brightness(tmp_path: Path) -> None:
    source = png(tmp_path / "deep.png", 16, 0, shorts(">", *COLUMNS))

    result, _ = fixed(source)

    assert [at(result, (n + 0.5) / 4, 0.5) for n in range(4)] == [(v, v, v) for v in WANTED]


def test_a_16_bit_rgb_png_keeps_its_colors(tmp_path: Path) -> None:
    pixel = struct.pack(">3H", 0xFFFF, 0x8080, 0x1010)
    source = png(tmp_path / "deep.png", 16, 2, pixel * SIDE * SIDE)

    result, _ = fixed(source)

    assert at(result, 0.5, 0.5) == (255, 128, 16)


@pytest.mark.parametrize(
    ("bits", "photometric", "pixels", "wanted"),
    [
        pytest.param(16, 1, shorts("<", *COLUMNS), WANTED, id="black is zero"),
        pytest.param(16, 0, shorts("<", *COLUMNS), (255, 191, 127, 0), id="white is zero"),
        pytest.param(
            12, 1, bytes.fromhex("000000" * 2 + "405405" * 2 + "808808" * 2 + "ffffff" * 2) * SIDE,
            (0, 64, 128, 255), id="12 bits",
        ),
    ],
)  # fmt: skip
def test_a_deep_gray_tiff_keeps_its_brightness(
    tmp_path: Path, bits: int, photometric: int, pixels: bytes, wanted: tuple[int, ...]
) -> None:
    result, _ = fixed(tiff(tmp_path / "deep.tif", bits, photometric, pixels))

    found = [at(result, (n + 0.5) / 4, 0.5) for n in range(4)]
    assert all_near(found, [(v, v, v) for v in wanted], 1)


def test_a_deep_netpbm_keeps_its_brightness(tmp_path: Path) -> None:
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
    ("bits", "kind", "pixels", "key", "wanted"),
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
    tmp_path: Path, bits: int, kind: int, pixels: bytes, key: bytes, wanted: tuple[int, ...]
) -> None:
    source = png(tmp_path / "hole.png", bits, kind, pixels, key)

    result, _ = fixed(source, background="#2040c0")

    left, right, *_ = corners(result)
    assert left == (0x20, 0x40, 0xC0)
    assert all_near([right], [wanted], 1)
