"""Images are decoded, changed and written by worker processes; this is both sides of that."""

from __future__ import annotations

import contextlib
import os
from base64 import b64decode, b64encode
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.engines.pool import Failure, WorkerPool
from wanprep.files.atomic import CannotWrite
from wanprep.fix.image.make import make_and_measure, place_window
from wanprep.fix.image.thumbnails import Thumbnail, make_thumbnails
from wanprep.fix.plan.plan import CannotFix, ImageRecipe, Output, StripLocation, Window
from wanprep.media.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.errors import WanprepError

SECONDS: Final = 300.0
# An image of the most pixels twice over, and what Python and the codecs take themselves.
MEMORY: Final = 2304 * 2**20

_REFUSALS: Final[Mapping[str, type[WanprepError]]] = {
    each.__name__: each for each in (CannotFix, CannotWrite)
}
_TASKS: Final = {name: f"{__name__}:_{name}" for name in ("make", "place", "small")}


class ImageWorkers(Closing):
    """Worker processes for images; methods may be called from several threads."""

    def __init__(self, workers: int, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._pool = WorkerPool(_TASKS.values(), seconds=seconds, memory=memory, workers=workers)

    def make(
        self, source: str, recipe: ImageRecipe | StripLocation, facts: Facts, into: str
    ) -> tuple[Output, float | None]:
        """Write the result into a file, and measure how like its source it is.

        What is only stripped of its position is the same image, and not measured.
        """
        try:
            made, ssim = self._run("make", source, asdict(recipe), facts.as_json(), into)
        except BaseException as error:
            if not isinstance(error, CannotWrite):  # a worker that died may leave half a file
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(into)
            raise
        return Output(**_with_tuples(made)), ssim

    def place(self, source: str, recipe: ImageRecipe, facts: Facts) -> ImageRecipe:
        """Fill in where the recipe's window lies."""
        window = self._run("place", source, asdict(recipe), facts.as_json())
        return replace(recipe, window=_window(window))

    def small(
        self, source: str, facts: Facts, copies: tuple[tuple[int, int], ...]
    ) -> tuple[Thumbnail, ...]:
        """Make small copies to be shown, each of so many pixels and bytes at most."""
        made = self._run("small", source, facts.as_json(), copies)
        return tuple(Thumbnail(b64decode(data), (width, height)) for data, width, height in made)

    def _run(self, task: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        outcome = self._pool.run(_TASKS[task], *arguments)
        if isinstance(outcome, Failure):
            raise _error(outcome)
        return outcome

    @property
    def process_ids(self) -> list[int]:
        """Return the workers that run now."""
        return self._pool.process_ids

    def close(self) -> None:
        """End the workers; threads that wait for one get CannotMake."""
        self._pool.close()


def _error(failure: Failure) -> Exception:
    match failure.cause:
        case "slow":
            return CannotFix(f"Fixing it took longer than {failure.detail}. Scale it down first.")
        case "memory":
            return CannotFix(
                "Fixing it takes more memory than an image may have here. Scale it down first."
            )
        case "killed":
            return CannotFix(
                "The process that fixed it was killed, most likely for want of memory."
                " Close other programs, or scale it down first."
            )
        case "crashed":
            return CannotFix(
                f"It crashed the library that reads it ({failure.detail}). Export it again from"
                " the program that made it."
            )
        case "stopped":
            return CannotFix("The work was stopped before it was done. Run it again.")
        case "refused" if failure.error in _REFUSALS:
            return _REFUSALS[failure.error](failure.detail)
        case _:
            return RuntimeError(f"an image worker failed:\n{failure.detail}")


def _make(
    source: str, recipe: dict[str, Any], facts: dict[str, Any], into: str
) -> tuple[dict[str, Any], float | None]:
    _accept_large_images()
    made, ssim = make_and_measure(source, _recipe(recipe), Facts.from_json(facts), into)
    return asdict(made), ssim


def _place(source: str, recipe: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any] | None:
    _accept_large_images()
    window = place_window(source, _recipe(recipe), Facts.from_json(facts)).window
    return asdict(window) if window else None


def _small(
    source: str, facts: dict[str, Any], copies: list[tuple[int, int]]
) -> list[tuple[str, int, int]]:
    _accept_large_images()
    made = make_thumbnails(source, Facts.from_json(facts), tuple(copies))
    return [(b64encode(each.data).decode("ascii"), *each.size) for each in made]


def _accept_large_images() -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # `decode` has a limit of its own, which fits the memory


def _recipe(data: dict[str, Any]) -> Any:  # noqa: ANN401
    if "format" not in data:
        return StripLocation(**data)
    return ImageRecipe(**{**_with_tuples(data), "window": _window(data["window"])})


def _window(data: dict[str, Any] | None) -> Window | None:
    return None if data is None else Window(**_with_tuples(data))


def _with_tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
