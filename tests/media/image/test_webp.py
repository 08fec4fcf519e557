"""WEBP: lossy, lossless, extended, animated; and headers that claim too much."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import time
from typing import Any

import pytest
from PIL import Image

from wanprep.media.image.webp import read_webp
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "webp",
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
ALPHA, EXIF, ANIMATED = 0x10, 0x08, 0x02


def webp(mode: str = "RGB", **options: object) -> bytes:
    image = Image.linear_gradient("L").resize((64, 48)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.radial_gradient("L").resize((64, 48)))
    file = io.BytesIO()
    image.save(file, "WEBP", **options)
    return file.getvalue()


def moving(frames: int, mode: str = "RGB") -> bytes:
    first, *more = (Image.new(mode, (64, 48), ("red", "green", "blue")[n]) for n in range(frames))
    file = io.BytesIO()
    first.save(file, "WEBP", save_all=True, append_images=more)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x8825] = {2: (52.0, 31.0, 12.0)}
    return tags.tobytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def riff(*chunks: bytes, claimed: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if claimed is None else claimed) + body


def canvas(flags: int, width: int = 64, height: int = 48) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sizes)


LOSSY = webp()[12:]
LOSSLESS = webp(lossless=True)[12:]
TRANSPARENT = webp("RGBA", lossless=True)[12:]
FRAME = chunk(b"ANMF", bytes(16) + LOSSY)


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "lossy": (webp(), ORDINARY),
    "lossless": (webp(lossless=True), ORDINARY),
    "lossy with alpha": (webp("RGBA"), ORDINARY | {"alpha": True}),
    "lossless with alpha": (webp("RGBA", lossless=True), {"alpha": True}),
    "sideways": (
        webp(exif=exif(6)),
        {"width": 48, "height": 64, "stored_width": 64, "orientation": 6, "gps": True},
    ),
    "lossless sideways": (webp(exif=exif(6), lossless=True), {"orientation": 6}),
    "animated": (moving(3), {"animated": True, "frames": 3, "alpha": False}),
    "animated, RGBA": (moving(3, "RGBA"), {"animated": True, "frames": 3, "width": 64}),
    "animated with alpha": (
        riff(canvas(ANIMATED | ALPHA), FRAME, FRAME),
        {"animated": True, "frames": 2, "alpha": True},
    ),
    "one frame": (riff(canvas(ANIMATED), FRAME), {"animated": False, "frames": 1}),
    "alpha by flag": (riff(canvas(ALPHA), LOSSY), {"alpha": True}),
    "alpha by chunk": (riff(canvas(0), chunk(b"ALPH", bytes(9)), LOSSY), {"alpha": True}),
    "lossless knows of no alpha": (riff(canvas(ALPHA), LOSSLESS), {"alpha": False}),
    "odd exif": (riff(canvas(0), LOSSY, chunk(b"EXIF", exif(9))), {"orientation": 1}),
    "as large as it gets": (
        riff(canvas(ANIMATED, 1 << 24, 1 << 24), FRAME),
        {"width": 1 << 24, "height": 1 << 24, "readable": True},
    ),
    "garbage behind": (webp() + b"and more", ORDINARY),
    "two images": (riff(LOSSY, LOSSLESS), ORDINARY),
}


def test_facts() -> None:
    found = {name: dict(read_webp(Bytes(data))) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


def with_tag(tag: int) -> bytes:
    """Change the first three bytes of a lossy image."""
    return riff(LOSSY[:8] + tag.to_bytes(3, "little") + LOSSY[11:])


WHOLE = webp()


@pytest.mark.parametrize(
    ("data", "problem", "width"),
    [
        pytest.param(WHOLE[:-9], f"cut off: {len(WHOLE) - 9} of {len(WHOLE)}", 64, id="data"),
        pytest.param(WHOLE[:20], "cut off: 20 of", None, id="header"),
        pytest.param(riff(LOSSY, claimed=99_999), "of 100,007 bytes", 64, id="claim"),
        pytest.param(riff(canvas(0)[:12], claimed=12), "cut off: 24 of 30", None, id="canvas"),
        pytest.param(riff(LOSSY[:8], claimed=12), "cut off", None, id="chunk header only"),
        pytest.param(riff(), "no image", None, id="nothing"),
        pytest.param(riff(canvas(0)), "no image", 64, id="canvas only"),
        pytest.param(riff(canvas(ANIMATED), LOSSY), "without frames", 64, id="no frames"),
        pytest.param(riff(canvas(0, 80, 48), LOSSY), "80 x 48 .* 64 x 48", 80, id="two sizes"),
        pytest.param(with_tag(0xFF11), "its image data is invalid", None, id="not a key frame"),
        pytest.param(with_tag(0xFF00), "its image data is invalid", None, id="a hidden frame"),
        pytest.param(
            with_tag(0xFFFF10), "its image data is invalid", None, id="partition too long"
        ),
        pytest.param(
            riff(LOSSY.replace(b"\x9d\x01\x2a", b"???")),
            "its image data is invalid",
            None,
            id="start",
        ),
        pytest.param(
            riff(LOSSLESS.replace(b"\x2f", b"?", 1)),
            "its image data is invalid",
            None,
            id="signature",
        ),
    ],
)
def test_unusable(data: bytes, problem: str, width: int | None) -> None:
    found = read_webp(Bytes(data))

    assert found["readable"] is False
    assert re.search(problem, found["problem"])
    assert found.get("width") == width


@pytest.mark.parametrize("whole", [webp("RGBA", exif=exif(6)), moving(3)], ids=["still", "moving"])
@pytest.mark.untraced
def test_what_is_cut_off_anywhere_is_never_called_whole(whole: bytes) -> None:
    for length in range(12, len(whole)):
        assert read_webp(Bytes(whole[:length]))["readable"] is False


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(riff(*[chunk(b"ANMF", b"")] * 110_000), id="empty frames"),
        pytest.param(riff(bytes(4_000_000)), id="zeros"),
        pytest.param(riff(b"VP8 \xff\xff\xff\xff" + bytes(99), claimed=0xFFFFFFFF), id="huge"),
    ],
)
@pytest.mark.untraced
def test_a_hostile_file_is_answered_quickly(data: bytes) -> None:
    started = time.process_time()

    assert read_webp(Bytes(data))["readable"] is False
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_flipped_bytes_never_hang_or_crash() -> None:
    whole = webp("RGBA", exif=exif(6))
    for at in range(8, len(whole)):
        for value in (0, 1, 127, 128, 255):
            with contextlib.suppress(struct.error):
                read_webp(Bytes(whole[:at] + bytes((value,)) + whole[at + 1 :]))
