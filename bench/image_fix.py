"""Measure image fixes against the same Pillow calls by hand, and on two workers.

The ratios are of medians over interleaved rounds in one run. See README.md beside this.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measure import table
from PIL import ExifTags, Image, ImageFilter, ImageOps
from targets import Target

from wanprep import probe
from wanprep.fix.image.make import make_image
from wanprep.fix.image.workers import ImageWorkers
from wanprep.fix.plan.plan import ImageRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import Facts

_QUALITY: Final = 95
_PHOTO: Final = (4032, 3024)
_SMALL: Final = (1600, 1200)
_WHITE: Final = "#ffffff"
Case = tuple[str, str, ImageRecipe]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of each kind (default 7)")
    parser.add_argument("--images", type=int, default=500, help="on the workers (default 500)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanprep-bench-") as folder:
        home = Path(folder)
        rows: list[tuple[str, ...]] = [("", "by hand", "wanprep")]
        targets = []
        for case in _cases(home):
            hand, ours = _compare(case, options.rounds, home)
            rows.append((case[0], f"{hand:.3f} s", f"{ours:.3f} s"))
            targets.append(Target(f"{case[0]}, wanprep / by hand", ours / hand, at_most=1.25))
        print(table(rows), "\n")
        targets.append(_workers(home, options.images))
    print(table([("target", "measured", "bound", ""), *(one.row() for one in targets)]))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


def _scene(size: tuple[int, int]) -> Image.Image:
    """Draw light and shade with some texture, which compresses about as well as a photograph."""
    coarse = Image.effect_noise((16, 12), 120).resize(size, Image.Resampling.BICUBIC)
    fine = Image.effect_noise((size[0] // 2, size[1] // 2), 60).resize(size)
    fine = fine.filter(ImageFilter.GaussianBlur(1.2))
    bands = (Image.blend(coarse, fine, share) for share in (0.2, 0.3, 0.4))
    return Image.merge("RGB", tuple(bands))


def _cases(home: Path) -> list[Case]:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photo, cut_out = home / "photo.jpg", home / "cut-out.png"
    scene = _scene(_PHOTO)
    scene.save(photo, quality=88, exif=exif)
    small = scene.resize(_SMALL)
    small.putalpha(Image.radial_gradient("L").resize(_SMALL))
    small.save(cut_out)
    small.save(home / "cut-out.webp", quality=88)
    jpeg = ImageRecipe(format="jpeg", suffix=".jpg")
    return [
        ("a photo rotated upright", str(photo), jpeg),
        ("a photo scaled down", str(photo), ImageRecipe(
            format="jpeg", suffix=".jpg", size=(1499, 1999))),
        ("a WEBP flattened to JPEG", str(home / "cut-out.webp"), jpeg),
        ("a cut-out flattened", str(cut_out), ImageRecipe(format="png", suffix=".png")),
    ]  # fmt: skip


def _by_hand(source: str, recipe: ImageRecipe, into: str) -> None:
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.mode == "RGBA":
        under = Image.new("RGB", image.size, _WHITE)
        under.paste(image, mask=image.getchannel("A"))
        image = under
    if recipe.size:
        image = image.resize(recipe.size, Image.Resampling.LANCZOS)
    sampling = "4:4:4" if recipe.size else "4:2:0"
    options = {"quality": _QUALITY, "subsampling": sampling} if recipe.format == "jpeg" else {}
    image.save(into, recipe.format.upper(), **options)


def _compare(case: Case, rounds: int, home: Path) -> tuple[float, float]:
    name, source, recipe = case
    facts = probe(source, cache=False)
    into = str(home / "output")
    times: dict[str, list[float]] = {"hand": [], "ours": []}
    for turn in range(rounds + 1):
        hand = _time(lambda: _by_hand(source, recipe, into), into)
        ours = _time(lambda: _ours(source, recipe, facts, into), into)
        if turn:  # the first only loads the codecs
            times["hand"].append(hand)
            times["ours"].append(ours)
    print(f"{name}: {rounds} rounds", file=sys.stderr)
    return statistics.median(times["hand"]), statistics.median(times["ours"])


def _ours(source: str, recipe: ImageRecipe, facts: Facts, into: str) -> None:
    _, similarity = make_image(source, recipe, facts, into)
    if similarity is None or similarity < 0.9:
        sys.exit(f"the result does not look like its source ({similarity})")


def _time(work: Callable[[], None], into: str) -> float:
    Path(into).unlink(missing_ok=True)
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _workers(home: Path, count: int) -> Target:
    """Fix the same number of images on one worker and on two, start-up included."""
    source = str(home / "small.jpg")
    _scene(_SMALL).save(source, quality=88)
    facts = probe(source, cache=False)
    recipe = ImageRecipe(format="jpeg", suffix=".jpg", size=(1200, 900))

    def work(workers: int, share: int) -> float:
        start = time.perf_counter()
        with ImageWorkers(workers) as images, ThreadPoolExecutor(workers) as threads:
            names = [str(home / f"output-{number}.jpg") for number in range(share)]
            for _ in threads.map(lambda into: images.make(source, recipe, facts, into), names):
                pass
        for name in names:
            Path(name).unlink()
        return time.perf_counter() - start

    half = count // 2
    # Half of them before and half after, so that slow drift affects both alike.
    one = work(1, half)
    two = work(2, half)
    two += work(2, count - half)
    one += work(1, count - half)
    print(f"{count} images: {one:.1f} s on one worker, {two:.1f} s on two", file=sys.stderr)
    return Target(f"{count} images, one worker / two", one / two, at_least=1.7)


if __name__ == "__main__":
    main()
