"""What the hands are to do: one recipe for one file, done in one pass and one encode.

Sizes are of the picture as a viewer shows it, upright and with square pixels. A hand first
turns the picture upright, then cuts the window out, scales, pads, and encodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Size = tuple[int, int]  # width, height


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture to keep. Without a corner, it must be placed before it is cut."""

    size: Size
    choose: Literal["smart", "center"]
    corner: tuple[int, int] | None = None  # its left and top edge


@dataclass(frozen=True, slots=True)
class Renamed:
    """The same bytes under a name that tells the truth."""

    suffix: str  # ".jpg"


@dataclass(frozen=True, slots=True)
class Stripped:
    """The same picture, bit for bit, without the place where it was taken."""

    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRecipe:
    """A picture decoded, changed, and written once."""

    format: Literal["jpeg", "png"]
    suffix: str
    background: str = "#ffffff"
    window: Window | None = None
    size: Size | None = None  # scaled to this, after the window
    canvas: Size | None = None  # padded to this, after scaling; the picture in its middle
    most_bytes: int | None = None
    smallest: Size | None = None  # to what it may be scaled down where bytes demand it


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRecipe:
    """A clip: each stream copied where it fits as it is, else encoded once."""

    container: Literal["mp4", "mov"]
    suffix: str
    video: Literal["copy", "h264"]
    audio: Literal["copy", "aac"] | None  # None: there is no sound
    start: float | None = None  # seconds into the clip as a player shows it
    length: float | None = None  # how much of it is kept
    background: str = "#000000"
    window: Window | None = None
    size: Size | None = None
    canvas: Size | None = None
    fps: float | None = None  # made constant at this rate
    tone_map: bool = False  # from HDR to what every screen shows
    drop_location: bool = False
    most_bytes: int | None = None
    smallest: Size | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundRecipe:
    """A sound decoded and written as plain samples, or as MP3 of a constant rate."""

    format: Literal["wav", "mp3"]
    suffix: str
    start: float | None = None
    length: float | None = None
    most_bytes: int | None = None


Recipe = Renamed | Stripped | PictureRecipe | FilmRecipe | SoundRecipe
