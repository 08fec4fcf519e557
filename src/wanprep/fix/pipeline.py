"""The whole fix: inspect and plan, then for each file write, verify and deliver."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.check.inputs import read_inputs
from wanprep.errors import UsageError, WanprepError
from wanprep.files.atomic import (
    CannotWrite,
    copy_file,
    explain_os_errors,
    move_into_place,
    remove_stale_parts,
    sha256_of,
    sync_file,
    temporary_path,
)
from wanprep.fix.deliver import ResultPaths, common_folder
from wanprep.fix.executors import Executors, cores, without_copies
from wanprep.fix.interrupts import interrupt_on_signals
from wanprep.fix.job.files import fix_jobs
from wanprep.fix.originals import (
    changed_message,
    keep_original,
    remove_originals,
    require_unchanged,
)
from wanprep.fix.outcome import Fixed, NotFixed, Outcome, Outcomes, Unchanged
from wanprep.fix.plan.plan import ImageRecipe, NoChange, NotFixable, Plan, VideoRecipe
from wanprep.fix.plan_file import Ask, PlannedFile, plan_file
from wanprep.fix.request import FixRequest, PlannedRun, media_files, stamp_of
from wanprep.fix.verify import findings_for, verify
from wanprep.media.workers import probe_in_worker
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.executors import Similarity
    from wanprep.fix.plan.plan import Output, ProgressCallback
    from wanprep.fix.receipt_file import ReceiptFile
    from wanprep.fix.request import Stamp
    from wanprep.media.facts import Facts


def plan_run(request: FixRequest, ask: Ask | None) -> PlannedRun:
    """Plan everything, and ask about what only the owner of a file may decide."""
    check = request.check
    inputs = read_inputs(check)
    sources = [*inputs.media, *(file.file for file in inputs.files)]
    named = [path for path in check.paths if path]
    base = common_folder(named, sources)
    paths = ResultPaths(request.out, base, request.earlier.has_written)
    if sources and all(map(paths.is_result, sources)):
        raise UsageError(
            f"all given paths are in --out {visible(request.out or '')}, where results go:"
            " choose another folder, or pass --in-place"
        )
    files = [each for each in media_files(inputs) if not paths.is_result(each.path)]
    for each in files:
        each.ignored |= request.ignored
    planned = [plan_file(each, request.options, ask) for each in files]
    # In place, an earlier result may be among the sources, beside its original.
    overwritten = request.earlier.has_written if request.out is None else lambda _: False
    paths.reserve(each.path for each in files if not overwritten(each.path))
    planned = [
        replace(each, result=_assign_result(paths, each), stamp=_stamp(each.media.path))
        for each in planned
    ]
    return PlannedRun(inputs, paths, tuple(planned))


def _assign_result(paths: ResultPaths, file: PlannedFile) -> str:
    suffix = file.plan.recipe.suffix if isinstance(file.plan, Plan) else None
    return paths.assign(file.media.path, suffix)


def _stamp(path: str) -> Stamp | None:
    with suppress(OSError, ValueError):
        return stamp_of(path)
    return None


class FixProgress:
    """What to call as a run proceeds; this one shows nothing."""

    def begin(self, files: Sequence[PlannedFile]) -> None:
        """Begin a run."""

    def start(self, file: PlannedFile) -> ProgressCallback | None:  # noqa: ARG002
        """Begin a file; what is returned is called as its work proceeds."""
        return None

    def end(self, file: PlannedFile) -> None:
        """End a file."""


def apply_fixes(
    request: FixRequest, run: PlannedRun, progress: FixProgress, record: ReceiptFile
) -> Outcomes:
    """Do what was planned, and record it; if interrupted, what was delivered stays."""
    workers = request.check.workers or cores()
    for folder in {os.path.dirname(each.result) for each in run.files}:
        remove_stale_parts(folder)
    progress.begin(run.files)
    is_interrupted = False
    with interrupt_on_signals(), Executors(workers, sum(map(_is_video, run.files))) as executors:
        fixer = _Fixer(request, executors, progress, record)
        threads = ThreadPoolExecutor(workers, thread_name_prefix="fix")
        try:
            for _ in threads.map(fixer.fix, run.files):
                pass
        except KeyboardInterrupt:
            is_interrupted = True
            executors.stop()
        finally:
            threads.shutdown(cancel_futures=True)
    paths = [file.media.path for file in run.files]
    outcomes = tuple(fixer.outcomes[path] for path in paths if path in fixer.outcomes)
    if is_interrupted:
        return Outcomes(outcomes, is_interrupted=True)
    jobs = fix_jobs(request, run, outcomes, record)
    if request.out is None:
        outcomes = tuple(remove_originals(outcomes, jobs, keep_lossy=request.backup))
    return Outcomes(outcomes, tuple(jobs))


def _is_video(file: PlannedFile) -> bool:
    return isinstance(file.plan, Plan) and isinstance(file.plan.recipe, VideoRecipe)


class _Fixer:
    """Fixes single files, several of them at once."""

    def __init__(
        self, request: FixRequest, executors: Executors, progress: FixProgress, record: ReceiptFile
    ) -> None:
        self._out = request.out
        self._keep_lossy = request.backup
        self._may_overwrite = request.earlier.has_written
        self._executors = executors
        self._progress = progress
        self._record = record
        self.outcomes: dict[str, Outcome] = {}  # by path

    def fix(self, file: PlannedFile) -> None:
        on_progress = self._progress.start(file)
        try:
            with explain_os_errors(file.media.path, "fixed"):
                outcome = self._fix(file, on_progress)
        except WanprepError as error:
            outcome = NotFixed(file.media, (str(error),), isinstance(error, CannotWrite))
        self.outcomes[file.media.path] = outcome
        self._record.add(outcome)
        self._progress.end(file)

    def _fix(self, file: PlannedFile, on_progress: ProgressCallback | None) -> Outcome:
        match file.plan:
            case NoChange():
                return self._keep(file)
            case NotFixable(reasons=reasons):
                return NotFixed(file.media, reasons)
            case Plan() if file.undecided:
                return NotFixed(file.media, file.undecided)
            case Plan() as plan:
                return self._apply(file, plan, on_progress)

    def _keep(self, file: PlannedFile) -> Unchanged:
        media, result = file.media, file.media.path
        before = sha256_of(result) if os.path.isfile(result) else ""
        if self._out is not None and before:
            result = file.result
        found = findings_for(media, media.facts, media.path)
        kept = Unchanged(media, result, before, file.with_fixes(found))
        if result != media.path and not (os.path.isfile(result) and sha256_of(result) == before):
            self._record.announce(kept)
            copy_file(media.path, result, overwrite=self._may_overwrite(result))
        return kept

    def _apply(
        self, file: PlannedFile, plan: Plan, on_progress: ProgressCallback | None
    ) -> Fixed | NotFixed:
        source, path = file.media.path, file.result
        if self._out is None and path == source and os.path.islink(source):
            path = os.path.realpath(source)  # write to what it points to, and keep the link
        before = sha256_of(source)
        if self._out is None and stamp_of(source) != file.stamp:
            raise CannotWrite(changed_message(source))
        with temporary_path(path) as part:
            recipe = self._executors.place_window(source, plan.recipe, plan.facts)
            plan = replace(plan, recipe=recipe)
            plan, output, similarity, facts = self._write(source, plan, part, on_progress)
            verification = verify(file.media, plan, replace(facts, path=path), similarity, path)
            if verification.problems:
                return NotFixed(file.media, verification.problems)
            after = file.with_fixes(verification.after)
            verification = replace(verification, after=after)
            hashes = {"before": before, "after": sha256_of(part)}
            fixed = Fixed(media=file.media, plan=plan, result=file.result, output=output,
                          verification=verification, hashes=hashes)  # fmt: skip
            self._record.announce(fixed)
            return replace(fixed, backup=self._deliver(part, path, file, before))

    def _deliver(self, part: str, path: str, file: PlannedFile, before: str) -> str:
        """Put a result in its place; return where its original is kept, if it was replaced."""
        source, plan, backup = file.media.path, file.plan, ""
        is_replaced = self._out is None and file.result == source
        if is_replaced:
            with explain_os_errors(part):
                sync_file(part)  # now: it takes long, and what follows must be quick
            require_unchanged(source, before)
            if self._keep_lossy and isinstance(plan, Plan):
                backup = keep_original(plan, path)
        overwrite = is_replaced or self._may_overwrite(path)
        move_into_place(part, path, mode_of=source, overwrite=overwrite)
        return backup

    def _write(
        self, source: str, plan: Plan, part: str, on_progress: ProgressCallback | None
    ) -> tuple[Plan, Output, Similarity, Facts]:
        """Write a result and decode it; if copied streams turn out damaged, encode them."""
        output, similarity = self._executors.write_output(source, plan, part, on_progress)
        # An image was decoded when it was measured.
        facts = probe_in_worker(part, deep=not isinstance(plan.recipe, ImageRecipe))
        recipe = None if facts.readable else without_copies(plan.recipe, plan.facts)
        if recipe is None:
            return plan, output, similarity, facts
        os.unlink(part)
        plan = replace(plan, recipe=recipe)
        plan, output, similarity, facts = self._write(source, plan, part, on_progress)
        note = "re-encoded, because its streams cannot be decoded as they are"
        return plan, replace(output, notes=(note, *output.notes)), similarity, facts
