"""`wanprep submit`: check jobs, submit each once, and with --wait download the results."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.options import (
    complete_files,
    complete_folders,
    format_option,
    is_quiet,
    target_option,
    trace_file,
    trace_option,
    use_color,
    verbosity_options,
)
from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.check.request import CheckRequest
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.submit.ledger.run import RunState
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.plan import Options, Send
    from wanprep.submit.session.session import Session

_SUCCEEDED: Final[set[RunState]] = {"succeeded"}
_ACCEPTED: Final[set[RunState]] = {"accepted", "succeeded"}


@click.command(short_help="Check jobs and submit each once.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...", shell_complete=complete_files)
@target_option("Submit to this target; required if a job names several.")
@click.option("--wait", is_flag=True, help="Wait until the jobs end, and download their results.")
@click.option("-o", "--output", "folder", metavar="DIR", shell_complete=complete_folders,
              help="Write results to DIR.  [default: the current folder]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the exact requests; use no network.")
@click.option("--emulate", is_flag=True,
              help="Submit to an emulator on this machine, and wait: no key, no cost.")  # fmt: skip
@click.option("--max-cost", type=click.FloatRange(min=0), metavar="USD",
              help="Submit nothing if all jobs together might cost more; do not ask.")  # fmt: skip
@click.option("--again", is_flag=True, help="Submit, and pay for, a job that was sent before.")
@click.option("--drop", is_flag=True,
              help="Leave out what the target has no field for, and list it.")  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Accept any price, even an unknown one.")
@click.option("--offline", is_flag=True, help="Do not check asset URLs.")
@trace_option
@verbosity_options
@format_option(["text", "json"], "A line for each run, or a JSON list.")
def submit(
    jobs: tuple[str, ...], targets: tuple[str, ...], wait: bool, folder: str | None,
    dry_run: bool, emulate: bool, max_cost: float | None, again: bool, drop: bool, yes: bool,
    offline: bool, style: str,
) -> int:  # fmt: skip
    """Check jobs, submit each to its provider once, and with --wait download the results.

    Every run is recorded before it is sent. The same job (by content, not by name) is not sent,
    nor paid for, again without --again: submitting it once more shows its state, or with --wait
    waits for it. If the answer is lost, the run is uncertain: it is looked up at the provider,
    but never sent again automatically.

    If a price is unknown, or the total may exceed `ask-above` in the configuration (1 USD), submit
    asks at a terminal, and otherwise needs --yes or, for known prices, --max-cost.

    Exit status: 0 success, 1 the check or the provider refused a job, or it failed, 2 usage
    error, 4 a submission is uncertain, 130 interrupted (the jobs continue).

    \b
    Examples:
      wanprep submit job.yaml --emulate                  try it without a key
      wanprep submit job.yaml --dry-run                  show what would be sent
      wanprep submit job.yaml --wait -o results
      wanprep submit jobs/*.yaml --wait --max-cost 10
      wanprep submit job.yaml -t wavespeed/wan-2.7-reference-to-video
    """
    from wanprep.check.request import CheckRequest
    from wanprep.config import find_config
    from wanprep.plugins.loading import load_checks

    config = find_config(Path.cwd())
    request = CheckRequest(
        paths=jobs,
        targets=targets,
        offline=offline or dry_run or emulate or config.offline,
        config=config,
        checks=load_checks(),
    )
    if dry_run:
        limit = None if emulate else max_cost
        return _dry_run(request, style, drop=drop, again=again, max_cost=limit)
    from wanprep.submit.session.plan import Options
    from wanprep.submit.session.session import open_session, start_emulator

    options = Options(again=again, drop=drop, wait=wait or emulate, folder=folder)
    with ExitStack() as held:
        environ = start_emulator(held) if emulate else os.environ
        trace = trace_file()
        session = open_session(held, config, environ, emulated=emulate, trace_file=trace)
        return _submit(session, request, options, style, max_cost=max_cost, consent=yes)


def _submit(
    session: Session, request: CheckRequest, options: Options, style: str,
    *, max_cost: float | None, consent: bool,
) -> int:  # fmt: skip
    """Submit jobs; to an emulator it costs nothing."""
    from wanprep.check.inputs import read_inputs
    from wanprep.cli.run_output import show_results, work
    from wanprep.submit.request.submission import JobsRefused
    from wanprep.submit.session.plan import make_task, quote

    try:
        quoted = quote(session, read_inputs(request), options)
    except JobsRefused as refused:
        _print_refused(refused.report)
        if style == "json":
            click.echo("[]")
        return refused.exit_code
    _print_findings(quoted.report)
    _print_prices(quoted.new)
    if not session.emulated:
        _print_not_checked(quoted.new)
        _approve_price(quoted.prices, request.config, max_cost, consent=consent)
    tasks = [make_task(session, action, options) for action in quoted.plan]
    interrupted = work(session, tasks, waiting=options.wait)
    success = _SUCCEEDED if options.wait else _ACCEPTED
    return show_results(tasks, style, interrupted=interrupted, success=success)


def _dry_run(
    request: CheckRequest, style: str, *, drop: bool, again: bool, max_cost: float | None
) -> int:
    from wanprep.check.inputs import read_inputs
    from wanprep.submit.request.price import require_max_cost
    from wanprep.submit.request.submission import JobsRefused, accepted_report, find_submissions
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.dry_run import RENDERERS, describe_requests

    inputs, services = read_inputs(request), Services(request.config)
    orders = find_submissions(inputs, services)
    try:
        _print_findings(accepted_report(inputs))
    except JobsRefused as refused:
        _print_refused(refused.report)
        return refused.exit_code
    requests = [describe_requests(each, services, os.environ, drop=drop) for each in orders]
    for piece in RENDERERS[style](requests):
        click.echo(piece, nl=False)
    if max_cost is not None:
        require_max_cost(
            [each.estimate for each in _new_only(orders, request, again=again)], max_cost
        )
    return 0


def _new_only(orders: list[Submission], request: CheckRequest, *, again: bool) -> list[Send]:
    """Plan what would be paid for; the ledger is read if there is one, and not created."""
    from wanprep.files.state_folder import LEDGER, state_folder
    from wanprep.submit.session.plan import Send, plan_action
    from wanprep.submit.session.session import open_session, temporary_state

    environ = dict(os.environ)
    with ExitStack() as held:
        if not os.path.exists(os.path.join(state_folder(environ), LEDGER)):
            environ |= temporary_state(held)
        session = open_session(held, request.config, environ)
        plan = [plan_action(session, order, again=again) for order in orders]
    return [action for action in plan if isinstance(action, Send)]


def _print_refused(report: Report) -> None:
    _print_findings(report, always=True)
    click.echo("Nothing was sent.", err=True)


def _print_findings(report: Report, *, always: bool = False) -> None:
    from wanprep.report import Style, renderer

    if always or report.findings:
        style = Style(color=use_color(sys.stderr))
        text = "".join(renderer("text")([report], style))
        click.echo(text, nl=False, err=True, color=style.color)


def _approve_price(
    prices: Sequence[Estimate | Unpriced], config: Config, most: float | None, *, consent: bool
) -> None:
    """Raise unless the user accepts the price."""
    from wanprep.submit.request.price import TooExpensive
    from wanprep.submit.session.plan import NeedsConsent, require_agreement

    try:
        require_agreement(prices, config, most=most, consent=consent)
    except NeedsConsent as needed:
        question = needed.question
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            limit = "" if "unknown" in question else ", or --max-cost USD"
            raise UsageError(
                f"{question}, and there is no terminal to confirm it at. Pass --yes{limit}."
                " Nothing was sent."
            ) from needed
        if not click.confirm(f"{question[0].upper()}{question[1:]}. Send it?", err=True):
            raise TooExpensive("nothing was sent.") from needed


def _print_not_checked(new: Sequence[Send]) -> None:
    """Say what no check can find, before it costs money."""
    if is_quiet():
        return
    from wanprep.report.text import not_checked

    notes = dict.fromkeys(note for each in new for note in each.submission.target.unchecked)
    click.echo("".join(not_checked(list(notes), 80)), nl=False, err=True)


def _print_prices(new: Sequence[Send]) -> None:
    from wanprep.submit.request.price import Estimate, Unpriced, price_text

    not_included: dict[str, None] = {}
    for each in new:
        price = each.estimate
        why = f". {price.why}" if isinstance(price, Unpriced) else ""
        line = f"{each.submission.name} -> {each.submission.target.id}: {price_text(price)}{why}"
        click.echo(visible(line), err=True)
        not_included |= dict.fromkeys(price.unseen if isinstance(price, Estimate) else ())
    for sentence in not_included:
        click.echo(f"  not known: {sentence}", err=True)
