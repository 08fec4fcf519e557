from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import PIL
import pytest
from image_results import quarters, recipe
from PIL import Image

from wanprep import probe
from wanprep.errors import WanprepError
from wanprep.fix.image.make import make_image
from wanprep.fix.plan.plan import StripLocation


@pytest.fixture
def source(tmp_path: Path) -> Path:
    quarters().save(tmp_path / "one.jpg", quality=95)
    return tmp_path / "one.jpg"


def test_output_has_settings_and_tools(source: Path, tmp_path: Path) -> None:
    planned = recipe(format="jpeg", suffix=".jpg", size=(48, 32))

    output, _ = make_image(str(source), planned, probe(source, cache=False), str(tmp_path / "made"))

    assert output.settings == {
        "format": "jpeg", "quality": 95, "subsampling": "4:4:4", "size": [48, 32],
    }  # fmt: skip
    assert output.tools["Pillow"] == PIL.__version__
    assert set(output.tools) == {"Pillow", "LittleCMS"}
    assert output.encodes == 1


def test_make_image_measures_the_similarity(source: Path, tmp_path: Path) -> None:
    facts = probe(source, cache=False)

    output, ssim = make_image(str(source), recipe(), facts, str(tmp_path / "made.png"))
    assert output.encodes == 1
    assert ssim == pytest.approx(1.0)

    output, ssim = make_image(str(source), StripLocation(".jpg"), facts, str(tmp_path / "made.jpg"))
    assert output.encodes == 0
    assert ssim is None
    assert (tmp_path / "made.jpg").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_result_is_a_plain_image(source: Path, tmp_path: Path, suffix: str) -> None:
    """What came out needs nothing more: its facts are those of a plain image."""
    planned = recipe(format="jpeg" if suffix == ".jpg" else "png", suffix=suffix)
    make_image(str(source), planned, probe(source, cache=False), str(tmp_path / f"made{suffix}"))

    facts = probe(tmp_path / f"made{suffix}", cache=False)

    assert (facts.color, facts.bit_depth, facts.alpha, facts.orientation) == ("rgb", 8, False, 1)
    assert facts.gps is False
    with Image.open(tmp_path / f"made{suffix}") as opened:
        assert opened.mode == "RGB"
        assert {"exif", "icc_profile", "xmp", "comment"}.isdisjoint(opened.info)


def test_hdr_gives_a_note(source: Path, tmp_path: Path) -> None:
    facts = replace(probe(source, cache=False), hdr=True)
    output, _ = make_image(str(source), recipe(), facts, str(tmp_path / "made.png"))
    assert output.notes[0].startswith("It was HDR")


def test_half_a_file_is_not_left_behind(source: Path, tmp_path: Path) -> None:
    facts = probe(source, cache=False)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(WanprepError, match="cannot be written"):
            make_image(str(source), recipe(), facts, str(tmp_path / "made.png"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "made.png").exists()


def test_a_missing_folder_is_an_error(source: Path, tmp_path: Path) -> None:
    with pytest.raises(WanprepError, match="cannot be written"):
        make_image(
            str(source), recipe(), probe(source, cache=False), str(tmp_path / "no" / "made.png")
        )


def test_an_existing_file_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_text("mine")

    with pytest.raises(WanprepError, match="cannot be written"):
        make_image(str(source), recipe(), probe(source, cache=False), str(tmp_path / "mine.png"))
    assert (tmp_path / "mine.png").read_text() == "mine"
