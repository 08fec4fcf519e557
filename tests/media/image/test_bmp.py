"""BMP: every kind of header, and the pixels that must follow it."""

from __future__ import annotations

import io
import re
import struct
from functools import cache
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.bmp import read_bmp
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "bmp",
    "width": 31,
    "height": 17,
    "stored_width": 31,
    "stored_height": 17,
    "aspect": 31 / 17,
    "orientation": 1,
    "alpha": False,
    "animated": False,
    "frames": 1,
    "bit_depth": 8,
    "color": "rgb",
    "gps": False,
    "readable": True,
}
PALETTE_8 = {"color": "palette", "bit_depth": 8, "readable": True}
RGBA_8888 = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
RGB_565 = (0xF800, 0x07E0, 0x001F, 0)
RGBA_4444 = (0x0F00, 0x00F0, 0x000F, 0xF000)
RGBA_1010102 = (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)


@cache
def bmp(mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((31, 17)).convert(mode).save(file, "BMP")
    return file.getvalue()


def make_bmp(  # a table's row names what differs from an ordinary bitmap
    header: int = 40,
    *,
    width: int = 31,
    height: int = 17,
    bits: int = 24,
    compression: int = 0,
    data_size: int = 0,
    masks: tuple[int, int, int, int] = (0, 0, 0, 0),
    pixels: int | None = None,
    data_at: int | None = None,
) -> bytes:
    """Assemble a bitmap of zeros, exactly as long as it must be."""
    if header == 12:
        fields = struct.pack("<IHHHH", header, width, height, 1, bits)
    else:
        fields = struct.pack("<IiiHHII", header, width, height, 1, bits, compression, data_size)
        fields = fields.ljust(40, b"\0") + struct.pack("<4I", *masks)
        behind = {3: 12, 6: 16}.get(compression, 0) if header == 40 else 0
        fields = fields.ljust(header, b"\0")[: header + behind]
    if pixels is None:
        pixels = (abs(width) * bits + 31) // 32 * 4 * abs(height)
    start = 14 + len(fields) if data_at is None else data_at
    return b"BM" + struct.pack("<III", 0, 0, start) + fields + bytes(pixels)


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "ordinary": (bmp(), ORDINARY),
    "1 bit": (bmp("1"), {"color": "palette", "bit_depth": 1}),
    "gray palette": (bmp("L"), PALETTE_8),
    "palette": (bmp("P"), PALETTE_8),
    "32 bits by Pillow": (bmp("RGBA"), {"color": "rgb", "bit_depth": 8}),
    "made by hand": (make_bmp(), ORDINARY),
    "core header": (make_bmp(12), ORDINARY),
    "OS/2, short": (make_bmp(16), ORDINARY),
    "OS/2": (make_bmp(64), ORDINARY),
    "version 4": (make_bmp(108), ORDINARY),
    "version 5": (make_bmp(124), ORDINARY),
    "top-down": (make_bmp(height=-17), ORDINARY),
    "no place given": (make_bmp(data_at=0), ORDINARY),
    "2 bits": (make_bmp(bits=2), {"color": "palette", "bit_depth": 2}),
    "16 bits": (make_bmp(bits=16), {"bit_depth": 5, "alpha": False}),
    "64 bits": (make_bmp(bits=64), {"bit_depth": 16}),
    "32 bits": (make_bmp(bits=32), {"bit_depth": 8, "alpha": False}),
    "565": (make_bmp(bits=16, compression=3, masks=RGB_565), {"bit_depth": 6, "alpha": False}),
    "4444": (
        make_bmp(bits=16, compression=6, masks=RGBA_4444),
        {"bit_depth": 4, "alpha": True},
    ),
    "alpha, version 3": (
        make_bmp(56, bits=32, compression=3, masks=RGBA_8888),
        {"alpha": True},
    ),
    "version 5 alpha": (
        make_bmp(124, bits=32, compression=3, masks=RGBA_8888),
        {"alpha": True},
    ),
    "10 bits": (
        make_bmp(108, bits=32, compression=3, masks=RGBA_1010102),
        {"alpha": True, "bit_depth": 10},
    ),
    "an alpha mask of nothing": (
        make_bmp(124, bits=32, compression=3, masks=(*RGBA_8888[:3], 0)),
        {"alpha": False, "bit_depth": 8},
    ),
    "pixels, no mask": (
        make_bmp(40, bits=32, compression=3, masks=RGBA_8888),
        {"alpha": False},
    ),
    "masks that do not count": (make_bmp(124, bits=32, masks=RGBA_8888), {"alpha": False}),
    "run lengths": (make_bmp(bits=8, compression=1, data_size=99, pixels=99), PALETTE_8),
    "last padding missing": (make_bmp()[:-3], ORDINARY),
    "garbage behind": (make_bmp() + b"and more", ORDINARY),
    "nonsense where it does not matter": (make_bmp(data_size=1 << 31), ORDINARY),
}


def test_facts() -> None:
    found = {name: dict(read_bmp(Bytes(data))) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


@pytest.mark.parametrize(
    ("data", "problem", "width"),
    [
        pytest.param(make_bmp()[:-4], "cut off: 1,682 of 1,683 bytes are there", 31, id="pixels"),
        pytest.param(make_bmp()[:54], "cut off: 54 of 1,683", 31, id="header only"),
        pytest.param(
            make_bmp(width=60000, height=60000, pixels=9), "of 10,800,000,054", 60000, id="huge"
        ),
        pytest.param(
            make_bmp(bits=8, compression=1, data_size=99, pixels=9),
            "cut off: 63 of 153",
            31,
            id="runs",
        ),
        pytest.param(make_bmp(width=-31), "gives -31 x 17", None, id="negative width"),
        pytest.param(make_bmp(height=0), "gives 31 x 0", None, id="height 0"),
        pytest.param(make_bmp(bits=33), "33 bits per pixel", 31, id="33 bits"),
        pytest.param(make_bmp(66), "a header of 66 bytes", 31, id="no such header"),
        pytest.param(make_bmp(compression=4, bits=0), "a JPEG inside", 31, id="JPEG inside"),
        pytest.param(make_bmp(compression=5, bits=0), "a PNG inside", 31, id="PNG inside"),
        pytest.param(make_bmp(64, compression=4), r"\(number 4\)", 31, id="OS/2's run lengths"),
        pytest.param(make_bmp(compression=77), r"\(number 77\)", 31, id="compression"),
        pytest.param(
            make_bmp(bits=24, compression=1), "24 bits per pixel", 31, id="runs of colours"
        ),
    ],
)
def test_unusable(data: bytes, problem: str, width: int | None) -> None:
    found = read_bmp(Bytes(data))

    assert found["readable"] is False
    assert re.search(problem, found["problem"])
    assert found.get("width") == width


@pytest.mark.parametrize("header", [12, 16, 40, 124])
@pytest.mark.untraced
def test_what_is_cut_off_anywhere_is_never_called_whole(header: int) -> None:
    whole = make_bmp(header)
    for length in range(2, len(whole) - 3):
        found = read_bmp(Bytes(whole[:length]))
        assert found["readable"] is False
        assert "cut off" in found["problem"]
