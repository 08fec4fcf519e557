"""The tools that talk to providers: there only where the server may spend.

What they need is imported when one of them is called.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.mcp.answers import Answer, Offer, cut_note, window
from wanprep.mcp.permissions import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wanprep.api.settings import ProgressCallback
    from wanprep.mcp.permissions import Allowance, Permissions
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.request.submission import JobsRefused
    from wanprep.submit.session.plan import Quote

    Arguments = Mapping[str, Any]

_UNPAID: Final = frozenset({"refused", "cancelled"})
_MOST_FINDINGS: Final = 20


def submit(
    arguments: Arguments, permissions: Permissions, progress: ProgressCallback
) -> Answer | Offer:
    """Find the price of a job and offer to send it; one that was sent before costs nothing."""
    from wanprep.api.submitting import submit as submit_job

    allowance = permissions.spend
    assert allowance  # noqa: S101 - or the tool would not be there
    wait = arguments.get("wait", False)
    folder = permissions.place(arguments.get("out")) if wait else None
    targets = [arguments["target"]] if "target" in arguments else []

    def send(most: float) -> tuple[Run, ...]:
        with allowance.sending:
            return submit_job(arguments["job"], targets=targets, max_cost=most, progress=progress)

    def follow(sent: tuple[Run, ...]) -> Answer:
        if wait:  # the same call again waits for the runs that there are
            sent = submit_job(
                arguments["job"], targets=targets, wait=True, output=folder, max_cost=0,
                progress=progress,
            )  # fmt: skip
        return Answer(_as_json(sent))

    quoted = _quote(arguments["job"], targets, folder, wait=wait)
    cost = _cost(quoted.prices)
    if not quoted.new:
        return follow(send(0))
    allowance.require(cost)
    to = ", ".join(f"{each.submission.name} to {each.submission.target.id}" for each in quoted.new)
    return Offer(
        question=f"Submit {to} for up to {cost:.2f} USD? {allowance.spent:.2f} of"
        f" {allowance.total:.2f} USD have been spent.",
        accept=lambda: follow(_spend(allowance, cost, send)),
        advice="Nothing was sent: this client cannot ask its user. Let the user run"
        f" `wanprep submit {arguments['job']} --max-cost {cost:.2f}` in a terminal.",
    )


def _quote(job: str, targets: Sequence[str], folder: str | None, *, wait: bool) -> Quote:
    from wanprep.api.settings import check_request
    from wanprep.check.inputs import read_inputs
    from wanprep.submit.request.submission import JobsRefused
    from wanprep.submit.session.plan import Options, quote
    from wanprep.submit.session.session import open_session

    request = check_request([job], True, targets=targets)  # noqa: FBT003 - of the command line
    options = Options(again=False, drop=False, wait=wait, folder=folder)
    with ExitStack() as held:
        session = open_session(held, request.config, os.environ)
        try:
            return quote(session, read_inputs(request), options)
        except JobsRefused as error:
            raise Refused("\n".join([str(error), *_findings(error)])) from error


def _findings(error: JobsRefused) -> list[str]:
    found = error.report.findings
    lines = [f"{each.severity}[{each.rule}] {each.file}: {each.message}" for each in found]
    more = len(lines) - _MOST_FINDINGS
    return lines[:_MOST_FINDINGS] + ([f"and {more} more: see `check`"] if more > 0 else [])


def _cost(prices: Sequence[Estimate | Unpriced]) -> float:
    """Return the most that new jobs may cost, or raise Refused where nobody knows it."""
    from wanprep.submit.request.price import Unpriced, highest_total

    for each in prices:
        if isinstance(each, Unpriced) or each.currency != "USD":
            why = each.why if isinstance(each, Unpriced) else f"It is in {each.currency}."
            raise Refused(
                f"the price is not known in USD and cannot be compared with --allow-spend."
                f" {why} Nothing was sent. Choose a target that has a price with `compare`, or let"
                " the user submit it: `wanprep submit`."
            )
    return highest_total(prices)


def _spend(
    allowance: Allowance, cost: float, send: Callable[[float], tuple[Run, ...]]
) -> tuple[Run, ...]:
    """Send, with the cost set aside; it comes back where nobody has to pay."""
    allowance.reserve(cost)
    try:
        sent = send(cost)
    except WanprepError as error:
        if not getattr(error, "runs", ()):  # nothing has left
            allowance.release(cost)
        raise
    if all(run.state in _UNPAID for run in sent):
        allowance.release(cost)
    return sent


def runs(arguments: Arguments, permissions: Permissions, progress: ProgressCallback) -> Answer:
    """List runs; the providers are asked only on request, or to download results."""
    from wanprep.api.submitting import SubmitFailed
    from wanprep.api.submitting import runs as follow_runs

    out = arguments.get("out")
    folder = permissions.place(out) if out is not None else None
    refresh = arguments.get("refresh", False)
    found = follow_runs(*arguments.get("ids") or ())
    shown: Sequence[Run] = window(found, arguments)
    notes = [cut_note("Runs", len(found), arguments)]
    if shown and (refresh or folder is not None):
        ids = [run.id for run in shown]
        try:
            shown = follow_runs(*ids, refresh=refresh, output=folder, progress=progress)
        except SubmitFailed as error:
            shown = error.runs
            notes.append(str(error))
    return Answer(_as_json(shown), " ".join(filter(None, notes)))


def _as_json(found: Iterable[Run]) -> dict[str, Any]:
    return {"runs": [run.as_json() for run in found]}
