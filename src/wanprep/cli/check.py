"""`wanprep check`: the main job, in any format, with an exit status that CI understands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from wanprep.cli import completion as completing
from wanprep.cli.baseline import accept, knowing, known_findings, without_known
from wanprep.cli.options import fixing, going_online, judging, reading
from wanprep.cli.output import in_colour, is_quiet, tell
from wanprep.errors import UsageError
from wanprep.media.names import is_url
from wanprep.report import FORMATS
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import TextIOWrapper

    from wanprep.check.inputs import Inputs
    from wanprep.check.result import Report

_SEVERITIES = ("note", "warning", "error")


@click.command(short_help="Find what a target would refuse, cut off or bill for nothing.")
@click.argument("paths", nargs=-1, shell_complete=completing.files)
@judging
@click.option(
    "--format",
    "style",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How the report is written.",
)
@click.option("-o", "--output", metavar="FILE", shell_complete=completing.files,
              help="Write the report to FILE instead.")  # fmt: skip
@click.option("--select", multiple=True, metavar="RULE", shell_complete=completing.rules,
              help="Report only these rules.")  # fmt: skip
@click.option("--ignore", multiple=True, metavar="RULE", shell_complete=completing.rules,
              help="Do not report these rules.")  # fmt: skip
@click.option(
    "--severity",
    type=click.Choice(_SEVERITIES),
    default="note",
    show_default=True,
    help="Report nothing below this.",
)
@going_online
@click.option(
    "--changed", is_flag=True, help="PATHS are what changed: check it, and the jobs that use it."
)
@knowing
@click.option(
    "--fix", is_flag=True, help="Fix first, as `wanprep fix` does, and check the results."
)
@fixing
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@reading
def check(
    paths: tuple[str, ...], targets: tuple[str, ...], style: str, output: str | None,
    roles: dict[str, str], select: tuple[str, ...], ignore: tuple[str, ...], severity: str,
    offline: bool | None, changed: bool, baseline: str | None, no_baseline: bool,
    new_baseline: str | None, fix: bool, watch: bool, deep: bool, nul: bool, no_cache: bool,
    jobs: int | None, **fix_options: Any,  # noqa: ANN401 - the options of fixing
) -> int:  # fmt: skip
    """Find what a target would refuse, cut off, ignore or bill for nothing.

    PATHS are job files (YAML or JSON), media files, folders or globs; none means the current
    folder, and - reads names from standard input. In folders, media are known by their names
    and jobs by their content. A job is judged for its own target, bare media for wan/2.7 (what
    all Wan 2.7 endpoints share), unless -t names others.

    With --changed, PATHS are files of all sorts, as a hook is handed them: what is no job and no
    media is left alone, the jobs in the git repository that use what changed, or what the commit
    deletes, are checked, too, and having nothing to check is fine.

    Exit status: 0 nothing at error level, 1 errors found or something could not be looked at,
    2 wrong use or nothing to check, 3 a fault of ours. With --watch it is 0, as Ctrl-C ends it.

    Colours appear at a terminal; NO_COLOR=1 forbids them, FORCE_COLOR=1 wants them in a pipe, too.

    \b
    Examples:
      wanprep check                               everything in this folder
      wanprep check job.yaml
      wanprep check hero.jpg -t evolink/wan2.7-reference-video
      wanprep check assets/ --role 'voices/*=voice' --format concise
      wanprep check job.yaml --watch              again, at each change
      git diff --cached --name-only -z | wanprep check --changed -z -
      wanprep check --write-baseline              accept what is found today
      wanprep check job.yaml --fix --out ready    fix, and check what came of it
    """
    from wanprep.check.inputs import CheckRequest, read_inputs
    from wanprep.check.pipeline import judge_inputs
    from wanprep.check.result import select_findings
    from wanprep.cli.fix import fixed_first
    from wanprep.cli.progress import show_probe_progress
    from wanprep.config import find_config
    from wanprep.rules.finding import parse_rule_names

    chosen, dropped = (
        parse_rule_names(select),
        parse_rule_names(ignore),
    )  # a slip there is told at once
    if style == "html" and output is None and sys.stdout.isatty():
        raise UsageError(
            "a page is for a browser, not for a terminal: name its file, -o report.html"
        )

    def once() -> tuple[Report, Inputs]:
        config = find_config(Path.cwd())
        new = new_baseline is not None
        known = known_findings(config, baseline, none=no_baseline or new)
        question = CheckRequest(
            paths=paths or (() if changed else (".",)), targets=targets, roles=roles, deep=deep,
            offline=config.offline if offline is None else offline, changed=changed,
            cache=not no_cache, nul=nul, workers=jobs, config=config,
        )  # fmt: skip
        tell(f"configuration: {question.config.file or 'none'}")
        if fix:
            question = fixed_first(question, dropped, **fix_options)
        with show_probe_progress():
            seen = read_inputs(question)
        report = select_findings(judge_inputs(seen), chosen, dropped, severity)
        report = without_known(report, seen, known)
        if not new:
            _write(report, style, output)
        return report, seen

    if any(fix_options.values()) and not fix:
        raise UsageError("options of fixing need --fix beside them, or `wanprep fix`")
    if fix and watch:
        raise UsageError("--fix and --watch do not go together: fix once, with `wanprep fix`")
    if new_baseline is not None:
        return accept(*once(), new_baseline)
    if watch:
        _watch(lambda: once()[1], paths or (".",), output)
        return 0
    return 0 if once()[0].clean else 1


def _watch(once: Callable[[], Inputs], paths: tuple[str, ...], output: str | None) -> None:
    from wanprep.cli.watch import watch

    if "-" in paths:
        raise UsageError(
            "--watch cannot watch names that are read from standard input: name files or folders"
        )

    def looked_at() -> Iterator[str]:
        seen = once()
        yield from (file.file for file in seen.files)
        yield from (path for path in seen.facts if not is_url(path))
        if file := seen.request.config.file:
            yield str(file)

    watch(looked_at, paths, apart=[output] if output else [])


def _write(report: Report, style: str, output: str | None) -> None:
    import shutil

    from wanprep.report import Style, renderer

    if output is not None:
        written = "".join(renderer(style)(report, Style()))  # before an older report is emptied
        try:
            with open(output, "w", encoding="utf-8") as file:
                file.write(written)
        except OSError as error:
            folder = os.path.dirname(output)
            missing = folder and not os.path.lexists(folder)
            said = f"there is no folder {visible(folder)}" if missing else error.strerror
            raise UsageError(
                f"{visible(output)} cannot be written: {said}. Name another file with -o."
            ) from error
        return
    # A terminal that lacks a letter shows its number instead.
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 100) if terminal else 80
    how = Style(color=in_colour(sys.stdout), width=width, quiet=is_quiet())
    for piece in renderer(style)(report, how):
        sys.stdout.write(piece)
