"""One run of `fix`: its request, what it would do, what it does, and the check of its results."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from wanprep.check.inputs import read_inputs
from wanprep.check.pipeline import judge_inputs
from wanprep.check.result import drop_baseline
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.files.outputs import refuse_foreign, refuse_inputs
from wanprep.fix.deliver import jobs_with_obstacles, with_obstacles
from wanprep.fix.earlier_results import EarlierResults, with_earlier
from wanprep.fix.fixable import with_fixes
from wanprep.fix.output import BucketOutput, FolderOutput, output_at
from wanprep.fix.pipeline import apply_fixes, plan_run
from wanprep.fix.plan.plan import Crop, Options, Trim
from wanprep.fix.receipt import RECEIPT
from wanprep.fix.receipt_file import ReceiptFile, refuse_foreign_object
from wanprep.fix.request import FixRequest
from wanprep.fix.verify import predict, recheck_request
from wanprep.stores.stores import EXTRAS, is_object_url, scheme_of
from wanprep.text import join_words, visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from wanprep.check.baseline import Entry
    from wanprep.check.request import CheckRequest
    from wanprep.check.result import Report
    from wanprep.fix.job.changes import PlannedJob
    from wanprep.fix.pipeline import FixProgress
    from wanprep.fix.plan_file import Ask
    from wanprep.fix.request import Outcomes, PlannedRun
    from wanprep.stores.stores import Stores


def require_destination(
    paths: Iterable[str], out: str | None, in_place: bool, *, required: bool
) -> None:
    """Refuse results that have two places to go, or none where they need one."""
    if out and in_place:
        raise UsageError(
            "results go to a folder or replace the files, not both",
            command="--out DIR and --in-place cannot be combined",
        )
    if out and Path(out).exists() and not Path(out).is_dir():
        is_file = f"{visible(out)} is a file: name a folder; it need not exist"
        raise UsageError(f"the output {is_file}", command=f"--out {is_file}")
    if out and scheme_of(out) and scheme_of(out) not in EXTRAS:
        raise UsageError(
            f"{visible(out)}: results go into a folder, or into a bucket of s3://, gs:// or az://"
        )
    if in_place and (named := next(filter(is_object_url, paths), None)):
        raise UsageError(
            f"{visible(named)} is not fixed in place: write results to a folder or a bucket",
            command=f"{visible(named)} is not fixed in place: pass --out DIR, or --out"
            " s3://bucket/prefix/, which keeps the original",
        )
    if required and not (out or in_place):
        raise UsageError(
            "no destination: name a folder for the results, or let them replace the files",
            command="no destination: --out DIR keeps the originals, --in-place replaces them,"
            " --plan changes nothing",
        )


def make_task(
    request: CheckRequest,
    ignored: Iterable[str],
    out: str | None,
    receipt_file: str | None,
    *,
    no_backup: bool,
    yes: bool,
    **choices: str | None,
) -> FixRequest:
    """Combine the options that are given with the configuration's."""
    given = {name: value for name, value in choices.items() if value is not None}
    for name, values in (("crop", get_args(Crop)), ("trim", get_args(Trim))):
        if name in given and given[name] not in values:
            raise UsageError(f"{name} cannot be '{given[name]}': choose {join_words(values, 'or')}")
    out = out.rstrip("/") if out and is_object_url(out) else out
    receipts = filter(None, (default_receipt(out), receipt_file))
    return FixRequest(
        check=request,
        ignored=frozenset(ignored),
        options=Options(**{**request.config.fix, **given, "yes": yes}),
        out=out,
        backup=not no_backup,
        output=output_at(out, receipts, request.config.stores),
    )


def read_color(value: str) -> str:
    """Return a colour as #rrggbb; it may be the name of one."""
    if re.fullmatch(r"#?[0-9a-fA-F]{6}", value):
        return f"#{value.removeprefix('#').lower()}"
    from PIL import ImageColor

    if value.lower() not in ImageColor.colormap:
        raise UsageError(
            f"'{value}' is neither a colour of the form #rrggbb, such as #ffffff, nor the name of"
            " one, such as white."
        )
    return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(value.lower()))


def default_receipt(out: str | None) -> str | None:
    """Return where the receipt goes: beside the results; in place there is none."""
    if out and is_object_url(out):
        return f"{out.rstrip('/')}/{RECEIPT}"
    return str(Path(out, RECEIPT)) if out else None


def _refuse_foreign(receipt_file: str, stores: Stores) -> None:
    if is_object_url(receipt_file):
        refuse_foreign_object(receipt_file, stores, "--receipt")
    else:
        refuse_foreign(receipt_file, "receipt", "--receipt")


def _require_writable(receipt_file: str, stores: Stores) -> None:
    place = receipt_file.rpartition("/")[0]
    output = (
        BucketOutput(place, stores, EarlierResults()) if is_object_url(place) else FolderOutput()
    )
    output.require_writable(receipt_file, overwrite=True)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do, and what a check of its results would find."""

    run: PlannedRun
    jobs: tuple[PlannedJob, ...]
    remaining: Report

    @property
    def has_changes(self) -> bool:
        """Whether any file would change."""
        jobs = (job for job in self.jobs if not job.is_earlier)
        changed = any(job.fixed.text != job.file.source.text for job in jobs)
        return changed or any(each.done and not each.is_earlier for each in self.run.files)

    @property
    def passes(self) -> bool:
        """Whether everything would pass after the run, and be in its place."""
        obstacles = any(each.obstacle for each in self.run.files)
        return self.remaining.clean and not (obstacles or any(job.problem for job in self.jobs))


def preview(
    task: FixRequest, baseline: tuple[Entry, ...] | None, ask: Ask | None, *,
    destination: bool, receipt_file: str | None,
) -> Preview:  # fmt: skip
    """Plan a run and predict its results. Nothing keeps them from a destination that is open."""
    run = plan_run(task, ask)
    stores = task.check.config.stores
    if receipt_file:
        _refuse_foreign(receipt_file, stores)
        refuse_inputs(receipt_file, run.inputs.paths(), "--receipt")
        _require_writable(receipt_file, stores)
    if destination:
        run = with_obstacles(task, run)
    if task.out:
        files = (with_earlier(each, task.output) for each in run.files)
        run = replace(run, files=tuple(files))
    jobs = _planned_jobs(task, run, destination=destination) if run.inputs.jobs else ()
    predicted = predict(run.inputs, run.files, jobs)
    remaining = drop_baseline(judge_inputs(predicted.inputs), baseline, predicted.sources)
    return Preview(run, jobs, with_fixes(remaining))


def _planned_jobs(
    task: FixRequest, run: PlannedRun, *, destination: bool
) -> tuple[PlannedJob, ...]:
    from wanprep.fix.job.files import planned_jobs, with_earlier_job

    jobs = planned_jobs(task, run, run.results)
    found = jobs_with_obstacles(task, jobs) if destination else jobs
    return tuple(with_earlier_job(task, job) for job in found)


def apply(
    task: FixRequest,
    receipt_file: str | None,
    ask: Ask | None,
    show_progress: AbstractContextManager[FixProgress],
) -> tuple[PlannedRun, Outcomes]:
    """Plan, ask, and fix, with a receipt however that ends."""
    stores = task.check.config.stores
    if receipt_file:
        _refuse_foreign(receipt_file, stores)
    run = plan_run(
        task, None if task.check.engine else ask
    )  # workers plan again, without questions
    if receipt_file:
        refuse_inputs(receipt_file, run.inputs.paths(), "--receipt")
    with (
        ReceiptFile(receipt_file, in_place=task.out is None, stores=stores) as record,
        show_progress as progress,
    ):
        outcomes = apply_fixes(task, run, progress, record)
        record.finish(outcomes)
    return run, outcomes


def check_results(
    task: FixRequest, run: PlannedRun, outcomes: Outcomes, baseline: tuple[Entry, ...] | None
) -> Report:
    """Check the results as `wanprep check` would: findings in the baseline are left out."""
    request = recheck_request(task, run, outcomes)
    nothing = replace(run.inputs, jobs=(), media=(), facts={})
    has_any = request.paths or request.texts or request.changed
    inputs = read_inputs(request) if has_any else nothing
    return with_fixes(drop_baseline(judge_inputs(inputs), baseline))
