"""The rarer formats, which Pillow opens for us without decoding them."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.pillow import read_with_pillow
from wanprep.media.source import Bytes

SHOWN = {
    "kind": "image",
    "width": 64,
    "height": 48,
    "stored_width": 64,
    "stored_height": 48,
    "aspect": 64 / 48,
    "orientation": 1,
    "animated": False,
    "frames": 1,
    "gps": False,
    "readable": True,
}


def saved(name: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((64, 48)).convert(mode).save(file, name, **options)
    return file.getvalue()


def photoshop(mode: int = 3, channels: int = 3, size: tuple[int, int] = (64, 48)) -> bytes:
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, size[1], size[0], 8, mode)
    return header + bytes(64)  # no resources, no layers, and no pixels, which are not read


def icon(*sizes: tuple[int, int], length: int = 40) -> bytes:
    start = 6 + 16 * len(sizes)
    entries = (struct.pack("<BBBBHHII", *size, 0, 0, 1, 32, length, start) for size in sizes)
    return struct.pack("<HHH", 0, 1, len(sizes)) + b"".join(entries) + bytes(40)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            saved("JPEG2000"),
            SHOWN | {"format": "jpeg2000", "color": "rgb", "alpha": False},
            id="jpeg2000",
        ),
        pytest.param(saved("JPEG2000", "RGBA"), {"alpha": True}, id="jpeg2000 with alpha"),
        pytest.param(saved("JPEG2000", "L"), {"color": "gray"}, id="jpeg2000, gray"),
        pytest.param(photoshop(), SHOWN | {"format": "psd", "alpha": False}, id="psd"),
        pytest.param(photoshop(4, 4), {"format": "psd", "color": "cmyk"}, id="psd, cmyk"),
        pytest.param(
            photoshop(size=(60000, 60000)), {"width": 60000, "height": 60000}, id="psd, huge"
        ),
        pytest.param(saved("DDS", "RGBA"), SHOWN | {"format": "dds", "alpha": True}, id="dds"),
        pytest.param(saved("TGA"), SHOWN | {"format": "tga", "alpha": False}, id="tga"),
        pytest.param(saved("PCX"), SHOWN | {"format": "pcx", "color": "rgb"}, id="pcx"),
        pytest.param(saved("PPM"), SHOWN | {"format": "pnm", "color": "rgb"}, id="ppm"),
        pytest.param(
            b"P6 70000 70000 255\n", {"width": 70000, "readable": True}, id="as large as it gets"
        ),
        pytest.param(
            saved("ICO", "RGBA", sizes=[(16, 16), (48, 48)]),
            {"format": "ico", "width": 48, "height": 36, "alpha": True, "readable": True},
            id="ico",
        ),
        pytest.param(
            icon((16, 16), length=9000)[:22] + saved("PNG"),
            SHOWN | {"format": "ico"},
            id="ico, a PNG shorter and larger than listed",
        ),
        pytest.param(
            icon((16, 16), (0, 0), (32, 32)), {"width": 256, "height": 256}, id="ico, 256"
        ),
    ],
)
def test_facts(data: bytes, expected: dict[str, Any]) -> None:
    found = dict(read_with_pillow(Bytes(data)))

    assert {name: found.get(name) for name in expected} == expected
    assert "problem" not in found


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(saved("JPEG2000")[:60], "cut off or damaged", id="jpeg2000"),
        pytest.param(
            b"words, not an image" * 9, "not an image format that Pillow supports", id="text"
        ),
        pytest.param(b"P", "not an image format that Pillow supports", id="one letter"),
        pytest.param(saved("PNG"), "not an image format that Pillow supports", id="read elsewhere"),
        pytest.param(
            saved("DDS")[:80] + b"\4\0\0\0????" + saved("DDS")[88:],
            "not an image format that Pillow supports",
            id="dds of a kind of its own",
        ),
        pytest.param(
            icon((16, 16), length=9000)[:22] + saved("PNG")[:-9],
            "cut off: its",
            id="ico, a PNG cut off",
        ),
        pytest.param(icon((16, 16))[:12], "cut off: its 12 bytes", id="list of icons"),
        pytest.param(icon((16, 16), length=41), "cut off: its 62 bytes", id="icon"),
        pytest.param(icon(), "an icon without images", id="no icon"),
    ],
)
def test_unusable(data: bytes, problem: str) -> None:
    found = read_with_pillow(Bytes(data))

    assert found["readable"] is False
    assert problem in found["problem"]


def test_no_limit_of_pillow_is_touched() -> None:
    limit = Image.MAX_IMAGE_PIXELS

    read_with_pillow(Bytes(b"P6 70000 70000 255\n"))

    assert limit == Image.MAX_IMAGE_PIXELS
