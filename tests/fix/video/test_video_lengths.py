"""Whatever is requested, the container, the frames and the audio all end in time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from sample_videos import (
    AAC,
    MOVING,
    NOISE,
    X264,
    audio_seconds,
    fixed_video,
    frame_at,
    frame_times,
    make,
    remake,
)

from wanprep.fix.plan.plan import CannotFix
from wanprep.media.mediainfo import describe
from wanprep.media.source import LocalFile

_FRAME = 1 / 25


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same four seconds, with many frames out of their order, in several containers."""
    folder = tmp_path_factory.mktemp("clips")
    moving, noise = MOVING.replace("d=2", "d=4"), NOISE.replace("d=2", "d=4")
    mp4 = make(folder / "a.mp4", moving, noise, how=f"{X264} -bf 3 -b_strategy 0 {AAC}")
    mp3 = make(folder / "b.mkv", moving, noise, how=f"{X264} -bf 3 -c:a libmp3lame")
    varied = f"{moving},select='lt(mod(n,40),9)'"
    return {
        "mp4": mp4,
        "mkv": remake(mp4, folder / "a.mkv"),
        "ts": remake(mp4, folder / "a.ts"),
        "avi": make(folder / "a.avi", moving, noise, how="-c:v mpeg4 -c:a libmp3lame"),
        "mp3": mp3,
        "vfr": make(folder / "vfr.mkv", varied, noise, how=f"{X264} -fps_mode vfr {AAC}"),
        "mute": remake(mp4, folder / "mute.mov", how="-c copy -an"),
    }


@pytest.mark.parametrize("which", ["mp4", "mkv", "ts", "avi", "mp3", "vfr", "mute"])
@pytest.mark.parametrize(("start", "length"), [(None, 0.999), (1.234, 1.7)])
def test_encoded(
    tmp_path: Path, clips: dict[str, str], which: str, start: float | None, length: float
) -> None:
    result = fixed_video(clips[which], tmp_path / "out.mp4", start=start, length=length)

    # Where the last image of the source stays, ours ends with it.
    _check(result.path, length, slack=0.6 if which == "vfr" else 0.1)
    assert result.output.encodes == 1


@pytest.mark.parametrize("which", ["mp4", "mkv", "ts", "mp3", "mute"])
@pytest.mark.parametrize("length", [0.999, 2.04])
def test_copied(tmp_path: Path, clips: dict[str, str], which: str, length: float) -> None:
    sound = None if which == "mute" else "copy"

    result = fixed_video(
        clips[which], tmp_path / "out.mp4", video="copy", audio=sound, length=length
    )

    assert result.output.encodes == 0
    _check(result.path, length, slack=0.25)
    shown = frame_times(result.path)
    gaps = [after - before for before, after in pairwise(shown)]
    assert max(gaps) == pytest.approx(_FRAME, abs=0.002)  # no frame is missing before the last


def _check(path: str, length: float, slack: float) -> None:
    """Ask three: our probe by way of libmediainfo, ffmpeg's index, and plain decoding."""
    with LocalFile(path) as source:
        streams = describe(source)
    lengths = [streams.duration, *(each.duration for each in streams.videos)]
    lengths += [each.duration for each in streams.audios]
    assert all(each is None or each <= length for each in lengths)
    shown = frame_times(path)
    assert length - slack <= shown[-1] - shown[0] + _FRAME <= length + 0.0011
    if streams.audios:
        assert length - slack <= audio_seconds(path) <= length


def test_starts_with_the_right_frame(tmp_path: Path, clips: dict[str, str]) -> None:
    for which, start, shown in (
        ("mp4", 1.88, 1.88), ("ts", 1.88, 1.88), ("vfr", 1.88, 1.88), ("vfr", 2.7, 1.92),
    ):  # fmt: skip
        result = fixed_video(
            clips[which], tmp_path / f"{which}-{start}.mp4", start=start, length=1.0
        )
        seen, intent = frame_at(result.path), frame_at(clips["mp4"], shown)
        assert _difference(seen, intent) < 4, (which, start)


def _difference(one: object, other: object) -> float:
    from PIL import ImageChops, ImageStat

    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)  # type: ignore[arg-type]


def test_a_length_shorter_than_a_frame_is_an_error(tmp_path: Path, clips: dict[str, str]) -> None:
    slow = make(tmp_path / "a.mp4", MOVING, "anoisesrc=r=8000:d=2", how=f"{X264} {AAC}")
    with pytest.raises(CannotFix, match=r"however it is cut|no video in the requested part"):
        fixed_video(slow, tmp_path / "out.mp4", audio="copy", length=0.1)
    with pytest.raises(CannotFix, match=r"no video (and no audio )?in the requested part"):
        fixed_video(clips["mp4"], tmp_path / "out.mp4", length=0.001)

    assert not (tmp_path / "out.mp4").exists()


def test_audio_goes_on_after_the_last_frame(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", MOVING, NOISE.replace("d=2", "d=6"), how=f"{X264} {AAC}")

    result = fixed_video(clip, tmp_path / "out.mp4", video="copy", audio="copy", length=5.0)

    assert len(frame_times(result.path)) == 50
    assert 4.9 < audio_seconds(result.path) <= 5


def test_avi_keeps_all_frames(tmp_path: Path) -> None:
    """They have no time stamps, and those that ffmpeg makes up for them collide."""
    how = f"{X264} -bf 3 -b_strategy 0 -c:a libmp3lame"
    clip = make(tmp_path / "a.avi", MOVING, NOISE, how=how)

    shown = frame_times(fixed_video(clip, tmp_path / "out.mp4").path)

    assert len(shown) == 50
    assert {round(b - a, 3) for a, b in pairwise(shown)} == {_FRAME}


def test_long_frames_are_encoded_instead_of_cut(tmp_path: Path) -> None:
    slow = make(tmp_path / "slow.mp4", "testsrc2=s=96x72:r=1:d=4", NOISE, how=f"{X264} {AAC}")

    result = fixed_video(slow, tmp_path / "out.mp4", video="copy", audio="copy", length=0.5)

    (note,) = result.output.notes
    assert note == "re-encoded, because its frames cannot be cut as they are"
    assert (result.facts.duration or 9) <= 0.5
