"""Bring a run's result home before its link dies, once, whoever asks for it."""

from __future__ import annotations

import contextlib
import os
from glob import escape, glob
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.submit.faults import NoAnswer, ResultGone
from wanprep.submit.flow import Refused
from wanprep.submit.journey.results import bring_home
from wanprep.submit.journey.settling import deadline_of
from wanprep.submit.ledger.locks import alone
from wanprep.submit.ledger.run import now, written

if TYPE_CHECKING:
    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.journey.side_by_side import Teller
    from wanprep.submit.ledger.run import Run

_FRESH: Final = (0.0, 2.0, 4.0)  # a link that has just been made may be dead for a moment


class NotFetched(WanprepError):
    """The job is done and paid, and its result is not at home."""

    exit_code = 1


def fetched(desk: Desk, run: Run, folder: str, teller: Teller) -> Run:
    """Fetch the results of a run that has succeeded, unless they lie there already."""
    with alone(desk.ledger.fetching(run)):
        run = desk.ledger.again(run)
        if is_home(run, folder):
            return run
        teller.tell("fetching")
        _sweep(folder, stem(run))
        try:
            return _fetched(desk, run, folder, teller)
        except ResultGone as error:
            raise NotFetched(_gone(desk, run, error)) from error
        except WanprepError as error:
            desk.ledger.note(run, error=str(error))
            raise


def is_home(run: Run, folder: str) -> bool:
    """Tell whether all results lie in this folder."""
    there = os.path.realpath(folder)
    return bool(run.files) and all(
        os.path.isfile(file) and os.path.realpath(os.path.dirname(file)) == there
        for file in run.files
    )


def _fetched(desk: Desk, run: Run, folder: str, teller: Teller) -> Run:
    driver = desk.driver(run.provider)
    for number, pause in enumerate(_FRESH):
        if number and not desk.bells.pause(run.id, pause):
            break
        run = _with_fresh_links(desk, run)
        try:
            brought = bring_home(
                run.outputs,
                driver,
                os.path.abspath(folder),
                stem(run),
                expected_seconds=run.facts.get("seconds"),
                provenance=_provenance(run),
            )
        except ResultGone as error:
            gone = error
            continue
        for each in brought:
            for note in each.notes:
                teller.note(note)
        files = [each.path for each in brought]
        return desk.ledger.note(run, files=files, error=None)
    raise gone


def _sweep(folder: str, name: str) -> None:
    """Clear up after a process that died while it fetched the same: nobody else does so now."""
    for part in glob(os.path.join(escape(folder), f".{escape(name)}.*.part")):
        with contextlib.suppress(OSError):
            os.remove(part)


def _with_fresh_links(desk: Desk, run: Run) -> Run:
    """Ask for the links anew: those of an hour ago may be dead."""
    try:
        status = desk.driver(run.provider).poll(desk.ledger.sent(run))
    except (NoAnswer, Refused):
        return run  # the links that are known may still do
    if not status.outputs or status.outputs == run.outputs:
        return run
    deadline = deadline_of(desk.service(run.provider), run, status.outputs)
    return desk.ledger.note(run, outputs=status.outputs, deadline=deadline)


def _gone(desk: Desk, run: Run, error: ResultGone) -> str:
    """Say what is left to do; after the deadline, that is nothing."""
    title = desk.service(run.provider).title
    if run.deadline and run.deadline < now():
        why = f"{title} kept the result until {written(run.deadline)}: it is gone."
        desk.ledger.move(run, "expired", error=why)
        return f"{why} To have it made again, and pay again, submit the job with --again."
    desk.ledger.note(run, error=str(error))
    return f"{str(error).rstrip('.')}. Try again: wanprep runs fetch {run.id}"


def stem(run: Run) -> str:
    """Name a result after its job and its run."""
    name = os.path.splitext(os.path.basename(run.job))[0]
    part = f"-{run.number}" if run.number > 1 else ""
    return f"{name}{part}-{run.id}"


def _provenance(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job,
        "document": run.number,
        "target": run.target,
        "provider_id": run.provider_id,
        "idempotency_key": run.order.idempotency_key or None,
        "body": run.order.body,
        "query": dict(run.order.query),
        "assets": run.facts.get("assets", []),
        "estimate": run.facts.get("estimate"),
        "told": run.told,
        "created": written(run.created),
        "sent": written(run.sent),
    }
