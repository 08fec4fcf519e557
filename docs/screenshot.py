"""Take the screenshot of the HTML report that the README shows.

`python docs/screenshot.py` needs chromium. It makes a small project with errors in a temporary
folder, checks it, and writes docs/images/report.png with a hash of the page in it; with --check, it
compares that with the page as it is now, for which no browser is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, ImageDraw, PngImagePlugin

OUTPUT: Final = Path(__file__).parent / "images/report.png"
_SIZE: Final = (1180, 1500)
_HASH: Final = "page-sha256"  # a text in the image
_JOB: Final = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks with Image 3 along the beach of Image 2 while Video 1 dances.
references:
  - image: hero.jpg
    voice: hero.wav
  - image: beach.png
  - video: dance.mp4
parameters: {resolution: 1080p, aspect_ratio: 16:9, duration: 5}
"""


def main() -> int:
    """Make the project and the report; take the screenshot, or compare its page with --check."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_project(folder)
        report = folder / "report.html"
        check = [sys.executable, "-m", "wanprep", "check", "job.yaml"]
        subprocess.run([*check, "--format", "html", "-o", str(report)], cwd=folder, check=False)
        digest = _digest(report.read_text(encoding="utf-8"))
        if "--check" in sys.argv:
            return _compare(digest)
        _take(report, folder / "profile", folder / "page.png")
        OUTPUT.parent.mkdir(exist_ok=True)
        note = PngImagePlugin.PngInfo()
        note.add_text(_HASH, digest)
        with Image.open(folder / "page.png") as page:
            page.convert("RGB").quantize(160).save(OUTPUT, optimize=True, pnginfo=note)
    return 0


def _digest(page: str) -> str:
    """Hash what a page shows, without what depends on the encoders' versions: images and sizes."""
    lasting = re.sub(r"data:[^\"')\s]*|[\d.,]+ (bytes|[kM]B)\b", "", page)
    return hashlib.sha256(lasting.encode()).hexdigest()


def _compare(digest: str) -> int:
    with Image.open(OUTPUT) as image:
        is_current = image.info.get(_HASH) == digest
    if not is_current:
        print(f"{OUTPUT} shows an older page: run `python docs/screenshot.py`.", file=sys.stderr)
    return 0 if is_current else 1


def _make_project(folder: Path) -> None:
    (folder / "job.yaml").write_text(_JOB, encoding="utf-8")
    _scene((640, 360), 255).convert("RGB").save(folder / "hero.jpg")
    _scene((1600, 190), 160).save(folder / "beach.png")
    _encode("testsrc=duration=34:size=640x360:rate=12", folder / "dance.mp4", "-pix_fmt", "yuv420p")
    _encode("aevalsrc=sin(2*PI*220*t)*exp(-2*mod(t\\,1)):d=12", folder / "hero.wav")


def _scene(size: tuple[int, int], alpha: int) -> Image.Image:
    width, height = size
    image = Image.new("RGBA", size, (120, 180, 230, alpha))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.6, width, height), fill=(230, 205, 150, alpha))
    middle, radius = width * 0.7, height * 0.2
    draw.ellipse((middle - radius, radius / 2, middle + radius, radius * 2.5), fill="#ffd24a")
    draw.ellipse((width * 0.2, height * 0.3, width * 0.2 + radius, height * 0.5), fill="#7a4b2b")
    draw.rectangle((width * 0.2, height * 0.5, width * 0.2 + radius, height * 0.9), fill="#b3392f")
    return image


def _encode(source: str, output: Path, *options: str) -> None:
    command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source, *options, str(output)]
    subprocess.run(command, check=True)


def _take(page: Path, profile: Path, output: Path) -> None:
    width, height = _SIZE
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--no-first-run", "--hide-scrollbars", f"--user-data-dir={profile}",
               f"--window-size={width},{height}", f"--screenshot={output}"]  # fmt: skip
    subprocess.run(
        [os.environ.get("CHROMIUM", "chromium"), *options, page.as_uri()],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
