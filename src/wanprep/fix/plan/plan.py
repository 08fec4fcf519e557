"""The types of fixes: options, plans with their steps and recipes, and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError

if TYPE_CHECKING:
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

Size = tuple[int, int]  # width, height
Crop = Literal["smart", "center", "pad"]
Trim = Literal["start", "center", "end"]  # the part that is kept

# safe: loses nothing that can be seen or heard. lossy: visible at worst to a trained eye. asks:
# changes what is shown or how long it lasts, which only the owner of the file may decide.
Safety = Literal["safe", "lossy", "asks"]

# In the order in which they are done and reported.
STEPS: Final = (
    "rename", "drop-location", "remux", "trim", "first-frame", "turn", "tone-map", "color",
    "flatten", "crop", "square-pixels", "scale", "pad", "frame-rate", "encode", "fit-bytes",
)  # fmt: skip

# Called now and then with the part of the work that is done, from 0 to 1.
ProgressCallback = Callable[[float], None]


class CannotFix(WanprepError):
    """A fix failed; the message says why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class TargetRole:
    """One use of a file: a target, and the file's role there."""

    target: Target
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices of the user; where one that a step asks for is None, the user must decide."""

    crop: Crop | None = None
    trim: Trim | None = None
    background: str = "#ffffff"  # under transparency, and around what is padded
    yes: bool = False  # every question is answered with yes


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to a file."""

    name: str  # one of STEPS
    safety: Safety
    words: str  # "scale 9000x3000 to 8000x2667 px", the end of a sentence
    # Of a step that asks: the rules that make it necessary. Ignoring these leaves it out.
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to fix a file, and the facts that the result will have."""

    facts: Facts
    recipe: Recipe
    steps: tuple[Step, ...]
    predicted: Facts  # `bytes`, and lengths that are cut, are upper bounds
    clears: tuple[str, ...]  # rules whose findings go away
    # The findings below error level that stay, by target and rule.
    left: frozenset[tuple[str, str]] = frozenset()

    @property
    def remaining(self) -> tuple[str, ...]:
        """The rules of the findings that stay."""
        return tuple(sorted({rule for _, rule in self.left}))

    @property
    def questions(self) -> tuple[Step, ...]:
        """The steps that only the owner of the file may decide."""
        return tuple(step for step in self.steps if step.safety == "asks")


@dataclass(frozen=True, slots=True)
class NoChange:
    """No fix is needed, or none would improve the file: it stays as it is, bit for bit."""

    facts: Facts
    remaining: tuple[str, ...] = ()  # rules of the findings that only a person can fix


@dataclass(frozen=True, slots=True)
class NotFixable:
    """No fix leads to a file that is accepted."""

    facts: Facts
    reasons: tuple[str, ...]  # sentences, each with what a person can do instead


AssetPlan = Plan | NoChange | NotFixable


@dataclass(frozen=True, slots=True)
class Window:
    """The part of an image or a video to keep when it is cropped."""

    size: Size
    choose: Literal["smart", "center"]
    corner: tuple[int, int] | None = None  # left and top; None until the content was inspected


@dataclass(frozen=True, slots=True)
class Rename:
    """Keep the content, and give the file the suffix of its format."""

    suffix: str  # ".jpg"


@dataclass(frozen=True, slots=True)
class StripLocation:
    """Keep every pixel of an image, and remove the location where it was taken."""

    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecipe:
    """Decode an image, change it, and encode it once."""

    format: Literal["jpeg", "png"]
    suffix: str
    background: str = "#ffffff"
    window: Window | None = None
    size: Size | None = None  # scaled to this, after the crop
    canvas: Size | None = None  # padded to this, after scaling; the image is centered
    most_bytes: int | None = None
    smallest: Size | None = None  # how far it may be scaled down to fit into `most_bytes`


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRecipe:
    """Copy each stream of a video that is accepted as it is, and encode the others once."""

    container: Literal["mp4", "mov"]
    suffix: str
    video: Literal["copy", "h264"]
    audio: Literal["copy", "aac"] | None  # None: there is no audio
    start: float | None = None  # seconds into the video as a player shows it
    length: float | None = None  # how much of it is kept
    background: str = "#000000"
    window: Window | None = None
    size: Size | None = None
    canvas: Size | None = None
    fps: float | None = None  # the constant rate to convert to
    tone_map: bool = False  # from HDR to SDR
    drop_location: bool = False
    most_bytes: int | None = None
    smallest: Size | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRecipe:
    """Decode audio, and write it as PCM or as MP3 with a constant bit rate."""

    format: Literal["wav", "mp3"]
    suffix: str
    start: float | None = None
    length: float | None = None
    most_bytes: int | None = None


Recipe = Rename | StripLocation | ImageRecipe | VideoRecipe | AudioRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a file was written, as the receipt records it."""

    commands: tuple[tuple[str, ...], ...] = ()  # of ffmpeg, as they ran
    settings: Mapping[str, object] = field(default_factory=dict)  # of Pillow: quality, size, ...
    tools: Mapping[str, str] = field(default_factory=dict)  # names and versions
    encodes: int = 0
    notes: tuple[str, ...] = ()  # sentences for the user: what differs from the plan
