"""Make a reproducible tree of mixed media: `python bench/make_files.py FOLDER 3000`.

A few dozen distinct files are copied (each copy with its own bytes and inode) until
there are enough. Every folder of a hundred holds the same mix, so that a part of the tree
is like the whole.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PER_FOLDER: Final = 100
# A folder's hundred files: 80 images, 12 clips, 8 audio files.
MIX: Final = {
    "jpg": ("IMG", 60),
    "png": ("drawing", 10),
    "webp": ("web", 7),
    "gif": ("loop", 2),
    "bmp": ("scan", 1),
    "mp4": ("clip", 8),
    "mov": ("camera", 2),
    "webm": ("screen", 1),
    "mkv": ("take", 1),
    "mp3": ("music", 4),
    "wav": ("voice", 3),
    "m4a": ("memo", 1),
}
_FOLDERS_IN_A_PROJECT: Final = 10


def make_files(root: Path, count: int) -> None:
    """Fill a folder with `count` files, a multiple of a hundred."""
    from clip_bases import make_clips
    from image_bases import make_images

    with tempfile.TemporaryDirectory() as scratch:
        bases = make_images(Path(scratch)) | make_clips(Path(scratch))
        in_turn = {kind: itertools.cycle(bases[kind]) for kind in MIX}
        for folder in folders(root, count):
            folder.mkdir(parents=True)
            for kind, (name, many) in MIX.items():
                for index in range(many):
                    shutil.copyfile(next(in_turn[kind]), folder / f"{name}_{index:04}.{kind}")


def folders(root: Path, count: int) -> Iterator[Path]:
    """Name the folders that `count` files fill."""
    for number in range(count // PER_FOLDER):
        project, scene = divmod(number, _FOLDERS_IN_A_PROJECT)
        yield root / f"project-{project:02}" / f"scene-{scene:02}"


def link_files(root: Path, source: Path, count: int) -> None:
    """Fill a folder with `count` hard links to the files of another, over and over."""
    originals = itertools.cycle(sorted({path.parent for path in source.rglob("*.*")}))
    for folder in folders(root, count):
        folder.mkdir(parents=True)
        for path in sorted(next(originals).iterdir()):
            os.link(path, folder / path.name)


if __name__ == "__main__":
    make_files(Path(sys.argv[1]), int(sys.argv[2]))
