"""Plans for videos: recipes, steps and predicted facts."""

from __future__ import annotations

from typing import Any

import pytest
from planning import EVOLINK, WAVESPEED, bound, plan, target, video

from wanprep.fix.plan.plan import (
    NoChange,
    NotFixable,
    Options,
    Plan,
    Rename,
    Trim,
    VideoRecipe,
    Window,
)
from wanprep.media.facts import Facts

VIDEO = "reference_video"


def planned(facts: Facts, *targets: str, options: Options = Options()) -> tuple[Plan, VideoRecipe]:  # noqa: B008
    result = plan(facts, VIDEO, *targets, options=options)
    assert isinstance(result, Plan), result
    assert isinstance(result.recipe, VideoRecipe)
    return result, result.recipe


def names(result: Plan) -> list[str]:
    return [step.name for step in result.steps]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(video(), id="ordinary"),
        pytest.param(video(rotation=90), id="rotated"),
        pytest.param(video(vfr=True), id="variable frame rate"),
        pytest.param(video(321, 241), id="odd sides"),
        pytest.param(video(name="a.mov", audio_codec="pcm_s16le"), id="PCM in a MOV"),
        pytest.param(video(name="a.mov", format="mp4"), id="an MP4 named MOV"),
        pytest.param(video(duration=30.0, bytes=100_000_000), id="at every bound"),
    ],
)
def test_accepted_files_stay_as_they_are(facts: Facts) -> None:
    assert plan(facts, VIDEO) == NoChange(facts)


def test_a_wrong_suffix_is_renamed() -> None:
    result = plan(video(name="a.mkv", format="mp4"), VIDEO)
    assert isinstance(result, Plan)
    assert result.recipe == Rename(".mp4")


@pytest.mark.parametrize(
    ("facts", "container", "audio", "steps"),
    [
        pytest.param(video(name="a.mkv"), "mp4", "copy", ["remux"], id="MKV"),
        pytest.param(video(name="a.ts"), "mp4", "copy", ["remux"], id="a transport stream"),
        pytest.param(video(name="a.mkv", audio_codec=None), "mp4", None, ["remux"], id="silent"),
        pytest.param(
            video(name="a.mkv", audio_codec="opus"), "mp4", "aac", ["remux", "encode"], id="Opus"
        ),
        pytest.param(
            video(name="a.3gp", audio_codec="amr_nb"), "mp4", "aac", ["remux", "encode"], id="AMR"
        ),
        pytest.param(
            video(problem="its header says 5 s, 4 s really play"),
            "mp4",
            "copy",
            ["remux"],
            id="a wrong header",
        ),
        pytest.param(video(gps=True), "mp4", "copy", ["drop-location"], id="location"),
        pytest.param(
            video(name="a.mov", gps=True, audio_codec="pcm_s16le"),
            "mov",
            "copy",
            ["drop-location"],
            id="location in a MOV, which stays one",
        ),
        pytest.param(
            video(name="a.mkv", gps=True, rotation=90),
            "mp4",
            "copy",
            ["drop-location", "remux"],
            id="location in an MKV",
        ),
        pytest.param(
            video(name="a.mp4", format="mkv"), "mp4", "copy", ["remux"], id="an MKV named MP4"
        ),
        pytest.param(
            video(duration=31.0), "mp4", "copy", ["trim"], id="too long: the start is copied"
        ),
        pytest.param(
            video(duration=45.0, video_duration=20.0, audio_duration=45.0),
            "mp4",
            "copy",
            ["trim"],
            id="only its audio is too long",
        ),
    ],
)
def test_accepted_streams_are_copied(
    facts: Facts, container: str, audio: str | None, steps: list[str]
) -> None:
    result, recipe = planned(facts)
    assert (recipe.container, recipe.video, recipe.audio) == (container, "copy", audio)
    assert names(result) == steps
    assert recipe.drop_location is bool(facts.gps)
    assert result.predicted.rotation == facts.rotation
    assert recipe.most_bytes is None


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        pytest.param(video(video_codec="hevc"), ["encode"], id="HEVC"),
        pytest.param(video(bit_depth=10), ["encode"], id="10 bits"),
        pytest.param(
            video(video_codec="hevc", bit_depth=10, hdr=True), ["tone-map", "encode"], id="HDR"
        ),
        pytest.param(
            video(name="a.mov", video_codec="prores", alpha=True, audio_codec="pcm_s24le"),
            ["flatten", "encode", "encode"],
            id="ProRes with alpha",
        ),
        pytest.param(
            video(name="a.webm", video_codec="vp9", audio_codec="opus"),
            ["encode", "encode"],
            id="VP9 in WEBM",
        ),
        pytest.param(video(video_codec="hevc", rotation=90), ["turn", "encode"], id="rotated"),
        pytest.param(video(1921, 1081, video_codec="hevc"), ["scale", "encode"], id="odd sides"),
        pytest.param(
            video(name="a.avi", audio_codec="aac"), ["encode"], id="AVI, which has no timestamps"
        ),
        pytest.param(video(200, 150), ["scale", "encode"], id="too small"),
        pytest.param(video(7680, 4320), ["scale", "encode"], id="too large"),
        pytest.param(video(3000, 300), ["pad", "encode"], id="too wide"),
        pytest.param(video(bytes=150_000_000), ["encode", "fit-bytes"], id="too many bytes"),
        pytest.param(
            video(duration=60.0, bytes=300_000_000),
            ["trim", "encode", "fit-bytes"],
            id="cut, and still too many bytes",
        ),
        pytest.param(
            video(duration=60.0, bytes=150_000_000), ["trim"], id="cut, and small enough by that"
        ),
        pytest.param(
            video(name="a.mkv", bytes=99_990_000), ["encode"], id="so large that a copy may not fit"
        ),
    ],
)
def test_encoding(facts: Facts, steps: list[str]) -> None:
    result, recipe = planned(facts)
    assert names(result) == steps
    if "encode" not in steps:
        assert recipe.video == "copy"
        return
    assert recipe.video == "h264"
    assert recipe.most_bytes == result.predicted.bytes == 100_000_000
    assert recipe.tone_map is bool(facts.hdr)
    after = result.predicted
    assert (after.format, after.video_codec, after.bit_depth) == ("mp4", "h264", 8)
    assert (after.rotation, after.sar, after.hdr, after.alpha) == (0, 1.0, False, False)
    assert not (after.width or 0) % 2
    assert not (after.height or 0) % 2


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        pytest.param(video(720, 576, sar=1.066667), (768, 576), id="PAL"),
        pytest.param(video(720, 480, sar=0.888889), (720, 540), id="NTSC"),
        pytest.param(video(4096, 2304, sar=1.5), (4096, 1536), id="wider than is allowed"),
    ],
)
def test_pixels_become_square(facts: Facts, size: tuple[int, int]) -> None:
    result, recipe = planned(facts)
    assert recipe.size == size
    assert "square-pixels" in names(result)
    assert (result.predicted.width, result.predicted.height) == size


def test_the_aspect_ratio_is_cropped_if_chosen() -> None:
    result, recipe = planned(video(3000, 300), options=Options(crop="smart"))
    assert recipe.window == Window((2400, 300), "smart")
    assert names(result) == ["crop", "encode"]
    assert result.questions[0].rules == ("aspect-out-of-range",)


@pytest.mark.parametrize(
    ("keep", "start", "words"),
    [
        ("start", None, "keep the first 29.91 s of 40.00 s"),
        ("center", 5.045, "keep the middle 29.91 s of 40.00 s"),
        ("end", 10.09, "keep the last 29.91 s of 40.00 s"),
    ],
)
def test_trimming(keep: Trim, start: float | None, words: str) -> None:
    result, recipe = planned(video(duration=40.0), options=Options(trim=keep))
    # One of 25 frames per second, and what containers and audio round to.
    assert (recipe.start, recipe.length) == (start, 29.91)
    assert recipe.video == ("h264" if start else "copy")
    (question,) = result.questions
    assert (question.words, question.rules) == (words, ("video-too-long",))
    assert result.predicted.duration == result.predicted.audio_duration == 29.91
    assert any("key frame" in step.words for step in result.steps) is bool(start)


def test_the_video_track_decides_where_a_cut_begins() -> None:
    facts = video(duration=45.0, video_duration=40.0, audio_duration=45.0)
    result, recipe = planned(facts, options=Options(trim="end"))
    assert recipe.start == 10.09
    assert result.predicted.video_duration == 29.91


def test_a_missing_track_has_no_length() -> None:
    result, recipe = planned(video(duration=40.0, audio_duration=None, audio_codec=None))
    assert (recipe.audio, result.predicted.audio_duration) == (None, None)


def test_a_cut_leaves_room_for_two_frames_of_varying_length() -> None:
    _, recipe = planned(video(duration=40.0, vfr=True))
    assert recipe.length == 29.87
    _, recipe = planned(video(duration=40.0, fps=None))
    assert recipe.length == 29.908


def test_near_the_limit_an_encode_keeps_the_length() -> None:
    _, recipe = planned(video(duration=29.95, video_codec="hevc"))
    assert recipe.length == 29.95
    _, recipe = planned(video(duration=29.5, video_codec="hevc"))
    assert recipe.length is None


def test_a_video_that_is_too_short_is_not_fixable() -> None:
    result = plan(video(duration=0.4, video_codec="hevc"), VIDEO)
    assert isinstance(result, NotFixable)
    (reason,) = result.reasons
    assert reason.startswith("clip.mp4: 0.40 s; EvoLink accepts 1 to 30 s. Use a longer video.")


def test_a_warning_does_not_prevent_other_fixes() -> None:
    result, _ = planned(video(duration=0.4, video_codec="hevc"), WAVESPEED)
    assert result.clears == ("codec-risky",)
    assert result.remaining == ("video-too-short",)
    alone = plan(video(duration=0.4), VIDEO, WAVESPEED)
    assert isinstance(alone, NoChange)
    assert alone.remaining == ("video-too-short",)


def test_ignored_rules_are_not_fixed() -> None:
    facts = video(name="a.mkv", video_codec="hevc")
    result = plan(facts, VIDEO, EVOLINK, ignored=["codec-risky"])
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, VideoRecipe)
    assert result.recipe.video == "copy"
    located = plan(video(gps=True), VIDEO, EVOLINK, ignored=["location-metadata"])
    assert isinstance(located, NoChange)


@pytest.mark.parametrize(
    ("bounds", "fps", "rate"),
    [
        pytest.param({"maximum": 30}, 60.0, 30, id="too many"),
        pytest.param({"exclusiveMaximum": 30}, 60.0, 29.97, id="too many, strictly"),
        pytest.param({"minimum": 24}, 12.0, 24, id="too few"),
        pytest.param({"exclusiveMinimum": 24}, 12.0, 24 / 0.999, id="too few, strictly"),
    ],
)
def test_frame_rates(bounds: dict[str, Any], fps: float, rate: float) -> None:
    own = target(VIDEO, {"properties": {"fps": bound("codec-risky", **bounds)}})
    result = plan(video(fps=fps), VIDEO, own)
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, VideoRecipe)
    assert result.recipe.fps == rate
    assert names(result) == ["frame-rate", "encode"]
    assert (result.predicted.fps, result.predicted.frames) == (round(rate, 6), round(5 * rate))


def test_a_constant_rate_only_where_a_rule_demands_it() -> None:
    own = target(VIDEO, {"properties": {"vfr": bound("codec-risky", const=False)}})
    result = plan(video(vfr=True), VIDEO, own)
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, VideoRecipe)
    assert result.recipe.fps == 25


def test_mov_where_mp4_is_refused() -> None:
    own = target(VIDEO, {"properties": {"format": bound("format-unsupported", enum=["mov"])}})
    result = plan(video(), VIDEO, own)
    assert isinstance(result, Plan)
    assert (result.recipe.suffix, names(result)) == (".mov", ["remux"])


def test_refused_audio_is_encoded_alone() -> None:
    own = target(VIDEO, {"properties": {"audio_codec": bound("codec-risky", enum=["aac"])}})
    result = plan(video(audio_codec="mp3"), VIDEO, own)
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, VideoRecipe)
    assert (result.recipe.video, result.recipe.audio) == ("copy", "aac")
    assert [step.words for step in result.steps] == ["convert its audio from MP3 to AAC"]


def test_codecs_have_the_names_that_findings_have() -> None:
    result = plan(video(name="a.mov", video_codec="prores", audio_codec="pcm_s24le"), VIDEO)
    assert isinstance(result, Plan)
    assert [step.words for step in result.steps] == [
        "encode its video as 8-bit H.264 (it is ProRes)",
        "convert its audio from uncompressed (PCM) to AAC",
    ]
