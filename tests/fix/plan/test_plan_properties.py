"""Properties of plans: they meet all limits, and without a plan there is no solution."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from planning import audio, bound, image, plan, rules_of, target, video

from wanprep.fix.plan.plan import (
    ImageRecipe,
    NoChange,
    NotFixable,
    Options,
    Plan,
    TargetRole,
    VideoRecipe,
)
from wanprep.media.facts import Facts
from wanprep.rules.target import Target

# Without shrinking, which takes minutes: the failure found is clear enough.
# The same examples in each run: a rare failure must not block an unrelated change.
_OFTEN = settings(max_examples=60, phases=[Phase.explicit, Phase.generate], derandomize=True)
_SMALL = 24  # sides so short that every size can be tried

OPTIONS = st.builds(
    Options,
    crop=st.sampled_from([None, "pad", "smart", "center"]),
    trim=st.sampled_from([None, "start", "center", "end"]),
)


def two_limits(
    values: SearchStrategy[Any], rule: str, severity: SearchStrategy[str]
) -> SearchStrategy[list[dict[str, Any]]]:
    """Return a lower and an upper limit, exclusive or not; they may exclude each other."""
    low = st.sampled_from(["minimum", "exclusiveMinimum"])
    high = st.sampled_from(["maximum", "exclusiveMaximum"])
    return st.tuples(values, values, low, high, severity).map(
        lambda drawn: [
            bound(rule, drawn[4], **{drawn[2]: min(drawn[0], drawn[1])}),
            bound(rule, drawn[4], **{drawn[3]: max(drawn[0], drawn[1])}),
        ]
    )


def schemas(severity: SearchStrategy[str], most: int) -> SearchStrategy[dict[str, Any]]:
    sides = st.integers(1, most)
    aspects = st.sampled_from([0.1, 0.125, 0.5, 2 / 3, 0.75, 1, 4 / 3, 1.5, 1.7778, 2, 5.538, 8])
    return st.fixed_dictionaries(
        {
            "width": two_limits(sides, "image-too-small", severity),
            "height": two_limits(sides, "image-too-large", severity),
            "aspect": two_limits(aspects, "aspect-out-of-range", severity),
        }
    ).map(lambda facts: {"properties": {name: {"allOf": two} for name, two in facts.items()}})


def some_size_is_allowed(schema: dict[str, Any], step: int) -> bool:
    every = product(range(step, _SMALL + 1, step), repeat=2)
    return any(size_is_allowed(schema, width, height) for width, height in every)


def size_is_allowed(schema: dict[str, Any], width: int, height: int) -> bool:
    """Compare a size with the limits, in the simplest way."""
    aspect = width / height  # facts have six digits of it; both must be allowed
    facts: dict[str, list[float]] = {"width": [width], "height": [height]}
    facts["aspect"] = [aspect, round(aspect, 6)]
    return all(
        _COMPARE[keyword](value, limit[keyword])
        for name, both in schema["properties"].items()
        for limit in both["allOf"]
        for value in facts[name]
        for keyword in _COMPARE
        if keyword in limit
    )


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}


SIDES = st.integers(1, 2 * _SMALL)
ERROR = st.just("error")


@_OFTEN
@given(width=SIDES, height=SIDES, schema=schemas(ERROR, _SMALL), options=OPTIONS)
def test_an_image_has_a_plan_if_any_size_is_allowed(
    width: int, height: int, schema: dict[str, Any], options: Options
) -> None:
    facts, own = image(width, height), target("reference_image", schema)
    planned = plan(facts, "reference_image", own, options=options)
    assert isinstance(planned, NotFixable) is not some_size_is_allowed(schema, 1)
    if isinstance(planned, Plan):
        assert isinstance(planned.recipe, ImageRecipe)
        check_sizes(planned.recipe, planned, options, step=1)
    elif isinstance(planned, NotFixable):
        assert planned.reasons
        assert all(reason.endswith(".") for reason in planned.reasons)


@_OFTEN
@given(width=SIDES, height=SIDES, schema=schemas(ERROR, _SMALL), options=OPTIONS)
def test_a_video_has_a_plan_if_any_even_size_is_allowed(
    width: int, height: int, schema: dict[str, Any], options: Options
) -> None:
    facts, own = video(width, height), target("reference_video", schema)
    planned = plan(facts, "reference_video", own, options=options)
    need = TargetRole(own, "reference_video")
    if isinstance(planned, NoChange):
        assert not rules_of(facts, [need])
    else:
        assert isinstance(planned, Plan) is some_size_is_allowed(schema, 2)
    if isinstance(planned, Plan):
        assert isinstance(planned.recipe, VideoRecipe)
        check_sizes(planned.recipe, planned, options, step=2)


def check_sizes(
    recipe: ImageRecipe | VideoRecipe, planned: Plan, options: Options, step: int
) -> None:
    """Check that each size in a recipe follows from the one before, and that no ratio changes."""
    source = (planned.facts.width or 0, planned.facts.height or 0)
    kept = recipe.window.size if recipe.window else source
    drawn = recipe.size or kept
    result = recipe.canvas or drawn
    assert all(part <= whole for part, whole in zip(kept, source, strict=True))
    assert all(part <= whole for part, whole in zip(drawn, result, strict=True))
    assert result == (planned.predicted.width, planned.predicted.height)
    if options.crop in {"smart", "center"}:
        assert recipe.canvas is None
        # What is kept reaches from edge to edge one way, but for a rounding.
        assert any(whole - part <= 2 * step for part, whole in zip(kept, source, strict=True))
    else:
        assert recipe.window is None
        ratio = source[0] / source[1]
        off = min(abs(drawn[1] - drawn[0] / ratio), abs(drawn[0] - drawn[1] * ratio))
        assert off <= step / 2 or min(drawn) == step
    smallest = recipe.smallest or result
    assert all(part <= whole for part, whole in zip(smallest, result, strict=True))


ANY = st.sampled_from(["error", "warning"])
IMAGES = st.builds(
    image,
    st.integers(1, 9000),
    st.integers(1, 9000),
    st.sampled_from(["a.jpg", "a.png", "a.bmp", "a.webp", "a.gif", "a.tif", "a.heic", "a.avif"]),
    format=st.sampled_from(["jpeg", "png", "webp", "heic"]),
    bytes=st.integers(0, 40_000_000),
    alpha=st.booleans(),
    animated=st.booleans(),
    frames=st.integers(1, 3),
    bit_depth=st.sampled_from([1, 8, 16]),
    color=st.sampled_from(["rgb", "gray", "cmyk", "palette", "yuv"]),
    gps=st.booleans(),
    orientation=st.integers(1, 8),
)


def image_schemas(severity: SearchStrategy[str]) -> SearchStrategy[dict[str, Any]]:
    formats = st.lists(
        st.sampled_from(["jpeg", "png", "webp", "avif"]), min_size=1, unique=True
    ).map(lambda names: bound("format-unsupported", enum=names))
    sizes = st.integers(1_000_000, 30_000_000).map(
        lambda most: {
            "if": {"maximum": most * 2},
            "then": bound("file-near-limit", "warning", maximum=most),
            "else": bound("file-too-large", maximum=most * 2),
        }
    )
    alpha = st.sampled_from(["error", "warning"]).map(
        lambda severity: {
            "if": {"properties": {"format": {"const": "png"}}},
            "then": {"properties": {"alpha": bound("alpha-unsupported", severity, const=False)}},
        }
    )
    plain = st.fixed_dictionaries({"format": formats, "bytes": sizes})
    return st.tuples(plain, alpha, schemas(severity, 9000)).map(
        lambda parts: {"allOf": [{"properties": parts[0]}, *parts[1:]]}
    )


@_OFTEN
@given(
    facts=IMAGES,
    schema=image_schemas(ANY),
    other=image_schemas(ANY),
    options=OPTIONS,
    several=st.booleans(),
)
def test_images_of_all_kinds(
    facts: Facts, schema: dict[str, Any], other: dict[str, Any], options: Options, several: bool
) -> None:
    one, two = target("reference_image", schema), target("reference_image", other, "Other")
    targets: tuple[Target, ...] = (one, two) if several else (one,)
    check_plan(facts, "reference_image", targets, options)


def check_plan(facts: Facts, role: str, targets: tuple[Target, ...], options: Options) -> None:
    """Plan (which checks plans), and check what is reported of the rules."""
    planned = plan(facts, role, *targets, options=options)
    before = rules_of(facts, [TargetRole(each, role) for each in targets])
    match planned:
        case NoChange(remaining=remaining):
            assert "error" not in before.values()
            assert set(remaining) == set(before)
        case NotFixable(reasons=reasons):
            assert before
            assert reasons
        case Plan(clears=clears):
            assert set(clears) <= set(before)


LENGTHS = st.floats(0.1, 100).map(lambda length: round(length, 3))
VIDEOS = st.builds(
    video,
    st.integers(2, 5000),
    st.integers(2, 5000),
    st.sampled_from(["a.mp4", "a.mov", "a.mkv", "a.avi", "a.webm", "a.ts", "a.3gp"]),
    format=st.sampled_from(["mp4", "mov", "mkv", "avi", "webm"]),
    bytes=st.integers(0, 200_000_000),
    duration=LENGTHS,
    video_duration=LENGTHS,
    audio_codec=st.sampled_from(["aac", "mp3", "opus", "pcm_s16le", None]),
    video_codec=st.sampled_from(["h264", "hevc", "vp9", "prores", "mpeg4"]),
    bit_depth=st.sampled_from([8, 10]),
    hdr=st.booleans(),
    alpha=st.booleans(),
    sar=st.sampled_from([1.0, 1.066667, 0.888889, 1.333333, 1.005]),
    rotation=st.sampled_from([0, 90, 180, 270]),
    fps=st.sampled_from([1.0, 12.5, 25.0, 29.97, 60.0, None]),
    vfr=st.booleans(),
    gps=st.booleans(),
    problem=st.sampled_from([None, "its header says 5 s, 4 s really play"]),
)


@st.composite
def video_schemas(draw: st.DrawFn) -> dict[str, Any]:
    length = draw(two_limits(st.floats(0.5, 60), "video-too-long", ANY))
    rate = draw(two_limits(st.integers(1, 120), "codec-risky", ANY))
    most = draw(st.integers(1_000_000, 200_000_000))
    formats = draw(st.lists(st.sampled_from(["mp4", "mov", "webm"]), min_size=1, unique=True))
    fixed = {
        "duration": {"allOf": length},
        "video_duration": {"allOf": length},
        "audio_duration": length[1],
        "fps": {"allOf": rate},
        "vfr": bound(
            "codec-risky", draw(ANY), enum=draw(st.sampled_from([[False], [False, True]]))
        ),
        "bytes": bound("file-too-large", maximum=most),
        "format": bound("format-unsupported", draw(ANY), enum=formats),
    }
    return {"allOf": [{"properties": fixed}, draw(schemas(ANY, 5000))]}


@_OFTEN
@given(facts=VIDEOS, schema=video_schemas(), options=OPTIONS)
def test_videos_of_all_kinds(facts: Facts, schema: dict[str, Any], options: Options) -> None:
    check_plan(facts, "reference_video", (target("reference_video", schema),), options)


AUDIO = st.builds(
    audio,
    st.sampled_from(["a.wav", "a.mp3", "a.m4a", "a.flac", "a.ogg"]),
    format=st.sampled_from(["wav", "mp3", "m4a", "flac"]),
    bytes=st.integers(0, 20_000_000),
    duration=LENGTHS,
    audio_codec=st.sampled_from(["pcm_s24le", "mp3", "mp2", "aac"]),
    sample_rate=st.sampled_from([8000, 44100, 96000, None]),
    channels=st.sampled_from([1, 2, 6, None]),
    bit_depth=st.sampled_from([None, 16, 24]),
    problem=st.sampled_from([None, "its header says 5 s, 4 s really play"]),
)


@_OFTEN
@given(
    facts=AUDIO,
    length=two_limits(st.floats(0.5, 60), "audio-too-long", ANY),
    most=st.integers(50_000, 20_000_000),
    formats=st.lists(st.sampled_from(["wav", "mp3", "flac"]), min_size=1, unique=True),
    options=OPTIONS,
)
def test_audio_of_all_kinds(
    facts: Facts, length: list[dict[str, Any]], most: int, formats: list[str], options: Options
) -> None:
    fixed = {
        "duration": {"allOf": length},
        "bytes": bound("file-too-large", maximum=most),
        "format": bound("format-unsupported", enum=formats),
    }
    check_plan(facts, "voice", (target("voice", {"properties": fixed}),), options)


@_OFTEN
@given(
    low=st.floats(0.2, 20),
    room=st.floats(0, 20),
    keep=st.sampled_from(["start", "center", "end"]),
    more=st.floats(0.001, 50),
)
def test_any_file_that_is_too_long_can_be_cut(
    low: float, room: float, keep: Any, more: float
) -> None:
    length = [
        bound("video-too-short", minimum=low),
        bound("video-too-long", maximum=low + room),
    ]
    fixed = {"duration": {"allOf": length}, "video_duration": {"allOf": length}}
    own = target("reference_video", {"properties": fixed})
    facts = video(duration=low + room + more)
    planned = plan(facts, "reference_video", own, options=Options(trim=keep))
    assert isinstance(planned, Plan)
    assert isinstance(planned.recipe, VideoRecipe)
    cut, start = planned.recipe.length or 0, planned.recipe.start or 0
    assert low <= cut <= low + room
    assert start + cut <= (facts.duration or 0) + 1e-6
