"""Formats without a signature worth the name, and what must not be taken for them."""

from __future__ import annotations

import io
from hashlib import shake_128

import pytest
from PIL import Image

from wanprep.media.sniff import sniff
from wanprep.media.source import Bytes


def saved(name: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((64, 48)).convert(mode).save(file, name, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(saved("PPM"), "pnm", id="ppm"),
        pytest.param(saved("PPM", "1"), "pnm", id="pbm"),
        pytest.param(b"P2\n# by hand\n#\n3 1 255\n1 2 3\n", "pnm", id="pgm with comments"),
        pytest.param(saved("TGA", rle=True), "tga", id="tga, colours in runs"),
        pytest.param(saved("TGA", "L"), "tga", id="tga, gray"),
        pytest.param(saved("TGA", "P"), "tga", id="tga, a palette"),
        pytest.param(b"P1 was the first of the planes", "unknown", id="words"),
        pytest.param(bytes(18), "unknown", id="zeros"),
        pytest.param(b"\0\0\x0a" + bytes(9) + b"\1\0\1\0\x07\0", "unknown", id="7 bits a pixel"),
        pytest.param(b"\0\0\x0a", "unknown", id="too short for anything"),
    ],
)
def test_formats_without_a_signature(data: bytes, name: str) -> None:
    assert sniff(Bytes(data)).format == name


def test_noise_is_nothing() -> None:
    noise = shake_128(b"noise").digest(400_000)

    found = {sniff(Bytes(noise[at : at + 100])).format for at in range(0, len(noise), 100)}

    assert found == {"unknown"}
