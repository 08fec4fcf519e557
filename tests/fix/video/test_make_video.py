"""Copied and encoded videos, as ffmpeg and Pillow decode them."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sample_videos import (
    AAC,
    BARS,
    MOVING,
    NOISE,
    X264,
    audio_seconds,
    colors,
    description,
    distance,
    ffmpeg,
    fixed_video,
    frame_at,
    frame_hashes,
    frame_times,
    line_of,
    make,
    recipe_for,
    remake,
    tracks,
)

from wanprep.fix.plan.plan import CannotFix, Window
from wanprep.fix.video.make import encode_all_streams, make_video
from wanprep.media.probe_file import probe_file

_SOUND = f"{X264} -bf 2 {AAC}"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two seconds with audio and one key frame, where something moves."""
    return make(tmp_path_factory.mktemp("clip") / "clip.mp4", MOVING, NOISE, how=_SOUND)


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".ts", ".flv"])
def test_streams_are_moved_as_they_are(tmp_path: Path, clip: str, suffix: str) -> None:
    before = remake(clip, tmp_path / f"a{suffix}")

    result = fixed_video(before, tmp_path / "out.mp4", video="copy", audio="copy")

    assert result.output.encodes == 0
    assert tracks(result.path) == ["Video: h264", "Audio: aac"]
    assert "avc1" in line_of(result.path, "Video")
    assert frame_hashes(result.path) == frame_hashes(clip)
    assert len(frame_times(result.path)) == 50
    data = Path(result.path).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it begins to play before it is all there


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_copy_keeps_the_way_up_and_an_encode_bakes_it(tmp_path: Path, degrees: int) -> None:
    upright = make(tmp_path / "a.mp4", BARS)
    before = remake(upright, tmp_path / "b.mov", before=f"-display_rotation {degrees}")

    copied = fixed_video(before, tmp_path / "copied.mp4", video="copy")
    encoded = fixed_video(before, tmp_path / "encoded.mp4")

    assert "rotation of" in description(copied.path)
    assert "rotation of" not in description(encoded.path)
    shown = frame_at(before)
    assert shown.size == ((120, 160) if degrees % 180 else (160, 120))
    for result in (copied, encoded):
        seen = frame_at(result.path)
        assert seen.size == shown.size == (result.facts.width, result.facts.height)
        corners = [(9, 9), (seen.width - 9, 9), (9, seen.height - 9)]
        found, expected = ([_at(image, each) for each in corners] for image in (seen, shown))
        assert distance(found, expected) < 9


def _at(image: object, place: tuple[int, int]) -> tuple[int, ...]:
    pixel = image.getpixel(place)  # type: ignore[attr-defined] # an image
    assert isinstance(pixel, tuple)
    return pixel


def test_a_wrong_default_duration_is_encoded_instead(tmp_path: Path, clip: str) -> None:
    """As some programs write them: a millisecond, which is no more than their clock's tick."""
    data = bytearray(Path(remake(clip, tmp_path / "a.mkv")).read_bytes())
    at = data.index(b"\x23\xe3\x83\x84") + 4  # the first DefaultDuration, in nanoseconds
    data[at : at + 4] = (1_000_000).to_bytes(4)
    before = tmp_path / "b.mkv"
    before.write_bytes(data)

    result = fixed_video(str(before), tmp_path / "out.mp4", video="copy", audio="copy")

    expected = [number / 25 for number in range(50)]
    assert frame_times(result.path) == pytest.approx(expected, abs=1e-4)
    assert result.facts.video_duration == pytest.approx(2.0)
    assert result.output.notes == (
        "re-encoded, because it does not state how long its frames are shown",
    )


@pytest.mark.parametrize(
    "options", [{"video": "copy", "audio": "copy"}, {}], ids=["copied", "encoded"]
)
def test_no_gps_appears(tmp_path: Path, clip: str, options: dict[str, object]) -> None:
    """Matroska keeps it in a tag that no probe reads; in an MP4 it would be found."""
    before = remake(clip, tmp_path / "a.mkv", how="-c copy -metadata location=+48.1371+011.5754/")
    assert not probe_file(before).gps

    result = fixed_video(before, tmp_path / "out.mp4", **options)

    assert not result.facts.gps
    assert "location" not in description(result.path).lower()


def test_only_the_first_video_and_audio_are_kept(tmp_path: Path, clip: str) -> None:
    cover = tmp_path / "cover.png"
    frame_at(clip).save(cover)
    before = tmp_path / "many.mp4"
    ffmpeg(
        "-i", str(cover), "-i", clip, "-f", "lavfi", "-i", "sine=f=99:d=2", "-map", "0:v",
        "-map", "1:v", "-map", "1:a", "-map", "2:a", "-c", "copy", "-c:a:1", "aac",
        "-disposition:v:0", "attached_pic", "-timecode", "01:00:00:00", str(before),
    )  # fmt: skip
    assert len(tracks(str(before))) >= 4

    result = fixed_video(str(before), tmp_path / "out.mp4", video="copy", audio="copy")

    assert tracks(result.path) == ["Video: h264", "Audio: aac"]
    assert frame_at(result.path).size == (96, 72)
    assert len(frame_times(result.path)) == 50


@pytest.mark.parametrize(
    "options", [{"video": "copy", "audio": "copy"}, {"audio": None}], ids=["copied", "encoded"]
)
def test_gps_is_dropped(tmp_path: Path, clip: str, options: dict[str, object]) -> None:
    before = tmp_path / "here.mov"
    place = "com.apple.quicktime.location.ISO6709=+48.1371+011.5754/"
    ffmpeg("-i", clip, "-c", "copy", "-movflags", "use_metadata_tags", "-metadata", place,
           "-metadata", "location=+48.1371+011.5754/", str(before))  # fmt: skip
    assert probe_file(str(before)).gps

    kept = fixed_video(str(before), tmp_path / "kept.mp4", **options)
    result = fixed_video(str(before), tmp_path / "out.mp4", drop_location=True, **options)

    assert "48.1371" in description(kept.path)
    assert "location" not in description(result.path)
    assert not result.facts.gps


def test_audio_that_mp4_cannot_hold_is_encoded(tmp_path: Path, clip: str) -> None:
    before = remake(clip, tmp_path / "a.mkv", how="-c:v copy -c:a libvorbis -ac 2")

    result = fixed_video(before, tmp_path / "out.mp4", video="copy", audio="aac")

    assert result.output.encodes == 1
    assert tracks(result.path) == ["Video: h264", "Audio: aac"]
    assert audio_seconds(result.path) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        ("aevalsrc=0.1*sin(999*t)|0|0|0|0|0.1:c=5.1:s=44100:d=1", "44100 Hz, stereo"),
        ("sine=r=22050:d=1", "48000 Hz, mono"),
        ("aevalsrc=0|0.1*sin(999*t):s=96000:d=1", "48000 Hz, stereo"),
    ],
    ids=["5.1", "mono", "96 kHz"],
)
def test_channels_and_sample_rates(tmp_path: Path, sound: str, expected: str) -> None:
    before = make(tmp_path / "a.mkv", "testsrc=s=64x64:d=1", sound, how=f"{X264} -c:a flac")

    result = fixed_video(before, tmp_path / "out.mp4")

    assert expected in line_of(result.path, "Audio")


def test_sides_are_even_and_pixels_square(tmp_path: Path) -> None:
    odd = make(tmp_path / "odd.mkv", f"{BARS},scale=161:121", how="-c:v ffv1 -pix_fmt yuv444p")
    wide = make(tmp_path / "wide.mp4", f"{BARS},scale=180:144,setsar=16/15")

    assert frame_at(fixed_video(odd, tmp_path / "o.mp4").path).size == (160, 120)
    result = fixed_video(wide, tmp_path / "w.mp4")
    assert frame_at(result.path).size == (192, 144)
    assert "SAR 1:1" in line_of(result.path, "Video")
    assert distance(colors(frame_at(result.path)), colors(frame_at(wide))) < 5


def test_window_size_and_canvas(tmp_path: Path) -> None:
    before = make(tmp_path / "a.mp4", BARS)  # seven bars, each 24 px wide
    window = Window((48, 60), "center", (0, 0))

    result = fixed_video(before, tmp_path / "out.mp4", window=window, size=(96, 120),
                  canvas=(120, 120), background="#0000ff")  # fmt: skip

    seen = frame_at(result.path)
    bars = colors(frame_at(before))
    assert seen.size == (120, 120)
    across = [_at(seen, (x, 30)) for x in (5, 30, 80, 115)]
    assert distance(across, [(0, 0, 255), bars[0], bars[1], (0, 0, 255)]) < 8


def test_a_window_without_a_corner_stands_in_the_middle(tmp_path: Path) -> None:
    before = make(tmp_path / "a.mp4", BARS)

    result = fixed_video(before, tmp_path / "out.mp4", window=Window((20, 50), "center"))

    middle = colors(frame_at(before))[3]
    assert distance([_at(frame_at(result.path), (10, 15))], [middle]) < 6


def test_frames_keep_their_times(tmp_path: Path) -> None:
    """A tenth of a second, then half a second without a new image, over and over."""
    varied = "testsrc2=s=96x72:r=50:d=2,select='lt(mod(n,30),5)'"
    before = make(tmp_path / "a.mkv", varied, how=f"{X264} -fps_mode vfr")

    result = fixed_video(before, tmp_path / "out.mp4")
    steady = fixed_video(before, tmp_path / "steady.mp4", fps=20.0)

    assert frame_times(result.path) == pytest.approx(frame_times(before), abs=0.002)
    gaps = {round(after - before, 4) for before, after in pairwise(frame_times(steady.path))}
    assert gaps == {0.05}


def test_audio_that_starts_late_stays_in_time(tmp_path: Path) -> None:
    before = tmp_path / "late.mkv"
    noise = ("-itsoffset", "0.5", "-f", "lavfi", "-i", "anoisesrc=a=1:d=1:seed=1", "-c:a", "flac")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=2", *noise, *X264.split(), str(before))

    result = fixed_video(str(before), tmp_path / "out.mp4")

    sound = ffmpeg("-i", result.path, "-map", "0:a", "-ar", "1000", "-ac", "1", "-f", "s8", "-")
    loud = [at for at, sample in enumerate(sound) if 3 < sample < 253]
    assert loud[0] == pytest.approx(500, abs=40)


def test_audio_after_a_gap_stays_in_time(tmp_path: Path) -> None:
    """Silence, a gap of 60 ms from 0.1 s on, and at one second noise: at 1.06 s by its time."""
    noise = "aevalsrc=if(lt(t\\,1)\\,0\\,random(0)-0.5):s=48000:d=2"
    whole = make(tmp_path / "a.mkv", "testsrc=s=64x64:r=5:d=2", noise, how=f"{X264} -c:a flac")
    gap = "-c copy -bsf:a setts=ts=TS+60*gt(TS\\,100)"

    result = fixed_video(remake(whole, tmp_path / "gap.mkv", gap), tmp_path / "out.mp4")

    sound = ffmpeg("-i", result.path, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
    samples = struct.unpack(f"<{len(sound) // 2}h", sound)
    first = next(at for at, sample in enumerate(samples) if abs(sample) > 3000)
    assert first / 48_000 == pytest.approx(1.06, abs=0.01)


@pytest.mark.parametrize("name", ["-dash.mp4", "a:b %d.mp4", "sp ace\nline.mp4", "ü'\"[];,\\.mp4"])
def test_unusual_file_names(
    tmp_path: Path, clip: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(Path(clip).read_bytes())

    small = {"most_bytes": 5000, "length": 0.4, "audio": None}
    result = fixed_video(name, Path(f"{name}-out.mp4"), **small)

    assert result.facts.readable
    assert result.output.encodes > 1  # the second pass finds what the first one left
    assert sorted(os.listdir()) == sorted([name, f"{name}-out.mp4"])


def test_an_interrupt_leaves_no_files(tmp_path: Path, clip: str) -> None:
    facts = probe_file(clip)
    recipe = recipe_for(facts, most_bytes=30_000)
    seen: list[list[str]] = []

    def interrupt(_: float) -> None:
        seen.append(sorted(os.listdir(tmp_path)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_video(clip, recipe, facts, str(tmp_path / "a.mp4"), threads=1, progress=interrupt)

    assert seen == [["a.mp4", "a.mp4.passes"]]
    assert not list(tmp_path.iterdir())


def test_progress_reaches_the_end(tmp_path: Path, clip: str) -> None:
    shares: list[float] = []
    facts = probe_file(clip)

    make_video(clip, recipe_for(facts), facts, str(tmp_path / "a.mp4"), threads=1,
              progress=shares.append)  # fmt: skip

    assert shares[-1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"start": 9.0, "length": 1.0}, "cannot be played", id="beyond the end"),
        pytest.param(
            {"video": "copy", "audio": "copy", "most_bytes": 9000}, "encoded again", id="large copy"
        ),
        pytest.param(
            {"most_bytes": 1000, "length": 0.4, "audio": None},
            "does not fit into",
            id="too few bytes",
        ),
    ],
)
def test_what_fails_leaves_nothing(
    tmp_path: Path, clip: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(CannotFix, match=words):
        fixed_video(clip, tmp_path / "out.mp4", **options)

    assert not list(tmp_path.iterdir())


def test_damage_gives_a_note(tmp_path: Path) -> None:
    clip = Path(make(tmp_path / "a.avi", MOVING, how="-c:v mpeg4 -g 5"))
    data = bytearray(clip.read_bytes())
    for at in range(len(data) // 3, len(data) * 2 // 3, 997):
        data[at] ^= 0x5A
    clip.write_bytes(data)

    result = fixed_video(str(clip), tmp_path / "out.mp4")

    (note,) = result.output.notes
    assert note.startswith("it is damaged in places (")
    assert ffmpeg("-i", result.path, "-f", "null", "-") == b""


@pytest.mark.parametrize("claimed", [1.0, 4.0], ids=["too much", "too little"])
def test_lost_frames_are_an_error(tmp_path: Path, clip: str, claimed: float) -> None:
    facts = replace(probe_file(clip), duration=claimed, video_duration=claimed)

    with pytest.raises(CannotFix, match=rf"2\.00 s of video instead of {claimed:.2f} s"):
        make_video(clip, recipe_for(facts), facts, str(tmp_path / "out.mp4"), threads=2)

    assert not (tmp_path / "out.mp4").exists()


def test_hardly_a_frame_is_lost_where_their_size_changes(tmp_path: Path) -> None:
    """As in a call over a poor line: large and small in turn. One goes at each change."""
    how = "-c:v libvpx -deadline realtime -cpu-used 8"
    for name, size in (("a", "80x60"), ("b", "40x30")):
        make(tmp_path / f"{name}.webm", f"testsrc2=s={size}:r=25:d=0.4", how=how)
    parts = "".join(f"file {name}.webm\n" for name in "abab")
    (tmp_path / "parts.txt").write_text(parts)
    list_of_parts = "-f concat -safe 0"
    clip = remake(str(tmp_path / "parts.txt"), tmp_path / "c.webm", before=list_of_parts)

    assert len(frame_times(fixed_video(clip, tmp_path / "out.mp4").path)) >= 40 - 3


def test_a_long_last_frame(tmp_path: Path) -> None:
    """Our probe takes it to stay as long as the others do, and ffmpeg knows nothing of it."""
    slow = MOVING.replace("r=25:d=2", "r=1/2:d=6")
    clip = make(tmp_path / "slow.flv", slow, how="-c:v flv -fps_mode passthrough")

    result = fixed_video(clip, tmp_path / "out.mp4")

    assert frame_times(result.path) == [0.0, 2.0, 4.0]


def test_encoding_instead_of_copying_maps_hdr(clip: str) -> None:
    facts = replace(probe_file(clip), hdr=True)

    anew = encode_all_streams(recipe_for(facts, video="copy", audio="copy", tone_map=False), facts)

    assert (anew.video, anew.audio, anew.tone_map) == ("h264", "aac", True)
