"""Convert samples to 8-bit sRGB without alpha, which services and screens assume.

A profile in the file is applied with LittleCMS (relative colorimetric with black point
compensation, as editors do), and the gamma of a PNG is undone. Without either, colours are taken
as sRGB, as viewers do.
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.plan.plan import CannotFix

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageCms import ImageCmsProfile, ImageCmsTransform

    from wanprep.media.facts import Facts

_ICC_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}
_SWATCH_LEVELS: Final = range(0, 256, 51)
_SRGB_TOLERANCE: Final = 1
_SCREEN_GAMMA: Final = 1 / 2.2
_GAMMA_TOLERANCE: Final = 0.05  # as in libpng, and so in browsers
_PHOTOMETRIC: Final = 262
_WHITE_IS_ZERO: Final = 0
_KEY: Final = "transparency"  # Pillow's name for a PNG's one transparent colour
# Programs that know no alpha leave their fourth channel at zero, so viewers that find nothing but
# zeros in it show the image all the same.
_SPARE_CHANNEL: Final = frozenset({"bmp", "tga"})


@dataclass(frozen=True, slots=True)
class ColorSpace:
    """The colour space that a file states; sRGB if it states none."""

    profile: bytes | None = None
    gamma: float | None = None  # as in gAMA: 1.0 where samples are proportional to light


def read_color_space(decoded: PillowImage) -> ColorSpace:
    """Read the profile or the gamma, in the precedence of the PNG specification."""
    profile = decoded.info.get("icc_profile")
    gamma = decoded.info.get("gamma")
    if profile or decoded.format != "PNG" or "srgb" in decoded.info or not gamma:
        return ColorSpace(profile)
    is_of_screens = abs(gamma / _SCREEN_GAMMA - 1) <= _GAMMA_TOLERANCE
    return ColorSpace(gamma=None if is_of_screens else gamma)


def to_srgb(image: PillowImage, space: ColorSpace) -> PillowImage:
    """Convert to RGB in sRGB."""
    if image.mode in {"1", "I"}:
        image = image.convert("L")
    if image.mode not in _ICC_SPACES:
        image = image.convert("RGB")
    transform = _transform(image.mode, space.profile)
    if transform is not None:
        return transform.apply(image)
    # Without a profile CMYK is converted as browsers do: each ink takes its share of light.
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    if space.gamma is None:
        return rgb
    light = [(value / 255) ** (1 / space.gamma) for value in range(256)]
    return rgb.point([round(255 * _encode_srgb(each)) for each in light] * 3)


def _encode_srgb(light: float) -> float:
    """Apply the transfer function of IEC 61966-2-1."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


@lru_cache(maxsize=16)  # a camera puts the same profile into all its images
def _transform(mode: str, profile: bytes | None) -> ImageCmsTransform | None:
    from PIL import ImageCms

    source = _read_profile(profile, _ICC_SPACES[mode]) if profile else None
    if source is None:
        return None
    try:
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError:  # a profile for printing only, or damaged
        return None
    return None if mode == "RGB" and _is_identity(transform) else transform


def _read_profile(profile: bytes, space: str) -> ImageCmsProfile | None:
    """Read a profile, or None if it is damaged, or of another colour space."""
    from PIL import ImageCms

    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None
    return read if read.profile.xcolor_space == space else None


def _is_identity(transform: ImageCmsTransform) -> bool:
    """Recognize sRGB under any name by what it does to swatches."""
    from PIL import Image, ImageChops

    levels = _SWATCH_LEVELS
    swatches = bytes(v for r in levels for g in levels for b in levels for v in (r, g, b))
    before = Image.frombytes("RGB", (len(swatches) // 3, 1), swatches)
    change = ImageChops.difference(before, transform.apply(before))
    return max(most for _, most in change.getextrema()) <= _SRGB_TOLERANCE  # type: ignore[misc] # bands


def to_eight_bits(image: PillowImage, facts: Facts) -> PillowImage:
    """Reduce to 8 bits a channel, the transparent colour as well."""
    match image.mode:
        case "I;16" | "I;16B" | "I;16L" | "I;16N":
            return _gray_to_eight_bits(image, facts)
        case "I" if facts.format == "pnm":  # Pillow converts any depth to 16 bits
            return _gray_to_eight_bits(image, facts)
        case "I" | "F":
            raise CannotFix(
                "Its samples have 32 bits, or a sign, which does not define their brightness."
                " Export it with 8 or 16 bits per channel."
            )
    key, bits = image.info.get(_KEY), facts.bit_depth or 8
    if isinstance(key, int | tuple) and image.mode in {"L", "RGB"} and bits != 8:
        # The file states the transparent colour in its own depth.
        image.info[_KEY] = (
            tuple(value >> 8 for value in key)
            if isinstance(key, tuple)
            else key * 255 // ((1 << bits) - 1)
        )
    return image


def _gray_to_eight_bits(image: PillowImage, facts: Facts) -> PillowImage:
    from PIL import Image

    # Only TIFF leaves 12 bits as they are; Pillow stretches all else to 16.
    bits = 12 if facts.format == "tiff" and facts.bit_depth == 12 else 16
    levels = _levels(bits)
    tags = getattr(image, "tag_v2", {})
    if facts.format == "tiff" and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = levels[::-1]
    deep = image.convert("I")
    gray = deep.point(levels, "L")
    key = image.info.get(_KEY)
    if not isinstance(key, int):
        return gray
    opaque = [0 if value == key else 255 for value in range(0x10000)]
    return Image.merge("LA", (gray, deep.point(opaque, "L")))


@cache
def _levels(bits: int) -> list[int]:
    return [min(255, round(value * 255 / ((1 << bits) - 1))) for value in range(0x10000)]


def split_alpha(image: PillowImage, format_name: str) -> tuple[PillowImage, PillowImage | None]:
    """Split into colours and alpha, which is None where all is opaque."""
    if not image.has_transparency_data:
        return image, None
    colors, both = ("L", "LA") if image.mode in {"1", "L", "LA", "La"} else ("RGB", "RGBA")
    image = image if image.mode == both else image.convert(both)
    alpha = image.getchannel("A")
    least, most = alpha.getextrema()
    is_unused = least == 255 or (most == 0 and format_name in _SPARE_CHANNEL)
    return image.convert(colors), None if is_unused else alpha


def flatten(rgb: PillowImage, alpha: PillowImage | None, background: str) -> PillowImage:
    """Lay the image on a colour, blending in sRGB as every viewer does."""
    from PIL import Image

    if alpha is None:
        return rgb
    canvas = Image.new("RGB", rgb.size, background)
    canvas.paste(rgb, mask=alpha)
    return canvas
