from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from wanprep.errors import UsageError
from wanprep.submit.uploads.files import local_file


@pytest.mark.parametrize(
    ("name", "format_name", "content_type", "sent_as"),
    [
        ("hero.jpg", "PNG", "image/png", "hero.png"),
        ("hero.HEIC", "JPEG", "image/jpeg", "hero.jpg"),
        ("hero", "WEBP", "image/webp", "hero.webp"),
        ("мой герой (1).bmp", "BMP", "image/bmp", "1.bmp"),
        ("герой.png", "PNG", "image/png", "file.png"),
        ("-a b;'\"\n.c.png", "PNG", "image/png", "a-b-c.png"),
        ("x" * 200 + ".png", "PNG", "image/png", "x" * 60 + ".png"),
    ],
)
def test_a_file_is_what_its_content_says(
    tmp_path: Path, name: str, format_name: str, content_type: str, sent_as: str
) -> None:
    path = tmp_path / name
    Image.new("RGB", (8, 8)).save(path, format_name)
    file = local_file(str(path))
    assert (file.name, file.content_type) == (sent_as, content_type)
    assert file.bytes == path.stat().st_size
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_videos_and_unknown_formats(tmp_path: Path, clip: Path) -> None:
    assert local_file(str(clip)).content_type == "video/mp4"
    odd = tmp_path / "a.mp4"
    odd.write_bytes(b"what is this?")
    assert local_file(str(odd)).content_type == "application/octet-stream"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.png cannot be read: No such file"):
        local_file(str(tmp_path / "none.png"))
