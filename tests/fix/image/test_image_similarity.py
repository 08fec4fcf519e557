from __future__ import annotations

from pathlib import Path

import pytest
from image_results import fixed, recipe
from PIL import Image, ImageChops, ImageDraw, ImageOps

from wanprep import probe
from wanprep.fix.image.make import image_similarity, prepare, ssim
from wanprep.fix.plan.plan import ImageRecipe, Window

pytestmark = pytest.mark.untraced

SIZE = (360, 240)


def scene() -> Image.Image:
    image = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    draw = ImageDraw.Draw(image)
    for step in range(30):
        color = (step * 8, 255 - step * 7, step * 53 % 256)
        draw.ellipse((step * 12, step * 7, step * 12 + 40, step * 7 + 30), fill=color)
    return image


def measured(source: Path, planned: ImageRecipe, result: Path) -> float:
    prepared = prepare(str(source), planned, probe(source, cache=False))
    return image_similarity(prepared.image, planned, str(result))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    scene().save(tmp_path / "scene.png")
    return tmp_path / "scene.png"


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        pytest.param({}, 1.0, id="the same"),
        pytest.param({"format": "jpeg", "suffix": ".jpg"}, 0.97, id="as JPEG"),
        pytest.param({"size": (180, 120)}, 0.97, id="scaled down"),
        pytest.param({"size": (720, 480)}, 0.97, id="scaled up"),
        pytest.param({"canvas": (360, 400), "background": "#ff0000"}, 1.0, id="padded"),
        pytest.param({"window": Window((200, 200), "center", (30, 20))}, 1.0, id="cropped"),
        pytest.param({"window": Window((201, 199), "center", (33, 21)), "size": (150, 149),
                      "canvas": (301, 149)}, 0.97, id="all at once"),
    ],
)  # fmt: skip
def test_a_result_as_planned_is_similar(
    source: Path, changes: dict[str, object], least: float
) -> None:
    result, _ = fixed(source, **changes)

    found = measured(source, recipe(**changes), result)

    assert found >= least - 1e-6
    assert found <= 1.0 + 1e-6


@pytest.mark.parametrize(
    ("size", "result"),
    [
        pytest.param((9, 9), (240, 240), id="tiny"),
        pytest.param((100, 32), (750, 240), id="small"),
        pytest.param((300, 200), (361, 241), id="a little larger"),
        pytest.param((300, 200), (290, 193), id="a little smaller"),
    ],
)
def test_a_pattern_of_single_pixels_may_fade(
    tmp_path: Path, size: tuple[int, int], result: tuple[int, int]
) -> None:
    Image.linear_gradient("L").resize(size).convert("1").save(tmp_path / "dithered.png")

    output, _ = fixed(tmp_path / "dithered.png", size=result)

    assert measured(tmp_path / "dithered.png", recipe(size=result), output) > 0.85


def _sideways(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90).resize(image.size)


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(_sideways, id="on its side"),
        pytest.param(ImageOps.mirror, id="mirrored"),
        pytest.param(ImageChops.invert, id="negative"),
        pytest.param(lambda image: Image.new("RGB", image.size), id="black"),
        pytest.param(lambda image: ImageChops.offset(image, 120, 0), id="moved"),
        pytest.param(lambda image: image.point(lambda v: v // 5), id="far too dark"),
    ],
)
def test_a_wrong_result_is_not_similar(source: Path, spoilt: object, tmp_path: Path) -> None:
    assert callable(spoilt)
    spoilt(scene()).save(tmp_path / "wrong.png")

    assert measured(source, recipe(), tmp_path / "wrong.png") < 0.6


def test_black_instead_of_a_white_background_is_not_similar(tmp_path: Path) -> None:
    image = Image.new("RGBA", SIZE)
    ImageDraw.Draw(image).ellipse((120, 80, 240, 160), fill=(200, 40, 40, 255))
    image.save(tmp_path / "logo.png")
    image.convert("RGB").save(tmp_path / "black.png")

    assert measured(tmp_path / "logo.png", recipe(), tmp_path / "black.png") < 0.4
    result, _ = fixed(tmp_path / "logo.png")
    assert measured(tmp_path / "logo.png", recipe(), result) == pytest.approx(1.0)


def test_a_large_image_is_measured(tmp_path: Path) -> None:
    scene().resize((3000, 2000)).save(tmp_path / "large.jpg", quality=90)
    result, _ = fixed(tmp_path / "large.jpg", format="jpeg", suffix=".out.jpg")

    assert measured(tmp_path / "large.jpg", recipe(), result) > 0.98


def test_ssim_formula() -> None:
    flat = Image.new("L", (8, 8), 100)
    assert ssim(flat, Image.new("L", (8, 8), 200)) == pytest.approx(
        (2 * 100 * 200 + 6.5025) / (100**2 + 200**2 + 6.5025)
    )
    halves = flat.copy()
    halves.paste(140, (0, 0, 4, 8))
    mean, variance = 120.0, 400.0
    assert ssim(flat, halves) == pytest.approx(
        (2 * 100 * mean + 6.5025) / (100**2 + mean**2 + 6.5025) * 58.5225 / (variance + 58.5225)
    )
    assert ssim(halves, halves) == pytest.approx(1.0)
