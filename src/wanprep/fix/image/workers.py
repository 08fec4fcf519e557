"""Worker processes that decode, change and write images: both sides of the connection."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.engines.pool import WorkerPool
from wanprep.engines.worker_process import Failure
from wanprep.files.atomic import CannotWrite
from wanprep.fix.plan.plan import CannotFix, ImageRecipe, Output, StripLocation, Window
from wanprep.media.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.errors import WanprepError

_SECONDS: Final = 300.0
# Twice an image of the most pixels, and what Python and the codecs take themselves.
MEMORY: Final = 2304 * 2**20

_ERRORS: Final[Mapping[str, type[WanprepError]]] = {
    each.__name__: each for each in (CannotFix, CannotWrite)
}  # and OSError
_TASK: Final = f"{__name__}:_make"
_FAILURES: Final = {
    "slow": "Fixing it took longer than {detail}. Scale it down first.",
    "memory": "Fixing it takes more memory than an image may have here. Scale it down first.",
    "killed": "The process that fixed it was killed, most likely for lack of memory. Close other"
    " programs, or scale it down first.",
    "crashed": "It crashed the library that reads it ({detail}). Export it again from the program"
    " that made it.",
    "stopped": "The work was stopped before it was done. Run it again.",
}


class ImageWorkers(Closing):
    """Worker processes for images; methods may be called from several threads."""

    def __init__(self, workers: int, *, seconds: float = _SECONDS, memory: int = MEMORY) -> None:
        self._pool = WorkerPool([_TASK], seconds=seconds, memory=memory, workers=workers)

    def make(
        self, source: str, recipe: ImageRecipe | StripLocation, facts: Facts, output: str
    ) -> tuple[Output, float | None]:
        """Run `make_image` in a worker."""
        try:
            fields, ssim = self._run(source, asdict(recipe), facts.as_json(), output)
        except BaseException as error:
            if not isinstance(error, CannotWrite):  # a worker that died may leave half a file
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(output)
            raise
        return Output(**_with_tuples(fields)), ssim

    def _run(self, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        outcome = self._pool.run(_TASK, *arguments)
        if not isinstance(outcome, Failure):
            return outcome
        if outcome.cause in _FAILURES:
            raise CannotFix(_FAILURES[outcome.cause].format(detail=outcome.detail))
        if outcome.cause == "refused" and outcome.error == "OSError":
            raise CannotFix(f"it cannot be read: {outcome.detail}")
        if outcome.cause == "refused" and outcome.error in _ERRORS:
            raise _ERRORS[outcome.error](outcome.detail)
        raise RuntimeError(f"an image worker failed:\n{outcome.detail}")

    @property
    def process_ids(self) -> list[int]:
        """Return the workers that run now."""
        return self._pool.process_ids

    def close(self) -> None:
        """End the workers; threads that wait for one get CannotFix."""
        self._pool.close()


def _make(
    source: str, recipe: dict[str, Any], facts: dict[str, Any], output: str
) -> tuple[dict[str, Any], float | None]:
    from PIL import Image

    from wanprep.fix.image.make import make_image

    Image.MAX_IMAGE_PIXELS = None  # `decode` has a limit of its own, which fits the memory
    result, ssim = make_image(source, _recipe(recipe), Facts.from_json(facts), output)
    return asdict(result), ssim


def _recipe(data: dict[str, Any]) -> Any:  # noqa: ANN401
    if "format" not in data:
        return StripLocation(**data)
    window = data["window"] and Window(**_with_tuples(data["window"]))
    return ImageRecipe(**{**_with_tuples(data), "window": window})


def _with_tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
