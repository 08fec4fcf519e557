"""`wanprep submit`: check jobs, submit each once, and with --wait download the results."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.cli.completion import complete_files, complete_folders
from wanprep.cli.options import (
    format_option,
    is_quiet,
    target_option,
    trace_option,
    use_color,
    verbosity_options,
)
from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.check.inputs import Inputs
    from wanprep.check.request import CheckRequest
    from wanprep.submit.ledger.run import RunState
    from wanprep.submit.request.price import Estimate, Unpriced
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.plan import Options, Send
    from wanprep.submit.session.session import Session

_SUCCEEDED: Final[set[RunState]] = {"succeeded"}
_ACCEPTED: Final[set[RunState]] = {"accepted", "succeeded"}
_ASK_ABOVE: Final = 1.0  # USD, for all jobs of a command


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
@click.option("-y", "--yes", is_flag=True, help="Accept any price, also an unknown one.")
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

    \b
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
    from wanprep.cli.run_output import open_session
    from wanprep.config import find_config
    from wanprep.plugins.loading import load_checks
    from wanprep.submit.session.plan import Options

    config = find_config(Path.cwd())
    request = CheckRequest(
        paths=jobs,
        targets=targets,
        offline=offline or dry_run or emulate or config.offline,
        config=config,
        checks=load_checks(),
    )
    options = Options(again=again, drop=drop, wait=wait or emulate, folder=folder)
    if dry_run:
        limit = None if emulate else max_cost
        return _dry_run(request, options, style, max_cost=limit)
    with ExitStack() as held:
        environ = _emulate(held) if emulate else os.environ
        session = open_session(held, config, environ, emulated=emulate)
        ask_above = config.submit.get("ask-above", _ASK_ABOVE)
        budget = _Budget(most=max_cost, ask_above=ask_above, consent=yes)
        return _submit(session, request, options, style, budget=None if emulate else budget)


def _emulate(held: ExitStack) -> dict[str, str]:
    """Start an emulator with a state folder of its own; both end with the command."""
    from wanprep.emulator import Emulator
    from wanprep.plugins.loading import load_emulators

    emulator = held.enter_context(Emulator(load_emulators()))
    # Every other base URL in the environment would lead away from the emulator.
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_BASE_URL")}
    return environ | emulator.environment | _temporary_state(held)


def _temporary_state(held: ExitStack) -> dict[str, str]:
    """Make a state folder that ends with the command, and return the variable that names it."""
    from tempfile import TemporaryDirectory

    from wanprep.files.state_folder import VARIABLE

    folder = TemporaryDirectory(prefix="wanprep-state-", ignore_cleanup_errors=True)
    return {VARIABLE: held.enter_context(folder)}


def _require_emulators(providers: Iterable[str]) -> None:
    from wanprep.plugins.loading import installed, load_emulators

    emulated = {site.name for site in load_emulators()}
    for provider in providers:
        if provider not in emulated:
            problem = installed().broken.get(provider)
            why = f" The plugin {provider} {problem}." if problem else ""
            raise UsageError(
                f"{provider} has no emulator.{why} Submit without --emulate, or name another"
                f" target with -t: {', '.join(sorted(emulated))} can be emulated."
            )


def _submit(
    session: Session, request: CheckRequest, options: Options, style: str,
    *, budget: _Budget | None,
) -> int:  # fmt: skip
    """Submit jobs; without a budget to an emulator, which costs nothing."""
    from wanprep.check.inputs import read_inputs
    from wanprep.cli.run_output import FAILED, show_results, work
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.session.plan import Send, check_plan, make_task, plan_action

    inputs = read_inputs(request)
    orders = find_submissions(inputs, session.services)
    if budget is None:
        _require_emulators(order.target.provider for order in orders)
    plan = [plan_action(session, order, options) for order in orders]
    new = [action for action in plan if isinstance(action, Send)]
    if not _passes(inputs, [each.submission for each in plan if not isinstance(each, Send)]):
        if style == "json":
            click.echo("[]")
        return FAILED
    check_plan(session, plan, options)
    _print_prices(new)
    if budget:
        _print_not_checked(new)
        _approve_price([each.estimate for each in new], budget)
    tasks = [make_task(session, action, options) for action in plan]
    interrupted = work(session, tasks, waiting=options.wait)
    success = _SUCCEEDED if options.wait else _ACCEPTED
    return show_results(tasks, style, interrupted=interrupted, success=success)


def _dry_run(request: CheckRequest, options: Options, style: str, *, max_cost: float | None) -> int:
    from wanprep.check.inputs import read_inputs
    from wanprep.cli.run_output import FAILED
    from wanprep.submit.request.price import require_max_cost
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.dry_run import RENDERERS, describe_requests

    inputs, services = read_inputs(request), Services(request.config)
    orders = find_submissions(inputs, services)
    if not _passes(inputs):
        return FAILED
    requests = [describe_requests(each, services, os.environ, drop=options.drop) for each in orders]
    for piece in RENDERERS[style](requests):
        click.echo(piece, nl=False)
    if max_cost is not None:
        require_max_cost([each.estimate for each in _new_only(orders, request, options)], max_cost)
    return 0


def _new_only(orders: list[Submission], request: CheckRequest, options: Options) -> list[Send]:
    """Plan what would be paid for; the ledger is read if there is one, and not created."""
    from wanprep.cli.run_output import open_session
    from wanprep.files.state_folder import LEDGER, state_folder
    from wanprep.submit.session.plan import Send, plan_action

    environ = dict(os.environ)
    with ExitStack() as held:
        if not os.path.exists(os.path.join(state_folder(environ), LEDGER)):
            environ |= _temporary_state(held)
        session = open_session(held, request.config, environ)
        plan = [plan_action(session, order, options) for order in orders]
    return [action for action in plan if isinstance(action, Send)]


def _passes(inputs: Inputs, attached: Sequence[Submission] = ()) -> bool:
    """Print the findings and return whether all jobs may be sent, but for those sent before."""
    from wanprep.check.pipeline import judge_inputs
    from wanprep.check.result import select_findings
    from wanprep.fix.fixable import with_fixes
    from wanprep.report import Style, renderer

    report = with_fixes(select_findings(judge_inputs(inputs), (), (), "warning"))
    sent = {(each.subject, each.target.id) for each in attached}
    passes = all(
        each.verdict == "pass" or each.excused or (each.subject, each.target) in sent
        for each in report.verdicts
    )
    # A document that cannot be read may have no verdict of its own.
    passes &= all(each.severity != "error" or each.target for each in report.findings)
    if not passes or report.findings:
        style = Style(color=use_color(sys.stderr))
        text = "".join(renderer("text")([report], style))
        click.echo(text, nl=False, err=True, color=style.color)
    if not passes:
        click.echo("Nothing was sent.", err=True)
    return passes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Budget:
    most: float | None
    ask_above: float
    consent: bool  # accept any price up to `most`


def _approve_price(prices: Sequence[Estimate | Unpriced], budget: _Budget) -> None:
    """Raise unless the user accepts the price."""
    from wanprep.submit.request.price import TooExpensive, open_question, require_max_cost

    if budget.most is not None:
        require_max_cost(prices, budget.most)
        return
    question = open_question(prices, budget.ask_above)
    if budget.consent or not question:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        limit = "" if "unknown" in question else ", or --max-cost USD"
        raise UsageError(
            f"{question}, and there is no terminal to confirm it at. Pass --yes{limit}."
            " Nothing was sent."
        )
    if not click.confirm(f"{question[0].upper()}{question[1:]}. Send it?", err=True):
        raise TooExpensive("nothing was sent.")


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
        click.echo(f"  (not covered by the estimate: {sentence})", err=True)
