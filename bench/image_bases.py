"""Make the distinct images that the benchmark copies, as phones, cameras and editors write them.

Sizes in bytes matter as much as formats, because a tool that reads more than headers pays for
them; hence soft noise that compresses about as well as a photograph.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from PIL import ExifTags, Image, ImageCms, ImageFilter

if TYPE_CHECKING:
    from pathlib import Path

_SIZES: Final = ((1280, 720), (1024, 1024), (1280, 960), (1600, 900))
_FRAMES: Final = 6


def make_images(folder: Path) -> dict[str, list[Path]]:
    """Write every base into a folder, by extension."""
    dice = random.Random(7)  # noqa: S311 - the same images every time, nothing secret
    scenes = [_scene(dice, size) for size in _SIZES]
    return {
        "jpg": [_jpeg(folder / f"{index}.jpg", scenes, index) for index in range(16)],
        "png": _pngs(folder, scenes),
        "webp": _webps(folder, scenes),
        "gif": _gifs(folder, scenes),
        "bmp": [_save(scenes[0].resize((320, 240)), folder / "0.bmp")],
    }


def _scene(dice: random.Random, size: tuple[int, int]) -> Image.Image:
    """Light and shade in large patches, texture in small ones."""
    coarse = _noise(dice, (8, 6)).resize(size, Image.Resampling.BICUBIC)
    grain = (size[0] // 2, size[1] // 2)
    fine = _noise(dice, grain).resize(size, Image.Resampling.BICUBIC)
    fine = fine.filter(ImageFilter.GaussianBlur(1.2))
    return Image.blend(coarse, fine, 0.28)


def _noise(dice: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    return Image.frombytes("RGB", size, dice.randbytes(width * height * 3))


def _save(image: Image.Image, path: Path, **options: Any) -> Path:  # noqa: ANN401 - as Pillow has it
    image.save(path, **options)
    return path


def _jpeg(path: Path, scenes: list[Image.Image], index: int) -> Path:
    """Every second one as a phone writes it, every fourth with a colour profile."""
    options: dict[str, Any] = {"quality": (70, 82)[index % 2], "progressive": index % 8 == 7}
    if index % 2:
        options["exif"] = _phone_exif(orientation=(1, 6, 3, 8)[index // 2 % 4])
    if index % 4 == 0:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        options["icc_profile"] = profile.tobytes()
    return _save(scenes[index // 4 % len(scenes)], path, **options)


def _phone_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Example"
    exif[ExifTags.Base.Model] = "Phone 12"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.DateTime] = "2026:05:17 14:03:22"
    exif[ExifTags.Base.XResolution] = 72.0
    exif[ExifTags.Base.YResolution] = 72.0
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.ExposureTime: 0.008,
            ExifTags.Base.FNumber: 1.8,
            ExifTags.Base.ISOSpeedRatings: 100,
            ExifTags.Base.DateTimeOriginal: "2026:05:17 14:03:22",
            ExifTags.Base.MakerNote: bytes(2048),
        }
    )
    if orientation == 1:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 12.0)}
        )
    return exif


def _pngs(folder: Path, scenes: list[Image.Image]) -> list[Path]:
    """Draw an image, a cut-out, two palettes (one see-through) and a 16-bit depth map."""
    small = scenes[0].resize((320, 180))
    cut_out = small.convert("RGBA")
    cut_out.putalpha(Image.radial_gradient("L").resize(small.size))
    palette = scenes[2].resize((480, 360)).quantize(64)
    depth = small.convert("I;16")
    return [
        _save(small, folder / "rgb.png"),
        _save(cut_out, folder / "alpha.png"),
        _save(palette, folder / "palette.png"),
        _save(palette, folder / "see-through.png", transparency=3),
        _save(depth, folder / "depth.png"),
    ]


def _webps(folder: Path, scenes: list[Image.Image]) -> list[Path]:
    cut_out = scenes[1].convert("RGBA")
    cut_out.putalpha(Image.radial_gradient("L").resize(cut_out.size))
    return [
        _save(scenes[0], folder / "lossy.webp", quality=85, method=0),
        _save(scenes[3], folder / "rotated.webp", quality=80, method=0, exif=_phone_exif(6)),
        _save(cut_out, folder / "alpha.webp", quality=80, method=0),
        _save(scenes[0].resize((320, 180)), folder / "lossless.webp", lossless=True, method=0),
    ]


def _gifs(folder: Path, scenes: list[Image.Image]) -> list[Path]:
    frames = [scene.resize((240, 135)).quantize(32) for scene in scenes]
    frames = (frames * _FRAMES)[:_FRAMES]
    return [
        _save(scenes[0].resize((480, 270)).quantize(64), folder / "still.gif"),
        _save(
            frames[0], folder / "moving.gif", save_all=True, append_images=frames[1:], duration=80
        ),
    ]
