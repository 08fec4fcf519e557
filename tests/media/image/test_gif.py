"""GIF: frames are counted without decoding them."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.gif import read_gif
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "gif",
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
    "color": "palette",
    "gps": False,
    "readable": True,
}
TRAILER = b"\x3b"


def gif(frames: int = 1, **options: object) -> bytes:
    first, *more = (
        Image.radial_gradient("L").resize((64, 48)).rotate(20 * n) for n in range(frames)
    )
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=more, **options)
    return file.getvalue()


def screen(width: int = 64, height: int = 48) -> bytes:
    """Begin a GIF with a palette of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)


def frame(
    size: tuple[int, int] = (64, 48), at: tuple[int, int] = (0, 0), code_size: int = 2
) -> bytes:
    """One image with a palette of its own and hardly any data."""
    head = struct.pack("<4HB", *at, *size, 0x80) + bytes(6)
    return b"\x2c" + head + bytes((code_size,)) + b"\2\x4c\1\0"


def control(flags: int) -> bytes:
    return b"\x21\xf9\4" + bytes((flags,)) + b"\5\0\0\0"


COMMENT = b"\x21\xfe\5hello\5again\0"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(gif(), ORDINARY, id="ordinary"),
        pytest.param(gif(interlace=0), ORDINARY, id="not interlaced"),
        pytest.param(gif(transparency=0, optimize=False), {"alpha": True}, id="transparent"),
        pytest.param(gif(4), {"animated": True, "frames": 4}, id="animated"),
        pytest.param(screen() + frame() + TRAILER, ORDINARY, id="made by hand"),
        pytest.param(
            screen() + control(4) + frame() + control(1) + frame() + TRAILER,
            {"alpha": True, "frames": 2},
            id="transparent later",
        ),
        pytest.param(screen() + control(4) + frame() + TRAILER, {"alpha": False}, id="opaque"),
        pytest.param(screen() + COMMENT + frame() + COMMENT + TRAILER, ORDINARY, id="comments"),
        pytest.param(screen() + frame(), ORDINARY, id="no trailer"),
        pytest.param(screen() + frame() + b"\0\0garbage", ORDINARY, id="garbage"),
        pytest.param(screen() + frame() + TRAILER + frame(), ORDINARY, id="behind the trailer"),
        pytest.param(screen(0, 0) + frame() + TRAILER, ORDINARY, id="screen of nothing"),
        pytest.param(
            screen(10, 60) + frame((50, 20), (14, 0)) + frame((99, 99)) + TRAILER,
            {"width": 64, "height": 60, "frames": 2},
            id="first image larger than the screen",
        ),
        pytest.param(
            screen(65535, 65535) + frame() + TRAILER,
            {"width": 65535, "height": 65535, "readable": True},
            id="as large as it gets",
        ),
    ],
)
def test_facts(data: bytes, expected: dict[str, Any]) -> None:
    found = dict(read_gif(Bytes(data)))

    assert {name: found.get(name) for name in expected} == expected
    assert "problem" not in found


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(screen() + frame()[:-2], "cut off: its 38 bytes", id="data"),
        pytest.param(screen() + frame()[:5], "cut off: its 24 bytes", id="descriptor"),
        pytest.param(screen() + frame() + frame()[:12], "cut off", id="second image"),
        pytest.param(screen() + b"\x21", "cut off", id="extension"),
        pytest.param(screen() + b"\x21\xf9", "cut off", id="control"),
        pytest.param(screen() + TRAILER, "there is no image", id="no image"),
        pytest.param(screen(), "there is no image", id="header only"),
        pytest.param(screen() + frame(code_size=12) + TRAILER, "codes of 12 bits", id="codes"),
    ],
)
def test_unusable(data: bytes, problem: str) -> None:
    found = read_gif(Bytes(data))

    assert found["readable"] is False
    assert problem in found["problem"]
    assert found["width"] == 64


def test_what_is_cut_off_in_an_image_is_never_called_whole() -> None:
    whole = gif()
    for length in range(13, len(whole) - 1):  # the last byte is but the trailer
        assert read_gif(Bytes(whole[:length]))["readable"] is False


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(screen() + b"\x21\xfe\0" * 100_000, id="empty extensions"),
        pytest.param(screen() + b"\x21\xfe" + b"\1x" * 100_000, id="short blocks"),
        pytest.param(screen() + frame()[:-4] + b"\xff" * 4_000_000, id="long blocks"),
    ],
)
@pytest.mark.untraced
def test_a_hostile_file_is_answered_quickly(data: bytes) -> None:
    started = time.process_time()

    assert read_gif(Bytes(data))["readable"] is False
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_flipped_bytes_never_hang_or_crash() -> None:
    whole = gif(3, transparency=3)
    for at in range(6, len(whole), 3):
        for value in (0, 0x2C, 0xFF):
            read_gif(Bytes(whole[:at] + bytes((value,)) + whole[at + 1 :]))
