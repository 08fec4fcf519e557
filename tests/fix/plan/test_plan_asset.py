"""What no repair can fix, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from repairs import EVOLINK, TARGETS, WAN22, WAVESPEED, bound, clip, image, plan, target, voice

from wanprep.fix.plan.draft import suffix_of
from wanprep.fix.plan.plan import STEPS, Need, NotFixable, Options, Plan, Untouched
from wanprep.fix.plan.plan_asset import plan_asset
from wanprep.media.facts import LFS_POINTER, MISSING, NOT_READ, Facts
from wanprep.media.names import extension_format
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
        pytest.param(replace(image(), aspect=float("nan")), "still.png: cannot be used", id="odd"),
        pytest.param(
            clip(), "Save one of its frames as an image, and give that.", id="a clip as an image"
        ),
        pytest.param(
            voice(), "voice.wav: an audio file; EvoLink requires an image", id="a sound as an image"
        ),
    ],
)
def test_what_is_beyond_repair(facts: Facts, reason: str) -> None:
    found = plan_asset(facts, [Need(TARGETS[EVOLINK], IMAGE)], Options())
    assert isinstance(found, NotFixable)
    assert len(found.reasons) == 1
    assert reason in found.reasons[0]


def test_what_is_ignored_stops_nobody() -> None:
    needs = [Need(TARGETS[EVOLINK], IMAGE)]
    assert plan_asset(GONE, needs, Options(), ignored=["asset-missing"]) == Untouched(GONE)


def test_unread_files_of_which_only_warnings_are_told_stay() -> None:
    facts = replace(image(gps=True), readable=False, problem="cut off")
    found = plan_asset(
        facts, [Need(TARGETS[EVOLINK], IMAGE)], Options(), ignored=["asset-unreadable"]
    )
    assert found == Untouched(facts, ("location-metadata",))


def test_roles_that_a_target_lacks() -> None:
    found = plan(image(gps=True), "first_frame", WAVESPEED)
    assert found == Untouched(image(gps=True), ("first-frame-unsupported",))


def test_whom_nobody_wants_is_left_alone() -> None:
    assert plan_asset(image(gps=True), [], Options()) == Untouched(image(gps=True))


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
            "Large wants at least 2000 px in width, Small wants at most 1000 px:"
            " no file suits both. Give each a file of its own.",
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
            "Odd wants more than 10 px in width and less than 11 px at once, which nothing is.",
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
            "No image of 1x300 to 500x65535 px has a shape of 3:1, which is what Wide and Flat"
            " wants. Make one file for each target.",
            id="sides and shape",
        ),
        pytest.param(
            [
                sides("One", {}, format=bound("format-unsupported", enum=["jpeg"])),
                sides("Two", {}, format=bound("format-unsupported", enum=["bmp"])),
            ],
            "One wants JPEG, Two wants BMP: no file suits both. Give each a file of its own.",
            id="formats",
        ),
    ],
)
def test_options_that_exclude_each_other(targets: list[Target], reason: str) -> None:
    found = plan(image(1280, 200), IMAGE, *targets)
    assert isinstance(found, NotFixable)
    assert found.reasons == (reason,)


def test_warnings_that_exclude_each_other_give_way_to_errors() -> None:
    own = sides(
        "One",
        {
            "allOf": [
                bound("image-too-small", minimum=300),
                bound("image-too-large", "warning", maximum=200),
            ]
        },
    )
    found = plan(image(240, 240), IMAGE, own)
    assert isinstance(found, Plan)
    assert found.predicted.width == 300
    assert (found.clears, found.left) == (("image-too-small",), ("image-too-large",))


def test_a_result_that_would_break_something_new_is_no_plan() -> None:
    schema = {
        "allOf": [
            {"properties": {"alpha": bound("alpha-unsupported", const=False)}},
            {
                "if": {"properties": {"alpha": {"const": False}}},
                "then": {"properties": {"color": bound("color-risky", "warning", enum=["cmyk"])}},
            },
        ]
    }
    found = plan(image(alpha=True), IMAGE, target(IMAGE, schema))
    assert isinstance(found, NotFixable)
    assert found.reasons[0].startswith("As far as it can be fixed: still.png: RGB;")


def test_who_refuses_a_question_may_have_the_rest() -> None:
    facts = image(3000, 300, gps=True)
    asked = plan(facts, IMAGE, WAVESPEED)
    assert isinstance(asked, Plan)
    refused = [rule for step in asked.questions for rule in step.rules]
    rest = plan(facts, IMAGE, WAVESPEED, ignored=refused)
    assert isinstance(rest, Plan)
    assert [step.name for step in rest.steps] == ["drop-location"]


def test_steps_are_told_in_order() -> None:
    facts = image(12000, 200, "a.heic", gps=True, orientation=3, alpha=True, bit_depth=10)
    found = plan(facts, IMAGE, EVOLINK, WAN22)
    assert isinstance(found, Plan)
    order = [STEPS.index(step.name) for step in found.steps]
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
        pytest.param(clip(name="a.mov", format="mp4"), "mp4", ".mov", id="a neighbour's, truly"),
        pytest.param(clip(name="a.mov"), "mp4", ".mp4", id="a neighbour's, no more"),
    ],
)
def test_endings(facts: Facts, result_format: str, suffix: str) -> None:
    assert suffix_of(facts, result_format) == suffix


@pytest.mark.parametrize(
    "name", "jpeg png webp tiff heic jpeg2000 mp4 mov asf mpg wav mp3 wavpack musepack pnm".split()
)
def test_usual_endings_are_true(name: str) -> None:
    assert extension_format(f"x{suffix_of(Facts(path=''), name)}") == name
