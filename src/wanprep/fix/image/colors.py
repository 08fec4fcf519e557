"""Bring colours to sRGB: the one space that services and screens take for granted.

What a profile in the file says is converted through it (LittleCMS, relative colorimetric with
black point compensation, as editors do), and the gamma of a PNG is undone; what says nothing is
taken as sRGB, as viewers take it. The conversion is left out where the profile is sRGB itself
under whatever name.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.plan import CannotFix

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageCms import ImageCmsProfile, ImageCmsTransform

    from wanprep.media.facts import Facts


_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}


_STEPS: Final = range(0, 256, 51)  # of the swatches by which sRGB is recognised


_NEAR: Final = 1


def to_srgb(image: PillowImage, claim: Claim) -> PillowImage:
    """Return the image as RGB, from the colours that its file claims to have."""
    if image.mode in {"1", "I"}:
        image = image.convert("L")
    if image.mode not in _SPACES:
        image = image.convert("RGB")
    transform = _transform(image.mode, claim.profile)
    if transform is not None:
        return transform.apply(image)
    # Without a profile CMYK is converted as browsers do: each ink takes its share of light.
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return rgb if claim.gamma is None else rgb.point(_levels(claim.gamma) * 3)


def _levels(gamma: float) -> list[int]:
    """List what each sample becomes whose gamma is another than that of sRGB."""
    return [round(255 * _of_light((value / 255) ** (1 / gamma))) for value in range(256)]


def _of_light(light: float) -> float:
    """Tell the sRGB sample of an amount of light (IEC 61966-2-1)."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _transform(mode: str, profile: bytes | None) -> ImageCmsTransform | None:
    from PIL import ImageCms

    source = _readable(profile, _SPACES[mode]) if profile else None
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
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _readable(profile: bytes, space: str) -> ImageCmsProfile | None:
    """Read a profile; one that is damaged, or of other colours, is as good as none."""
    from PIL import ImageCms

    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None
    return read if read.profile.xcolor_space == space else None


def _changes_nothing(transform: ImageCmsTransform) -> bool:
    from PIL import Image, ImageChops

    swatches = bytes(v for red in _STEPS for green in _STEPS for blue in _STEPS
                     for v in (red, green, blue))  # fmt: skip
    before = Image.frombytes("RGB", (len(swatches) // 3, 1), swatches)
    change = ImageChops.difference(before, transform.apply(before))
    return max(most for _, most in change.getextrema()) <= _NEAR  # type: ignore[misc] # bands


_OF_SCREENS: Final = 1 / 2.2


# So far libpng, and browsers with it, take a gamma for that of screens.
_CLAIM_NEAR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """With nothing said, colours are sRGB."""

    profile: bytes | None = None
    gamma: float | None = None  # of the file, as in gAMA: 1.0 where samples go with the light


def claim_of(decoded: PillowImage) -> Claim:
    """Read what stands in the file; of two things the PNG specification says which counts."""
    profile = decoded.info.get("icc_profile")
    gamma = decoded.info.get("gamma")
    if profile or decoded.format != "PNG" or "srgb" in decoded.info or not gamma:
        return Claim(profile)
    return Claim(gamma=None if abs(gamma / _OF_SCREENS - 1) <= _CLAIM_NEAR else gamma)


_PHOTOMETRIC: Final = 262


_WHITE_IS_ZERO: Final = 0


_KEY: Final = "transparency"  # Pillow's word for the one colour that a PNG may show through


def eight_bits(image: PillowImage, facts: Facts) -> PillowImage:
    """Return the image with 8 bits a channel; its transparent colour comes along."""
    match image.mode:
        case "I;16" | "I;16B" | "I;16L" | "I;16N":
            return _gray(image, facts)
        case "I" if facts.format == "pnm":  # brought to 16 bits by Pillow, whatever it had
            return _gray(image, facts)
        case "I" | "F":
            raise CannotFix(
                "Its samples are numbers of 32 bits, or with a sign, which say nothing of how"
                " bright they are meant to be. Export it with 8 or 16 bits per channel."
            )
    if isinstance(image.info.get(_KEY), int | tuple) and image.mode in {"L", "RGB"}:
        return _with_key(image, facts.bit_depth or 8)
    return image


def _gray(image: PillowImage, facts: Facts) -> PillowImage:
    from PIL import Image

    # Only TIFF leaves 12 bits as they are; Pillow stretches all else to 16.
    bits = 12 if facts.format == "tiff" and facts.bit_depth == 12 else 16
    most = (1 << bits) - 1
    levels = [min(255, round(value * 255 / most)) for value in range(0x10000)]
    if facts.format == "tiff" and _white_is_zero(image):
        levels.reverse()
    wide = image.convert("I")
    gray = wide.point(levels, "L")
    key = image.info.get(_KEY)
    if not isinstance(key, int):
        return gray
    opaque = [0 if value == key else 255 for value in range(0x10000)]
    return Image.merge("LA", (gray, wide.point(opaque, "L")))


def _white_is_zero(image: PillowImage) -> bool:
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _with_key(image: PillowImage, bits: int) -> PillowImage:
    """Say the transparent colour in 8 bits, as the pixels are; the file says it in its own."""
    if bits == 8:
        return image
    key = image.info[_KEY]
    most = (1 << bits) - 1
    image.info[_KEY] = (
        tuple(value >> 8 for value in key) if isinstance(key, tuple) else key * 255 // most
    )
    return image


# Their fourth channel is left at zero by programs that know no alpha, so viewers that find
# nothing but zeros in it show the image all the same.
_SPARE_CHANNEL: Final = frozenset({"bmp", "tga"})


def apart(image: PillowImage, format_name: str) -> tuple[PillowImage, PillowImage | None]:
    """Split into colours and alpha; no alpha is told where all is opaque."""
    if not image.has_transparency_data:
        return image, None
    colors, whole = ("L", "LA") if image.mode in {"1", "L", "LA", "La"} else ("RGB", "RGBA")
    image = image if image.mode == whole else image.convert(whole)
    alpha = image.getchannel("A")
    least, most = alpha.getextrema()
    unused = least == 255 or (most == 0 and format_name in _SPARE_CHANNEL)
    return image.convert(colors), None if unused else alpha


def flattened(rgb: PillowImage, alpha: PillowImage | None, background: str) -> PillowImage:
    """Lay the image on a colour, blending as every viewer does: in sRGB as it is."""
    from PIL import Image

    if alpha is None:
        return rgb
    under = Image.new("RGB", rgb.size, background)
    under.paste(rgb, mask=alpha)
    return under
