"""What a file says of its colours: a profile, or, in a PNG, the gamma of its samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_OF_SCREENS: Final = 1 / 2.2
# So far libpng, and browsers with it, take a gamma for that of screens.
_NEAR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """With nothing said, colours are sRGB."""

    profile: bytes | None = None
    gamma: float | None = None  # of the file, as in gAMA: 1.0 where samples go with the light


def claim_of(decoded: Picture) -> Claim:
    """Read what stands in the file; of two things the PNG specification says which counts."""
    profile = decoded.info.get("icc_profile")
    gamma = decoded.info.get("gamma")
    if profile or decoded.format != "PNG" or "srgb" in decoded.info or not gamma:
        return Claim(profile)
    return Claim(gamma=None if abs(gamma / _OF_SCREENS - 1) <= _NEAR else gamma)
