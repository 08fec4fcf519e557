from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from wanprep.media.facts import printable_line
from wanprep.media.probe_file import _REQUIRED, probe_file, read_source
from wanprep.media.source import Bytes
from wanprep.schemas import load_schema


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGB", (40, 30)).save(path, "JPEG")

    facts = probe_file(str(path))

    assert (facts.kind, facts.format, facts.extension_format) == ("image", "jpeg", "png")
    assert (facts.width, facts.height, facts.readable) == (40, 30, True)
    assert facts.bytes == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "empty: 0 bytes", id="nothing"),
        pytest.param(b"hello\n" * 20, "text, not media", id="text"),
        pytest.param("Größe\n".encode() * 900, "text, not media", id="text cut inside a letter"),
        pytest.param(b"<!DOCTYPE html><html>", "an HTML page, not media", id="HTML"),
        pytest.param(b'\xef\xbb\xbf {"error": "no"}', "JSON text, not media", id="JSON"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3", "a PDF document, not media", id="PDF"),
        pytest.param(b"PK\x03\x04\x14\0", "a ZIP archive, not media", id="ZIP"),
        pytest.param(b"\0" * 5000, "only zero bytes", id="zeros"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64,
            "Git LFS pointer: the file itself was not fetched",
            id="LFS pointer",
        ),
        pytest.param(bytes(range(256)), "not a media format that wanprep knows", id="bytes"),
    ],
)
def test_what_is_no_media_gives_what_it_is(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "hero.jpg"
    path.write_bytes(content)

    facts = probe_file(str(path))

    assert (facts.kind, facts.format, facts.readable) == ("other", "unknown", False)
    assert facts.extension_format == "jpeg"
    assert facts.problem == problem


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "gone.jpg").symlink_to("missing.jpg")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket.jpg"))
        problems = {
            name: probe_file(str(tmp_path / name)).problem
            for name in ("pipe.jpg", "folder.jpg", "circle.jpg", "gone.jpg", "socket.jpg", "no.jpg")
        }
    assert problems == {
        "pipe.jpg": "a named pipe, not a file",
        "folder.jpg": "a folder, not a file",
        "circle.jpg": "not read: too many levels of symbolic links",
        "gone.jpg": "no such file: a link to missing.jpg",
        "socket.jpg": "a socket, not a file",
        "no.jpg": "no such file",
    }
    assert probe_file("/dev/zero").problem == "a device, not a file"


def test_names_that_no_file_can_have() -> None:
    assert probe_file("a\0b.jpg").problem == "cannot be opened: its name has a null byte"
    assert probe_file("x" * 5000).problem == "not read: file name too long"
    assert probe_file(f"{__file__}/x.jpg").problem == "no such file"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:  # pragma: no cover - needs a user
    path = tmp_path / "secret.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    assert probe_file(str(path)).problem == "not read: permission denied"


def test_a_file_that_may_not_be_read_by_someone_else(tmp_path: Path) -> None:
    """As above for the superuser, who must first become another user."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can become another user")
    path = tmp_path / "secret.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = (
        f"from wanprep.media.probe_file import probe_file; print(probe_file({str(path)!r}).problem)"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", f"import wanprep.media.probe_file, os; os.setuid(65534); {code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "not read: permission denied\n"


def test_a_parser_that_stumbles_gives_so_in_one_line() -> None:
    # A GIF whose screen is promised and missing.
    found = read_source(Bytes(b"GIF89a\x01"))
    assert found["readable"] is False
    assert "\n" not in found["problem"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines", "two lines"),
        ("\x1b[31mred\x07", "[31mred"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert printable_line(text) == line


def test_readers_must_state_what_the_schema_requires() -> None:
    demanded = {
        rule["if"]["properties"]["kind"]["const"]: rule["then"]["required"]
        for rule in load_schema("facts")["allOf"]
        if "kind" in rule["if"]["properties"]
    }
    assert demanded == {kind: list(names) for kind, names in _REQUIRED.items() if names}
