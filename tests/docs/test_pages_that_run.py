"""Every command of these pages is run in a fresh folder, and prints the lines shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from documents import DOCS, ROOT, blocks
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

_RUN = re.compile(r"k3m9x2pa")


def copy_of_a_phone(folder: Path) -> None:
    """Write a photo on its side with a position, a screenshot with alpha, and a long clip."""
    phone = folder / "phone"
    phone.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 6.0), 3: "E", 4: (11.0, 34.0, 30.0)})
    photo = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    photo.save(phone / "IMG_2041.JPG", exif=exif)
    screen = Image.linear_gradient("L").resize((1170, 900)).convert("RGBA")
    screen.save(phone / "IMG_2044.PNG")
    sources = ["testsrc=duration=34:size=640x360:rate=12", "sine=duration=34"]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    clip = [*inputs, "-pix_fmt", "yuv420p", str(phone / "IMG_2047.MOV")]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *clip], check=True)


def some_assets(folder: Path) -> None:
    """Write a job that passes, and a folder in which one image is too small."""
    demo = ROOT / "fixtures/demo"
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    (folder / "assets").mkdir()
    for name in ("hero.jpg", "dance.mp4"):
        shutil.copy(demo / "refs" / name, folder / "assets")
    Image.new("RGB", (32, 24)).save(folder / "assets/tiny.png")


PAGES: Final[dict[str, Callable[[Path], None]]] = {
    "tutorial.md": copy_of_a_phone,
    "how-to/query-with-jq-and-duckdb.md": some_assets,
}


def missing_line(shown: str, output: str) -> str | None:
    """Return the first line shown that is not in the output; … matches anything."""
    lines = output.splitlines()
    for line in shown.splitlines():
        if line == "…":
            continue
        parts = (".*".join(map(re.escape, part.split("…"))) for part in _RUN.split(line))
        pattern = re.compile("[a-z0-9]{8}".join(parts))
        at = next((at for at, each in enumerate(lines) if pattern.fullmatch(each)), None)
        if at is None:
            return line
        lines = lines[at + 1 :]
    return None


def run_sql(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    return "\n".join(map(str, duckdb.execute(text).fetchall()))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_print_what_is_shown(
    tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    if "| jq" in text.replace("|\n  jq", "| jq") and shutil.which("jq") is None:
        pytest.skip("there is no jq")
    work = tmp_path / "work"
    work.mkdir()
    PAGES[page](work)
    here = tmp_path / "here"
    here.write_text(str(work), encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "wanprep").write_text(f'#!/bin/sh\nexec {sys.executable} -m wanprep "$@"\n')
    (programs / "wanprep").chmod(0o755)
    environ = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "WANPREP_STATE_DIR": str(tmp_path / "state"),
        "HERE": str(here),
    }
    output, ran = "", 0
    for block in blocks(DOCS / page):
        if block.language == "sh":
            done = subprocess.run(
                ["bash", "-c", f'cd "$(cat "$HERE")"\n{block.text}\npwd > "$HERE"'],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ,
                check=False, timeout=120,
            )  # fmt: skip
            output, ran = done.stdout, ran + 1
            assert "Traceback" not in output
        elif block.language == "sql":
            output = run_sql(block.text, work, monkeypatch)
        elif block.language == "text":
            missing = missing_line(block.text, output)
            assert missing is None, f"{missing!r} is not in the output:\n{output}"
    assert ran > 6


def test_a_missing_line_is_found() -> None:
    assert missing_line("a\n…\nc", "a\nb\nc") is None
    assert missing_line("k3m9x2pa  done …", "abcdefgh  done with it") is None
    assert missing_line("c\na", "a\nb\nc") == "a"
    assert missing_line("b", "a b") == "b"
