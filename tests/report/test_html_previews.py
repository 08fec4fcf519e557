from __future__ import annotations

import struct
import subprocess
from base64 import b64decode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from wanprep.media import probe
from wanprep.media.facts import Facts
from wanprep.report.html.make_preview import FRAME, LARGE, TINY
from wanprep.report.html.previews import (
    NoPreview,
    Picture,
    Preview,
    Still,
    Strip,
    Waveform,
    _preview,
    make_previews,
)


def previews_of(*paths: Path, small: bool = False) -> dict[str, Preview]:
    return made([probe(path) for path in paths], small=small)


def made(files: Sequence[Facts], *, small: bool = False) -> dict[str, Preview]:
    """Make the previews of files that may have changed since they were probed, by name."""
    items = [(Path(facts.path).name, [facts]) for facts in files]
    found = make_previews(items, tiny=lambda _: True, small=small)
    return {name: preview for name, (preview,) in found}


def preview_of(path: Path, *, small: bool = False) -> Preview:
    return previews_of(path, small=small)[path.name]


def bytes_of(picture: Picture | None) -> bytes:
    assert picture
    return b64decode(picture.base64)


def opened(picture: Picture | None) -> Image.Image:
    with Image.open(BytesIO(bytes_of(picture))) as image:
        image.load()
        return image


def run(ffmpeg: str, *arguments: str) -> None:
    subprocess.run([ffmpeg, "-v", "error", "-y", *arguments], check=True)


def halves(width: int, height: int) -> Image.Image:
    """Draw red above, blue below."""
    image = Image.new("RGB", (width, height), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, width, height // 2))
    return image


def is_red(image: Image.Image, x: float, y: float) -> bool:
    pixel = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel[0] > 180 and pixel[2] < 80


def test_an_image_is_scaled_down_and_keeps_its_shape(tmp_path: Path) -> None:
    paths = [tmp_path / f"a.{suffix}" for suffix in ("jpg", "png", "webp", "bmp", "gif", "tiff")]
    for path in paths:
        halves(900, 600).save(path)
    for name, preview in previews_of(*paths).items():
        assert isinstance(preview, Still), name
        assert preview.image.size == opened(preview.image).size == (320, 213)
        assert opened(preview.tiny).size == (96, 64)
        assert is_red(opened(preview.image), 0.5, 0.25)
        assert not is_red(opened(preview.image), 0.5, 0.75)


def test_a_image_is_shown_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of what is stored belongs to the right
    halves(600, 400).save(tmp_path / "a.jpg", exif=exif)
    preview = preview_of(tmp_path / "a.jpg")
    assert isinstance(preview, Still)
    assert preview.image.size == (213, 320)
    assert is_red(opened(preview.image), 0.8, 0.5)
    assert not is_red(opened(preview.image), 0.2, 0.5)


def test_transparency_is_kept(tmp_path: Path) -> None:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((200, 200, 200, 255), (0, 0, 200, 400))
    paths = [tmp_path / f"{mode}.png" for mode in ("RGBA", "LA", "P")]
    for path in paths:
        image.convert(path.stem).save(path)
    for name, preview in previews_of(*paths).items():
        assert isinstance(preview, Still), name
        alpha = opened(preview.image).convert("RGBA").getchannel("A")
        assert [alpha.getpixel((80, 100)), alpha.getpixel((240, 100))] == [255, 0], name


def test_every_color_mode_is_converted(tmp_path: Path) -> None:
    wide = Image.new("I;16", (500, 400), 40_000)
    paths = [tmp_path / f"{mode}.tiff" for mode in ("1", "L", "P", "CMYK", "I;16")]
    for path in paths:
        white = Image.new("RGB", (500, 400), "white")
        (wide if path.stem == "I;16" else white.convert(path.stem)).save(path)
    for name, preview in previews_of(*paths).items():
        assert isinstance(preview, Still), name
        pixel = opened(preview.image).convert("L").getpixel((100, 100))
        assert isinstance(pixel, int)
        assert pixel > 150, name


def directory(tags: dict[int, int], following: int = 0) -> bytes:
    """Make a directory of EXIF, with one number for each tag."""
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def red_photo(path: Path, exif_size: tuple[int, int], thumbnail: Image.Image) -> None:
    """Save a red photo of 600x400 whose EXIF states a size, and carries a thumbnail."""
    data = BytesIO()
    thumbnail.save(data, "JPEG")
    size = {0xA002: exif_size[0], 0xA003: exif_size[1]}
    details = 8 + len(directory({0x8769: 0}))
    second = details + len(directory(size))
    at = second + len(directory({0x201: 0, 0x202: 0}))
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory({0x8769: details}, second)
    exif += directory(size) + directory({0x201: at, 0x202: len(data.getvalue())}) + data.getvalue()
    Image.new("RGB", (600, 400), (255, 0, 0)).save(path, exif=exif)


@pytest.mark.parametrize(
    ("exif_size", "size", "is_used"),
    [
        pytest.param((600, 400), (180, 120), True, id="right"),
        pytest.param((900, 600), (180, 120), False, id="the photo was scaled"),
        pytest.param((600, 400), (160, 120), False, id="the photo was cropped"),
        pytest.param((600, 400), (96, 64), False, id="too small"),
    ],
)
def test_a_thumbnail_in_a_photo_is_used_if_it_is_right(
    tmp_path: Path, exif_size: tuple[int, int], size: tuple[int, int], *, is_used: bool
) -> None:
    red_photo(tmp_path / "a.jpg", exif_size, Image.new("RGB", size, (0, 0, 255)))
    preview = preview_of(tmp_path / "a.jpg", small=True)
    assert isinstance(preview, Still)
    assert is_red(opened(preview.image), 0.5, 0.5) is not is_used
    assert preview.image.size == (size if is_used else (192, 128))


def test_a_damaged_thumbnail_in_a_photo_is_not_used(tmp_path: Path) -> None:
    red_photo(tmp_path / "a.jpg", (600, 400), Image.new("RGB", (180, 120), (0, 0, 255)))
    data = (tmp_path / "a.jpg").read_bytes()
    start = data.index(b"\xff\xd8", 2)
    (tmp_path / "a.jpg").write_bytes(data[:start] + bytes(200) + data[start + 200 :])
    preview = preview_of(tmp_path / "a.jpg", small=True)
    assert isinstance(preview, Still)
    assert is_red(opened(preview.image), 0.5, 0.5)


def test_previews_of_noise_stay_within_their_size(tmp_path: Path) -> None:
    noise = [Image.effect_noise((640, 640), 200) for _ in range(3)]
    Image.merge("RGB", noise).save(tmp_path / "a.png")
    preview = preview_of(tmp_path / "a.png")
    assert isinstance(preview, Still)
    assert len(bytes_of(preview.image)) <= LARGE[1]
    assert len(bytes_of(preview.tiny)) <= TINY[1]


def test_a_video_is_a_strip_of_frames(tmp_path: Path, ffmpeg: str) -> None:
    graph = "color=red:s=320x180:d=1[a];color=blue:s=320x180:d=1[b];[a][b]concat"
    run(ffmpeg, "-f", "lavfi", "-i", graph, "-pix_fmt", "yuv420p", str(tmp_path / "a.mp4"))
    preview = preview_of(tmp_path / "a.mp4")
    assert isinstance(preview, Strip)
    assert [round(frame.second, 1) for frame in preview.frames] == [0.2, 0.6, 1.0, 1.4, 1.8]
    reds = [is_red(opened(frame.image), 0.5, 0.5) for frame in preview.frames]
    assert (reds[:2], reds[3:]) == ([True, True], [False, False])
    assert preview.frames[0].image.size == (256, 144)
    assert all(len(bytes_of(frame.image)) < FRAME[1] for frame in preview.frames)


def test_a_small_preview_of_a_video_is_a_key_frame(tmp_path: Path, ffmpeg: str) -> None:
    graph = "color=red:s=320x180:d=1[a];color=blue:s=320x180:d=2[b];[a][b]concat"
    keys = ("-force_key_frames", "0,0.96,2")  # the last one before 1 s is blue
    run(ffmpeg, "-f", "lavfi", "-i", graph, "-pix_fmt", "yuv420p", *keys, str(tmp_path / "a.mp4"))
    preview = preview_of(tmp_path / "a.mp4", small=True)
    assert isinstance(preview, Still)
    assert preview.image.size == (192, 108)
    assert is_red(opened(preview.image), 0.5, 0.5)


def test_a_rotated_video_is_shown_upright(tmp_path: Path, ffmpeg: str) -> None:
    halves(320, 180).save(tmp_path / "a.png")
    flat, turned = tmp_path / "flat.mp4", tmp_path / "turned.mp4"
    run(ffmpeg, "-loop", "1", "-t", "1", "-i", str(tmp_path / "a.png"), "-pix_fmt", "yuv420p",
        str(flat))  # fmt: skip
    run(ffmpeg, "-display_rotation", "-90", "-i", str(flat), "-c", "copy", str(turned))
    preview = preview_of(turned)
    assert isinstance(preview, Strip)
    width, height = preview.frames[0].image.size
    assert (width, height) == (144, 256)
    assert is_red(opened(preview.frames[0].image), 0.8, 0.5)
    assert not is_red(opened(preview.frames[0].image), 0.2, 0.5)


def test_a_video_of_one_frame_is_a_strip_of_one(tmp_path: Path, ffmpeg: str) -> None:
    run(ffmpeg, "-f", "lavfi", "-i", "testsrc=s=160x120:r=1:d=1", "-pix_fmt", "yuv420p",
        str(tmp_path / "a.mp4"))  # fmt: skip
    preview = preview_of(tmp_path / "a.mp4")
    assert isinstance(preview, Strip)
    assert [frame.second for frame in preview.frames] == [0.0]


def test_audio_is_a_waveform(tmp_path: Path, ffmpeg: str) -> None:
    graph = "anullsrc=r=16000:cl=stereo,atrim=end=1[a];sine=r=16000:d=1,pan=stereo|c1=c0[b];"
    graph += "[a][b]concat=v=0:a=1"
    run(ffmpeg, "-f", "lavfi", "-i", graph, str(tmp_path / "a.wav"))
    preview = preview_of(tmp_path / "a.wav")
    assert isinstance(preview, Waveform)
    assert preview.seconds == pytest.approx(2.0, abs=0.02)
    middle = len(preview.peaks) // 2
    assert max(preview.peaks[: middle - 1]) == 0
    assert min(preview.peaks[middle + 1 :]) > 0.1  # on one side only, and not halved
    assert not preview.is_silent


def test_silence_is_detected(tmp_path: Path, ffmpeg: str) -> None:
    run(ffmpeg, "-f", "lavfi", "-i", "anullsrc", "-t", "2", str(tmp_path / "a.mp3"))
    preview = preview_of(tmp_path / "a.mp3")
    assert isinstance(preview, Waveform)
    assert preview.is_silent


def test_an_unreadable_file_has_a_reason_instead(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    whole = probe(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:80])
    cut, text = tmp_path / "cut.png", tmp_path / "text.jpg"
    cut.write_bytes((tmp_path / "a.png").read_bytes())
    text.write_text("no image")
    preview = made([whole, probe(cut), probe(text), probe(tmp_path / "none.png")])
    reasons = [each.reason for each in preview.values() if isinstance(each, NoPreview)]
    assert reasons[0] == "No preview available."  # it was whole when it was probed
    assert reasons[1].startswith("cut off")
    assert len(reasons) == 4


def test_an_answer_that_is_no_picture_is_not_written_to_the_page() -> None:
    answer = {"kind": "still", "tiny": [], "image": {"kind": "jpeg", "size": [1, 1]}}
    for data, is_kept in (("/9j/+A==", True), ('"><script>x()</script>', False)):
        answer["image"]["base64"] = data  # type: ignore[index] # it is the dict above
        preview = _preview(Facts(path="a.jpg", kind="image", readable=True), answer)
        assert isinstance(preview, Still)
        assert preview.image.base64 == (data if is_kept else "")


def test_a_video_that_changed_since_loses_only_its_own_preview(tmp_path: Path, clip: Path) -> None:
    moving = tmp_path / "a.mp4"
    moving.write_bytes(clip.read_bytes())
    facts = probe(moving)
    moving.write_bytes(b"nothing")
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    preview = made([facts, probe(tmp_path / "a.png")])
    assert [type(each) for each in preview.values()] == [NoPreview, Still]


def test_an_interruption_is_raised(tmp_path: Path) -> None:
    class Interrupted(Facts):
        @property
        def readable(self) -> bool:
            raise KeyboardInterrupt

    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    odd = object.__new__(Interrupted)
    object.__setattr__(odd, "path", "x")
    with pytest.raises(KeyboardInterrupt):
        made([probe(tmp_path / "a.png"), odd])
