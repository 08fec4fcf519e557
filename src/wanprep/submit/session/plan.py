"""A job's whole journey: what to do with it is decided before anything leaves this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wanprep.files.place import find_usable
from wanprep.submit.request.body import tried
from wanprep.submit.request.price import estimate, in_words
from wanprep.submit.session.concurrent import Task
from wanprep.submit.session.send import built, may_repeat, sent, sent_again
from wanprep.submit.session.update import looked_for
from wanprep.submit.session.wait import found, see_through
from wanprep.submit.session.wakeups import CalledOff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.submit.ledger.run import Run
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.session import Session


@dataclass(frozen=True, slots=True)
class Attach:
    """The job was sent before: it is not paid for twice."""

    submission: Submission
    run: Run


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send an uncertain run again under its own key, which is not paid twice."""

    submission: Submission
    run: Run


@dataclass(frozen=True, slots=True)
class Send:
    """Send the job; `replacing` is the run that the user no longer counts on."""

    submission: Submission
    estimate: Estimate | Unpriced
    replacing: Run | None


Journey = Attach | Repeat | Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user wants to happen."""

    again: bool
    drop: bool
    wait: bool
    folder: str | None


def planned(session: Session, submissions: Iterable[Submission], *, again: bool) -> list[Journey]:
    """Decide what to do with each job, by what the ledger knows of it."""
    return [_planned(session, submission, again=again) for submission in submissions]


def _planned(session: Session, submission: Submission, *, again: bool) -> Journey:
    run = session.ledger.live(submission.identity)
    if run and (not again or run.state == "sending"):
        return Attach(submission, run)
    if run and may_repeat(session, run):
        return Repeat(submission, run)
    return Send(
        submission, estimate(submission.target, submission.case.intent, submission.facts), run
    )


def to_send(journeys: Sequence[Journey]) -> list[Send]:
    """List what will be paid for."""
    return [each for each in journeys if isinstance(each, Send)]


def try_out(session: Session, journeys: Iterable[Journey], options: Options) -> None:
    """Find out before anything leaves whether all can be built, paid with a key, and kept."""
    if options.wait:
        find_usable(options.folder or os.curdir)
    for each in journeys:
        provider = each.submission.target.provider
        if isinstance(each, Send):
            tried(each.submission, session.services.settings(provider), drop=options.drop)
        if options.wait or not isinstance(each, Attach):
            session.driver(provider)
            next(
                session.service(provider).poll.waits(session.environ)
            )  # a wrong interval is told now


def task_for(session: Session, journey: Journey, options: Options) -> Task:
    """Make of a journey something to be worked on."""
    task = Task(journey.submission.name, lambda task: _go(session, journey, options, task))
    if isinstance(journey, Send):
        task.estimate = in_words(journey.estimate)
    else:
        task.run = journey.run
    return task


def _go(session: Session, journey: Journey, options: Options, task: Task) -> None:
    gate = session.gate(journey.submission.target.provider)
    match journey:
        case Attach(run=run):
            task.note(f"not sent: it was sent before, as run {run.id} ({run.state})")
            with gate.place(session.wakeups.stop, new=False):
                _follow(session, run, options, task)
        case Repeat(run=run):
            with gate.place(session.wakeups.stop, new=True) as got:
                _follow(session, sent_again(_still(session, got=got), run, task), options, task)
        case Send():
            _send(session, journey, options, task)


def _send(session: Session, journey: Send, options: Options, task: Task) -> None:
    submission, replacing = journey.submission, journey.replacing
    if replacing and replacing.state == "uncertain":
        replacing = looked_for(session, replacing)
        if replacing.state == "accepted":
            task.note("not sent again: the provider has it after all")
            _follow(session, replacing, options, task)
            return
    request = built(session, submission, task, drop=options.drop)
    with session.gate(submission.target.provider).place(session.wakeups.stop, new=True) as got:
        run = sent(_still(session, got=got), submission, request, replacing, task)
        _follow(session, run, options, task)


def _still(session: Session, *, got: bool) -> Session:
    if not got:
        raise CalledOff
    return session


def _follow(session: Session, run: Run, options: Options, task: Task) -> None:
    if options.wait:
        see_through(session, run, options.folder, task)
    else:
        task.run = found(session, run, task)
