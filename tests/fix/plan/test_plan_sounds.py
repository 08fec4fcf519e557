"""Voices, by the repairs of the ledger."""

from __future__ import annotations

import pytest
from repairs import EVOLINK, WAVESPEED, bound, clip, plan, target, voice

from wanprep.fix.plan.plan import AudioRecipe, NotFixable, Options, Plan, Renamed, Trim, Untouched
from wanprep.media.facts import Facts


def planned(facts: Facts, options: Options = Options()) -> tuple[Plan, AudioRecipe]:  # noqa: B008
    found = plan(facts, "voice", EVOLINK, options=options)
    assert isinstance(found, Plan), found
    assert isinstance(found.recipe, AudioRecipe)
    return found, found.recipe


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(voice(), id="WAV"),
        pytest.param(voice("a.mp3", audio_codec="mp3"), id="MP3"),
        pytest.param(voice(duration=10.0, bytes=15_000_000), id="at every bound"),
    ],
)
def test_what_is_fit_stays_bit_for_bit(facts: Facts) -> None:
    assert plan(facts, "voice") == Untouched(facts)


def test_a_wrong_name_is_all() -> None:
    found = plan(voice("a.mp3", format="wav"), "voice")
    assert isinstance(found, Plan)
    assert found.recipe == Renamed(".wav")


@pytest.mark.parametrize(
    ("facts", "safety"),
    [
        pytest.param(voice("a.m4a", audio_codec="aac"), "safe", id="R-aud: M4A"),
        pytest.param(voice("a.ogg", audio_codec="opus"), "safe", id="R-aud: OGG"),
        pytest.param(voice("a.mp3", audio_codec="mp2"), "safe", id="layer 2 under MP3's name"),
        pytest.param(voice("a.flac", bit_depth=24), "lossy", id="24 bits"),
        pytest.param(voice("a.flac", sample_rate=96_000), "lossy", id="96 kHz"),
        pytest.param(voice("a.m4a", channels=6), "lossy", id="six channels"),
        pytest.param(
            voice(problem="its header says 9.0 s, 5.0 s really play"), "safe", id="a lying header"
        ),
        pytest.param(voice("a.mkv", kind="audio", audio_codec="aac"), "safe", id="sound in an MKV"),
        pytest.param(voice("a.m4a", sample_rate=None, channels=None), "safe", id="of no rate"),
    ],
)
def test_plain_samples_where_they_fit(facts: Facts, safety: str) -> None:
    found, recipe = planned(facts)
    assert (recipe.format, recipe.suffix, recipe.length) == ("wav", ".wav", None)
    assert [(step.name, step.safety) for step in found.steps] == [("encode", safety)]
    after = found.predicted
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
def test_r_aud_trim(name: str, keep: Trim, start: float | None, words: str) -> None:
    codec = "mp3" if name == "a.mp3" else "pcm_s16le"
    facts = voice(name, audio_codec=codec, duration=12.0)
    found, recipe = planned(facts, Options(trim=keep))
    assert (recipe.format, recipe.start, recipe.length) == ("wav", start, 9.99)
    (question,) = found.questions
    assert (question.words, question.rules) == (words, ("audio-too-long",))


def tight(facts: Facts, most: int, *formats: str) -> Plan | Untouched | NotFixable:
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


def test_mp3_where_samples_are_too_heavy() -> None:
    found = tight(voice(duration=12.0, bytes=1_152_044), 300_000, "wav", "mp3")
    assert isinstance(found, Plan)
    recipe = found.recipe
    assert isinstance(recipe, AudioRecipe)
    assert (recipe.format, recipe.most_bytes) == ("mp3", 300_000)
    # Four frames of 1152 samples, which decoders may count, besides the usual slack.
    assert recipe.length == 9.894
    assert [step.name for step in found.steps] == ["trim", "encode", "fit-bytes"]
    assert found.predicted.bytes == 300_000


def test_mp3_where_wav_is_refused() -> None:
    found = tight(voice(), 10**7, "mp3")
    assert isinstance(found, Plan)
    assert isinstance(found.recipe, AudioRecipe)
    assert (found.recipe.format, found.recipe.length) == ("mp3", 5.0)
    own = target("voice", {"properties": {"format": bound("format-unsupported", enum=["mp3"])}})
    free = plan(voice(), "voice", own)
    assert isinstance(free, Plan)
    assert free.predicted.bytes == 144_000


def test_formats_that_cannot_be_written_are_for_a_person() -> None:
    found = tight(voice(), 10**7, "flac")
    assert isinstance(found, NotFixable)
    assert found.reasons == (
        "voice.wav: WAV; Test accepts FLAC. Export the file in one of the accepted formats.",
    )


def test_too_short() -> None:
    found = plan(voice(duration=0.5), "voice")
    assert isinstance(found, NotFixable)
    assert found.reasons == (
        "voice.wav: 0.50 s; EvoLink accepts 1 to 10 s. Record a longer sample.",
    )


def test_a_clip_is_no_voice() -> None:
    found = plan(clip(), "voice")
    assert isinstance(found, NotFixable)
    (reason,) = found.reasons
    assert reason.startswith("clip.mp4: a video; EvoLink requires an audio file here.")
    assert reason.endswith("Save its sound alone, as WAV, and give that.")


def test_a_target_without_voices_asks_nothing_of_them() -> None:
    found = plan(voice(duration=12.0), "voice", WAVESPEED)
    assert isinstance(found, Untouched)
    assert found.left == ("voice-unsupported",)
    both = plan(voice("a.ogg", duration=12.0), "voice", WAVESPEED, EVOLINK)
    assert isinstance(both, Plan)
    assert both.left == ("voice-unsupported",)
