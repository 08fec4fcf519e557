"""`wanprep fix`: fix what can be fixed, and verify it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanprep.cli.options import (
    complete_files,
    complete_rules,
    engine_option,
    fixing_options,
    format_option,
    judging_options,
    offline_option,
    open_engine,
    reading_options,
)
from wanprep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.check.request import CheckRequest
    from wanprep.engines.engine import Engine


@click.command(short_help="Fix what can be fixed, and verify it.")
@click.argument("paths", nargs=-1, shell_complete=complete_files)
@judging_options
@fixing_options
@click.option("--plan", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--diff", is_flag=True, help="Show how job files change; alone, change nothing.")
@format_option(["text", "json"], "json: the receipt, or the plan.")
@click.option("--ignore", multiple=True, metavar="RULE", shell_complete=complete_rules,
              help="Fix nothing for these rules.")  # fmt: skip
@click.option(
    "--changed", is_flag=True, help="PATHS are changed files: fix them and the jobs that use them."
)
@click.option(
    "--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if anything was fixed, as hooks do."
)
@offline_option
@engine_option
@reading_options
def fix(
    paths: tuple[str, ...], targets: tuple[str, ...], roles: dict[str, str], out: str | None,
    in_place: bool, no_backup: bool, crop: str | None, trim: str | None, background: str | None,
    yes: bool, receipt: str | None, plan: bool, diff: bool, style: str, ignore: tuple[str, ...],
    changed: bool, exit_non_zero_on_fix: bool, offline: bool | None, engine: str, deep: bool,
    nul: bool, exclude: tuple[str, ...], no_ignore: bool, no_cache: bool, jobs: int | None,
) -> int:  # fmt: skip
    """Fix what can be fixed with the least loss, and verify it.

    PATHS are the same as for `wanprep check`. Files that pass are left as they are, bit for bit.
    The others are fixed in one pass, decoded, checked again and only then put in place. Job files
    are fixed too, keeping comments and order. Originals are left untouched unless --in-place is
    given. Fixes that change what an image shows, or how long media last, need an answer at the
    terminal, or --crop, --trim or --yes. The same command again keeps the results in --out, and
    fixes what is new or changed.

    Exit status: 0 everything passes now, 1 something does not (with the reason), 2 usage error,
    3 internal error, 130 interrupted (finished files are kept). --plan exits as the run would.

    \b
    Examples:
      wanprep fix job.yaml --out ready       write the job and its media, fixed, to ready/
      wanprep fix assets/ --plan             show what would be done, and why (-v: how)
      wanprep fix clip.mov --out ready --trim start --crop smart
      wanprep fix job.yaml --diff            show how the job itself would change
      wanprep fix hero.png --in-place -t evolink/wan2.7-reference-video
      wanprep fix s3://bucket/renders/ --out s3://bucket/ready/ --on dask://head:8786
    """
    from wanprep.check.exclude import exclusions_of
    from wanprep.check.request import CheckRequest
    from wanprep.check.result import load_baseline
    from wanprep.cli import fix_steps as steps
    from wanprep.config import find_config
    from wanprep.fix.run import (
        apply,
        check_results,
        default_receipt,
        make_task,
        require_destination,
    )  # fmt: skip
    from wanprep.rules.finding import parse_rule_names

    require_destination(paths, out, in_place, required=not (plan or diff))
    config = find_config(Path.cwd())
    baseline = load_baseline(config)  # a missing one is reported before anything is fixed
    request = CheckRequest(
        paths=paths or (() if changed else (".",)), targets=targets, roles=roles, deep=deep,
        offline=config.offline if offline is None else offline, changed=changed,
        cache=not no_cache, nul=nul, workers=jobs, config=config,
        exclusions=exclusions_of(config, exclude, no_ignore=no_ignore),
    )  # fmt: skip
    receipt_file = receipt or default_receipt(out)
    destination = bool(out) or in_place
    with open_engine(engine, jobs) as opened:
        _require_originals(opened, in_place=in_place)
        task = make_task(
            replace(request, engine=opened), parse_rule_names(ignore), out, receipt,
            no_backup=no_backup, yes=yes, crop=crop, trim=trim, background=background,
        )  # fmt: skip
        if plan or not destination:
            return steps.show_plan(
                task, baseline, style, destination=destination, receipt_file=receipt_file,
                diff=diff, fails_on_fix=exit_non_zero_on_fix,
            )  # fmt: skip
        run, outcomes = apply(task, receipt_file, steps.ask_at_terminal(), steps.show_progress())
        interrupted = outcomes.is_interrupted
        remaining = None if interrupted else check_results(task, run, outcomes, baseline)
    steps.show_outcomes(outcomes, remaining, style, receipt_file, diff=diff)
    if remaining is None:
        raise KeyboardInterrupt
    if exit_non_zero_on_fix and outcomes.has_changes:
        return 1
    return 0 if remaining.clean and outcomes.all_delivered else 1


def _require_originals(engine: Engine | None, *, in_place: bool) -> None:
    if engine and in_place:
        raise UsageError(
            "--on and --in-place cannot be combined: workers write results to --out, a folder that"
            " all machines share, or a bucket"
        )


def fix_before_check(
    request: CheckRequest, ignored: Iterable[str], out: str | None, in_place: bool,
    receipt: str | None, **choices: Any,  # noqa: ANN401 - the other options of fixing
) -> CheckRequest:  # fmt: skip
    """Fix files, print the outcomes to stderr and return a request to check the results."""
    from wanprep.cli import fix_steps as steps
    from wanprep.cli.output import style_for
    from wanprep.fix.run import apply, default_receipt, make_task, require_destination
    from wanprep.fix.verify import recheck_request
    from wanprep.report.fix_text import render_outcomes

    require_destination(request.paths, out, in_place, required=True)
    _require_originals(request.engine, in_place=in_place)
    task = make_task(request, ignored, out, receipt, **choices)
    receipt_file = receipt or default_receipt(out)
    run, outcomes = apply(task, receipt_file, steps.ask_at_terminal(), steps.show_progress())
    sys.stderr.writelines(render_outcomes(outcomes, None, style_for(sys.stderr)))
    if outcomes.is_interrupted:
        raise KeyboardInterrupt
    return recheck_request(task, run, outcomes)
