"""`wanprep submit`: checked jobs go to their providers, each once, and their results come home."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wanprep.check.pipeline import judge_inputs
from wanprep.check.result import select_findings
from wanprep.cli import completion as completing
from wanprep.cli.output import in_colour, speaking
from wanprep.errors import UsageError
from wanprep.report import Style, renderer
from wanprep.submit.request.price import (
    Estimate,
    TooExpensive,
    Unpriced,
    highest_total,
    price_text,
    require_max_cost,
)
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.check.inputs import CheckRequest, Inputs
    from wanprep.submit.ledger.run import RunState
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.plan import Options, Send
    from wanprep.submit.session.session import Session


_DONE: Final[set[RunState]] = {"succeeded"}


_SENT: Final[set[RunState]] = {"accepted", "succeeded"}


@click.command(short_help="Send checked jobs, each once, and bring their results home.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...",
                shell_complete=completing.files)  # fmt: skip
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    shell_complete=completing.targets,
    help="Send to this target; needed where a job names several.",
)
@click.option("--wait", is_flag=True, help="Wait until the jobs end, and fetch their results.")
@click.option("-o", "--output", "folder", metavar="DIR", shell_complete=completing.folders,
              help="Put results into DIR.  [default: the current folder]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the exact requests and touch no network.")
@click.option("--emulate", is_flag=True,
              help="Send to an emulator on this machine, and wait: no key, no money.")  # fmt: skip
@click.option("--max-cost", type=click.FloatRange(min=0), metavar="USD",
              help="Send nothing if all together might cost more.")  # fmt: skip
@click.option("--again", is_flag=True, help="Send, and pay, what was sent before once more.")
@click.option("--drop", is_flag=True,
              help="Leave out what the target has no field for, and say so.")  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Do not ask whether the price is right.")
@click.option("--offline", is_flag=True, help="Leave addresses in jobs unlooked-at.")
@speaking
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A line for each run, or a JSON list.",
)
def submit(
    jobs: tuple[str, ...], targets: tuple[str, ...], wait: bool, folder: str | None,
    dry_run: bool, emulate: bool, max_cost: float | None, again: bool, drop: bool, yes: bool,
    offline: bool, style: str,
) -> int:  # fmt: skip
    """Check jobs, send each to its provider once, and with --wait bring the results home.

    A job is written down before it is sent. The same job (by content, not by name) is not sent,
    nor paid, a second time unless you say --again: submitting it once more only says where it
    stands, and with --wait goes on waiting. When an answer is lost, the run is uncertain and is
    looked for at the provider, but never sent again by itself.

    \b
    Exit status: 0 all done, 1 refused by the check or by the provider, or failed there, 2 wrong
    use, 4 something is uncertain, 130 interrupted (the jobs go on).

    \b
    Examples:
      wanprep submit job.yaml --emulate                  try it without a key
      wanprep submit job.yaml --dry-run                  what exactly would be sent?
      wanprep submit job.yaml --wait -o results
      wanprep submit jobs/*.yaml --wait --max-cost 10
      wanprep submit job.yaml -t wavespeed/wan-2.7-reference-to-video
    """
    from wanprep.check.inputs import CheckRequest
    from wanprep.cli.run_output import open_session
    from wanprep.config import find_config
    from wanprep.submit.session.plan import Options

    config = find_config(Path.cwd())
    unseen = offline or dry_run or config.offline
    question = CheckRequest(paths=jobs, targets=targets, offline=unseen, config=config)
    options = Options(again=again, drop=drop, wait=wait or emulate, folder=folder)
    if dry_run:
        return _dry_run(question, drop=drop, style=style)
    with ExitStack() as held:
        environ = _emulated(held) if emulate else os.environ
        session = open_session(held, config, environ, emulated=emulate)
        budget = Budget(
            most=max_cost,
            ask_above=config.submit.get("ask-above", ASK_ABOVE),
            consent=yes or emulate,
        )
        return _submit(session, question, options, style, budget=budget, emulated=emulate)


def _emulated(held: ExitStack) -> dict[str, str]:
    """Start the emulator, with a state folder of its own; both end with this command."""
    from tempfile import TemporaryDirectory

    from wanprep.emulator import Emulator
    from wanprep.files.state_folder import VARIABLE
    from wanprep.plugins.loading import load_emulators

    emulator = held.enter_context(Emulator(load_emulators()))
    folder = held.enter_context(
        TemporaryDirectory(prefix="wanprep-state-", ignore_cleanup_errors=True)
    )
    # Whatever else points a provider's addresses elsewhere would lead away from the emulator.
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_BASE_URL")}
    return environ | emulator.environment | {VARIABLE: folder}


def _require_emulators(providers: Iterable[str]) -> None:
    """Refuse to send anything to a real provider in a run that is meant to cost nothing."""
    from wanprep.errors import UsageError
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
    session: Session, question: CheckRequest, options: Options, style: str,
    *, budget: Budget, emulated: bool,
) -> int:  # fmt: skip
    from wanprep.check.inputs import read_inputs
    from wanprep.cli.run_output import FAILED, tell, work
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.session.plan import Send, check_plan, make_task, plan_action

    seen = read_inputs(question)
    orders = find_submissions(seen, session.services)
    if emulated:
        _require_emulators(order.target.provider for order in orders)
    plan = [plan_action(session, order, options) for order in orders]
    new = [action for action in plan if isinstance(action, Send)]
    if not judged(seen, [each.submission for each in plan if not isinstance(each, Send)]):
        if style == "json":
            click.echo("[]")
        return FAILED
    check_plan(session, plan, options)
    agree_on_price(new, budget)
    tasks = [make_task(session, action, options) for action in plan]
    interrupted = work(session, tasks, waiting=options.wait)
    wanted = _DONE if options.wait else _SENT
    return tell(tasks, style, interrupted=interrupted, wanted=wanted, lasting=not emulated)


def _dry_run(question: CheckRequest, *, drop: bool, style: str) -> int:
    from wanprep.check.inputs import read_inputs
    from wanprep.cli.run_output import FAILED
    from wanprep.submit.request.submission import find_submissions
    from wanprep.submit.services.service import Services
    from wanprep.submit.session.dry_run import RENDERERS, describe_requests

    seen, services = read_inputs(question), Services(question.config)
    listed = find_submissions(seen, services)
    if not judged(seen):
        return FAILED
    dry_runs = [describe_requests(each, services, os.environ, drop=drop) for each in listed]
    for piece in RENDERERS[style](dry_runs):
        click.echo(piece, nl=False)
    return 0


def judged(seen: Inputs, attached: Sequence[Submission] = ()) -> bool:
    """Say what the check has against jobs; tell whether all may be sent.

    What is `attached` was sent before, and needs no judge any more.
    """
    report = select_findings(judge_inputs(seen), (), (), "warning")
    known = {(each.subject, each.target.id) for each in attached}
    fit = all(
        each.verdict == "pass" or (each.subject, each.target) in known for each in report.verdicts
    )
    # A document that cannot be read may have no verdict of its own.
    fit &= all(each.severity != "error" or each.target for each in report.findings)
    if not fit or report.findings:
        style = Style(color=in_colour(sys.stderr))
        text = "".join(renderer("text")(report, style))
        click.echo(text, nl=False, err=True, color=style.color)
    if not fit:
        click.echo("Nothing was sent.", err=True)
    return fit


ASK_ABOVE: Final = 20.0  # USD, for all jobs of a command


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the user is willing to pay."""

    most: float | None
    ask_above: float
    consent: bool  # to whatever it costs, up to the most


def agree_on_price(new: Sequence[Send], budget: Budget) -> None:
    """Say what it will cost, and go on only if the user wants that."""
    _say(new)
    estimates = [each.estimate for each in new]
    if budget.most is not None:
        require_max_cost(estimates, budget.most)
    elif not budget.consent and highest_total(estimates) > budget.ask_above:
        _ask(highest_total(estimates))


def _say(new: Sequence[Send]) -> None:
    unseen: dict[str, None] = {}
    for each in new:
        price = each.estimate
        why = f". {price.why}" if isinstance(price, Unpriced) else ""
        says = f"{each.submission.name} -> {each.submission.target.id}: {price_text(price)}{why}"
        click.echo(visible(says), err=True)
        unseen |= dict.fromkeys(price.unseen if isinstance(price, Estimate) else ())
    for sentence in unseen:
        click.echo(f"  (not in the estimate: {sentence})", err=True)


def _ask(total: float) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"this may cost up to {total:.2f} USD, which is asked about at a terminal. Without"
            " one, say --yes, or --max-cost with what it may cost. Nothing was sent."
        )
    if not click.confirm(f"This may cost up to {total:.2f} USD. Send it?", err=True):
        raise TooExpensive("nothing was sent.")
