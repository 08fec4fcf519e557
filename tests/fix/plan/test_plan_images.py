"""Images, by the repairs of the ledger: what is done, in which order, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from repairs import EVOLINK, WAN22, WAVESPEED, bound, image, plan, target

from wanprep.fix.plan.plan import (
    ImageRecipe,
    NotFixable,
    Options,
    Plan,
    Renamed,
    Stripped,
    Untouched,
    Window,
)
from wanprep.media.facts import Facts

IMAGE = "reference_image"


def planned(facts: Facts, *targets: str, role: str = IMAGE, options: Options = Options()) -> Plan:  # noqa: B008
    found = plan(facts, role, *targets, options=options)
    assert isinstance(found, Plan), found
    return found


def written(facts: Facts, *targets: str, options: Options = Options()) -> ImageRecipe:  # noqa: B008
    recipe = planned(facts, *targets, options=options).recipe
    assert isinstance(recipe, ImageRecipe)
    return recipe


def names(found: Plan) -> list[str]:
    return [step.name for step in found.steps]


@pytest.mark.parametrize(
    ("facts", "targets"),
    [
        pytest.param(image(), [EVOLINK, WAN22], id="ordinary"),
        pytest.param(image(name="a.jpg", orientation=6), [EVOLINK], id="a turned JPEG"),
        pytest.param(image(8000, 1000, bytes=20_000_000), [EVOLINK], id="at every bound"),
        pytest.param(image(name="a.webp"), [EVOLINK, WAN22], id="WEBP"),
        pytest.param(image(bit_depth=16, color="gray"), [EVOLINK], id="16 bits, which are fine"),
        pytest.param(image(name="a.bmp"), [WAN22], id="BMP where it is taken"),
    ],
)
def test_what_is_fit_stays_bit_for_bit(facts: Facts, targets: list[str]) -> None:
    assert plan(facts, IMAGE, *targets) == Untouched(facts)


@pytest.mark.parametrize(
    ("facts", "recipe", "steps"),
    [
        pytest.param(
            image(name="a.png", format="jpeg"), Renamed(".jpg"), ["rename"], id="a wrong name"
        ),
        pytest.param(
            image(name="a.JPG", gps=True), Stripped(".JPG"), ["drop-location"], id="a place"
        ),
        pytest.param(
            image(name="a.webp", gps=True, orientation=6),
            Stripped(".webp"),
            ["drop-location"],
            id="a place in a turned WEBP",
        ),
        pytest.param(
            image(name="a.HEIC", format="jpeg", gps=True),
            Stripped(".jpg"),
            ["rename", "drop-location"],
            id="a place and a wrong name",
        ),
    ],
)
def test_no_pixel_is_touched_for_a_name_or_a_place(
    facts: Facts, recipe: Renamed | Stripped, steps: list[str]
) -> None:
    found = planned(facts)
    assert found.recipe == recipe
    assert names(found) == steps
    assert {step.safety for step in found.steps} == {"safe"}
    assert found.predicted.bytes == facts.bytes
    assert found.predicted.orientation == facts.orientation


@pytest.mark.parametrize(
    ("facts", "output", "steps"),
    [
        pytest.param(
            image(name="a.heic", orientation=6, gps=True),
            "jpeg",
            ["drop-location", "turn", "encode"],
            id="R-img-format: HEIC",
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
            image(name="a.png", alpha=True), "png", ["flatten", "encode"], id="R-flatten: PNG"
        ),
        pytest.param(
            image(name="a.webp", alpha=True), "png", ["flatten", "encode"], id="R-flatten: WEBP"
        ),
        pytest.param(
            image(alpha=True, bit_depth=16),
            "png",
            ["color", "flatten", "encode"],
            id="16 bits, only when written anew",
        ),
        pytest.param(
            image(9000, 3000, "a.jpg"), "jpeg", ["scale", "encode"], id="R-down: JPEG stays JPEG"
        ),
        pytest.param(image(200, 150), "png", ["scale", "encode"], id="R-up"),
        pytest.param(
            image(9000, 3000, "a.png", format="jpeg"),
            "jpeg",
            ["rename", "scale", "encode"],
            id="a wrong name beside",
        ),
    ],
)
def test_what_is_written_and_how(facts: Facts, output: str, steps: list[str]) -> None:
    found = planned(facts)
    assert isinstance(found.recipe, ImageRecipe)
    assert found.recipe.format == output
    assert found.recipe.most_bytes == found.predicted.bytes == 20_000_000
    assert names(found) == steps
    assert found.predicted == replace(
        Facts(path="", kind="image"),
        format=output,
        extension_format=output,
        bytes=20_000_000,
        width=found.predicted.width,
        height=found.predicted.height,
        stored_width=found.predicted.width,
        stored_height=found.predicted.height,
        aspect=found.predicted.aspect,
        orientation=1,
        alpha=False,
        animated=False,
        frames=1,
        bit_depth=8,
        color="rgb",
        gps=False,
        readable=True,
    )


def test_the_words_of_scaling() -> None:
    down = planned(image(9000, 3000, "a.jpg")).steps[0]
    assert (down.words, down.safety) == ("scale 9000x3000 to 8000x2667 px", "lossy")
    up = planned(image(200, 150)).steps[0]
    assert up.words == "scale up 200x150 to 320x240 px (it will look soft)"


def test_gray_stays_gray_unless_it_meets_a_colour() -> None:
    gray = image(200, 150, color="gray")
    assert planned(gray).predicted.color == "gray"
    assert planned(replace(gray, alpha=True)).predicted.color == "rgb"
    assert planned(image(3000, 300, color="gray")).predicted.color == "rgb"


@pytest.mark.parametrize("role", [IMAGE, "first_frame"])
@pytest.mark.parametrize("crop", [None, "pad"])
def test_r_aspect_pads_unless_a_crop_is_wished(role: str, crop: None) -> None:
    found = planned(image(12000, 200), role=role, options=Options(crop=crop, background="#102030"))
    recipe = found.recipe
    assert isinstance(recipe, ImageRecipe)
    assert (recipe.size, recipe.canvas, recipe.window) == ((8000, 133), (8000, 1000), None)
    assert recipe.smallest == (1920, 240)
    (question,) = found.questions
    assert (question.name, question.rules) == ("pad", ("aspect-out-of-range",))
    assert question.words == "pad 8000x133 to 8000x1000 px with #102030"


@pytest.mark.parametrize(
    ("crop", "words"),
    [("smart", "keeping what stands out"), ("center", "keeping its middle")],
)
def test_r_aspect_crops_where_that_is_wished(crop: str, words: str) -> None:
    options = Options(crop="smart" if crop == "smart" else "center")
    found = planned(image(12000, 200), role="first_frame", options=options)
    recipe = found.recipe
    assert isinstance(recipe, ImageRecipe)
    assert recipe.window == Window((1600, 200), options.crop or "pad")  # type: ignore[arg-type]
    assert (recipe.size, recipe.canvas) == ((1920, 240), None)
    assert [step.words for step in found.questions] == [f"crop 12000x200 to 1600x200 px, {words}"]


def test_sides_alone_may_ask_for_another_shape() -> None:
    rule = {"minimum": "image-too-small", "maximum": "image-too-large"}
    side = bound(rule, minimum=361, maximum=1999)
    own = target(IMAGE, {"properties": {"width": side, "height": side}})
    found = plan(image(3000, 300), IMAGE, own)
    assert isinstance(found, Plan)
    assert [step.rules for step in found.questions] == [("image-too-large", "image-too-small")]
    assert (found.predicted.width, found.predicted.height) == (1999, 361)


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
            id="a GIF packs well",
        ),
    ],
)
def test_r_img_bytes(facts: Facts, output: str, steps: list[str]) -> None:
    found = planned(facts)
    assert isinstance(found.recipe, ImageRecipe)
    assert found.recipe.format == output
    assert names(found) == steps
    assert found.recipe.most_bytes == 20_000_000
    assert found.recipe.smallest


def test_bytes_of_a_strict_bound_stay_below_it() -> None:
    assert written(image(bytes=12_000_000), WAN22).most_bytes == 9_999_999


def png_alone(facts: Facts) -> ImageRecipe | None:
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
    found = plan(facts, IMAGE, own)
    if isinstance(found, NotFixable):
        assert "Test accepts at most 1 MB" in found.reasons[0]
        return None
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, ImageRecipe)
    return found.recipe


def test_where_only_png_is_taken_pixels_must_go() -> None:
    recipe = png_alone(image(2000, 1000, bytes=4_000_000))
    assert recipe
    assert recipe.format == "png"
    assert recipe.size
    assert 700 < recipe.size[0] < 1000
    assert png_alone(image(200, 9000, bytes=40_000_000)) is None


def test_without_a_cap_nothing_is_fitted() -> None:
    own = target(IMAGE, {"properties": {"format": bound("format-unsupported", enum=["jpeg"])}})
    found = plan(image(), IMAGE, own)
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, ImageRecipe)
    assert (found.recipe.most_bytes, found.recipe.smallest) == (None, None)
    assert found.predicted.bytes


def test_what_cannot_be_decoded_is_for_a_person() -> None:
    found = plan(image(name="logo.svg"), IMAGE)
    assert isinstance(found, NotFixable)
    (reason,) = found.reasons
    assert reason.startswith(
        "logo.svg: SVG; EvoLink accepts JPEG, PNG, BMP or WEBP. Export the file"
    )


def test_all_needs_are_met_at_once() -> None:
    found = planned(image(3000, 200, alpha=True, bytes=12_000_000), EVOLINK, WAN22, WAVESPEED)
    assert found.predicted.alpha is False
    assert (found.predicted.width, found.predicted.height) == (1999, 361)
    assert found.predicted.bytes == 9_999_999
