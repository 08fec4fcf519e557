"""Plans for images: recipes, steps and predicted facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning import EVOLINK, WAN22, WAVESPEED, bound, image, plan, target

from wanprep.fix.plan.plan import (
    ImageRecipe,
    NoChange,
    NotFixable,
    Options,
    Plan,
    Rename,
    StripLocation,
    Window,
)
from wanprep.media.facts import Facts

IMAGE = "reference_image"


def planned(facts: Facts, *targets: str, role: str = IMAGE, options: Options = Options()) -> Plan:  # noqa: B008
    result = plan(facts, role, *targets, options=options)
    assert isinstance(result, Plan), result
    return result


def written(facts: Facts, *targets: str, options: Options = Options()) -> ImageRecipe:  # noqa: B008
    recipe = planned(facts, *targets, options=options).recipe
    assert isinstance(recipe, ImageRecipe)
    return recipe


def names(result: Plan) -> list[str]:
    return [step.name for step in result.steps]


@pytest.mark.parametrize(
    ("facts", "targets"),
    [
        pytest.param(image(), [EVOLINK, WAN22], id="ordinary"),
        pytest.param(image(name="a.jpg", orientation=6), [EVOLINK], id="rotated JPEG"),
        pytest.param(image(8000, 1000, bytes=20_000_000), [EVOLINK], id="at every bound"),
        pytest.param(image(name="a.webp"), [EVOLINK, WAN22], id="WEBP"),
        pytest.param(image(bit_depth=16, color="gray"), [EVOLINK], id="16 bits, which are fine"),
        pytest.param(image(name="a.bmp"), [WAN22], id="BMP where it is taken"),
    ],
)
def test_accepted_files_stay_as_they_are(facts: Facts, targets: list[str]) -> None:
    assert plan(facts, IMAGE, *targets) == NoChange(facts)


@pytest.mark.parametrize(
    ("facts", "recipe", "steps"),
    [
        pytest.param(
            image(name="a.png", format="jpeg"), Rename(".jpg"), ["rename"], id="wrong suffix"
        ),
        pytest.param(
            image(name="a.JPG", gps=True), StripLocation(".JPG"), ["drop-location"], id="location"
        ),
        pytest.param(
            image(name="a.webp", gps=True, orientation=6),
            StripLocation(".webp"),
            ["drop-location"],
            id="location in a rotated WEBP",
        ),
        pytest.param(
            image(name="a.HEIC", format="jpeg", gps=True),
            StripLocation(".jpg"),
            ["rename", "drop-location"],
            id="location and wrong suffix",
        ),
    ],
)
def test_no_pixel_changes_for_a_suffix_or_a_location(
    facts: Facts, recipe: Rename | StripLocation, steps: list[str]
) -> None:
    result = planned(facts)
    assert result.recipe == recipe
    assert names(result) == steps
    assert {step.safety for step in result.steps} == {"safe"}
    assert result.predicted.bytes == facts.bytes
    assert result.predicted.orientation == facts.orientation


@pytest.mark.parametrize(
    ("facts", "output", "steps"),
    [
        pytest.param(
            image(name="a.heic", orientation=6, gps=True),
            "jpeg",
            ["drop-location", "turn", "encode"],
            id="HEIC",
        ),
        pytest.param(image(name="a.avif", hdr=True), "jpeg", ["color", "encode"], id="HDR AVIF"),
        pytest.param(image(name="a.jp2", format="jpeg2000"), "jpeg", ["encode"], id="JPEG 2000"),
        pytest.param(image(name="a.tif"), "png", ["encode"], id="TIFF"),
        pytest.param(
            image(name="a.tif", frames=3), "png", ["first-frame", "encode"], id="pages of a TIFF"
        ),
        pytest.param(
            image(name="a.tif", color="cmyk"), "jpeg", ["color", "encode"], id="CMYK TIFF"
        ),
        pytest.param(
            image(name="a.jpg", color="cmyk"), "jpeg", ["color", "encode"], id="CMYK JPEG"
        ),
        pytest.param(
            image(name="a.gif", color="palette", animated=True, frames=9),
            "png",
            ["first-frame", "encode"],
            id="animated GIF",
        ),
        pytest.param(
            image(name="a.webp", animated=True, frames=9),
            "jpeg",
            ["first-frame", "encode"],
            id="animated WEBP",
        ),
        pytest.param(image(name="a.bmp"), "png", ["encode"], id="BMP that cannot be uploaded"),
        pytest.param(
            image(name="a.png", alpha=True), "png", ["flatten", "encode"], id="transparent PNG"
        ),
        pytest.param(
            image(name="a.webp", alpha=True), "png", ["flatten", "encode"], id="transparent WEBP"
        ),
        pytest.param(
            image(alpha=True, bit_depth=16),
            "png",
            ["color", "flatten", "encode"],
            id="16 bits, only when re-encoded",
        ),
        pytest.param(
            image(9000, 3000, "a.jpg"), "jpeg", ["scale", "encode"], id="too large: JPEG stays JPEG"
        ),
        pytest.param(image(200, 150), "png", ["scale", "encode"], id="too small"),
        pytest.param(
            image(9000, 3000, "a.png", format="jpeg"),
            "jpeg",
            ["rename", "scale", "encode"],
            id="and a wrong suffix",
        ),
    ],
)
def test_encoding(facts: Facts, output: str, steps: list[str]) -> None:
    result = planned(facts)
    assert isinstance(result.recipe, ImageRecipe)
    assert result.recipe.format == output
    assert result.recipe.most_bytes == result.predicted.bytes == 20_000_000
    assert names(result) == steps
    assert result.predicted == replace(
        Facts(path="", kind="image"),
        format=output,
        extension_format=output,
        bytes=20_000_000,
        width=result.predicted.width,
        height=result.predicted.height,
        stored_width=result.predicted.width,
        stored_height=result.predicted.height,
        aspect=result.predicted.aspect,
        orientation=1,
        alpha=False,
        animated=False,
        frames=1,
        bit_depth=8,
        color="rgb",
        gps=False,
        readable=True,
    )


def test_words_of_scaling() -> None:
    down = planned(image(9000, 3000, "a.jpg")).steps[0]
    assert (down.words, down.safety) == ("scale 9000x3000 to 8000x2667 px", "lossy")
    up = planned(image(200, 150)).steps[0]
    assert up.words == "scale up 200x150 to 320x240 px, which will look soft"


@pytest.mark.parametrize(("side", "asks"), [(1, True), (29, True), (30, False)])
def test_a_speck_is_scaled_up_to_a_blur_only_if_somebody_wants_that(side: int, asks: bool) -> None:
    questions = planned(image(side, side)).questions
    assert [step.words for step in questions] == (
        [f"scale up {side}x{side} to 240x240 px, which will look blurred"] if asks else []
    )
    assert [step.rules for step in questions] == ([("image-too-small",)] if asks else [])


def test_gray_becomes_color_as_it_is_written() -> None:
    gray = image(200, 150, color="gray", bytes=9_000)
    predicted = planned(gray).predicted
    assert predicted.color == "rgb"
    assert (predicted.bytes or 0) >= 3 * 9_000


@pytest.mark.parametrize("role", [IMAGE, "first_frame"])
@pytest.mark.parametrize("crop", [None, "pad"])
def test_the_aspect_ratio_is_padded_by_default(role: str, crop: None) -> None:
    result = planned(image(12000, 200), role=role, options=Options(crop=crop, background="#102030"))
    recipe = result.recipe
    assert isinstance(recipe, ImageRecipe)
    assert (recipe.size, recipe.canvas, recipe.window) == ((8000, 133), (8000, 1000), None)
    assert recipe.smallest == (1920, 240)
    (question,) = result.questions
    assert (question.name, question.rules) == ("pad", ("aspect-out-of-range",))
    assert question.words == "pad 8000x133 to 8000x1000 px with #102030"


@pytest.mark.parametrize(
    ("crop", "words"),
    [("smart", "keeping what stands out"), ("center", "keeping the center")],
)
def test_the_aspect_ratio_is_cropped_if_chosen(crop: str, words: str) -> None:
    options = Options(crop="smart" if crop == "smart" else "center")
    result = planned(image(12000, 200), role="first_frame", options=options)
    recipe = result.recipe
    assert isinstance(recipe, ImageRecipe)
    assert recipe.window == Window((1600, 200), options.crop or "pad")  # type: ignore[arg-type]
    assert (recipe.size, recipe.canvas) == ((1920, 240), None)
    assert [step.words for step in result.questions] == [f"crop 12000x200 to 1600x200 px, {words}"]


def test_limits_on_sides_alone_may_demand_another_ratio() -> None:
    rule = {"minimum": "image-too-small", "maximum": "image-too-large"}
    side = bound(rule, minimum=361, maximum=1999)
    own = target(IMAGE, {"properties": {"width": side, "height": side}})
    result = plan(image(3000, 300), IMAGE, own)
    assert isinstance(result, Plan)
    assert [step.rules for step in result.questions] == [("image-too-large", "image-too-small")]
    assert (result.predicted.width, result.predicted.height) == (1999, 361)


@pytest.mark.parametrize(
    ("facts", "output", "steps"),
    [
        pytest.param(
            image(4000, 3000, "a.jpg", bytes=25_000_000),
            "jpeg",
            ["encode", "fit-bytes"],
            id="JPEG",
        ),
        pytest.param(
            image(4000, 3000, bytes=25_000_000), "jpeg", ["encode", "fit-bytes"], id="a photo PNG"
        ),
        pytest.param(
            image(4000, 3000, bytes=25_000_000, bit_depth=16),
            "png",
            ["color", "encode", "fit-bytes"],
            id="a PNG of 16 bits, half of which are enough",
        ),
        pytest.param(
            image(9000, 9000, bytes=20_500_000),
            "jpeg",
            ["scale", "encode", "fit-bytes"],
            id="near the limit",
        ),
        pytest.param(
            image(4000, 3000, "a.tif", bytes=36_000_000),
            "jpeg",
            ["encode", "fit-bytes"],
            id="a TIFF too large for any PNG",
        ),
        pytest.param(
            image(2000, 2000, "a.tif", bytes=24_000_000),
            "png",
            ["encode", "fit-bytes"],
            id="a TIFF whose samples fit",
        ),
        pytest.param(
            image(7000, 7000, "a.gif", color="palette", bytes=4_000_000),
            "png",
            ["encode"],
            id="a GIF compresses well",
        ),
    ],
)
def test_fitting_bytes(facts: Facts, output: str, steps: list[str]) -> None:
    result = planned(facts)
    assert isinstance(result.recipe, ImageRecipe)
    assert result.recipe.format == output
    assert names(result) == steps
    assert result.recipe.most_bytes == 20_000_000
    assert result.recipe.smallest


def test_bytes_stay_below_an_exclusive_limit() -> None:
    assert written(image(bytes=12_000_000), WAN22).most_bytes == 9_999_999


def plan_png_only(facts: Facts) -> ImageRecipe | None:
    own = target(
        IMAGE,
        {
            "properties": {
                "format": bound("format-unsupported", enum=["png"]),
                "bytes": bound("file-too-large", maximum=1_000_000),
                "width": bound("image-too-small", minimum=200),
            }
        },
    )
    result = plan(facts, IMAGE, own)
    if isinstance(result, NotFixable):
        assert "Test accepts at most 1 MB" in result.reasons[0]
        return None
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, ImageRecipe)
    return result.recipe


def test_a_large_png_is_scaled_down_if_only_png_is_accepted() -> None:
    recipe = plan_png_only(image(2000, 1000, bytes=4_000_000))
    assert recipe
    assert recipe.format == "png"
    assert recipe.size
    assert 700 < recipe.size[0] < 1000
    assert plan_png_only(image(200, 9000, bytes=40_000_000)) is None


def test_without_a_limit_bytes_are_not_fitted() -> None:
    own = target(IMAGE, {"properties": {"format": bound("format-unsupported", enum=["jpeg"])}})
    result = plan(image(), IMAGE, own)
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, ImageRecipe)
    assert (result.recipe.most_bytes, result.recipe.smallest) == (None, None)
    assert result.predicted.bytes


def test_a_format_without_a_decoder_is_not_fixable() -> None:
    result = plan(image(name="logo.svg"), IMAGE)
    assert isinstance(result, NotFixable)
    (reason,) = result.reasons
    assert reason.startswith(
        "logo.svg: SVG; EvoLink accepts JPEG, PNG, BMP or WEBP. Export the file"
    )


def test_all_targets_at_once() -> None:
    result = planned(image(3000, 200, alpha=True, bytes=12_000_000), EVOLINK, WAN22, WAVESPEED)
    assert result.predicted.alpha is False
    assert (result.predicted.width, result.predicted.height) == (1999, 361)
    assert result.predicted.bytes == 9_999_999
