"""TIFF: one page or many, small addresses or large, pixels that must be in the file."""

from __future__ import annotations

import contextlib
import io
import struct
import time
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.tiff import read_tiff
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "tiff",
    "width": 64,
    "height": 48,
    "stored_width": 64,
    "stored_height": 48,
    "aspect": 64 / 48,
    "orientation": 1,
    "alpha": False,
    "animated": False,
    "frames": 1,
    "bit_depth": 8,
    "color": "rgb",
    "gps": False,
    "readable": True,
}


def tiff(mode: str = "RGB", pages: int = 1, **options: object) -> bytes:
    image = Image.radial_gradient("L").resize((64, 48)).convert(mode)
    file = io.BytesIO()
    image.save(file, "TIFF", save_all=True, append_images=[image] * (pages - 1), **options)
    return file.getvalue()


def make_tiff(
    tags: dict[int, int], following: int = 0, *, order: str = "<", big: bool = False
) -> bytes:
    """Assemble one page of tags that hold one number each."""
    address = "Q" if big else "I"
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8)
    page = struct.pack(order + ("Q" if big else "H"), len(tags))
    for tag, value in tags.items():
        page += struct.pack(order + "HH" + address * 2, tag, 16 if big else 4, 1, value)
    return head + page + struct.pack(order + address, following)


PAGE = {256: 64, 257: 48, 258: 8, 262: 2, 277: 3, 273: 8, 279: 1}


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "ordinary": (tiff(), ORDINARY),
    "compressed": (tiff(compression="tiff_lzw"), ORDINARY),
    "YCbCr is RGB to a user": (tiff(compression="jpeg"), ORDINARY),
    "BigTIFF": (tiff(big_tiff=True), ORDINARY),
    "1 bit": (tiff("1"), {"color": "gray", "bit_depth": 1, "alpha": False}),
    "gray": (tiff("L"), {"color": "gray", "bit_depth": 8, "alpha": False}),
    "16 bits": (tiff("I;16"), {"color": "gray", "bit_depth": 16}),
    "palette": (tiff("P"), {"color": "palette", "alpha": False}),
    "gray and alpha": (tiff("LA"), {"color": "gray", "alpha": True}),
    "rgb and alpha": (tiff("RGBA"), {"color": "rgb", "alpha": True}),
    "cmyk": (tiff("CMYK"), {"color": "cmyk", "alpha": False}),
    "lab": (tiff("LAB"), {"color": "lab", "alpha": False}),
    "three pages": (tiff(pages=3), {"frames": 3, "animated": False}),
    "sideways": (
        tiff(tiffinfo={0x0112: 6}),
        {"width": 48, "height": 64, "stored_width": 64, "orientation": 6},
    ),
    "located": (tiff(tiffinfo={0x8825: {2: (52.0, 31.0, 12.0)}}), {"gps": True}),
    "made by hand": (make_tiff(PAGE), ORDINARY),
    "big-endian": (make_tiff(PAGE, order=">"), ORDINARY),
    "BigTIFF by hand": (make_tiff(PAGE, big=True), ORDINARY),
    "a fourth sample for nothing": (make_tiff(PAGE | {277: 4}), {"alpha": True}),
    "as Photoshop writes it": (make_tiff(PAGE | {277: 4, 338: 0}), {"alpha": True}),
    "raw": (make_tiff(PAGE | {262: 32803}), {"color": None, "alpha": False}),
    "tiles": (make_tiff({256: 64, 257: 48, 324: 8, 325: 9}), {"bit_depth": 1, "color": "gray"}),
    "old JPEG": (
        make_tiff({256: 64, 257: 48, 262: 6, 258: 8, 277: 3, 513: 8, 514: 9}),
        ORDINARY,
    ),
    "no lengths": (make_tiff({256: 64, 257: 48, 273: 8}), {"readable": True}),
    "a strip that claims more than the image takes": (
        make_tiff(PAGE | {256: 8, 257: 1, 279: 5000}),
        {"width": 8, "readable": True},
    ),
    "GPS nowhere": (make_tiff(PAGE | {0x8825: 1 << 31}), ORDINARY),
    "GPS far off": (make_tiff(PAGE | {0x8825: 1 << 63}, big=True), ORDINARY),
    "pages in circles": (make_tiff(PAGE, following=8), {"frames": 1}),
    "page nowhere": (make_tiff(PAGE, following=1 << 31), {"frames": 1}),
    "page far off": (make_tiff(PAGE, following=1 << 63, big=True), {"frames": 1}),
    "large": (
        make_tiff(PAGE | {256: 60000, 257: 60000}),
        {"width": 60000, "height": 60000, "readable": True},
    ),
}


def test_facts() -> None:
    found = {name: dict(read_tiff(Bytes(data))) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


@pytest.mark.parametrize(
    ("data", "problem", "width"),
    [
        pytest.param(
            make_tiff(PAGE | {279: 5000}), "cut off: 98 of at least 5,008", 64, id="strip"
        ),
        pytest.param(make_tiff(PAGE | {273: 1 << 31}), "cut off: 98 of at least", 64, id="place"),
        pytest.param(make_tiff(PAGE)[:4] + b"\xff\xff\0\0", "cut off: 8 of", None, id="page"),
        pytest.param(tiff()[: len(tiff()) // 2], "cut off", 64, id="half"),
        pytest.param(make_tiff({256: 64, 257: 48}), "the offset of its pixels", 64, id="no strips"),
        pytest.param(
            make_tiff({256: 64, 273: 8}), "the size of its first page", None, id="no height"
        ),
    ],
)
def test_unusable(data: bytes, problem: str, width: int | None) -> None:
    found = read_tiff(Bytes(data))

    assert found["readable"] is False
    assert problem in found["problem"]
    assert found.get("width") == width


def test_what_is_no_tiff_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a TIFF"):
        read_tiff(Bytes(b"II"))


def test_a_page_that_claims_65535_tags_again_and_again_is_left_soon() -> None:
    # Each page begins a little behind the last one and claims all that follows as tags.
    pages = b"".join(struct.pack("<HI", 0, 8 + 6 * n) for n in range(1, 200_000))
    started = time.process_time()

    assert read_tiff(Bytes(b"II*\0\x08\0\0\0" + pages))["readable"] is False
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_damage_never_hangs_or_crashes() -> None:
    whole = make_tiff(PAGE | {0x0112: 6, 0x8825: 8, 338: 1, 324: 8, 325: 1}, following=20)
    for at in range(len(whole)):
        for value in (0, 1, 3, 127, 255):
            with contextlib.suppress(ValueError, struct.error):
                read_tiff(Bytes(whole[:at] + bytes((value,)) + whole[at + 1 :]))
        with contextlib.suppress(ValueError, struct.error):
            read_tiff(Bytes(whole[:at]))
