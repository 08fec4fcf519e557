"""WAV and MP3 as ffmpeg decodes them, and their bytes."""

from __future__ import annotations

import struct
import wave
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sample_videos import audio_seconds, ffmpeg, line_of, make, remake, tracks

from wanprep.fix.audio import audio_commands, make_audio
from wanprep.fix.plan.plan import AudioRecipe, CannotFix, Output
from wanprep.media.facts import Facts
from wanprep.media.probe_file import probe_file

_TONE = "sine=f=440:r={rate}:d=2"


def _make(source: str, output: Path, **options: object) -> Output:
    recipe = AudioRecipe(**{"format": "wav", "suffix": ".wav", **options})  # type: ignore[arg-type]
    return make_audio(source, recipe, probe_file(source), str(output))


def _samples(path: Path, rate: int) -> int:
    """Count the samples of a WAV, at the rate that it must have."""
    with wave.open(str(path)) as plain:
        assert plain.getframerate() == rate
        samples: int = len(plain.readframes(plain.getnframes())) // plain.getnchannels() // 2
    return samples


@pytest.mark.parametrize(
    ("name", "rate", "how", "expected"),
    [
        ("a.m4a", 44_100, "-c:a aac", 44_100),
        ("a.ogg", 48_000, "-c:a libvorbis -ac 2", 48_000),
        ("a.opus", 48_000, "-c:a libopus", 48_000),
        ("a.flac", 96_000, "-c:a flac -sample_fmt s32", 48_000),
        ("a.mp3", 22_050, "-c:a libmp3lame -q:a 5", 22_050),
        ("a.aac", 44_100, "-c:a aac", 44_100),
        ("a.wav", 16_000, "-c:a pcm_f32le", 16_000),
        ("a.aiff", 44_100, "-c:a pcm_s24be", 44_100),
    ],
)
def test_wav(tmp_path: Path, name: str, rate: int, how: str, expected: int) -> None:
    source = make(tmp_path / name, _TONE.format(rate=rate), how=how)

    output = _make(source, tmp_path / "out.wav")

    data = (tmp_path / "out.wav").read_bytes()
    with wave.open(str(tmp_path / "out.wav")) as plain:
        assert (plain.getframerate(), plain.getsampwidth()) == (expected, 2)
        assert plain.getnframes() / expected == pytest.approx(2, abs=0.08)
        assert len(data) == 44 + plain.getnframes() * 2 * plain.getnchannels()
    assert data[36:40] == b"data"
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    assert output.encodes == 1
    assert "ffmpeg" in output.tools
    assert _loudness(tmp_path / "out.wav") == pytest.approx(_loudness(Path(source)), rel=0.1)


def _loudness(path: Path) -> float:
    data = ffmpeg("-i", f"file:{path}", "-ac", "1", "-ar", "8000", "-f", "s16le", "-")
    samples: tuple[int, ...] = struct.unpack(f"<{len(data) // 2}h", data)
    return sum(map(abs, samples)) / len(samples)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize(("start", "length"), [(None, 1.0), (0.5, 1.25), (None, 0.2)])
def test_mp3_is_short_enough_for_every_player(
    tmp_path: Path, rate: int, start: float | None, length: float
) -> None:
    source = make(tmp_path / "a.wav", _TONE.format(rate=rate), how="-c:a pcm_s16le")
    output = tmp_path / "out.mp3"

    _make(source, output, format="mp3", suffix=".mp3", start=start, length=length)

    assert length - 0.12 <= audio_seconds(str(output)) <= length
    data = output.read_bytes()
    assert data[:2] == b"\xff\xfb"  # no tag before the first frame, and no note inside it
    assert b"Xing" not in data[:200]
    assert b"Info" not in data[:200]
    assert "192 kb/s" in line_of(str(output), "Audio")


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.flac"])
def test_wav_is_cut_to_the_sample(tmp_path: Path, name: str) -> None:
    """A second of silence, then a tone: the cut must fall where it is asked for."""
    source = make(tmp_path / name, "aevalsrc=if(lt(t\\,1)\\,0\\,0.5*sin(2000*t)):s=44100:d=3",
                  how="-b:a 128k")  # fmt: skip
    output = tmp_path / "out.wav"

    _make(source, output, start=0.75, length=1.5)

    assert _samples(output, 44_100) == 66_150
    with wave.open(str(output)) as plain:
        sound = struct.unpack("<66150h", plain.readframes(66_150))
    first = next(at for at, sample in enumerate(sound) if abs(sample) > 3000)
    assert first / 44_100 == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("how", ["pcm_s24le", "pcm_f32le"])
def test_plain_samples_are_cut_to_the_sample(tmp_path: Path, how: str) -> None:
    """Seconds are no whole numbers inside, and blocks of plain samples of no even length."""
    source = make(tmp_path / "a.wav", "sine=r=44100:d=12", how=f"-c:a {how}")

    _make(source, tmp_path / "out.wav", length=9.99)

    assert _samples(tmp_path / "out.wav", 44_100) == 440_559


def test_parts_with_several_sample_rates(tmp_path: Path) -> None:
    """What was recorded at other rates stands in one file: the cut falls where it should."""
    parts = [make(tmp_path / f"{rate}.mp3", f"sine=f={rate / 100}:r={rate}:d=2",
                  how="-c:a libmp3lame -b:a 64k -write_xing 0 -id3v2_version 0")
             for rate in (44_100, 32_000)]  # fmt: skip
    both = tmp_path / "both.mp3"
    both.write_bytes(b"".join(Path(part).read_bytes() for part in parts))
    output = tmp_path / "out.wav"

    result = _make(str(both), output, start=1.0, length=2.0)

    assert result.encodes == 2
    assert _samples(output, 44_100) == 88_200
    crossings = _crossings(output)
    assert crossings[0] == pytest.approx(2 * 441, rel=0.1)  # the end of the first part
    assert crossings[1] == pytest.approx(2 * 320, rel=0.1)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "32000.mp3", "44100.mp3", "both.mp3", "out.wav",
    ]  # fmt: skip


def _crossings(path: Path) -> list[int]:
    """Count for each second how often the samples change their sign."""
    with wave.open(str(path)) as plain:
        rate, channels = plain.getframerate(), plain.getnchannels()
        sound = struct.unpack(f"<{plain.getnframes() * channels}h", plain.readframes(10**9))
    left = sound[::channels]
    signs = [sample > 0 for sample in left]
    changes = [one != other for one, other in pairwise(signs)]
    return [sum(changes[at : at + rate]) for at in range(0, len(changes), rate)]


def test_lost_audio_is_an_error(tmp_path: Path) -> None:
    """ffmpeg stops where a chained Ogg goes on in another rate, and calls that a success."""
    parts = [make(tmp_path / f"{rate}.ogg", f"sine=r={rate}:d=2", how="-c:a libvorbis")
             for rate in (44_100, 32_000)]  # fmt: skip
    both = tmp_path / "both.ogg"
    both.write_bytes(b"".join(Path(part).read_bytes() for part in parts))

    facts = replace(probe_file(str(both)), duration=4.0, audio_duration=4.0)
    recipe = AudioRecipe(format="wav", suffix=".wav")

    with pytest.raises(CannotFix, match=r"only 2\.0. s of 4\.0. s of audio can be decoded"):
        make_audio(str(both), recipe, facts, str(tmp_path / "out.wav"))

    assert not (tmp_path / "out.wav").exists()


def test_audio_of_a_video_with_six_channels(tmp_path: Path) -> None:
    six = "aevalsrc=0.1|0.1|0.1|0.1|0.1|0.1:c=5.1:s=48000:d=1"
    source = make(tmp_path / "a.mkv", "testsrc=s=64x64:d=1", six, how="-c:v libx264 -c:a flac")

    _make(source, tmp_path / "out.wav")

    assert tracks(str(tmp_path / "out.wav")) == ["Audio: pcm_s16le"]
    assert "48000 Hz, stereo" in line_of(str(tmp_path / "out.wav"), "Audio")


def test_jumping_time_stamps_are_ignored(tmp_path: Path) -> None:
    """What decodes is what counts, whatever the time stamps make of it."""
    whole = make(tmp_path / "a.mkv", _TONE.format(rate=48_000), how="-c:a flac")
    jumping = remake(whole, tmp_path / "b.mkv", "-c copy -bsf:a setts=pts=PTS+5000*gt(PTS\\,1000)")

    _make(jumping, tmp_path / "out.wav", length=1.5)

    assert _samples(tmp_path / "out.wav", 48_000) == 72_000


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"most_bytes": 200_000}, 88_200 * 2 + 44),
        ({"most_bytes": 140_000}, 128_044),
        ({"most_bytes": 70_000}, 64_044),
        ({"format": "mp3", "suffix": ".mp3", "most_bytes": 20_000}, 20_000),
    ],
)
def test_byte_limits(tmp_path: Path, options: dict[str, object], size: int) -> None:
    source = make(tmp_path / "a.flac", _TONE.format(rate=44_100), how="-c:a flac")
    output = tmp_path / "out"

    _make(source, output, **options)

    assert size * 0.7 <= output.stat().st_size <= size


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"most_bytes": 20_000}, r"2\.0 s of audio take at least 64\.0 kB"),
        ({"start": 5.0, "length": 1.0}, "the requested part may have no audio"),
        (
            {"format": "mp3", "suffix": ".mp3", "start": 5.0, "length": 1.0},
            "the requested part may have no audio",
        ),
        ({"format": "mp3", "suffix": ".mp3", "length": 0.02}, "instead of 0.02 s"),
    ],
)
def test_what_fails_leaves_nothing(tmp_path: Path, options: dict[str, object], words: str) -> None:
    source = make(tmp_path / "a.flac", _TONE.format(rate=44_100), how="-c:a flac")

    with pytest.raises(CannotFix, match=words):
        _make(source, tmp_path / "out", **options)

    assert [each.name for each in tmp_path.iterdir()] == ["a.flac"]


def test_a_header_with_a_wrong_length(tmp_path: Path) -> None:
    """Its facts claim less than there is; the bytes that are written are counted after all."""
    source = make(tmp_path / "a.flac", _TONE.format(rate=44_100), how="-c:a flac")
    facts = replace(probe_file(source), duration=0.5, audio_duration=0.5)
    recipe = AudioRecipe(format="wav", suffix=".wav", most_bytes=100_000)

    with pytest.raises(CannotFix, match=r"the result has 176\.4 kB, and at most 100\.0 kB"):
        make_audio(source, recipe, facts, str(tmp_path / "out.wav"))

    assert not (tmp_path / "out.wav").exists()


_VOICE = Facts(path="", kind="audio", format="mp3", audio_codec="mp3", duration=20.0,
               sample_rate=44_100, channels=1)  # fmt: skip


def test_wav_command() -> None:
    recipe = AudioRecipe(format="wav", suffix=".wav", start=2.0, length=10.0)

    (command,) = audio_commands("-voice.mp3", recipe, _VOICE, "out.wav")

    assert " ".join(command) == (
        "-nostdin -hide_banner -nostats -v level+info -n -progress pipe:1 -f mp3 -format_whitelist"
        " mp3 -protocol_whitelist file,pipe -i file:-voice.mp3 -filter_complex"
        " [0:a:0]aresample=44100[s0];[s0]atrim=end_sample=529200:start_sample=88200[s1];"
        "[s1]asetpts=N[s2] -map [s2] -f wav -ac 1 -ar 44100 -c:a pcm_s16le"
        " -fflags +bitexact -map_chapters -1 -map_metadata -1 file:out.wav"
    )


def test_mp3_command() -> None:
    recipe = AudioRecipe(format="mp3", suffix=".mp3")

    (command,) = audio_commands("a", recipe, _VOICE, "out.mp3")

    assert "-b:a 192000 -c:a libmp3lame -fflags +bitexact" in " ".join(command)
    assert "-id3v2_version 0" in " ".join(command)
    assert "-write_xing 0" in " ".join(command)
