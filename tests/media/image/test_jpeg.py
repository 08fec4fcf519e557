"""JPEG: the facts of the header, and the image data that must follow it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import struct
import time
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.jpeg import read_jpeg
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "jpeg",
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
SIDEWAYS = {"width": 48, "height": 64, "stored_width": 64, "stored_height": 48, "orientation": 6}


def jpeg(mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    file = io.BytesIO()
    noise = hashlib.shake_128().digest(size[0] * size[1])
    Image.frombytes("L", size, noise).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def behind_start(more: bytes, data: bytes) -> bytes:
    return data[:2] + more + data[2:]


def with_frame(data: bytes, bits: int = 8, width: int = 64, height: int = 48) -> bytes:
    """Change the frame header."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    return data[: at + 4] + struct.pack(">BHH", bits, height, width) + data[at + 9 :]


def read(data: bytes) -> dict[str, Any]:
    return dict(read_jpeg(Bytes(data)))


XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='8'/>"


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "ordinary": (jpeg(), ORDINARY),
    "progressive": (jpeg(progressive=True), ORDINARY),
    "gray": (jpeg("L"), {"color": "gray", "bit_depth": 8}),
    "cmyk": (jpeg("CMYK"), {"color": "cmyk", "alpha": False}),
    "12 bits": (with_frame(jpeg(), bits=12), {"bit_depth": 12, "readable": True}),
    "sideways": (jpeg(exif=exif(6)), SIDEWAYS | {"aspect": 0.75}),
    "upside down": (jpeg(exif=exif(3)), {"width": 64, "orientation": 3}),
    "no such orientation": (jpeg(exif=exif(77)), {"width": 64, "orientation": 1}),
    "broken exif": (jpeg(exif=b"Exif\0\0MM\0*"), ORDINARY),
    "XMP is not EXIF": (behind_start(segment(0xE1, XMP), jpeg()), ORDINARY),
    "EXIF behind XMP": (behind_start(segment(0xE1, XMP), jpeg(exif=exif(6))), SIDEWAYS),
    "EXIF twice": (behind_start(segment(0xE1, exif(6)), jpeg(exif=exif(3))), SIDEWAYS),
    "fill bytes": (behind_start(b"\xff\xff\xff", jpeg()), ORDINARY),
    "garbage in the header": (behind_start(bytes(9000), jpeg()), ORDINARY),
    "many segments": (
        behind_start(b"\xff\x01" + segment(0xE5, b"\xff\xd9") * 300, jpeg()),
        ORDINARY,
    ),
    "padded": (jpeg() + bytes(500), ORDINARY),
    "a video behind": (jpeg() + b"ftypmp42 a video" * 99999, ORDINARY),
    "narrow": (jpeg(size=(2000, 1), optimize=True), {"aspect": 2000.0}),
    "as large as it gets": (
        with_frame(jpeg(progressive=True), width=60000, height=60000),
        {"width": 60000, "height": 60000, "readable": True},
    ),
}


def test_facts() -> None:
    found = {name: dict(read(data)) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


def test_several_images_in_one_file_are_still_one_image() -> None:
    file = io.BytesIO()
    first, second = Image.new("RGB", (64, 48)), Image.new("RGB", (320, 240))
    first.save(file, "MPO", save_all=True, append_images=[second])

    assert read(file.getvalue()) == ORDINARY


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"subsampling": 0}, {"quality": 1}])
def test_a_plain_image_takes_next_to_nothing(mode: str, options: dict[str, Any]) -> None:
    for size in ((1, 1), (999, 1), (1001, 999)):
        file = io.BytesIO()
        Image.new(mode, size).save(file, "JPEG", **options)
        assert read(file.getvalue())["readable"] is True


def shortened() -> bytes:
    data = jpeg(size=(640, 480))
    return data[:1200] + data[-2:]


def late_height() -> bytes:
    data = jpeg(size=(64, 48))
    return with_frame(data, height=0)[:-2] + segment(0xDC, struct.pack(">H", 48)) + data[-2:]


def impossible_codes() -> bytes:
    data = bytearray(jpeg())
    at = data.find(b"\xff\xc4") + 5
    data[at : at + 2] = b"\x07\x07"
    return bytes(data)


SCAN = jpeg().find(b"\xff\xda")


@pytest.mark.parametrize(
    ("data", "problem", "size"),
    [
        pytest.param(jpeg()[:-2], "cut off: its .* end in the middle", (64, 48), id="no end"),
        pytest.param(
            jpeg()[:-2] + bytes(9999), "cut off: its .* end in the middle", (64, 48), id="zeros"
        ),
        pytest.param(jpeg()[:SCAN], "cut off: its .* before the image data", (64, 48), id="scan"),
        pytest.param(jpeg()[:100], "cut off: its 100 bytes", (None, None), id="header"),
        pytest.param(b"\xff\xd8\xff\xd9", "cut off: its 4 bytes", (None, None), id="empty"),
        pytest.param(b"\xff\xd8\xff\xe0\0\1" + jpeg(), "cut off", (None, None), id="length 1"),
        pytest.param(
            b"\xff\xd8" + jpeg()[SCAN:], "lacks the size of the image", (None, None), id="no frame"
        ),
        pytest.param(
            shortened(), "cut off: 5.. bytes of .*, 640 x 480 pixels need at least 3,600",
            (640, 480), id="shortened",
        ),
        pytest.param(
            with_frame(jpeg(), width=0), "a width of 0 pixels", (None, None), id="width 0"
        ),
        pytest.param(late_height(), "lacks the height", (64, 48), id="height behind scan"),
        pytest.param(
            with_frame(jpeg(), height=0), "lacks the height", (None, None), id="height 0"
        ),
        pytest.param(impossible_codes(), "damaged: invalid Huffman table", (64, 48), id="huffman"),
    ],
)  # fmt: skip
def test_unusable(data: bytes, problem: str, size: tuple[int | None, int | None]) -> None:
    found = read(data)

    assert found["readable"] is False
    assert re.search(problem, found["problem"])
    assert (found.get("width"), found.get("height")) == size


@pytest.mark.untraced
def test_what_is_cut_off_anywhere_is_never_called_whole() -> None:
    whole = jpeg(size=(32, 24), exif=exif(6))
    for length in range(3, len(whole)):
        assert read(whole[:length])["readable"] is False


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8" + b"\xff\xd0" * 100_000, id="bare markers"),
        pytest.param(b"\xff\xd8\xff" + bytes(4_000_000), id="zeros"),
        pytest.param(b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000, id="empty segments"),
        pytest.param(b"\xff\xd8" + b"\xff" * 4_000_000, id="fill bytes"),
        pytest.param(jpeg()[:-2] + bytes(4_000_000), id="no end"),
    ],
)
@pytest.mark.untraced
def test_a_hostile_file_is_answered_quickly(data: bytes) -> None:
    started = time.process_time()

    assert read(data)["readable"] is False
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_flipped_bytes_never_hang_or_crash() -> None:
    whole = jpeg(size=(32, 24), exif=exif(6))
    scan = whole.index(b"\xff\xda") + 20
    for at in (*range(2, scan), *range(scan, len(whole), 11)):
        for value in (0, 0xC0, 0xDA, 0xFF):
            with contextlib.suppress(struct.error):
                read(whole[:at] + bytes((value,)) + whole[at + 1 :])


def test_exif_without_an_image_still_gives_how_it_was_held() -> None:
    found = read(b"\xff\xd8" + segment(0xE1, exif(6)))

    assert (found["readable"], found["orientation"]) == (False, 6)
