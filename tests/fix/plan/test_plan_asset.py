"""What cannot be fixed, and how it is reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from planning import EVOLINK, TARGETS, WAN22, WAVESPEED, audio, bound, image, plan, target, video

from wanprep.fix.plan.draft import suffix_for
from wanprep.fix.plan.plan import STEPS, NoChange, NotFixable, Options, Plan, TargetRole
from wanprep.fix.plan_file import plan_asset
from wanprep.media.facts import LFS_POINTER, MISSING, NOT_READ, Facts, extension_format
from wanprep.rules.target import Target

GONE = Facts(path="gone.png", extension_format="png", problem=MISSING)
IMAGE = "reference_image"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param(GONE, "gone.png: no such file. Correct the path", id="missing"),
        pytest.param(
            replace(GONE, bytes=0, problem="empty: 0 bytes"), "gone.png: 0 bytes", id="empty"
        ),
        pytest.param(replace(GONE, bytes=130, problem=LFS_POINTER), "Git LFS pointer", id="LFS"),
        pytest.param(
            replace(GONE, problem=f"{NOT_READ}: permission denied"),
            "permission denied",
            id="not read",
        ),
        pytest.param(
            replace(image(), readable=False, problem="cut off"), "cut off. Export", id="cut off"
        ),
        pytest.param(
            replace(image(), aspect=float("nan")),
            "still.png: cannot be used",
            id="impossible facts",
        ),
        pytest.param(
            video(), "Save one of its frames as an image, and use that.", id="a video as an image"
        ),
        pytest.param(
            audio(), "voice.wav: an audio file; EvoLink requires an image", id="audio as an image"
        ),
    ],
)
def test_not_fixable(facts: Facts, reason: str) -> None:
    result = plan_asset(facts, [TargetRole(TARGETS[EVOLINK], IMAGE)], Options())
    assert isinstance(result, NotFixable)
    assert len(result.reasons) == 1
    assert reason in result.reasons[0]


def test_an_ignored_error_needs_no_fix() -> None:
    needs = [TargetRole(TARGETS[EVOLINK], IMAGE)]
    assert plan_asset(GONE, needs, Options(), ignored=["asset-missing"]) == NoChange(GONE)


def test_an_unreadable_file_with_only_warnings_stays() -> None:
    facts = replace(image(gps=True), readable=False, problem="cut off")
    result = plan_asset(
        facts, [TargetRole(TARGETS[EVOLINK], IMAGE)], Options(), ignored=["asset-unreadable"]
    )
    assert result == NoChange(facts, ("location-metadata",))


def test_a_role_that_the_target_lacks() -> None:
    result = plan(image(gps=True), "first_frame", WAVESPEED)
    assert result == NoChange(image(gps=True), ("first-frame-unsupported",))


def test_a_file_without_roles_stays() -> None:
    assert plan_asset(image(gps=True), [], Options()) == NoChange(image(gps=True))


def sides(name: str, width: dict[str, Any], **more: Any) -> Target:
    return target(IMAGE, {"properties": {"width": width, **more}}, name)


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        pytest.param(
            [
                sides("Large", bound("image-too-small", minimum=2000)),
                sides("Small", bound("image-too-large", maximum=1000)),
            ],
            "Large requires at least 2000 px in width, Small requires at most 1000 px:"
            " no file meets both. Use a separate file for each target.",
            id="two targets",
        ),
        pytest.param(
            [
                sides(
                    "Odd",
                    {
                        "allOf": [
                            bound("image-too-small", exclusiveMinimum=10),
                            bound("image-too-large", exclusiveMaximum=11),
                        ]
                    },
                )
            ],
            "Odd requires more than 10 px in width and less than 11 px at once, which is"
            " impossible.",
            id="no whole number between",
        ),
        pytest.param(
            [
                sides(
                    "Wide",
                    bound("image-too-large", maximum=500),
                    height=bound("image-too-small", minimum=300),
                ),
                sides(
                    "Flat",
                    bound("image-too-large", maximum=600),
                    aspect=bound("aspect-out-of-range", minimum=3),
                ),
            ],
            "No image of 1x300 to 500x65535 px has an aspect ratio of 3:1, as Wide and Flat"
            " would require. Use a separate file for each target.",
            id="sides and shape",
        ),
        pytest.param(
            [
                sides("One", {}, format=bound("format-unsupported", enum=["jpeg"])),
                sides("Two", {}, format=bound("format-unsupported", enum=["bmp"])),
            ],
            "One requires JPEG, Two requires BMP: no file meets both. Use a separate file for each"
            " target.",
            id="formats",
        ),
    ],
)
def test_contradictory_limits(targets: list[Target], reason: str) -> None:
    result = plan(image(1280, 200), IMAGE, *targets)
    assert isinstance(result, NotFixable)
    assert result.reasons == (reason,)


def test_errors_take_precedence_over_contradictory_warnings() -> None:
    own = sides(
        "One",
        {
            "allOf": [
                bound("image-too-small", minimum=300),
                bound("image-too-large", "warning", maximum=200),
            ]
        },
    )
    result = plan(image(240, 240), IMAGE, own)
    assert isinstance(result, Plan)
    assert result.predicted.width == 300
    assert (result.clears, result.remaining) == (("image-too-small",), ("image-too-large",))


def test_a_result_must_not_break_another_rule() -> None:
    schema = {
        "allOf": [
            {"properties": {"alpha": bound("alpha-unsupported", const=False)}},
            {
                "if": {"properties": {"alpha": {"const": False}}},
                "then": {"properties": {"color": bound("color-risky", "warning", enum=["cmyk"])}},
            },
        ]
    }
    result = plan(image(alpha=True), IMAGE, target(IMAGE, schema))
    assert isinstance(result, NotFixable)
    assert result.reasons[0].startswith("After all possible fixes: still.png: RGB;")


def test_ignoring_the_rules_of_a_question_leaves_the_rest() -> None:
    facts = image(3000, 300, gps=True)
    result = plan(facts, IMAGE, WAVESPEED)
    assert isinstance(result, Plan)
    refused = [rule for step in result.questions for rule in step.rules]
    rest = plan(facts, IMAGE, WAVESPEED, ignored=refused)
    assert isinstance(rest, Plan)
    assert [step.name for step in rest.steps] == ["drop-location"]


def test_steps_are_in_order() -> None:
    facts = image(12000, 200, "a.heic", gps=True, orientation=3, alpha=True, bit_depth=10)
    result = plan(facts, IMAGE, EVOLINK, WAN22)
    assert isinstance(result, Plan)
    order = [STEPS.index(step.name) for step in result.steps]
    assert order == sorted(order)
    assert len(order) == 7


@pytest.mark.parametrize(
    ("facts", "result_format", "suffix"),
    [
        pytest.param(
            image(name="a.JPEG", format="jpeg", extension_format="jpeg"),
            "jpeg",
            ".JPEG",
            id="its own",
        ),
        pytest.param(image(name="a.png"), "jpeg", ".jpg", id="another"),
        pytest.param(image(name="still"), "png", ".png", id="none at all"),
        pytest.param(video(name="a.mov", format="mp4"), "mp4", ".mov", id="of a related format"),
        pytest.param(video(name="a.mov"), "mp4", ".mp4", id="no longer that format"),
    ],
)
def test_suffixes(facts: Facts, result_format: str, suffix: str) -> None:
    assert suffix_for(facts, result_format) == suffix


@pytest.mark.parametrize(
    "name", "jpeg png webp tiff heic jpeg2000 mp4 mov asf mpg wav mp3 wavpack musepack pnm".split()
)
def test_usual_suffixes_match_their_format(name: str) -> None:
    assert extension_format(f"x{suffix_for(Facts(path=''), name)}") == name
