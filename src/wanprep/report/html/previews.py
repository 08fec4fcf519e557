"""What can be shown of each file: a small picture, a strip of a clip's frames, a sound's wave.

Nothing of a file is decoded in this process. Pictures are made by worker processes, the rest by
ffmpeg, on all cores, each within a time; what fails costs its own preview and no more.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.fix.hands import cores
from wanprep.fix.image_workers import ImageWorkers
from wanprep.fix.made import CannotMake
from wanprep.fix.runner import go_on, stop_all
from wanprep.report.html.film_strip import Frame, film_frames
from wanprep.report.html.sizes import COPIES, SECONDS
from wanprep.report.html.sound_wave import Wave, sound_wave

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.fix.picture.small import SmallPicture
    from wanprep.probe.facts import Facts

_NO_PREVIEW: Final = "No preview: it cannot be shown here."


@dataclass(frozen=True, slots=True)
class Still:
    """A picture, and a tiny copy of it."""

    picture: SmallPicture
    tiny: SmallPicture


@dataclass(frozen=True, slots=True)
class Strip:
    """Frames of a clip, and a tiny copy of one."""

    frames: tuple[Frame, ...]
    tiny: SmallPicture


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to show, and why."""

    why: str


Preview = Still | Strip | Wave | Nothing


def make_previews(files: Iterable[Facts]) -> Mapping[str, Preview]:
    """Make the previews of files, by their paths."""
    wanted = {facts.path: facts for facts in files}
    workers = cores()
    with ImageWorkers(workers, seconds=SECONDS) as images:
        pool = ThreadPoolExecutor(workers, thread_name_prefix="preview")
        try:
            made = list(pool.map(lambda facts: preview(facts, images), wanted.values()))
        except BaseException:
            images.close()
            stop_all()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            go_on()
    return dict(zip(wanted, made, strict=True))


def preview(facts: Facts, images: ImageWorkers) -> Preview:
    """Make what can be shown of one file."""
    if not facts.readable:
        return Nothing(facts.problem or _NO_PREVIEW)
    try:
        return _preview(facts, images)
    except CannotMake:
        return Nothing(_NO_PREVIEW)


def _preview(facts: Facts, images: ImageWorkers) -> Preview:
    match facts.kind:
        case "image":
            return Still(*images.small(facts.path, facts, COPIES))
        case "video":
            return Strip(*film_frames(facts))
        case _:
            return sound_wave(facts)
