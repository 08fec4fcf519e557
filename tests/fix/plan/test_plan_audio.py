"""Plans for audio: recipes, steps and predicted facts."""

from __future__ import annotations

import pytest
from planning import EVOLINK, WAVESPEED, audio, bound, plan, target, video

from wanprep.fix.plan.plan import AudioRecipe, NoChange, NotFixable, Options, Plan, Rename, Trim
from wanprep.media.facts import Facts


def planned(facts: Facts, options: Options = Options()) -> tuple[Plan, AudioRecipe]:  # noqa: B008
    result = plan(facts, "voice", EVOLINK, options=options)
    assert isinstance(result, Plan), result
    assert isinstance(result.recipe, AudioRecipe)
    return result, result.recipe


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(audio(), id="WAV"),
        pytest.param(audio("a.mp3", audio_codec="mp3"), id="MP3"),
        pytest.param(audio(duration=10.0, bytes=15_000_000), id="at every bound"),
    ],
)
def test_accepted_files_stay_as_they_are(facts: Facts) -> None:
    assert plan(facts, "voice") == NoChange(facts)


def test_a_wrong_suffix_is_renamed() -> None:
    result = plan(audio("a.mp3", format="wav"), "voice")
    assert isinstance(result, Plan)
    assert result.recipe == Rename(".wav")


@pytest.mark.parametrize(
    ("facts", "safety"),
    [
        pytest.param(audio("a.m4a", audio_codec="aac"), "safe", id="M4A"),
        pytest.param(audio("a.ogg", audio_codec="opus"), "safe", id="OGG"),
        pytest.param(audio("a.mp3", audio_codec="mp2"), "safe", id="layer 2 named MP3"),
        pytest.param(audio("a.flac", bit_depth=24), "lossy", id="24 bits"),
        pytest.param(audio("a.flac", sample_rate=96_000), "lossy", id="96 kHz"),
        pytest.param(audio("a.m4a", channels=6), "lossy", id="six channels"),
        pytest.param(
            audio(problem="its header says 9.0 s, 5.0 s really play"), "safe", id="a wrong header"
        ),
        pytest.param(audio("a.mkv", kind="audio", audio_codec="aac"), "safe", id="audio in an MKV"),
        pytest.param(audio("a.m4a", sample_rate=None, channels=None), "safe", id="unknown rate"),
    ],
)
def test_wav_where_it_fits(facts: Facts, safety: str) -> None:
    result, recipe = planned(facts)
    assert (recipe.format, recipe.suffix, recipe.length) == ("wav", ".wav", None)
    assert [(step.name, step.safety) for step in result.steps] == [("encode", safety)]
    after = result.predicted
    assert (after.audio_codec, after.bit_depth) == ("pcm_s16le", 16)
    assert (after.sample_rate or 0) <= 48_000
    assert (after.channels or 0) <= 2
    assert after.bytes == 44 + 5 * (after.sample_rate or 0) * 2 * (after.channels or 0)


@pytest.mark.parametrize(
    ("keep", "start", "words"),
    [
        ("start", None, "keep the first 9.99 s of 12.00 s"),
        ("center", 1.005, "keep the middle 9.99 s of 12.00 s"),
        ("end", 2.01, "keep the last 9.99 s of 12.00 s"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_trimming(name: str, keep: Trim, start: float | None, words: str) -> None:
    codec = "mp3" if name == "a.mp3" else "pcm_s16le"
    facts = audio(name, audio_codec=codec, duration=12.0)
    result, recipe = planned(facts, Options(trim=keep))
    assert (recipe.format, recipe.start, recipe.length) == ("wav", start, 9.99)
    (question,) = result.questions
    assert (question.words, question.rules) == (words, ("audio-too-long",))


def plan_within(facts: Facts, most: int, *formats: str) -> Plan | NoChange | NotFixable:
    length = {"minimum": "audio-too-short", "maximum": "audio-too-long"}
    own = target(
        "voice",
        {
            "properties": {
                "format": bound("format-unsupported", enum=list(formats)),
                "duration": bound(length, minimum=1, maximum=10),
                "bytes": bound("file-too-large", maximum=most),
            }
        },
    )
    return plan(facts, "voice", own)


def test_mp3_where_wav_is_too_large() -> None:
    result = plan_within(audio(duration=12.0, bytes=1_152_044), 300_000, "wav", "mp3")
    assert isinstance(result, Plan)
    recipe = result.recipe
    assert isinstance(recipe, AudioRecipe)
    assert (recipe.format, recipe.most_bytes) == ("mp3", 300_000)
    # Four frames of 1152 samples, which decoders may count, besides the usual slack.
    assert recipe.length == 9.894
    assert [step.name for step in result.steps] == ["trim", "encode", "fit-bytes"]
    assert result.predicted.bytes == 300_000


def test_mp3_where_wav_is_refused() -> None:
    result = plan_within(audio(), 10**7, "mp3")
    assert isinstance(result, Plan)
    assert isinstance(result.recipe, AudioRecipe)
    assert (result.recipe.format, result.recipe.length) == ("mp3", 5.0)
    own = target("voice", {"properties": {"format": bound("format-unsupported", enum=["mp3"])}})
    free = plan(audio(), "voice", own)
    assert isinstance(free, Plan)
    assert free.predicted.bytes == 144_000


def test_a_format_that_cannot_be_written_is_not_fixable() -> None:
    result = plan_within(audio(), 10**7, "flac")
    assert isinstance(result, NotFixable)
    assert result.reasons == (
        "voice.wav: WAV; Test accepts FLAC. Export the file in one of the accepted formats.",
    )


def test_too_short() -> None:
    result = plan(audio(duration=0.5), "voice")
    assert isinstance(result, NotFixable)
    assert result.reasons == (
        "voice.wav: 0.50 s; EvoLink accepts 1 to 10 s. Record a longer sample.",
    )


def test_a_video_is_not_audio() -> None:
    result = plan(video(), "voice")
    assert isinstance(result, NotFixable)
    (reason,) = result.reasons
    assert reason.startswith("clip.mp4: a video; EvoLink requires an audio file here.")
    assert reason.endswith("Save its audio as a WAV file, and use that.")


def test_a_target_without_the_role_sets_no_limits() -> None:
    result = plan(audio(duration=12.0), "voice", WAVESPEED)
    assert isinstance(result, NoChange)
    assert result.remaining == ("voice-unsupported",)
    both = plan(audio("a.ogg", duration=12.0), "voice", WAVESPEED, EVOLINK)
    assert isinstance(both, Plan)
    assert both.remaining == ("voice-unsupported",)
