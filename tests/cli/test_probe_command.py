from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command
from jsonschema import Draft202012Validator
from PIL import Image

from wanprep.schemas import load_schema


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    Image.new("RGB", (64, 48)).save(tmp_path / "a.jpg")
    Image.new("RGBA", (32, 16)).save(tmp_path / "logo.png")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/clip.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "sub/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "notes.md").write_text("# notes")
    return tmp_path


def test_the_table(wanprep: Command, folder: Path) -> None:
    done = wanprep("probe", cwd=folder)

    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].split()[:2] == ["jpeg", "64x48"]
    assert lines[-1] == "5 files: 3 images, 1 video, 1 other; 2 cannot be used"
    assert any(line.endswith("sub/clip.mp4  (h264 25 fps, aac 44.1 kHz mono)") for line in lines)
    assert any(line.endswith("logo.png  (alpha)") for line in lines)
    assert "        unreadable: text, not media" in lines


def test_json_is_a_list_that_fits_the_published_schema(wanprep: Command, folder: Path) -> None:
    done = wanprep("probe", "--format", "json", cwd=folder)

    facts = json.loads(done.out)
    assert [fact["path"] for fact in facts] == [
        "a.jpg", "logo.png", "notes.md", "sub/broken.png", "sub/clip.mp4",
    ]  # fmt: skip
    validator = Draft202012Validator(load_schema("facts"))
    assert [error.message for fact in facts for error in validator.iter_errors(fact)] == []


def test_json_lines_are_the_same_facts(wanprep: Command, folder: Path) -> None:
    as_list = json.loads(wanprep("probe", "--format", "json", cwd=folder).out)
    as_lines = wanprep("probe", "--format", "jsonl", "--no-cache", cwd=folder).out
    assert [json.loads(line) for line in as_lines.splitlines()] == as_list


def test_an_empty_folder(wanprep: Command, tmp_path: Path) -> None:
    assert wanprep("probe", "--format", "json", cwd=tmp_path).out == "[]\n"
    assert wanprep("probe", cwd=tmp_path).out == "0 files\n"


def test_names_from_standard_input(wanprep: Command, folder: Path) -> None:
    done = wanprep("probe", "-", "--format", "jsonl", cwd=folder, stdin=b"a.jpg\nghost.jpg\n")
    first, second = map(json.loads, done.out.splitlines())
    assert (done.status, first["format"]) == (0, "jpeg")
    assert (second["readable"], second["problem"]) == (False, "no such file")

    done = wanprep("probe", "-z", "-", "--format", "jsonl", cwd=folder, stdin=b"a.jpg\0logo.png\0")
    assert [json.loads(line)["path"] for line in done.out.splitlines()] == ["a.jpg", "logo.png"]


HOSTILE = [
    b"two\nlines.jpg",
    b"\x1b[31mred\x1b[0m.jpg",
    b"\x1b]0;title\x07.jpg",
    b"quo'te\".jpg",
    b"-rf.jpg",
    b"--deep",
    b"caf\xe9.jpg",
    b"gpj.\xe2\x80\xaeevil.jpg",
    b" spaces .jpg",
    b"$(reboot).jpg",
    "图片 1.jpg".encode(),
]


def test_hostile_names(wanprep: Command, tmp_path: Path) -> None:
    for name in HOSTILE:
        Image.new("RGB", (8, 8)).save(os.path.join(os.fsencode(tmp_path), name), "PNG")

    table = wanprep("probe", cwd=tmp_path).out
    lines = wanprep("probe", "--format", "jsonl", cwd=tmp_path).out
    named = wanprep("probe", "--format", "jsonl", "--", *sorted(HOSTILE), cwd=tmp_path)

    assert len(table.splitlines()) == len(HOSTILE) + 1
    assert all(line.isprintable() for line in table.splitlines())
    assert lines.isascii()
    names = [json.loads(line)["path"] for line in lines.splitlines()]
    in_order = sorted(map(os.fsdecode, HOSTILE))  # JSON cannot hold the byte that is not UTF-8
    assert names == [name.replace("\udce9", "\\xe9") for name in in_order]
    assert named.status == 0
    assert len(named.out.splitlines()) == len(HOSTILE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["ghost.jpg"], "no file, folder or match for: ghost.jpg", id="missing file"),
        pytest.param(["*.xyz"], "no file, folder or match for: *.xyz", id="glob without match"),
        pytest.param(["--format", "xml"], "'xml' is not one of", id="unknown format"),
        pytest.param(["--fromat", "json"], "--format", id="misspelt option"),
        pytest.param(["-j", "0"], "0 is not in the range", id="no workers"),
    ],
)
def test_usage_errors(wanprep: Command, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = wanprep("probe", *arguments, cwd=tmp_path)
    assert done.status == 2
    assert message in done.err
    assert done.out == ""


def test_a_closed_pipe_is_not_an_error(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.txt").write_text("text")
    piped = subprocess.run(
        f"'{sys.executable}' -m wanprep probe . --format jsonl | head -n 1",
        shell=True, cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    assert len(piped.stdout.splitlines()) == 1
    assert piped.stderr == b""
