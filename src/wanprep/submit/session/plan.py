"""The plan of a submit command: for each job, send it, repeat it, or attach to an earlier run.

Jobs are judged, and the price is agreed on; then each order is placed once.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.submit.request.body import build_trial
from wanprep.submit.request.price import estimate_price, open_question, price_text, require_max_cost
from wanprep.submit.request.submission import accepted_report, find_submissions
from wanprep.submit.session.save import require_writable
from wanprep.submit.session.send import can_repeat, send_once, send_repeat, upload_and_build
from wanprep.submit.session.session import require_emulators
from wanprep.submit.session.status import find_lost_run
from wanprep.submit.session.tasks import Task, run_tasks
from wanprep.submit.session.wait import resolve_run, wait_and_fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import RunProgress


@dataclass(frozen=True, slots=True)
class Attach:
    """The job was sent before: it is not paid for twice."""

    submission: Submission
    run: Run


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send an uncertain run again under its own key, which is not paid for twice."""

    submission: Submission
    run: Run


@dataclass(frozen=True, slots=True)
class Send:
    """Send the job; `replacing` is the run that the user gives up."""

    submission: Submission
    estimate: Estimate | Unpriced
    replacing: Run | None


Action = Attach | Repeat | Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the submit command that decide what is done with a job."""

    again: bool
    drop: bool
    wait: bool
    folder: str | None


def plan_action(session: Session, submission: Submission, *, again: bool) -> Action:
    """Decide what to do with a job, by its runs in the ledger."""
    run = session.ledger.live_run(submission.identity)
    if run and (not again or run.state == "sending"):
        return Attach(submission, run)
    if run and can_repeat(session, run):
        return Repeat(submission, run)
    price = estimate_price(submission.target, submission.case.intent, submission.facts)
    return Send(submission, price, run)


def check_plan(session: Session, plan: Iterable[Action], options: Options) -> None:
    """Check before anything is sent: requests can be built, keys exist, results can be saved."""
    if options.wait:
        require_writable(options.folder or os.curdir)
    for action in plan:
        provider = action.submission.target.provider
        if isinstance(action, Send):
            build_trial(action.submission, session.services.settings(provider), drop=options.drop)
        if options.wait or not isinstance(action, Attach):
            session.driver(provider)  # which needs a key
            next(session.service(provider).poll.waits(session.environ))  # a valid interval


def make_task(session: Session, action: Action, options: Options) -> Task:
    """Make a task of an action."""

    def work(task: Task) -> None:
        match action:
            case Send():
                _send(session, action, options, task)
            case Repeat(run=run):
                with session.limiter(run.provider).slot(new=True):
                    _follow(session, send_repeat(session, run, task), options, task)
            case Attach(run=run):
                task.notes.append(f"not sent: it was sent before, as run {run.id} ({run.state})")
                with session.limiter(run.provider).slot(new=False):
                    _follow(session, run, options, task)

    if isinstance(action, Send):
        task = Task(action.submission.name, work)
        task.estimate = price_text(action.estimate)
        task.lasting = not session.emulated  # the ledger of an emulator ends with the command
        return task
    return Task(action.submission.name, work, action.run)


def _send(session: Session, action: Send, options: Options, task: Task) -> None:
    submission, replacing = action.submission, action.replacing
    if replacing and replacing.state == "uncertain":
        replacing = find_lost_run(session, replacing)
        if replacing.state == "accepted":
            task.notes.append("not sent again: the provider has it after all")
            _follow(session, replacing, options, task)
            return
    request = upload_and_build(session, submission, task, drop=options.drop)
    with session.limiter(submission.target.provider).slot(new=True):
        _follow(session, send_once(session, submission, request, replacing, task), options, task)


def _follow(session: Session, run: Run, options: Options, task: Task) -> None:
    if options.wait:
        wait_and_fetch(session, run, options.folder, task)
    else:
        task.run = resolve_run(session, run, task)


_ASK_ABOVE: Final = 1.0  # USD, for all jobs together


class NeedsConsent(UsageError):
    """Somebody must accept the price before anything is sent."""

    def __init__(self, question: str) -> None:
        super().__init__(f"{question}. Nothing was sent.")
        self.question = question


@dataclass(frozen=True, slots=True)
class Quote:
    """What is done with each job, and the findings below error level."""

    plan: tuple[Action, ...]
    report: Report

    @property
    def new(self) -> list[Send]:
        """What is sent, and paid for."""
        return [action for action in self.plan if isinstance(action, Send)]

    @property
    def prices(self) -> list[Estimate | Unpriced]:
        """The price of each new order."""
        return [each.estimate for each in self.new]


def quote(session: Session, inputs: Inputs, options: Options) -> Quote:
    """Judge jobs and plan what is done with each; raise JobsRefused, or what keeps them back."""
    orders = find_submissions(inputs, session.services)
    if session.emulated:
        require_emulators(order.target.provider for order in orders)
    plan = tuple(plan_action(session, order, again=options.again) for order in orders)
    attached = [each.submission for each in plan if not isinstance(each, Send)]
    report = accepted_report(inputs, attached)
    check_plan(session, plan, options)
    return Quote(plan, report)


def require_agreement(
    prices: Sequence[Estimate | Unpriced], config: Config, *, most: float | None, consent: bool
) -> None:
    """Raise TooExpensive above a limit or, without one, NeedsConsent for what must be asked."""
    if most is not None:
        require_max_cost(prices, most)
        return
    question = open_question(prices, config.submit.get("ask-above", _ASK_ABOVE))
    if question and not consent:
        raise NeedsConsent(question)


def work(
    session: Session,
    tasks: Sequence[Task],
    progress: RunProgress,
    say: Callable[[str], None],
    *,
    waiting: bool,
) -> bool:
    """Work on all tasks at once; return whether Ctrl-C ended it."""
    with ExitStack() as held:
        if waiting:
            session.start_listening(held)
        return run_tasks(tasks, session.wakeups, progress, say)
