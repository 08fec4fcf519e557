"""Previews: a small image, a few frames of a video, the waveform of audio.

No file is decoded in this process. Worker processes on all cores do that, within a time limit
for each; one that fails costs only its own preview.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from markupsafe import Markup

from wanprep.dataclass import dataclass
from wanprep.engines.pool import WorkerPool
from wanprep.engines.worker_process import Failure
from wanprep.fix.executors import cores
from wanprep.fix.image.workers import MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.engines.worker_process import Call, Outcome
    from wanprep.fix.plan.plan import Size
    from wanprep.media.facts import Facts

_TASK: Final = "wanprep.report.html.make_preview:make_preview"
_SECONDS: Final = 30.0  # for one preview
_NO_PREVIEW: Final = "No preview available."
_SILENT: Final = 0.001  # 60 dB below full scale

_BASE64: Final = re.compile("[A-Za-z0-9+/]*=*")

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or WEBP file, and its size in pixels."""

    kind: str
    base64: Markup
    size: Size


@dataclass(frozen=True, slots=True)
class Still:
    """An image, and a thumbnail of it for the jobs that use it."""

    kind: ClassVar[str] = "still"
    image: Picture
    tiny: Picture | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video, and its time."""

    image: Picture
    second: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Frames of a video, evenly spread, and a thumbnail of the middle one."""

    kind: ClassVar[str] = "strip"
    frames: tuple[Frame, ...]
    tiny: Picture | None

    @property
    def is_tall(self) -> bool:
        """Return whether the frames are in portrait format."""
        width, height = self.frames[0].image.size
        return height > width


@dataclass(frozen=True, slots=True)
class Waveform:
    """The peak of each part of an audio track, from 0 to 1."""

    kind: ClassVar[str] = "waveform"
    peaks: tuple[float, ...]
    seconds: float

    @property
    def is_silent(self) -> bool:
        """Return whether nothing in it can be heard."""
        return max(self.peaks) < _SILENT

    @property
    def path(self) -> str:
        """Draw it as the path of an SVG, 80 high, with a bar every 4."""
        return "".join(
            f"M{4 * at + 2} {40 - max(0.6, 38 * peak):.1f}V{40 + max(0.6, 38 * peak):.1f}"
            for at, peak in enumerate(self.peaks)
        )


@dataclass(frozen=True, slots=True)
class NoPreview:
    """The reason why nothing is shown."""

    kind: ClassVar[str] = "none"
    reason: str


Preview = Still | Strip | Waveform | NoPreview


def make_previews(
    items: Iterable[tuple[Key, Sequence[Facts]]], *, tiny: Callable[[Key], bool], small: bool
) -> Iterator[tuple[Key, tuple[Preview, ...]]]:
    """Yield the key of each item with the previews of its files, in order.

    With `small`, for pages of hundreds, a video is a single frame. `tiny` tells which items need
    a thumbnail, too.
    """

    def calls() -> Iterator[tuple[tuple[Key, Facts | None], Call | None]]:
        for key, files in items:
            for facts in files:
                call = (_TASK, facts.as_json(), small, tiny(key)) if facts.readable else None
                yield (key, facts), call
            yield (key, None), None

    found: list[Preview] = []
    with WorkerPool([_TASK], seconds=_SECONDS, memory=MEMORY, workers=cores()) as pool:
        for (key, facts), outcome in pool.map(calls()):
            if facts:
                found.append(_preview(facts, outcome))
            else:
                yield key, tuple(found)
                found.clear()


def preview_pool() -> WorkerPool:
    """Return a worker for `make_thumbnail`, one file after the other."""
    return WorkerPool([_TASK], seconds=_SECONDS, memory=MEMORY, workers=1)


def make_thumbnail(facts: Facts, pool: WorkerPool) -> Picture | None:
    """Make a small image of an image or of one frame of a video; None where there is none."""
    if not facts.readable or facts.kind not in {"image", "video"}:
        return None
    small, tiny = True, False
    preview = _preview(facts, pool.run(_TASK, facts.as_json(), small, tiny))
    return preview.image if isinstance(preview, Still) else None


def _preview(facts: Facts, outcome: Outcome | None) -> Preview:
    if outcome is None:
        return NoPreview(facts.problem or _NO_PREVIEW)
    if isinstance(outcome, Failure):
        return NoPreview(_NO_PREVIEW)
    match outcome["kind"]:
        case "still":
            return Still(_picture(outcome["image"]), _tiny(outcome))
        case "strip":
            frames = (Frame(_picture(each["image"]), each["second"]) for each in outcome["frames"])
            return Strip(tuple(frames), _tiny(outcome))
        case _:
            return Waveform(tuple(outcome["peaks"]), outcome["seconds"])


def _tiny(outcome: dict[str, Any]) -> Picture | None:
    return next(map(_picture, outcome["tiny"]), None)


def _picture(fields: dict[str, Any]) -> Picture:
    """Read a picture; a worker that opened a hostile file may answer anything."""
    if not _BASE64.fullmatch(fields["base64"]):
        return Picture("jpeg", Markup(), (0, 0))
    data = Markup(fields["base64"])  # noqa: S704 - else secrets would be looked for in it
    return Picture(fields["kind"], data, tuple(fields["size"]))
