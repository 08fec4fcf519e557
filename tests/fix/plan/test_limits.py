from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from planning import EVOLINK, TARGETS, WAN22, WAVESPEED, audio, bound, image, target, video

from wanprep.fix.plan.limits import Limits, limits_in, limits_on
from wanprep.fix.plan.plan import TargetRole
from wanprep.media.facts import Facts


def limits(facts: Facts, role: str, *targets: str, ignored: tuple[str, ...] = ()) -> Limits:
    return limits_on(facts, [TargetRole(TARGETS[each], role) for each in targets], ignored)


def test_limits_of_a_target() -> None:
    allowed = limits(image(), "reference_image", EVOLINK)
    assert allowed.choices("format") == ("jpeg", "png", "webp")  # a BMP cannot be uploaded there
    assert allowed.choices("alpha") == (False,)
    assert (allowed.range("width").least, allowed.range("width").most) == (240, 8000)
    assert allowed.range("aspect").contains(8)
    assert not allowed.range("aspect").contains(8.001)


def test_a_condition_on_the_fact_itself_gives_the_smaller_limit() -> None:
    assert limits(image(), "reference_image", EVOLINK).range("bytes").most == 20_000_000
    assert limits(image(), "first_frame", WAN22).range("bytes").most == 9_999_999
    assert limits(video(), "reference_video", EVOLINK).errors.range("bytes").most == 104_857_600


def test_exclusive_limits() -> None:
    width = limits(image(), "first_frame", WAN22).range("width")
    assert (width.least, width.most) == (361, 1999)
    assert not width.contains(360)
    assert not width.contains(2000)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(audio("voice.mp3", audio_codec="mp2"), False, id="layer 2 in an MP3"),
        pytest.param(audio(), True, id="any codec in a WAV"),
    ],
)
def test_conditions_on_other_facts(facts: Facts, expected: bool) -> None:
    assert limits(facts, "voice", EVOLINK).allows("audio_codec", "mp2") is expected


def test_limits_of_several_targets() -> None:
    both = limits(image(), "reference_image", EVOLINK, WAN22)
    assert (both.range("width").least, both.range("width").most) == (361, 1999)
    assert both.range("bytes").most == 9_999_999
    low = both.range("width").low
    assert low
    assert low.words == "RunComfy requires more than 360 px"


def test_a_role_that_the_target_lacks_has_no_limits() -> None:
    assert not limits(audio(), "voice", WAVESPEED).of("duration")


def test_ignored_rules_are_no_limits() -> None:
    allowed = limits(image(), "reference_image", EVOLINK, ignored=("image-too-small",))
    assert allowed.range("width").least is None
    assert allowed.range("width").most == 8000


def test_limits_of_every_service() -> None:
    (depth,) = limits(video(), "reference_video", EVOLINK).of("bit_depth")
    assert depth.words == "any service requires at most 8"
    assert not limits(image(), "reference_image", EVOLINK).of("bit_depth")


def test_limits_that_are_errors() -> None:
    assert limits(video(), "reference_video", WAVESPEED).range("duration").most == 30
    assert limits(video(), "reference_video", WAVESPEED).errors.range("duration").most is None


def one(schema: dict[str, Any], **known: Any) -> Limits:
    return Limits(tuple(limits_in(schema, known, "Test")))


@pytest.mark.parametrize(
    ("bounds", "ends"),
    [
        pytest.param({"minimum": 1.5}, (2, None), id="up to the next whole number"),
        pytest.param({"exclusiveMinimum": 2}, (3, None), id="strict from below"),
        pytest.param({"maximum": 2.5}, (None, 2), id="down to the whole number before"),
        pytest.param({"exclusiveMaximum": 2}, (None, 1), id="strict from above"),
        pytest.param({"exclusiveMaximum": 2.5}, (None, 2), id="strict, between two"),
        pytest.param({"const": 4}, (4, 4), id="one value"),
    ],
)
def test_least_and_most_are_whole_numbers(
    bounds: dict[str, Any], ends: tuple[int | None, int | None]
) -> None:
    allowed = one({"properties": {"width": bound("image-too-small", **bounds)}}).range("width")
    assert (allowed.least, allowed.most) == ends


@pytest.mark.parametrize(
    ("bounds", "void"),
    [
        pytest.param([{"minimum": 2}, {"maximum": 1}], True, id="apart"),
        pytest.param([{"minimum": 2}, {"maximum": 2}], False, id="one value"),
        pytest.param([{"exclusiveMinimum": 2}, {"maximum": 2}], True, id="one value, excluded"),
        pytest.param([{"minimum": 2}], False, id="open"),
    ],
)
def test_empty_ranges(bounds: list[dict[str, Any]], void: bool) -> None:
    schema = {"properties": {"fps": {"allOf": [bound("codec-risky", **each) for each in bounds]}}}
    assert one(schema).range("fps").is_empty is void


def test_of_equal_limits_the_exclusive_one_is_tighter() -> None:
    parts: list[dict[str, Any]] = [
        {"minimum": 2},
        {"exclusiveMinimum": 2},
        {"maximum": 9},
        {"exclusiveMaximum": 9},
    ]
    for several in (parts, parts[::-1]):
        schema = {"properties": {"fps": {"allOf": [bound("codec-risky", **x) for x in several]}}}
        assert (one(schema).range("fps").least, one(schema).range("fps").most) == (3, 8)


NESTED = {
    "if": {"anyOf": [{"properties": {"format": {"const": "png"}}}]},
    "then": {
        "properties": {
            "alpha": bound("alpha-unsupported", const=False),
            "format": bound("format-unsupported", enum=["png"]),
        }
    },
    "else": {"properties": {"color": bound("color-risky", enum=["rgb"])}},
}


def test_the_other_branch_limits_only_facts_of_the_condition() -> None:
    assert one(NESTED, format="png").choices("alpha") == (False,)
    assert one(NESTED, format="png").choices("color") is None
    assert one(NESTED, format="jpeg").choices("alpha") is None
    assert one(NESTED, format="jpeg").choices("color") == ("rgb",)
    assert one(NESTED, format="jpeg").choices("format") == ("png",)


def test_values() -> None:
    allowed = one(
        {
            "properties": {
                "fps": bound("codec-risky", minimum=10),
                "format": {
                    "allOf": [
                        bound("format-unsupported", enum=["png", "jpeg", "gif"]),
                        bound("format-unsupported", enum=["gif", "jpeg"]),
                    ]
                },
                "hdr": bound("codec-risky", const=False),
            }
        }
    )
    assert allowed.choices("format") == ("jpeg", "gif")
    assert allowed.allows("format", "gif")
    assert not allowed.allows("format", "png")
    assert allowed.allows("fps", None)
    assert not allowed.allows("fps", 9)
    assert allowed.broken_by(replace(video(), fps=9.0, hdr=True), ["fps", "hdr"]) == (
        "codec-risky",
    )
    assert allowed.of("format")[0].words == "Test requires PNG, JPEG or GIF"


def test_a_custom_target() -> None:
    own = target("voice", {"properties": {"channels": bound("format-unsupported", maximum=1)}})
    allowed = limits_on(audio(), [TargetRole(own, "voice")])
    assert not allowed.allows("channels", 2)
