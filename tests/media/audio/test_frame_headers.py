from __future__ import annotations

from hashlib import shake_128
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from encoded_audio import encode
from PIL import Image

from wanprep.media.audio.frame_headers import looks_like_adts, looks_like_mp3

if TYPE_CHECKING:
    from collections.abc import Callable

JUNK = shake_128(b"junk").digest(300_000)


def mp3() -> bytes:
    bare = ("-write_xing", "0", "-id3v2_version", "0")
    return encode("-c:a", "libmp3lame", "-b:a", "128k", *bare, suffix=".mp3")


def layer_1() -> bytes:
    return (b"\xff\xff\x54\0" + bytes(156)) * 50


def free_format() -> bytes:
    return (b"\xff\xfb\4\xc0" + bytes(700)) * 20


def jpeg() -> bytes:
    file = BytesIO()
    Image.frombytes("RGB", (300, 300), JUNK[:270_000]).save(file, "JPEG", restart_marker_rows=1)
    return file.getvalue()


def jump_table() -> bytes:
    """Make what a compiler puts into programs; read as frames of layer 1 it goes on for long."""
    entries = (b"\x0f\x1f\x00\x68" + bytes((number % 256,)) for number in range(400))
    return b"\x7fELF" + b"".join(e + b"\0\0\0\xe9\xe0\xff\xff\xff\xff\x25" for e in entries)


@pytest.mark.parametrize(
    ("make", "is_mp3", "is_adts"),
    [
        pytest.param(lambda: mp3()[:4096], True, False, id="mp3"),
        pytest.param(mp3, True, False, id="mp3, whole"),
        pytest.param(lambda: mp3()[400:4096], True, False, id="mp3 that begins within a frame"),
        pytest.param(lambda: bytes(1000) + mp3()[:3096], True, False, id="mp3 behind zeros"),
        pytest.param(lambda: JUNK[:100_000] + mp3(), True, False, id="mp3 behind much junk"),
        pytest.param(lambda: mp3()[:1000], True, False, id="two frames and a bit"),
        pytest.param(layer_1, True, False, id="layer 1"),
        pytest.param(free_format, True, False, id="free format"),
        pytest.param(lambda: encode(suffix=".mp2")[:4096], True, False, id="layer 2"),
        pytest.param(lambda: encode(suffix=".aac")[:4096], False, True, id="adts"),
        pytest.param(
            lambda: JUNK[:500] + encode(suffix=".aac")[:9000], False, True, id="adts behind junk"
        ),
        pytest.param(lambda: b"", False, False, id="nothing"),
        pytest.param(lambda: b"\xff\xfb\x90", False, False, id="a header cut off"),
        pytest.param(lambda: b"\xff\xf1\x50\x80", False, False, id="an adts header cut off"),
        pytest.param(lambda: bytes(4096), False, False, id="zeros"),
        pytest.param(lambda: b"\xff" * 4096, False, False, id="ones"),
        pytest.param(lambda: JUNK, False, False, id="random bytes"),
        pytest.param(lambda: "wörds and wörds\n".encode("utf-16") * 300, False, False, id="text"),
        pytest.param(jpeg, False, False, id="jpeg"),
        pytest.param(lambda: encode(suffix=".wav"), False, False, id="wav"),
        pytest.param(lambda: encode(suffix=".ogg", rate=8000), False, False, id="ogg"),
        pytest.param(lambda: encode(suffix=".flac"), False, False, id="flac"),
        pytest.param(jump_table, False, False, id="a program"),
    ],
)
def test_only_frames_look_like_frames(
    make: Callable[[], bytes], is_mp3: bool, is_adts: bool
) -> None:
    head = make()

    assert looks_like_mp3(head) is is_mp3
    assert looks_like_adts(head) is is_adts


def test_random_bytes_never_look_like_frames() -> None:
    heads = [shake_128(bytes((high, low))).digest(4096) for high in range(10) for low in range(100)]

    assert not any(looks_like_mp3(head) or looks_like_adts(head) for head in heads)
