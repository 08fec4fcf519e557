"""Clips, by the repairs of the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from repairs import EVOLINK, WAVESPEED, bound, clip, plan, target

from wanprep.fix.plan.plan import (
    NotFixable,
    Options,
    Plan,
    Renamed,
    Trim,
    Untouched,
    VideoRecipe,
    Window,
)
from wanprep.media.facts import Facts

VIDEO = "reference_video"


def planned(facts: Facts, *targets: str, options: Options = Options()) -> tuple[Plan, VideoRecipe]:  # noqa: B008
    found = plan(facts, VIDEO, *targets, options=options)
    assert isinstance(found, Plan), found
    assert isinstance(found.recipe, VideoRecipe)
    return found, found.recipe


def names(found: Plan) -> list[str]:
    return [step.name for step in found.steps]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(clip(), id="ordinary"),
        pytest.param(clip(rotation=90), id="turned by its header"),
        pytest.param(clip(vfr=True), id="uneven frames"),
        pytest.param(clip(321, 241), id="odd sides"),
        pytest.param(clip(name="a.mov", audio_codec="pcm_s16le"), id="plain sound in a MOV"),
        pytest.param(clip(name="a.mov", format="mp4"), id="an MP4 called MOV"),
        pytest.param(clip(duration=30.0, bytes=100_000_000), id="at every bound"),
    ],
)
def test_what_is_fit_stays_bit_for_bit(facts: Facts) -> None:
    assert plan(facts, VIDEO) == Untouched(facts)


def test_a_wrong_name_is_all() -> None:
    found = plan(clip(name="a.mkv", format="mp4"), VIDEO)
    assert isinstance(found, Plan)
    assert found.recipe == Renamed(".mp4")


@pytest.mark.parametrize(
    ("facts", "container", "audio", "steps"),
    [
        pytest.param(clip(name="a.mkv"), "mp4", "copy", ["remux"], id="R-vid-mp4: MKV"),
        pytest.param(clip(name="a.ts"), "mp4", "copy", ["remux"], id="a transport stream"),
        pytest.param(clip(name="a.mkv", audio_codec=None), "mp4", None, ["remux"], id="silent"),
        pytest.param(
            clip(name="a.mkv", audio_codec="opus"), "mp4", "aac", ["remux", "encode"], id="Opus"
        ),
        pytest.param(
            clip(name="a.3gp", audio_codec="amr_nb"), "mp4", "aac", ["remux", "encode"], id="AMR"
        ),
        pytest.param(
            clip(problem="its header says 5 s, 4 s really play"),
            "mp4",
            "copy",
            ["remux"],
            id="a header that lies",
        ),
        pytest.param(clip(gps=True), "mp4", "copy", ["drop-location"], id="a place"),
        pytest.param(
            clip(name="a.mov", gps=True, audio_codec="pcm_s16le"),
            "mov",
            "copy",
            ["drop-location"],
            id="a place in a MOV, which stays one",
        ),
        pytest.param(
            clip(name="a.mkv", gps=True, rotation=90),
            "mp4",
            "copy",
            ["drop-location", "remux"],
            id="a place in an MKV",
        ),
        pytest.param(
            clip(name="a.mp4", format="mkv"), "mp4", "copy", ["remux"], id="an MKV called MP4"
        ),
        pytest.param(
            clip(duration=31.0), "mp4", "copy", ["trim"], id="R-vid-trim: the start is a copy"
        ),
        pytest.param(
            clip(duration=45.0, video_duration=20.0, audio_duration=45.0),
            "mp4",
            "copy",
            ["trim"],
            id="only its sound is too long",
        ),
    ],
)
def test_streams_that_fit_are_moved(
    facts: Facts, container: str, audio: str | None, steps: list[str]
) -> None:
    found, recipe = planned(facts)
    assert (recipe.container, recipe.video, recipe.audio) == (container, "copy", audio)
    assert names(found) == steps
    assert recipe.drop_location is bool(facts.gps)
    assert found.predicted.rotation == facts.rotation
    assert recipe.most_bytes is None


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        pytest.param(clip(video_codec="hevc"), ["encode"], id="HEVC"),
        pytest.param(clip(bit_depth=10), ["encode"], id="10 bits"),
        pytest.param(
            clip(video_codec="hevc", bit_depth=10, hdr=True), ["tone-map", "encode"], id="HDR"
        ),
        pytest.param(
            clip(name="a.mov", video_codec="prores", alpha=True, audio_codec="pcm_s24le"),
            ["flatten", "encode", "encode"],
            id="ProRes with alpha",
        ),
        pytest.param(
            clip(name="a.webm", video_codec="vp9", audio_codec="opus"),
            ["encode", "encode"],
            id="VP9 in WEBM",
        ),
        pytest.param(clip(video_codec="hevc", rotation=90), ["turn", "encode"], id="turned"),
        pytest.param(clip(1921, 1081, video_codec="hevc"), ["scale", "encode"], id="odd sides"),
        pytest.param(
            clip(name="a.avi", audio_codec="aac"), ["encode"], id="AVI, which tells no times"
        ),
        pytest.param(clip(200, 150), ["scale", "encode"], id="R-up"),
        pytest.param(clip(7680, 4320), ["scale", "encode"], id="R-down"),
        pytest.param(clip(3000, 300), ["pad", "encode"], id="R-aspect"),
        pytest.param(clip(bytes=150_000_000), ["encode", "fit-bytes"], id="R-vid-bytes"),
        pytest.param(
            clip(duration=60.0, bytes=300_000_000),
            ["trim", "encode", "fit-bytes"],
            id="cut, and still too heavy",
        ),
        pytest.param(
            clip(duration=60.0, bytes=150_000_000), ["trim"], id="cut, and light enough by that"
        ),
        pytest.param(
            clip(name="a.mkv", bytes=99_990_000), ["encode"], id="so heavy that a copy may not fit"
        ),
    ],
)
def test_what_is_encoded_is_encoded_once(facts: Facts, steps: list[str]) -> None:
    found, recipe = planned(facts)
    assert names(found) == steps
    if "encode" not in steps:
        assert recipe.video == "copy"
        return
    assert recipe.video == "h264"
    assert recipe.most_bytes == found.predicted.bytes == 100_000_000
    assert recipe.tone_map is bool(facts.hdr)
    after = found.predicted
    assert (after.format, after.video_codec, after.bit_depth) == ("mp4", "h264", 8)
    assert (after.rotation, after.sar, after.hdr, after.alpha) == (0, 1.0, False, False)
    assert not (after.width or 0) % 2
    assert not (after.height or 0) % 2


@pytest.mark.parametrize(
    ("facts", "size"),
    [
        pytest.param(clip(720, 576, sar=1.066667), (768, 576), id="PAL"),
        pytest.param(clip(720, 480, sar=0.888889), (720, 540), id="NTSC"),
        pytest.param(clip(4096, 2304, sar=1.5), (4096, 1536), id="wider than is allowed"),
    ],
)
def test_pixels_become_square(facts: Facts, size: tuple[int, int]) -> None:
    found, recipe = planned(facts)
    assert recipe.size == size
    assert "square-pixels" in names(found)
    assert (found.predicted.width, found.predicted.height) == size


def test_a_crop_where_it_is_wished() -> None:
    found, recipe = planned(clip(3000, 300), options=Options(crop="smart"))
    assert recipe.window == Window((2400, 300), "smart")
    assert names(found) == ["crop", "encode"]
    assert found.questions[0].rules == ("aspect-out-of-range",)


@pytest.mark.parametrize(
    ("keep", "start", "words"),
    [
        ("start", None, "keep the first 29.91 s of 40.00 s"),
        ("center", 5.045, "keep the middle 29.91 s of 40.00 s"),
        ("end", 10.09, "keep the last 29.91 s of 40.00 s"),
    ],
)
def test_r_vid_trim(keep: Trim, start: float | None, words: str) -> None:
    found, recipe = planned(clip(duration=40.0), options=Options(trim=keep))
    # A frame of 25 in a second, and what containers and sound round to.
    assert (recipe.start, recipe.length) == (start, 29.91)
    assert recipe.video == ("h264" if start else "copy")
    (question,) = found.questions
    assert (question.words, question.rules) == (words, ("video-too-long",))
    assert found.predicted.duration == found.predicted.audio_duration == 29.91
    assert any("key frame" in step.words for step in found.steps) is bool(start)


def test_a_cut_counts_from_the_image() -> None:
    facts = clip(duration=45.0, video_duration=40.0, audio_duration=45.0)
    found, recipe = planned(facts, options=Options(trim="end"))
    assert recipe.start == 10.09
    assert found.predicted.video_duration == 29.91


def test_a_track_that_is_not_there_gets_no_length() -> None:
    found, recipe = planned(clip(duration=40.0, audio_duration=None, audio_codec=None))
    assert (recipe.audio, found.predicted.audio_duration) == (None, None)


def test_uneven_frames_take_two_off() -> None:
    _, recipe = planned(clip(duration=40.0, vfr=True))
    assert recipe.length == 29.87
    _, recipe = planned(clip(duration=40.0, fps=None))
    assert recipe.length == 29.908


def test_what_is_encoded_near_the_bound_stays_as_long_as_it_was() -> None:
    _, recipe = planned(clip(duration=29.95, video_codec="hevc"))
    assert recipe.length == 29.95
    _, recipe = planned(clip(duration=29.5, video_codec="hevc"))
    assert recipe.length is None


def test_a_clip_too_short_is_not_slowed_down() -> None:
    found = plan(clip(duration=0.4, video_codec="hevc"), VIDEO)
    assert isinstance(found, NotFixable)
    (reason,) = found.reasons
    assert reason.startswith("clip.mp4: 0.40 s; EvoLink accepts 1 to 30 s. Use a longer video.")


def test_what_only_warns_does_not_stop_the_rest() -> None:
    found, _ = planned(clip(duration=0.4, video_codec="hevc"), WAVESPEED)
    assert found.clears == ("codec-risky",)
    assert found.left == ("video-too-short",)
    alone = plan(clip(duration=0.4), VIDEO, WAVESPEED)
    assert isinstance(alone, Untouched)
    assert alone.left == ("video-too-short",)


def test_what_is_ignored_is_not_fixed() -> None:
    facts = clip(name="a.mkv", video_codec="hevc")
    found = plan(facts, VIDEO, EVOLINK, ignored=["codec-risky"])
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, VideoRecipe)
    assert found.recipe.video == "copy"
    located = plan(clip(gps=True), VIDEO, EVOLINK, ignored=["location-metadata"])
    assert isinstance(located, Untouched)


@pytest.mark.parametrize(
    ("bounds", "fps", "rate"),
    [
        pytest.param({"maximum": 30}, 60.0, 30, id="too many"),
        pytest.param({"exclusiveMaximum": 30}, 60.0, 29.97, id="too many, strictly"),
        pytest.param({"minimum": 24}, 12.0, 24, id="too few"),
        pytest.param({"exclusiveMinimum": 24}, 12.0, 24 / 0.999, id="too few, strictly"),
    ],
)
def test_a_rate_is_made_to_fit(bounds: dict[str, Any], fps: float, rate: float) -> None:
    own = target(VIDEO, {"properties": {"fps": bound("codec-risky", **bounds)}})
    found = plan(clip(fps=fps), VIDEO, own)
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, VideoRecipe)
    assert found.recipe.fps == rate
    assert names(found) == ["frame-rate", "encode"]
    assert (found.predicted.fps, found.predicted.frames) == (round(rate, 6), round(5 * rate))


def test_frames_are_made_even_only_where_a_rule_asks() -> None:
    own = target(VIDEO, {"properties": {"vfr": bound("codec-risky", const=False)}})
    found = plan(clip(vfr=True), VIDEO, own)
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, VideoRecipe)
    assert found.recipe.fps == 25


def test_mov_is_written_where_mp4_is_refused() -> None:
    own = target(VIDEO, {"properties": {"format": bound("format-unsupported", enum=["mov"])}})
    found = plan(clip(), VIDEO, own)
    assert isinstance(found, Plan)
    assert (found.recipe.suffix, names(found)) == (".mov", ["remux"])


def test_a_sound_that_is_refused_is_encoded_alone() -> None:
    own = target(VIDEO, {"properties": {"audio_codec": bound("codec-risky", enum=["aac"])}})
    found = plan(clip(audio_codec="mp3"), VIDEO, own)
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, VideoRecipe)
    assert (found.recipe.video, found.recipe.audio) == ("copy", "aac")
    assert [step.words for step in found.steps] == ["convert its sound from MP3 to AAC"]
