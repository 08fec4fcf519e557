"""What a fix is made of: options, steps, recipes, and what came out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Need:
    """What a file is wanted for. It must suit all its needs at once."""

    target: Target
    role: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """Nothing that a repair could better: the file stays as it is, bit for bit."""

    facts: Facts
    left: tuple[str, ...] = ()  # rules of the findings that only a person can fix


@dataclass(frozen=True, slots=True)
class NotFixable:
    """No repair leads to a file that is accepted."""

    facts: Facts
    reasons: tuple[str, ...]  # sentences, each with what a person can do instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A repair, and the facts that it will produce."""

    facts: Facts
    recipe: Recipe
    steps: tuple[Step, ...]
    predicted: Facts  # `bytes` is a bound: at most so many. So are lengths that are cut.
    clears: tuple[str, ...]  # rules whose findings go away
    left: tuple[str, ...] = ()  # rules of findings below error level that stay

    @property
    def questions(self) -> tuple[Step, ...]:
        """The steps that only the owner of the file may decide."""
        return tuple(step for step in self.steps if step.safety == "asks")


# safe: loses nothing that a viewer sees. lossy: visible at worst to a trained eye. asks: changes
# what the image shows or how long it lasts, which only its owner may decide.
Safety = Literal["safe", "lossy", "asks"]


# In the order in which they are done, and told.
STEPS: Final = (
    "rename", "drop-location", "remux", "trim", "first-frame", "turn", "tone-map", "color",
    "flatten", "crop", "square-pixels", "scale", "pad", "frame-rate", "encode", "fit-bytes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to a file."""

    name: str  # one of STEPS
    safety: Safety
    words: str  # "scale 9000x3000 to 8000x2667 px", the end of a sentence
    # Of a step that asks: the findings for whose sake it does. Who refuses it may have the rest
    # fixed by ignoring these.
    rules: tuple[str, ...] = ()


Crop = Literal["smart", "center", "pad"]


Trim = Literal["start", "center", "end"]  # the part that is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices for steps that ask. None: not said, so that a plan needs an answer."""

    crop: Crop | None = None
    trim: Trim | None = None
    background: str = "#ffffff"  # under what was transparent, and around what is padded
    yes: bool = False  # whatever is asked, the answer is yes


Size = tuple[int, int]  # width, height


@dataclass(frozen=True, slots=True)
class Window:
    """The part of an image to keep. Without a corner, it must be placed before it is cut."""

    size: Size
    choose: Literal["smart", "center"]
    corner: tuple[int, int] | None = None  # its left and top edge


@dataclass(frozen=True, slots=True)
class Renamed:
    """The same bytes under a name that tells the truth."""

    suffix: str  # ".jpg"


@dataclass(frozen=True, slots=True)
class Stripped:
    """The same image, bit for bit, without the place where it was taken."""

    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecipe:
    """An image decoded, changed, and written once."""

    format: Literal["jpeg", "png"]
    suffix: str
    background: str = "#ffffff"
    window: Window | None = None
    size: Size | None = None  # scaled to this, after the window
    canvas: Size | None = None  # padded to this, after scaling; the image in its middle
    most_bytes: int | None = None
    smallest: Size | None = None  # to what it may be scaled down where bytes demand it


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRecipe:
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
class AudioRecipe:
    """A sound decoded and written as plain samples, or as MP3 of a constant rate."""

    format: Literal["wav", "mp3"]
    suffix: str
    start: float | None = None
    length: float | None = None
    most_bytes: int | None = None


Recipe = Renamed | Stripped | ImageRecipe | VideoRecipe | AudioRecipe


# Told now and then how much of the work is done, from 0 to 1.
ProgressCallback = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a file was written: enough for its receipt."""

    commands: tuple[tuple[str, ...], ...] = ()  # of ffmpeg, as they ran
    settings: Mapping[str, object] = field(default_factory=dict)  # of Pillow: quality, size, ...
    tools: Mapping[str, str] = field(default_factory=dict)  # names and versions
    encodes: int = 0
    notes: tuple[str, ...] = ()  # sentences for the user: what turned out otherwise than planned


class CannotFix(WanprepError):
    """A repair failed; the message says why and what to do. Nothing was written."""
