"""Look, plan, do, prove, deliver: the whole fix on one screen."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.check.inputs import read_inputs
from wanprep.errors import UsageError, WanprepError
from wanprep.fix.deliver import CannotWrite, Places, base_of, copy, move, workspace
from wanprep.fix.executors import Executors, cores, sha256, uncopied
from wanprep.fix.job.files import fix_jobs
from wanprep.fix.outcome import Fixed, Kept, NotFixed, Outcome, Outcomes
from wanprep.fix.plan.plan import ImageRecipe, NotFixable, Plan, Untouched, VideoRecipe
from wanprep.fix.plan.plan_asset import plan_asset
from wanprep.fix.task import Intended, Prepared, Task, Wanted, wanted_files
from wanprep.fix.verify import findings_of, prove
from wanprep.media.workers import probe_in_worker
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wanprep.fix.executors import Similarity
    from wanprep.fix.plan.plan import Options, Output, ProgressCallback
    from wanprep.media.facts import Facts


# A window that is closed hangs up; not every system knows of that.
_SIGNALS: Final = tuple(
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


@contextmanager
def stopped_like_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt where a request to end would end the process."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen, and only to it Ctrl-C comes
        return
    # Who has told the process not to listen (nohup does) is obeyed.
    heard = [each for each in _SIGNALS if signal.getsignal(each) == signal.SIG_DFL]
    for each in heard:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in heard:
            signal.signal(each, signal.SIG_DFL)


class FixProgress:
    """Is told how the work goes on; this one does not care."""

    def begin(self, files: Sequence[Intended]) -> None:
        """Learn what there is to do."""

    def start(self, file: Intended) -> ProgressCallback | None:  # noqa: ARG002
        """Learn that a file is begun, and say whom to tell how far it is."""
        return None

    def end(self, file: Intended, outcome: Outcome) -> None:
        """Learn what became of a file."""


def prepare(task: Task, ask: Callable[[str, Plan, Options], Options | None] | None) -> Prepared:
    """Plan everything, and ask about what only the owner of a file may decide."""
    seen = read_inputs(task.question)
    named = [path for path in task.question.paths if path]
    files = [*seen.media, *(file.file for file in seen.files)]
    places = Places(task.out, base_of(named, files), task.earlier.wrote)
    if files and all(map(places.is_result, files)):
        raise UsageError(
            f"all that was named lies in --out {visible(task.out or '')}, where results go:"
            " name another folder for them, or say --in-place"
        )
    wanted = [each for each in wanted_files(seen) if not places.is_result(each.path)]
    for each in wanted:
        each.ignored |= task.ignored
    planned = [_decide(each, task.options, ask) for each in wanted]
    places.reserve(each.path for each in wanted)
    return Prepared(
        seen,
        places,
        tuple(
            replace(each, result=places.place(each.wanted.path, _suffix(each.plan)))
            for each in planned
        ),
    )


def _suffix(plan: Plan | Untouched | NotFixable) -> str | None:
    return plan.recipe.suffix if isinstance(plan, Plan) else None


def _decide(
    wanted: Wanted, options: Options, ask: Callable[[str, Plan, Options], Options | None] | None
) -> Intended:
    plan = _plan(wanted, options)
    if not (isinstance(plan, Plan) and (questions := ungranted(plan, options))):
        return Intended(wanted, plan, "")
    if ask and (granted := ask(wanted.path, plan, options)):
        return Intended(wanted, _plan(wanted, granted), "")
    rest = _plan_without(wanted, plan, options)
    return Intended(wanted, rest, "") if rest else Intended(wanted, plan, "", questions)


def _plan(wanted: Wanted, options: Options) -> Plan | Untouched | NotFixable:
    return plan_asset(wanted.facts, wanted.needs, options, ignored=wanted.ignored)


def _plan_without(wanted: Wanted, plan: Plan, options: Options) -> Plan | Untouched | None:
    """Fix the rest where what was not granted is only a warning: it stays, and is told."""
    rules = {rule for step in plan.questions for rule in step.rules}
    found = findings_of(wanted, wanted.facts, wanted.path)
    if any(each.severity == "error" and each.rule in rules for each in found):
        return None
    rest = plan_asset(wanted.facts, wanted.needs, options, ignored=wanted.ignored | rules)
    return None if isinstance(rest, NotFixable) else rest


def ungranted(plan: Plan, options: Options) -> tuple[str, ...]:
    """List the questions of a plan that nothing on the command line has answered."""
    if options.yes:
        return ()
    answered = {"trim"} if options.trim else set()
    answered |= {"crop", "pad"} if options.crop else set()
    return tuple(
        f"it would have to {step.words}: {_ANSWERS[step.name]}"
        for step in plan.questions
        if step.name not in answered
    )


_ANSWERS = {
    "trim": "say which part to keep with --trim start, center or end",
    "crop": "say how with --crop pad, smart or center",
    "pad": "say how with --crop pad, smart or center",
}


def carry_out(task: Task, prepared: Prepared, watcher: FixProgress) -> Outcomes:
    """Do what was planned. What was delivered when it is interrupted stays, and is told."""
    workers = task.workers or cores()
    watcher.begin(prepared.files)
    videos = sum(_is_video(each) for each in prepared.files)
    interrupted = False
    with (
        stopped_like_ctrl_c(),
        Executors(workers, videos) as executors,
    ):
        bench = _Bench(task, executors, watcher)
        pool = ThreadPoolExecutor(workers, thread_name_prefix="fix")
        try:
            for _ in pool.map(bench.do, prepared.files):
                pass
        except KeyboardInterrupt:
            interrupted = True
            executors.stop()
        finally:
            pool.shutdown(cancel_futures=True)
    done = [bench.done[id(file)] for file in prepared.files if id(file) in bench.done]
    if interrupted:
        return Outcomes(tuple(done), (), interrupted=True)
    jobs = fix_jobs(task, prepared, done)
    if task.out is None:
        _remove_renamed(done)
    return Outcomes(tuple(done), tuple(jobs))


def _is_video(file: Intended) -> bool:
    return isinstance(file.plan, Plan) and isinstance(file.plan.recipe, VideoRecipe)


def _remove_renamed(outcomes: Sequence[Outcome]) -> None:
    """Remove the originals of files that got another name, now that nothing names them."""
    for each in outcomes:
        if isinstance(each, Fixed) and each.result != each.wanted.path:
            os.unlink(each.wanted.path)


class _Bench:
    """Where single files are worked on, side by side."""

    def __init__(self, task: Task, executors: Executors, watcher: FixProgress) -> None:
        self._task = task
        self._executors = executors
        self._watcher = watcher
        self.done: dict[int, Outcome] = {}

    def do(self, file: Intended) -> Outcome:
        progress = self._watcher.start(file)
        try:
            outcome = self._outcome(file, progress)
        except WanprepError as error:
            unwritten = isinstance(error, CannotWrite)
            outcome = NotFixed(file.wanted, (str(error),), unwritten)
        self.done[id(file)] = outcome
        self._watcher.end(file, outcome)
        return outcome

    def _outcome(self, file: Intended, progress: ProgressCallback | None) -> Outcome:
        match file.plan:
            case Untouched():
                return self._keep(file)
            case NotFixable(reasons=reasons):
                return NotFixed(file.wanted, reasons)
            case Plan() if file.refused:
                return NotFixed(file.wanted, file.refused)
            case Plan() as plan:
                return self._mend(file, plan, progress)

    def _keep(self, file: Intended) -> Outcome:
        wanted, result = file.wanted, file.wanted.path
        known = sha256(wanted.path) if os.path.isfile(wanted.path) else ""
        if self._task.out is not None and known:
            result = file.result
            if not (os.path.isfile(result) and sha256(result) == known):
                copy(wanted.path, result, over=self._task.earlier.wrote(result))
        return Kept(wanted, result, known, findings_of(wanted, wanted.facts, wanted.path))

    def _mend(self, file: Intended, plan: Plan, progress: ProgressCallback | None) -> Outcome:
        source, final = file.wanted.path, self._final(file)
        before = sha256(source)
        with workspace(final) as into:
            recipe = self._executors.placed(source, plan.recipe, plan.facts)
            plan = replace(plan, recipe=recipe)
            plan, made, similarity, facts = self._made(source, plan, into, progress)
            facts = replace(facts, path=final)
            proof = prove(file.wanted, plan, facts, similarity, final)
            if proof.objections:
                return NotFixed(file.wanted, proof.objections)
            hashes = {"before": before, "after": sha256(into)}
            in_place = final == os.path.realpath(source)
            move(into, final, like=source, over=in_place or self._task.earlier.wrote(final))
        return Fixed(wanted=file.wanted, plan=plan, result=file.result, made=made,
                      proof=proof, hashes=hashes)  # fmt: skip

    def _made(
        self, source: str, plan: Plan, into: str, progress: ProgressCallback | None
    ) -> tuple[Plan, Output, Similarity, Facts]:
        """Write the result and decode it; what was copied and is damaged is coded anew."""
        made, similarity = self._executors.make(source, plan, into, progress)
        # The hand has decoded the whole image to measure it; all else is decoded now.
        decoded = isinstance(plan.recipe, ImageRecipe)
        facts = probe_in_worker(into, deep=not decoded)
        recipe = None if facts.readable else uncopied(plan.recipe, plan.facts)
        if recipe is None:
            return plan, made, similarity, facts
        os.unlink(into)
        plan, made, similarity, facts = self._made(
            source, replace(plan, recipe=recipe), into, progress
        )
        note = "coded anew, because its streams cannot be decoded as they are"
        return plan, replace(made, notes=(note, *made.notes)), similarity, facts

    def _final(self, file: Intended) -> str:
        """Tell where the bytes go: through a link, in place, to what it points to."""
        if self._task.out is None and file.result == file.wanted.path:
            return os.path.realpath(file.result)
        return file.result
