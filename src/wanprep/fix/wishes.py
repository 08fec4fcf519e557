"""What the user has said about repairs that are a matter of taste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Crop = Literal["smart", "center", "pad"]
Trim = Literal["start", "center", "end"]  # the part that is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Choices for steps that ask. None: not said, so that a plan needs an answer."""

    crop: Crop | None = None
    trim: Trim | None = None
    background: str = "#ffffff"  # under what was transparent, and around what is padded
    yes: bool = False  # whatever is asked, the answer is yes
