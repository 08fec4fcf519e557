"""The whole fix: inspect and plan, then for each file write, verify and deliver."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.check.inputs import read_inputs
from wanprep.errors import UsageError, WanprepError
from wanprep.files.atomic import (
    CannotWrite,
    explain_os_errors,
    remove_stale_parts,
    sha256_of,
    sync_file,
)
from wanprep.fix.deliver import (
    NOT_IN_PLACE,
    ResultPaths,
    changed_message,
    common_folder,
    common_prefix,
    keep_original,
    remove_originals,
    require_unchanged,
)
from wanprep.fix.earlier_results import find_earlier_fix
from wanprep.fix.executors import Executors, cores, without_copies
from wanprep.fix.plan.plan import ImageRecipe, NoChange, NotFixable, Plan, VideoRecipe
from wanprep.fix.plan_file import Ask, PlannedFile, plan_file
from wanprep.fix.request import (
    Fixed,
    FixRequest,
    NotFixed,
    Outcome,
    Outcomes,
    PlannedRun,
    Unchanged,
    media_files,
    stamp_of,
)
from wanprep.fix.verify import findings_for, verify
from wanprep.media.facts import is_remote
from wanprep.media.workers import probe_in_worker
from wanprep.stores.stores import is_object_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from wanprep.check.inputs import Inputs
    from wanprep.fix.executors import Similarity
    from wanprep.fix.plan.plan import Options, Output, ProgressCallback
    from wanprep.fix.receipt_file import ReceiptFile, Record
    from wanprep.fix.request import FixedFile, MediaFile, Stamp
    from wanprep.fix.sources import Sources
    from wanprep.media.facts import Facts


def plan_run(request: FixRequest, ask: Ask | None) -> PlannedRun:
    """Plan everything, and ask about what only the owner of a file may decide."""
    check = request.check
    inputs = read_inputs(check)
    sources = [*inputs.media, *(file.file for file in inputs.files)]
    named = [path for path in check.paths if path]
    base = common_folder(named, sources)
    paths = ResultPaths(request.out, base, request.output, common_prefix(named))
    if sources and all(map(paths.is_result, sources)):
        raise UsageError(
            f"all given paths are in {visible(request.out or '')}, where results go: choose"
            " another folder",
            command=f"all given paths are in --out {visible(request.out or '')}, where results go:"
            " choose another folder, or pass --in-place",
        )
    files = [each for each in media_files(inputs) if not paths.is_result(each.path)]
    for each in files:
        each.ignored |= request.ignored
    planned = [_plan(each, request.options, ask) for each in files]
    # In place, an earlier result may be among the sources, beside its original.
    overwritten = request.output.has_written if request.out is None else lambda _: False
    paths.reserve(each.path for each in files if not overwritten(each.path))
    planned = [
        replace(each, result=_assign_result(paths, each, inputs), stamp=_stamp(each.media.path))
        for each in planned
    ]
    return PlannedRun(inputs, paths, tuple(planned))


def _plan(media: MediaFile, options: Options, ask: Ask | None) -> PlannedFile:
    planned = plan_file(media, options, ask)
    if is_object_url(media.path) and not isinstance(planned.plan, NoChange):
        from wanprep.fix.sources import too_large

        if problem := too_large(media.facts.bytes):
            return PlannedFile(media, NotFixable(media.facts, (problem,)))
    return planned


def _assign_result(paths: ResultPaths, file: PlannedFile, inputs: Inputs) -> str:
    path = file.media.path
    if is_object_url(path) and isinstance(file.plan, NoChange) and path not in inputs.media:
        return path  # jobs can use it where it is
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
    progress.begin(run.files)
    if engine := request.check.engine:
        from wanprep.fix.shards import fix_on

        found, is_interrupted = fix_on(engine, request, run.files, progress, record)
    else:
        found, is_interrupted = fix_files(request, run.files, progress, record)
    paths = [file.media.path for file in run.files]
    outcomes = tuple(found[path] for path in paths if path in found)
    if is_interrupted:
        return Outcomes(outcomes, is_interrupted=True)
    jobs = _fix_jobs(request, run, outcomes, record) if run.inputs.jobs else []
    if request.out is None:
        outcomes = tuple(remove_originals(outcomes, jobs, keep_lossy=request.backup))
    return Outcomes(outcomes, tuple(jobs))


def _fix_jobs(
    request: FixRequest, run: PlannedRun, outcomes: Sequence[Outcome], record: ReceiptFile
) -> list[FixedFile]:
    from wanprep.fix.job.files import fix_jobs

    return fix_jobs(request, run, outcomes, record)


def fix_files(
    request: FixRequest, files: Sequence[PlannedFile], progress: FixProgress, record: Record
) -> tuple[dict[str, Outcome], bool]:
    """Fix files here; return the outcomes by path, and whether it was interrupted."""
    workers = request.check.workers or cores()
    for folder in {os.path.dirname(each.result) for each in files}:
        if not is_remote(folder):
            remove_stale_parts(folder)
    is_interrupted = False
    with (
        interrupt_on_signals(),
        Executors(workers, sum(map(_is_video, files))) as executors,
        _sources(request, files, workers) as sources,
    ):
        fixer = _Fixer(request, executors, sources, progress, record)
        threads = ThreadPoolExecutor(workers, thread_name_prefix="fix")
        try:
            for each in [threads.submit(fixer.fix, file) for file in files]:
                while not each.done():
                    wait([each], _SECONDS)  # which a signal that came just before does not end
                each.result()
        except KeyboardInterrupt:
            is_interrupted = True
            if sources:
                sources.stop()
            executors.stop()
        finally:
            threads.shutdown(cancel_futures=True)
    return fixer.outcomes, is_interrupted


def _sources(
    request: FixRequest, files: Sequence[PlannedFile], workers: int
) -> AbstractContextManager[Sources | None]:
    """Prepare downloads where there is anything to download."""
    if not any(is_object_url(file.media.path) for file in files):
        return nullcontext()
    from wanprep.fix.sources import Sources

    return Sources(request.check.config.stores, workers)


def _is_video(file: PlannedFile) -> bool:
    return isinstance(file.plan, Plan) and isinstance(file.plan.recipe, VideoRecipe)


class _Fixer:
    """Fixes single files, several of them at once."""

    def __init__(
        self, request: FixRequest, executors: Executors, sources: Sources | None,
        progress: FixProgress, record: Record,
    ) -> None:  # fmt: skip
        self._out = request.out
        self._keep_lossy = request.backup
        self._output = request.output
        self._executors = executors
        self._sources = sources
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
        media, path = file.media, file.media.path
        remaining = file.with_fixes(findings_for(media, media.facts, path))
        if is_object_url(path) and (self._out is None or file.result == path):
            return Unchanged(media, path, "", remaining)
        with self._local_file(path) as source:
            before = sha256_of(source) if os.path.isfile(source) else ""
            result = file.result if self._out is not None and before else path
            kept = Unchanged(media, result, before, remaining)
            if result != path and not self._output.has_result(result, before):
                self._record.announce(kept)
                self._output.copy(source, result)
        return kept

    def _apply(
        self, file: PlannedFile, plan: Plan, on_progress: ProgressCallback | None
    ) -> Fixed | NotFixed:
        if is_object_url(file.media.path) and self._out is None:
            raise CannotWrite(NOT_IN_PLACE)
        with self._local_file(file.media.path) as source:
            return self._apply_to(source, file, plan, on_progress)

    def _local_file(self, path: str) -> AbstractContextManager[str]:
        if self._sources and is_object_url(path):
            return self._sources.download(path)
        return nullcontext(path)

    def _apply_to(
        self, source: str, file: PlannedFile, plan: Plan, on_progress: ProgressCallback | None
    ) -> Fixed | NotFixed:
        path = file.result
        if self._out is None and path == source and os.path.islink(source):
            path = os.path.realpath(source)  # write to what it points to, and keep the link
        before = sha256_of(source)
        if self._out is None and stamp_of(source) != file.stamp:
            raise CannotWrite(changed_message(source))
        if earlier := find_earlier_fix(file, plan, before, self._output):
            return earlier
        with self._output.temporary_path(path) as part:
            output, similarity, facts = self._write(source, plan, part, on_progress)
            verification = verify(file.media, plan, replace(facts, path=path), similarity, path)
            if verification.problems:
                return NotFixed(file.media, verification.problems)
            after = file.with_fixes(verification.after)
            verification = replace(verification, after=after)
            hashes = {"before": before, "after": sha256_of(part)}
            fixed = Fixed(media=file.media, plan=plan, result=file.result, output=output,
                          verification=verification, hashes=hashes)  # fmt: skip
            self._record.announce(fixed)
            return replace(fixed, backup=self._deliver(part, path, source, file, before))

    def _deliver(self, part: str, path: str, source: str, file: PlannedFile, before: str) -> str:
        """Put a result in its place; return where its original is kept, if it was replaced."""
        plan, backup = file.plan, ""
        is_replaced = self._out is None and file.result == source
        if is_replaced:
            with explain_os_errors(part):
                sync_file(part)  # now: it takes long, and what follows must be quick
            require_unchanged(source, before)
            if self._keep_lossy and isinstance(plan, Plan):
                backup = keep_original(plan, path)
        self._output.deliver(part, path, like=source, overwrite=is_replaced)
        return backup

    def _write(
        self, source: str, plan: Plan, part: str, on_progress: ProgressCallback | None
    ) -> tuple[Output, Similarity, Facts]:
        """Write a result and decode it; if copied streams turn out damaged, encode them."""
        output, similarity = self._executors.write_output(source, plan, part, on_progress)
        # An image was decoded when it was measured.
        facts = probe_in_worker(part, deep=not isinstance(plan.recipe, ImageRecipe))
        recipe = None if facts.readable else without_copies(plan.recipe, plan.facts)
        if recipe is None:
            return output, similarity, facts
        os.unlink(part)
        encoded = replace(plan, recipe=recipe)
        output, similarity, facts = self._write(source, encoded, part, on_progress)
        note = "re-encoded, because its streams cannot be decoded as they are"
        return replace(output, notes=(note, *output.notes)), similarity, facts


_SECONDS: Final = 0.5  # after which a signal is noticed at the latest
# SIGHUP arrives when the terminal is closed; Windows has none.
_SIGNALS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM and SIGHUP, in the main thread, so that files are tidied.

    A signal that the process was started to ignore (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = [each for each in _SIGNALS if signal.getsignal(each) == signal.SIG_DFL]
    for each in handled:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in handled:
            signal.signal(each, signal.SIG_DFL)
