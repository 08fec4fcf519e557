from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from wanprep.media.probe_file import probe_file


def noise(path: Path, size: tuple[int, int] = (320, 240), **options: Any) -> bytes:
    Image.effect_noise(size, 80).convert("RGB").save(path, **options)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.bmp", "a.tif", "a.avif"])
def test_whole_images_stay_fine(tmp_path: Path, name: str) -> None:
    noise(tmp_path / name)
    facts = probe_file(str(tmp_path / name), deep=True)
    assert (facts.readable, facts.problem) == (True, None)


def test_an_animation_is_decoded_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.effect_noise((64, 64), 80).convert("P") for _ in range(5)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    data = bytearray(path.read_bytes())
    at = len(data) - 1500
    data[at : at + 400] = b"\xff" * 400
    path.write_bytes(data)
    assert probe_file(str(path)).frames == 5
    assert not probe_file(str(path), deep=True).readable


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("a.jpg", {"quality": 90}, id="JPEG, whose library fixes without a word"),
        pytest.param("a.png", {}, id="PNG"),
        pytest.param("a.tif", {"compression": "tiff_lzw"}, id="TIFF"),
    ],
)
def test_damage_in_the_middle_of_an_image(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    path = tmp_path / name
    data = bytearray(noise(path, (640, 480), **options))
    middle = len(data) * 2 // 3
    # Markers that do not belong here; zeros may be valid JPEG data.
    data[middle : middle + 600] = b"\xff\xd0" * 300
    path.write_bytes(data)

    assert probe_file(str(path)).readable
    facts = probe_file(str(path), deep=True)
    assert not facts.readable
    assert (facts.problem or "").startswith("damaged: decoding it fails (")
    assert facts.width == 640


def test_damage_in_the_middle_of_a_video(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "clip.mp4"
    data = bytearray(clip.read_bytes())
    start = data.index(b"mdat")
    data[start + 2000 : start + 4000] = bytes(2000)
    path.write_bytes(data)

    assert probe_file(str(path)).readable
    assert probe_file(str(clip), deep=True).readable
    facts = probe_file(str(path), deep=True)
    assert not facts.readable
    assert "0x" not in (facts.problem or ""), "no addresses of ffmpeg's memory"


def test_garbage_between_mp3_frames_is_skipped_but_lost_audio_is_not(
    tmp_path: Path, ffmpeg: str
) -> None:
    path = tmp_path / "a.mp3"
    sine = ["-f", "lavfi", "-i", "sine=duration=3", "-c:a", "libmp3lame"]
    subprocess.run([ffmpeg, "-v", "error", *sine, str(path)], check=True)
    data = path.read_bytes()
    assert probe_file(str(path), deep=True).readable

    path.write_bytes(data[:9000] + bytes(500) + data[9000:])
    assert probe_file(str(path), deep=True).readable


def test_an_image_too_large_to_decode_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("1", (9000, 9000)).save(path)
    facts = probe_file(str(path), deep=True)
    assert facts.readable
    assert facts.problem == "not decoded: 81 megapixels are too many to decode"


def test_a_message_about_the_output_is_no_damage_however_often_it_is_repeated(
    tmp_path: Path, ffmpeg: str
) -> None:
    """Frames with the times of earlier ones cannot be written in order, but be shown."""
    path = tmp_path / "again.mkv"
    times = ["-bsf:v", "setts=ts=mod(N\\,5)*40:time_base=1/1000"]
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=1", "-c:v", "ffv1"]
    subprocess.run([ffmpeg, "-v", "error", *source, *times, str(path)], check=True)
    facts = probe_file(str(path), deep=True)
    assert (facts.readable, facts.frames) == (True, 25)


@pytest.mark.parametrize(
    "piece", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"]
)
def test_broken_metadata_of_an_image_that_decodes(tmp_path: Path, piece: bytes) -> None:
    noise(tmp_path / "a.jpg", exif=piece)
    facts = probe_file(str(tmp_path / "a.jpg"), deep=True)
    assert (facts.readable, facts.problem) == (True, None)


def test_what_decodes_to_nothing_is_damaged(tmp_path: Path, ffmpeg: str) -> None:
    """VP8 has a flag to hide a frame (RFC 6386, 9.1); here all are hidden."""
    path, hidden = tmp_path / "clip.ivf", tmp_path / "hidden.avi"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libvpx"]
    subprocess.run([ffmpeg, "-v", "error", *source, str(path)], check=True)
    subprocess.run([ffmpeg, "-v", "error", "-i", path, "-c", "copy", hidden], check=True)
    data, at, video = path.read_bytes(), 32, hidden.read_bytes()
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        frame, at = data[at + 12 : at + 12 + size], at + 12 + size
        video = video.replace(frame, bytes([frame[0] & ~0x10]) + frame[1:])
    hidden.write_bytes(video)
    assert probe_file(str(hidden)).readable
    facts = probe_file(str(hidden), deep=True)
    assert facts.problem == "damaged: nothing of its video can be decoded (10 packets)"


def test_a_playlist_is_no_media_and_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{tmp_path}/secret.ts\n")
    facts = probe_file(str(path), deep=True)
    assert (facts.readable, facts.problem) == (False, "text, not media")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "ffmpeg cannot be started", id="not there"),
        pytest.param("exit 3", "ffmpeg ended with status 3", id="fails without a word"),
    ],
)
def test_an_ffmpeg_that_does_not_work_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, says: str
) -> None:
    noise(tmp_path / "a.jpg")
    program = tmp_path / "ffmpeg"
    if text:
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    facts = probe_file(str(tmp_path / "a.jpg"), deep=True)
    assert (facts.readable, facts.width) == (False, 320)
    assert (facts.problem or "").startswith(f"not read: {says}")
