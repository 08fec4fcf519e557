"""What `plan` and `fix` share: their task and the reports of their progress."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from wanprep.api.settings import check_request
from wanprep.api.types import ProbeReports, Progress
from wanprep.check.result import load_baseline
from wanprep.dataclass import dataclass
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.run import default_receipt, make_task, read_color, require_destination
from wanprep.media.workers import report_to
from wanprep.rules.finding import parse_rule_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from wanprep.api.types import Configuration, ProgressCallback, StrPath
    from wanprep.check.baseline import Entry
    from wanprep.fix.plan.plan import ProgressCallback as PartCallback
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import FixRequest


@dataclass(frozen=True, slots=True)
class MadeFix:
    """A task, and where its results go."""

    task: FixRequest
    baseline: tuple[Entry, ...] | None
    receipt: str | None
    has_destination: bool


def make_fix(
    paths: Sequence[StrPath],
    out: StrPath | None,
    config: Configuration,
    *,
    in_place: bool,
    required: bool,
    receipt: StrPath | None,
    backup: bool,
    ignore: Iterable[str],
    crop: str | None,
    trim: str | None,
    background: str | None,
    yes: bool,
    **options: Any,  # noqa: ANN401 - those of the check
) -> MadeFix:
    """Make a task of what `plan` or `fix` is given."""
    folder = os.fspath(out) if out is not None else None
    file = os.fspath(receipt) if receipt is not None else default_receipt(folder)
    require_destination([os.fspath(path) for path in paths], folder, in_place, required=required)
    ignored = parse_rule_names(ignore)
    request = check_request(paths or (".",), config, **options)
    task = make_task(
        request, ignored, folder, file, no_backup=not backup, yes=yes, crop=crop, trim=trim,
        background=read_color(background) if background is not None else None,
    )  # fmt: skip
    return MadeFix(task, load_baseline(request.config), file, bool(folder) or in_place)


def probing(callback: ProgressCallback | None) -> AbstractContextManager[None]:
    """Report what is probed."""
    return report_to(ProbeReports(callback)) if callback else nullcontext()


def reporting(callback: ProgressCallback | None) -> AbstractContextManager[FixProgress]:
    """Report what is fixed."""
    return nullcontext(_FixReports(callback) if callback else FixProgress())


class _FixReports(FixProgress):
    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback
        self._lock = threading.Lock()
        self._done = self._total = 0

    def begin(self, files: Sequence[PlannedFile]) -> None:
        self._total = len(files)

    def start(self, file: PlannedFile) -> PartCallback | None:
        if not isinstance(getattr(file.plan, "recipe", None), VideoRecipe):
            return None
        return lambda part: self._report(file, "encoding", part)

    def end(self, file: PlannedFile) -> None:
        with self._lock:
            self._done += 1
        self._report(file, "done", None)

    def _report(self, file: PlannedFile, message: str, part: float | None) -> None:
        self._callback(Progress(file.media.path, message, self._done, self._total, part))
