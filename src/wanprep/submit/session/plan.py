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
    from wanprep.submit.request.submission import Errand
    from wanprep.submit.session.session import Desk


@dataclass(frozen=True, slots=True)
class Attach:
    """The job was sent before: it is not paid for twice."""

    errand: Errand
    run: Run


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send an uncertain run again under its own key, which is not paid twice."""

    errand: Errand
    run: Run


@dataclass(frozen=True, slots=True)
class Send:
    """Send the job; `replacing` is the run that the user no longer counts on."""

    errand: Errand
    estimate: Estimate | Unpriced
    replacing: Run | None


Journey = Attach | Repeat | Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user wants to happen."""

    again: bool
    drop: bool
    wait: bool
    folder: str | None


def planned(desk: Desk, errands: Iterable[Errand], *, again: bool) -> list[Journey]:
    """Decide what to do with each job, by what the ledger knows of it."""
    return [_planned(desk, errand, again=again) for errand in errands]


def _planned(desk: Desk, errand: Errand, *, again: bool) -> Journey:
    run = desk.ledger.live(errand.identity)
    if run and (not again or run.state == "sending"):
        return Attach(errand, run)
    if run and may_repeat(desk, run):
        return Repeat(errand, run)
    return Send(errand, estimate(errand.target, errand.case.meant, errand.facts), run)


def to_send(journeys: Sequence[Journey]) -> list[Send]:
    """List what will be paid for."""
    return [each for each in journeys if isinstance(each, Send)]


def try_out(desk: Desk, journeys: Iterable[Journey], wishes: Wishes) -> None:
    """Find out before anything leaves whether all can be built, paid with a key, and kept."""
    if wishes.wait:
        find_usable(wishes.folder or os.curdir)
    for each in journeys:
        provider = each.errand.target.provider
        if isinstance(each, Send):
            tried(each.errand, desk.services.settings(provider), drop=wishes.drop)
        if wishes.wait or not isinstance(each, Attach):
            desk.driver(provider)
            next(desk.service(provider).poll.waits(desk.environ))  # a wrong interval is told now


def task_for(desk: Desk, journey: Journey, wishes: Wishes) -> Task:
    """Make of a journey something to be worked on."""
    task = Task(journey.errand.name, lambda task: _go(desk, journey, wishes, task))
    if isinstance(journey, Send):
        task.estimate = in_words(journey.estimate)
    else:
        task.run = journey.run
    return task


def _go(desk: Desk, journey: Journey, wishes: Wishes, task: Task) -> None:
    gate = desk.gate(journey.errand.target.provider)
    match journey:
        case Attach(run=run):
            task.note(f"not sent: it was sent before, as run {run.id} ({run.state})")
            with gate.place(desk.bells.stop, new=False):
                _follow(desk, run, wishes, task)
        case Repeat(run=run):
            with gate.place(desk.bells.stop, new=True) as got:
                _follow(desk, sent_again(_still(desk, got=got), run, task), wishes, task)
        case Send():
            _send(desk, journey, wishes, task)


def _send(desk: Desk, journey: Send, wishes: Wishes, task: Task) -> None:
    errand, replacing = journey.errand, journey.replacing
    if replacing and replacing.state == "uncertain":
        replacing = looked_for(desk, replacing)
        if replacing.state == "accepted":
            task.note("not sent again: the provider has it after all")
            _follow(desk, replacing, wishes, task)
            return
    request = built(desk, errand, task, drop=wishes.drop)
    with desk.gate(errand.target.provider).place(desk.bells.stop, new=True) as got:
        run = sent(_still(desk, got=got), errand, request, replacing, task)
        _follow(desk, run, wishes, task)


def _still(desk: Desk, *, got: bool) -> Desk:
    if not got:
        raise CalledOff
    return desk


def _follow(desk: Desk, run: Run, wishes: Wishes, task: Task) -> None:
    if wishes.wait:
        see_through(desk, run, wishes.folder, task)
    else:
        task.run = found(desk, run, task)
