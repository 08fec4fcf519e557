"""Bring colours to sRGB: the one space that services and screens take for granted.

What a profile in the file says is converted through it (LittleCMS, relative colorimetric with
black point compensation, as editors do), and the gamma of a PNG is undone; what says nothing is
taken as sRGB, as viewers take it. The conversion is left out where the profile is sRGB itself
under whatever name.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageCms import ImageCmsProfile, ImageCmsTransform

    from wanprep.fix.picture.claim import Claim

_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}
_STEPS: Final = range(0, 256, 51)  # of the swatches by which sRGB is recognised
_NEAR: Final = 1


def to_srgb(picture: Picture, claim: Claim) -> Picture:
    """Return the picture as RGB, from the colours that its file claims to have."""
    if picture.mode in {"1", "I"}:
        picture = picture.convert("L")
    if picture.mode not in _SPACES:
        picture = picture.convert("RGB")
    transform = _transform(picture.mode, claim.profile)
    if transform is not None:
        return transform.apply(picture)
    # Without a profile CMYK is converted as browsers do: each ink takes its share of light.
    rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
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
