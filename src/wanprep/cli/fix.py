"""`wanprep fix`: fix what can be fixed, and prove it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wanprep.cli import completion as completing
from wanprep.cli.baseline import known_findings, without_known
from wanprep.cli.options import fixing, going_online, judging, reading
from wanprep.errors import UsageError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wanprep.check.baseline import Entry
    from wanprep.check.inputs import CheckRequest
    from wanprep.check.result import Report
    from wanprep.fix.outcome import Outcomes
    from wanprep.fix.plan.plan import Crop, Options, Plan, Trim
    from wanprep.fix.request import FixRequest, PlannedRun


@click.command(short_help="Fix what can be fixed, and prove it.")
@click.argument("paths", nargs=-1, shell_complete=completing.files)
@judging
@fixing
@click.option("--plan", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--diff", is_flag=True, help="Show how job files change; alone, do nothing else.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: the receipt, or the plan.",
)
@click.option("--ignore", multiple=True, metavar="RULE", shell_complete=completing.rules,
              help="Change nothing for these rules.")  # fmt: skip
@click.option(
    "--changed", is_flag=True, help="PATHS are what changed: fix it, and the jobs that use it."
)
@click.option(
    "--exit-non-zero-on-fix",
    "tell_change",
    is_flag=True,
    help="Exit with 1 if anything was changed, as hooks do.",
)
@going_online
@reading
def fix(
    paths: tuple[str, ...], targets: tuple[str, ...], roles: dict[str, str], out: str | None,
    in_place: bool, crop: str | None, trim: str | None, background: str | None, yes: bool,
    receipt: str | None, plan: bool, diff: bool, style: str, ignore: tuple[str, ...],
    changed: bool, tell_change: bool, offline: bool | None, deep: bool, nul: bool,
    no_cache: bool, jobs: int | None,
) -> int:  # fmt: skip
    """Fix what can be fixed, with the least damage, and prove it.

    PATHS are what `wanprep check` takes. Files that fit are left as they are, bit for bit; the
    others are fixed in one pass, decoded, judged again, and only then put in their place. Job
    files are fixed too, with their comments and their order. Originals are untouched unless
    --in-place is given. What changes what an image shows, or how long it lasts, is asked about,
    or taken from --crop, --trim and --yes.

    Exit status: 0 all that was named is fit now, 1 something is not (it says what and why), 2
    wrong use, 3 a fault of ours, 130 interrupted (what was finished stays).

    \b
    Examples:
      wanprep fix job.yaml --out ready       the job and its media, fixed, in ready/
      wanprep fix assets/ --plan             what would be done, and with which commands
      wanprep fix clip.mov --out ready --trim start --crop smart
      wanprep fix job.yaml --diff            how the job itself would change
      wanprep fix hero.png --in-place -t evolink/wan2.7-reference-video
    """
    from wanprep.check.inputs import CheckRequest
    from wanprep.config import find_config
    from wanprep.rules.finding import parse_rule_names

    check_destination(out, in_place, needed=not (plan or diff))
    config = find_config(Path.cwd())
    known = known_findings(config)  # before anything is fixed: there may be none
    question = CheckRequest(
        paths=paths or (() if changed else (".",)), targets=targets, roles=roles, deep=deep,
        offline=config.offline if offline is None else offline, changed=changed,
        cache=not no_cache, nul=nul, workers=jobs, config=config,
    )  # fmt: skip
    said = {"crop": crop, "trim": trim, "background": background}
    task = task_for(question, parse_rule_names(ignore), out, yes=yes, **said)
    proof = receipt or default_receipt(out)
    if plan or not (out or in_place):
        return _plan(task, known, style, diff=diff)
    prepared, outcomes = mend(task, proof)
    left = None if outcomes.is_interrupted else _left(task, prepared, outcomes, known)
    _tell(outcomes, left, style, proof, diff=diff)
    if left is None:
        raise KeyboardInterrupt
    if tell_change and outcomes.has_changes:
        return 1
    return 0 if left.clean and outcomes.all_delivered else 1


def check_destination(out: str | None, in_place: bool, *, needed: bool) -> None:
    """See that it is clear where results go: nobody's originals are replaced by accident."""
    if out and in_place:
        raise UsageError("--out DIR and --in-place say two things: give one of them")
    if out and Path(out).exists() and not Path(out).is_dir():
        raise UsageError(f"--out {out} is a file: name a folder, which need not be there yet")
    if needed and not (out or in_place):
        raise UsageError(
            "say where the results go: --out DIR leaves the originals as they are, --in-place"
            " replaces them (and --plan does nothing but show)"
        )


def task_for(
    question: CheckRequest,
    ignored: Iterable[str],
    out: str | None,
    *,
    yes: bool,
    **said: str | None,
) -> FixRequest:
    """Take what the command line says of repairs, and the configuration for the rest."""
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.receipt import EarlierResults, read_earlier_results
    from wanprep.fix.request import FixRequest

    known = {name: value for name, value in said.items() if value is not None}
    before = default_receipt(out)
    return FixRequest(
        check=question,
        ignored=frozenset(ignored),
        options=Options(**{**question.config.fix, **known, "yes": yes}),
        out=out,
        earlier=read_earlier_results(before) if before else EarlierResults(),
    )


def default_receipt(out: str | None) -> str | None:
    """Tell where the receipt goes: to the results. In place there is no such folder."""
    from wanprep.fix.receipt import RECEIPT

    return str(Path(out, RECEIPT)) if out else None


def fixed_first(
    question: CheckRequest, ignored: Iterable[str], out: str | None, in_place: bool,
    receipt: str | None, **how: Any,  # noqa: ANN401 - the other options of fixing
) -> CheckRequest:  # fmt: skip
    """Fix before a check, say so on standard error, and ask for the results."""
    from wanprep.fix.outcome_text import outcome_lines
    from wanprep.fix.verify import recheck_request

    check_destination(out, in_place, needed=True)
    task = task_for(question, ignored, out, **how)
    prepared, outcomes = mend(task, receipt or default_receipt(out))
    for line in outcome_lines(outcomes):
        click.echo(line, err=True)
    if outcomes.is_interrupted:
        raise KeyboardInterrupt
    return recheck_request(task, prepared, outcomes)


def mend(task: FixRequest, proof: str | None) -> tuple[PlannedRun, Outcomes]:
    """Plan, ask, do, and write the receipt, whatever happens."""
    from wanprep.cli.progress import fix_progress
    from wanprep.fix.pipeline import apply_fixes, plan_run
    from wanprep.fix.receipt import receipt, write_receipt

    prepared = plan_run(task, asking())
    with fix_progress() as watching:
        outcomes = apply_fixes(task, prepared, watching)
    if proof:
        write_receipt(proof, receipt(outcomes))
    return prepared, outcomes


def _left(
    task: FixRequest, prepared: PlannedRun, outcomes: Outcomes, known: tuple[Entry, ...] | None
) -> Report:
    """Judge all results again, as a check of them would: what is known is no reason to fail."""
    from wanprep.check.inputs import read_inputs
    from wanprep.check.pipeline import judge_inputs
    from wanprep.fix.verify import recheck_request

    seen = read_inputs(recheck_request(task, prepared, outcomes))
    return without_known(judge_inputs(seen), seen, known)


def _plan(task: FixRequest, known: tuple[Entry, ...] | None, style: str, *, diff: bool) -> int:
    import json

    from wanprep.check.pipeline import judge_inputs
    from wanprep.fix.outcome_text import manual_lines, plan_diff, plan_json, plan_lines
    from wanprep.fix.pipeline import plan_run

    prepared = plan_run(task, asking() if diff else None)
    if style == "json":
        click.echo(json.dumps(plan_json(task, prepared), indent=1, ensure_ascii=False))
    elif diff:
        click.echo(plan_diff(task, prepared), nl=False)
    else:
        for line in manual_lines(
            without_known(judge_inputs(prepared.inputs), prepared.inputs, known)
        ):
            click.echo(line)
        for line in plan_lines(task, prepared):
            click.echo(line)
    return 0


def _tell(
    outcomes: Outcomes, left: Report | None, style: str, proof: str | None, *, diff: bool
) -> None:
    import json

    from wanprep.fix.outcome_text import manual_lines, outcome_diff, outcome_lines
    from wanprep.fix.receipt import receipt

    if style == "json":
        click.echo(json.dumps(receipt(outcomes), indent=1, ensure_ascii=False))
        return
    if diff:
        click.echo(outcome_diff(outcomes), nl=False)
    for line in outcome_lines(outcomes):
        click.echo(line)
    for line in manual_lines(left) if left else ():
        click.echo(line)
    if proof:
        click.echo(f"receipt: {proof}", err=True)


_Answer = TypeVar("_Answer", bound=str)


_CROP: Final[dict[str, Crop]] = {"p": "pad", "s": "smart", "c": "center"}


_TRIM: Final[dict[str, Trim]] = {"s": "start", "c": "center", "e": "end"}


def asking() -> Callable[[str, Plan, Options], Options | None] | None:
    """Return whom to ask, if somebody sits there."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def _ask(path: str, plan: Plan, options: Options) -> Options | None:
    """Ask about each step; one no leaves the file as it is."""
    for step in plan.questions:
        granted = _granted(f"{visible(path)}: {step.words}?", step.name, options)
        if granted is None:
            return None
        options = granted
    return replace(options, yes=True)


def _granted(question: str, step: str, options: Options) -> Options | None:
    if step == "trim" and options.trim is None:
        trim = _choose(f"{question} Keep the [s]tart, [c]enter or [e]nd, or [n]ot at all", _TRIM)
        return replace(options, trim=trim) if trim else None
    if step in {"crop", "pad"} and options.crop is None:
        crop = _choose(f"{question} [p]ad, crop [s]mart or [c]enter, or [n]ot at all", _CROP)
        return replace(options, crop=crop) if crop else None
    return options if click.confirm(question, err=True) else None


def _choose(question: str, answers: Mapping[str, _Answer]) -> _Answer | None:
    letters = click.Choice([*answers, "n"], case_sensitive=False)
    letter = click.prompt(question, type=letters, show_choices=False, default="n", err=True)
    return answers.get(letter.lower())
