"""Plan fixes of media and jobs, and carry them out."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from wanprep.api.settings import Progress, check_request, probing
from wanprep.check.result import load_baseline
from wanprep.dataclass import dataclass
from wanprep.fix.pipeline import FixProgress
from wanprep.fix.plan.plan import VideoRecipe
from wanprep.fix.run import default_receipt, make_task, read_color, require_destination
from wanprep.rules.finding import parse_rule_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from wanprep.api.fix_report import FixReport
    from wanprep.api.settings import Configuration, ProgressCallback, StrPath
    from wanprep.check.baseline import Entry
    from wanprep.fix.plan.plan import Crop, Trim
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


def plan(
    *paths: StrPath,
    out: StrPath | None = None,
    in_place: bool = False,
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    ignore: Iterable[str] = (),
    crop: Crop | None = None,
    trim: Trim | None = None,
    background: str | None = None,
    yes: bool = False,
    offline: bool | None = None,
    deep: bool = False,
    exclude: Sequence[str] = (),
    no_ignore: bool = False,
    cache: bool = True,
    workers: int | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> FixReport:
    """Return what `fix` would do with the same arguments; nothing is written.

    `as_json()` is what `wanprep fix --plan --format json` prints. Without `out` or `in_place`,
    nothing can keep the results from their places. Raises as `check` does.
    """
    from wanprep.api.fix_report import plan_report
    from wanprep.fix.run import preview

    made = make_fix(
        paths, out, config, in_place=in_place, required=False, receipt=None, backup=True,
        ignore=ignore, crop=crop, trim=trim, background=background, yes=yes, targets=targets,
        roles=roles, offline=offline, deep=deep, exclude=exclude, no_ignore=no_ignore,
        cache=cache, workers=workers,
    )  # fmt: skip
    with probing(progress):
        return plan_report(
            preview(
                made.task, made.baseline, None,
                destination=made.has_destination, receipt_file=made.receipt,
            )
        )  # fmt: skip


def fix(
    *paths: StrPath,
    out: StrPath | None = None,
    in_place: bool = False,
    backup: bool = True,
    receipt: StrPath | None = None,
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    ignore: Iterable[str] = (),
    crop: Crop | None = None,
    trim: Trim | None = None,
    background: str | None = None,
    yes: bool = False,
    offline: bool | None = None,
    deep: bool = False,
    exclude: Sequence[str] = (),
    no_ignore: bool = False,
    cache: bool = True,
    workers: int | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> FixReport:
    """Fix what can be fixed with the least loss, verify it, and return the receipts.

    Results go to the folder `out`, with a receipt beside them, or replace their originals with
    `in_place`. Nothing is asked: a change that only the owner of a file may decide is made with
    `crop`, `trim` or `yes` alone. `as_json()` is the receipt. Raises as `check` does, and
    UsageError without a destination.
    """
    from wanprep.api.fix_report import receipt_report
    from wanprep.fix.run import apply, check_results

    made = make_fix(
        paths, out, config, in_place=in_place, required=True, receipt=receipt, backup=backup,
        ignore=ignore, crop=crop, trim=trim, background=background, yes=yes, targets=targets,
        roles=roles, offline=offline, deep=deep, exclude=exclude, no_ignore=no_ignore,
        cache=cache, workers=workers,
    )  # fmt: skip
    with probing(progress):
        run, outcomes = apply(made.task, made.receipt, None, reporting(progress))
        if outcomes.is_interrupted:
            raise KeyboardInterrupt
        remaining = check_results(made.task, run, outcomes, made.baseline)
    return receipt_report(outcomes, remaining)
