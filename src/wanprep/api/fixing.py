"""Plan fixes of media and jobs, and carry them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wanprep.api.fix_report import FixReport
    from wanprep.api.types import Configuration, ProgressCallback, StrPath
    from wanprep.fix.plan.plan import Crop, Trim


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
    from wanprep.api.fix_steps import make_fix, probing
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
    from wanprep.api.fix_steps import make_fix, probing, reporting
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
