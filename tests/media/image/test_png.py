"""PNG: the facts in the chunks, and missing chunks."""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import time
import zlib
from functools import cache
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from wanprep.media.image.png import read_png
from wanprep.media.source import Bytes

ORDINARY = {
    "kind": "image",
    "format": "png",
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
SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"\0\0\0\0IEND\xae\x42\x60\x82"
SIDEWAYS = {"width": 48, "height": 64, "stored_width": 64, "stored_height": 48, "orientation": 6}


def png(mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    file = io.BytesIO()
    noise = hashlib.shake_128().digest(size[0] * size[1])
    Image.frombytes("L", size, noise).convert(mode).save(file, "PNG", **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes = b"", *, checksum: int | None = None) -> bytes:
    total = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", total)


def make_png(
    *before: bytes, header: tuple[int, ...] = (64, 48, 8, 2, 0, 0, 0), after: bytes = END
) -> bytes:
    """Make a PNG of nearly nothing: readers of headers do not decode its pixels."""
    start = SIGNATURE + chunk(b"IHDR", struct.pack(">II5B", *header)) + b"".join(before)
    return start + chunk(b"IDAT", zlib.compress(b"")) + after


def exif(orientation: int = 6) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x8825] = {2: (52.0, 31.0, 12.0)}
    return tags.tobytes()[6:]


@cache
def large(*, after: bytes = END) -> bytes:
    """Make a PNG with more image data than is checked against checksums."""
    data = png(size=(400, 400))
    assert len(data) > 100_000
    return data.removesuffix(END) + after


def apng(frames: int) -> bytes:
    file = io.BytesIO()
    first, *more = (Image.new("RGB", (64, 48), (n, 0, 0)) for n in range(frames))
    first.save(file, "PNG", save_all=True, append_images=more)
    return file.getvalue()


def read(data: bytes) -> dict[str, Any]:
    return dict(read_png(Bytes(data)))


PALETTE = chunk(b"PLTE", bytes(6))


FILES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "ordinary": (png(), ORDINARY),
    "large": (large(), {"width": 400, "readable": True}),
    "1 bit": (png("1"), {"color": "gray", "bit_depth": 1}),
    "gray": (png("L"), {"color": "gray", "alpha": False}),
    "gray and alpha": (png("LA"), {"color": "gray", "alpha": True}),
    "rgb and alpha": (png("RGBA"), {"color": "rgb", "alpha": True}),
    "16 bits": (png("I;16"), {"color": "gray", "bit_depth": 16}),
    "palette": (png("P"), {"color": "palette", "alpha": False}),
    "transparent palette": (png("P", transparency=0), {"alpha": True}),
    "transparent colour": (png(transparency=(1, 2, 3)), {"alpha": True}),
    "transparent gray": (png("L", transparency=7), {"alpha": True}),
    "nothing is transparent": (make_png(chunk(b"tRNS")), {"alpha": False}),
    "too late": (make_png(after=chunk(b"tRNS", b"\0" * 6) + END), {"alpha": False}),
    "sideways": (png(exif=exif()), SIDEWAYS | {"gps": True}),
    "exif at the end": (make_png(after=chunk(b"eXIf", exif()) + END), SIDEWAYS),
    "exif at the end of a large file": (
        large(after=chunk(b"eXIf", exif()) + chunk(b"tEXt", b"eXIf") + END),
        {"orientation": 6, "gps": True},
    ),
    "exif by chance": (
        large(after=chunk(b"eXIf", exif(), checksum=1) + END),
        {"orientation": 1, "gps": False},
    ),
    "broken exif": (make_png(chunk(b"eXIf", b"MM\0*")), {"orientation": 1}),
    "animated": (apng(3), {"animated": True, "frames": 3}),
    "one frame": (
        make_png(chunk(b"acTL", b"\0\0\0\1\0\0\0\0")),
        {"animated": False, "frames": 1},
    ),
    "billions of frames": (
        make_png(chunk(b"acTL", b"\x80\0\0\1\0\0\0\0")),
        {"animated": True, "frames": 0x80000001},
    ),
    "no frames": (make_png(chunk(b"acTL", bytes(8))), {"animated": False, "frames": 1}),
    "nothing about hdr": (make_png(), {"hdr": None}),
    "PQ": (make_png(chunk(b"cICP", b"\x09\x10\0\1")), {"hdr": True}),
    "HLG": (make_png(chunk(b"cICP", b"\x09\x12\0\1")), {"hdr": True}),
    "sRGB": (make_png(chunk(b"cICP", b"\x01\x0d\0\1")), {"hdr": False}),
    "interlaced": (
        make_png(PALETTE, header=(64, 48, 2, 3, 0, 0, 1)),
        {"bit_depth": 2, "color": "palette", "readable": True},
    ),
    "as large as it gets": (
        make_png(header=(60000, 60000, 8, 6, 0, 0, 0)),
        {"width": 60000, "height": 60000, "alpha": True},
    ),
    "header is not the first chunk": (SIGNATURE + chunk(b"fAKE") + make_png()[8:], ORDINARY),
    "garbage behind": (png() + b"\r\n\x1a\n and more", ORDINARY),
    "checksum of a text": (make_png(chunk(b"tEXt", b"Comment\0hello", checksum=1)), ORDINARY),
    "last checksum missing": (png()[:-4], ORDINARY),
}


def test_facts() -> None:
    found = {name: dict(read(data)) for name, (data, _) in FILES.items()}

    assert {
        name: {key: found[name].get(key) for key in expected}
        for name, (_, expected) in FILES.items()
    } == {name: expected for name, (_, expected) in FILES.items()}
    assert [name for name, facts in found.items() if "problem" in facts] == []


def test_compressed_text_is_left_alone() -> None:
    text = PngInfo()
    text.add_itxt("bomb", "0" * 5_000_000, zip=True)

    assert read(png(pnginfo=text)) == ORDINARY


IDAT = png().find(b"IDAT")


@pytest.mark.parametrize(
    ("data", "problem", "width"),
    [
        pytest.param(png()[:-12], "cut off: its", 64, id="end missing"),
        pytest.param(png()[: IDAT + 50], "cut off: 87 of at least", 64, id="data missing"),
        pytest.param(large()[:-9999], "cut off:", 400, id="large"),
        pytest.param(large(after=b"\0\0"), "cut off:", 400, id="large without an end"),
        pytest.param(SIGNATURE, "cut off: its 8 bytes", None, id="signature only"),
        pytest.param(SIGNATURE + END, "there is no image", None, id="end only"),
        pytest.param(
            make_png().replace(chunk(b"IDAT", zlib.compress(b"")), b""),
            "no image",
            64,
            id="no data",
        ),
        pytest.param(
            SIGNATURE + chunk(b"IDAT", b"x") + END,
            "damaged: it has no header",
            None,
            id="no header",
        ),
        pytest.param(
            make_png()[:33] + bytes(99), "damaged: no PNG chunk at byte 33", 64, id="zeros"
        ),
        pytest.param(
            make_png(after=b"\0\0\0\1????    " + END),
            "damaged: no PNG chunk at byte",
            64,
            id="no chunk",
        ),
        pytest.param(make_png(header=(0, 48, 8, 2, 0, 0, 0)), "gives 0 x 48", None, id="width 0"),
        pytest.param(
            make_png(header=(1 << 31, 48, 8, 2, 0, 0, 0)),
            "gives 2147483648",
            1 << 31,
            id="too wide",
        ),
        pytest.param(make_png(header=(64, 48, 0, 2, 0, 0, 0)), "with 0 bits", 64, id="no bits"),
        pytest.param(
            make_png(header=(64, 48, 8, 1, 0, 0, 0)), "colour type 1", 64, id="colour type"
        ),
        pytest.param(make_png(header=(64, 48, 8, 2, 1, 0, 0)), "compression", 64, id="compression"),
        pytest.param(make_png(header=(64, 48, 8, 2, 0, 0, 2)), "compression", 64, id="interlacing"),
        pytest.param(
            make_png(header=(64, 48, 8, 3, 0, 0, 0)), "palette is missing", 64, id="palette"
        ),
        pytest.param(
            make_png().replace(b"\0\0\0@", b"\0\0\0A"), "checksum of its header", 65, id="IHDR"
        ),
        pytest.param(
            png()[: IDAT + 9] + b"??" + png()[IDAT + 11 :], "checksum of its image", 64, id="IDAT"
        ),
        pytest.param(
            SIGNATURE + chunk(b"CgBI", bytes(4)) + make_png()[8:],
            "it has CgBI chunks, which few programs support",
            64,
            id="Apple's",
        ),
    ],
)
def test_unusable(data: bytes, problem: str, width: int | None) -> None:
    found = read(data)

    assert found["readable"] is False
    assert problem in found["problem"]
    assert found.get("width") == width


@pytest.mark.parametrize("whole", [png(), large()], ids=["small", "large"])
@pytest.mark.untraced
def test_what_is_cut_off_anywhere_is_never_called_whole(whole: bytes) -> None:
    for length in range(8, len(whole) - 4, 1 + len(whole) // 2000):
        assert read(whole[:length])["readable"] is False


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(SIGNATURE + chunk(b"tEXt") * 110_000, id="empty chunks"),
        pytest.param(make_png(after=chunk(b"IDAT") * 110_000), id="empty data"),
        pytest.param(SIGNATURE + b"\xff\xff\xff\xffIDAT" + bytes(1_000_000), id="huge chunk"),
        pytest.param(SIGNATURE + b"\0\0\0\0" * 1_000_000, id="zeros"),
    ],
)
@pytest.mark.untraced
def test_a_hostile_file_is_answered_quickly(data: bytes) -> None:
    started = time.process_time()

    assert read(data)["readable"] is False
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_many_false_exifs_at_the_end_are_tried_quickly() -> None:
    started = time.process_time()

    assert read(large(after=b"\0\0\xff\0eXIf" * 9_000 + END))["orientation"] == 1
    assert time.process_time() - started < 20


@pytest.mark.untraced
def test_flipped_bytes_never_hang_or_crash() -> None:
    whole = png(exif=exif())
    for at in range(8, 400):
        for value in (0, 1, 65, 127, 128, 255):
            with contextlib.suppress(struct.error):
                read(whole[:at] + bytes((value,)) + whole[at + 1 :])


def profile(data: bytes, name: bytes = b"exif") -> bytes:
    """Write data as ImageMagick does: by name and length, in hexadecimal digits."""
    digits = "\n".join(data.hex()[at : at + 72] for at in range(0, 2 * len(data), 72))
    return b"\n" + name + b"\n%8d\n" % len(data) + digits.encode() + b"\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            chunk(b"tEXt", b"Raw profile type exif\0" + profile(b"Exif\0\0" + exif())), id="plain"
        ),
        pytest.param(
            chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(profile(exif()))),
            id="packed",
        ),
    ],
)
def test_exif_hidden_in_text(text: bytes) -> None:
    found = dict(read_png(Bytes(make_png(text))))

    assert {name: found[name] for name in SIDEWAYS} == SIDEWAYS
    assert found["gps"] is True


def test_exif_in_its_own_place_counts_for_more() -> None:
    text = chunk(b"tEXt", b"Raw profile type exif\0" + profile(exif(3)))

    assert read_png(Bytes(make_png(text, chunk(b"eXIf", exif(6)))))["orientation"] == 6


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(chunk(b"tEXt", b"Comment\0" + profile(exif())), id="another name"),
        pytest.param(chunk(b"tEXt", b"Raw profile type exif\0no digits"), id="no lines"),
        pytest.param(chunk(b"tEXt", b"Raw profile type exif\0\n\n\nxyz"), id="no digits"),
        pytest.param(chunk(b"zTXt", b"Raw profile type exif\0\0junk"), id="not packed"),
    ],
)
def test_text_without_exif_gives_nothing(text: bytes) -> None:
    assert read_png(Bytes(make_png(text)))["orientation"] == 1
