from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from image_results import CORNERS, all_near, corners, quarters, recipe
from PIL import Image, ImageFile

from wanprep import Facts, probe
from wanprep.files.atomic import CannotWrite
from wanprep.fix.image.workers import ImageWorkers
from wanprep.fix.plan.plan import CannotFix, StripLocation, Window

GUARD = 30.0


@pytest.fixture
def source(tmp_path: Path) -> tuple[str, Facts]:
    quarters().save(tmp_path / "one.png")
    return str(tmp_path / "one.png"), probe(tmp_path / "one.png", cache=False)


@pytest.fixture
def endless(tmp_path: Path) -> tuple[str, Facts]:
    """An image that never comes: a pipe without a writer, with the facts of a real one."""
    quarters().save(tmp_path / "real.png")
    facts = probe(tmp_path / "real.png", cache=False)
    os.mkfifo(tmp_path / "endless.png")
    return str(tmp_path / "endless.png"), facts


@pytest.fixture(scope="module")
def images() -> Iterator[ImageWorkers]:
    with ImageWorkers(1) as images:
        yield images


def test_an_image_is_written_and_measured(
    images: ImageWorkers, source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = source
    output, ssim = images.make(path, recipe(), facts, str(tmp_path / "made.png"))
    stripped, nothing = images.make(path, StripLocation(".png"), facts, str(tmp_path / "same.png"))
    assert output.encodes == 1
    assert ssim == pytest.approx(1.0)
    assert all_near(corners(tmp_path / "made.png"), CORNERS)
    assert (stripped.encodes, nothing) == (0, None)


def test_a_window_is_placed(
    images: ImageWorkers, source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = source
    planned = recipe(window=Window((40, 64), "center"))
    output, _ = images.make(path, planned, facts, str(tmp_path / "made.png"))
    assert output.settings["window"] == [28, 0, 40, 64]


def test_threads_share_the_workers(source: tuple[str, Facts], tmp_path: Path) -> None:
    path, facts = source
    names = [str(tmp_path / f"made{number}.png") for number in range(20)]
    with ImageWorkers(2) as images, ThreadPoolExecutor(8) as threads:
        assert images.process_ids == [], "no worker is started without need"
        done = list(threads.map(lambda name: images.make(path, recipe(), facts, name), names))
        assert len(images.process_ids) == 2
    assert len(done) == 20
    assert len({Path(name).read_bytes() for name in names}) == 1


def test_an_error_leaves_the_worker_running(
    images: ImageWorkers, source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = source
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(CannotFix, match="cannot be decoded"):
        images.make(str(tmp_path / "broken.png"), recipe(), facts, str(tmp_path / "no.png"))
    before = images.process_ids
    images.make(path, recipe(), facts, str(tmp_path / "made.png"))
    assert images.process_ids == before
    assert not (tmp_path / "no.png").exists()


def test_a_write_error_is_cannot_write(
    images: ImageWorkers, source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = source
    (tmp_path / "mine.png").write_text("mine")
    with pytest.raises(CannotWrite, match="cannot be written"):
        images.make(path, recipe(), facts, str(tmp_path / "mine.png"))
    assert (tmp_path / "mine.png").read_text() == "mine"


def test_an_image_that_takes_too_long_is_given_up(
    endless: tuple[str, Facts], source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = endless
    with ImageWorkers(1, seconds=1.0) as images:
        (tmp_path / "half.png").write_text("half")
        with pytest.raises(CannotFix, match="took longer than 1 s"):
            images.make(path, recipe(), facts, str(tmp_path / "half.png"))
        assert not (tmp_path / "half.png").exists(), "half a file is no result"
        images.make(*source[:1], recipe(), source[1], str(tmp_path / "made.png"))


@pytest.mark.parametrize(
    ("by", "says"),
    [
        pytest.param(signal.SIGSEGV, r"crashed the library that reads it \(SIGSEGV\)", id="crash"),
        pytest.param(signal.SIGKILL, "killed, most likely for lack of memory", id="no memory left"),
    ],
)
def test_a_worker_that_dies_costs_one_image(
    endless: tuple[str, Facts],
    source: tuple[str, Facts],
    tmp_path: Path,
    by: signal.Signals,
    says: str,
) -> None:
    path, facts = source
    with ImageWorkers(1) as images:
        images.make(path, recipe(), facts, str(tmp_path / "before.png"))
        (worker,) = images.process_ids
        threading.Timer(0.3, os.kill, (worker, by)).start()
        with pytest.raises(CannotFix, match=says):
            images.make(*endless[:1], recipe(), endless[1], str(tmp_path / "no.png"))
        images.make(path, recipe(), facts, str(tmp_path / "after.png"))


def test_memory_is_limited(tmp_path: Path) -> None:
    Image.new("L", (9000, 9000)).save(tmp_path / "bomb.png", compress_level=1)
    facts = probe(tmp_path / "bomb.png", cache=False)
    with (
        ImageWorkers(1, memory=200 * 2**20) as images,
        pytest.raises(CannotFix, match=r"memory|too large|crashed"),
    ):
        images.make(str(tmp_path / "bomb.png"), recipe(), facts, str(tmp_path / "made.png"))


def test_an_image_over_the_limit_of_pillow_is_accepted(
    images: ImageWorkers, tmp_path: Path
) -> None:
    """Pillow warns of 90 megapixels, and refuses 180."""
    Image.new("L", (15_000, 12_200), 200).save(tmp_path / "large.jpg")
    facts = probe(tmp_path / "large.jpg", cache=False)
    planned = recipe(window=Window((1_000, 1_000), "smart"))
    images.make(str(tmp_path / "large.jpg"), planned, facts, str(tmp_path / "made.png"))
    assert (tmp_path / "made.png").exists()


def test_an_internal_error_is_not_blamed_on_the_image(
    images: ImageWorkers, source: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = source
    broken = recipe(size=("no", "size"))
    with pytest.raises(RuntimeError, match="an image worker failed:\nTrace"):
        images.make(path, broken, facts, str(tmp_path / "no.png"))


def test_closing_stops_running_and_waiting_calls(
    endless: tuple[str, Facts], tmp_path: Path
) -> None:
    path, facts = endless
    images = ImageWorkers(1)
    with ThreadPoolExecutor(2) as threads:
        waiting = [
            threads.submit(images.make, path, recipe(), facts, str(tmp_path / f"{number}.png"))
            for number in range(2)
        ]
        while not images.process_ids:
            time.sleep(0.01)
        images.close()
        for each in waiting:
            with pytest.raises(CannotFix, match="stopped before it was done"):
                each.result(GUARD)
    with pytest.raises(CannotFix, match="stopped"):
        images.make(path, recipe(), facts, str(tmp_path / "late.png"))


def test_pillow_does_not_accept_truncated_images() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
