"""`wanprep check`: the main job, in any format, with an exit status that CI understands."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanprep.cli.options import (
    complete_files,
    engine_option,
    fixing_options,
    is_verbose,
    judging_options,
    offline_option,
    open_engine,
    reading_options,
    results_options,
    together,
)
from wanprep.cli.output import choose_style, report_options, show_probe_progress, write_report
from wanprep.errors import UsageError
from wanprep.files.outputs import require_folder
from wanprep.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wanprep.check.exclude import Exclusions
    from wanprep.check.inputs import Inputs
    from wanprep.check.paths import Shard
    from wanprep.check.plugin_checks import Check
    from wanprep.check.request import CheckRequest
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.fix.fixable import Plans
    from wanprep.media.facts import Facts

    Elsewhere = Callable[[Iterator[str | Facts]], Iterator[Inputs | Report]]

_baseline_options = together(
    click.option("--baseline", metavar="FILE", help="Do not report the findings in FILE."),
    click.option("--no-baseline", is_flag=True, help="Report findings in the baseline, too."),
    click.option("--write-baseline", "new_baseline", is_flag=False, flag_value="",
                 metavar="[FILE]", help="Write a baseline of all findings; print no report."),
)  # fmt: skip


@click.command(short_help="Find what a target would refuse, cut off or bill for nothing.")
@click.argument("paths", nargs=-1, shell_complete=complete_files)
@judging_options
@report_options
@offline_option
@click.option(
    "--changed",
    is_flag=True,
    help="PATHS are changed files: check them and the jobs that use them.",
)
@_baseline_options
@click.option("--fix", is_flag=True, help="Run `wanprep fix` first, and check the results.")
@fixing_options
@results_options
@engine_option
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@reading_options
def check(
    paths: tuple[str, ...], targets: tuple[str, ...], style: str, output: str | None,
    roles: dict[str, str], select: tuple[str, ...], ignore: tuple[str, ...], severity: str,
    statistics: bool, offline: bool | None, changed: bool, baseline: str | None,
    no_baseline: bool, new_baseline: str | None, fix: bool, results: str | None,
    shard: Shard | None, engine: str, watch: bool, deep: bool, nul: bool,
    exclude: tuple[str, ...], no_ignore: bool, no_cache: bool, jobs: int | None,
    **fix_options: Any,  # noqa: ANN401 - the options of fixing
) -> int:  # fmt: skip
    """Find what a target would refuse, cut off, ignore or bill for nothing.

    PATHS are job files (YAML or JSON), media files, folders, globs or URLs, also of objects in
    stores, as s3://bucket/folder/. The default is the current folder; - reads names from standard
    input. In folders, media are recognised by name and jobs by content. A job is checked for its
    own target, bare media for wan/2.7 (what all Wan 2.7 endpoints share), unless -t names others.

    With --changed, PATHS may be files of any kind, as a hook passes them: other files are
    skipped, jobs in the git repository that use a changed or deleted file are checked too, and
    having nothing to check is not an error.

    Exit status: 0 no errors, 1 errors or files not checked, 2 usage error or nothing to check,
    3 internal error. With --watch, Ctrl-C ends the command with 0.

    Output is coloured on a terminal. NO_COLOR=1 turns colours off, FORCE_COLOR=1 turns them on in
    a pipe.

    \b
    Examples:
      wanprep check                               everything in this folder
      wanprep check job.yaml
      wanprep check hero.jpg -t evolink/wan2.7-reference-video
      wanprep check assets/ --role 'voices/*=voice' --format concise
      wanprep check job.yaml --watch              again, at each change
      git diff --cached --name-only -z | wanprep check --changed -z -
      wanprep check --write-baseline              accept all current findings
      wanprep check job.yaml --fix --out ready    fix, then check the results
      wanprep check assets/ --results checked     keep the results; next time, read what changed
      wanprep check /mnt/assets --on dask://head:8786 --results checked
    """
    from wanprep.check.exclude import exclusions_of
    from wanprep.check.request import CheckRequest
    from wanprep.check.result import Selection, load_baseline
    from wanprep.config import find_config
    from wanprep.rules.finding import parse_rule_names

    # Before any file is read: a misspelt rule is reported at once.
    selected, ignored = parse_rule_names(select), parse_rule_names(ignore)
    if any(fix_options.values()) and not fix:
        raise UsageError("fix options need --fix: add it, or use `wanprep fix`")
    if fix and watch:
        raise UsageError("--fix and --watch cannot be combined: fix once, with `wanprep fix`")
    if results and (changed or watch or new_baseline is not None):
        raise UsageError(
            "--results keeps the results of a whole check: leave out --changed, --watch and"
            " --write-baseline"
        )
    style = choose_style(style, output, statistics=statistics)
    writes_baseline = new_baseline is not None

    def parts() -> Iterator[Report]:
        config = find_config(Path.cwd())
        entries = load_baseline(config, baseline, disabled=no_baseline or writes_baseline)
        selection = Selection(
            selected=selected, ignored=ignored, severity=severity, baseline=entries
        )
        request = CheckRequest(
            paths=paths or (() if changed else (".",)), targets=targets, roles=roles, deep=deep,
            offline=config.offline if offline is None else offline, changed=changed,
            cache=not no_cache, nul=nul, workers=jobs, config=config, shard=shard,
            exclusions=exclusions_of(config, exclude, no_ignore=no_ignore),
            checks=_checks_of_plugins(),
        )  # fmt: skip
        if is_verbose():
            click.echo(f"configuration: {config.file or 'none'}", err=True)
        plans: Plans = {}
        with open_engine(engine, jobs) as opened:
            request = replace(request, engine=opened)
            if fix:
                from wanprep.cli.fix import fix_before_check

                request = fix_before_check(request, ignored, **fix_options)
            with show_probe_progress() as progress:
                alone = style == "html" or is_verbose() or writes_baseline or entries is not None
                for part in _check(request, results, style, alone=alone):
                    shown = selection.apply(part)
                    shown = shown if results else _with_fixes(shown, plans)
                    with progress.paused() if shown.findings else nullcontext():
                        yield shown

    if new_baseline is not None:
        _write_baseline(parts(), find_config(Path.cwd()), new_baseline)
        return 0
    if watch:
        exclusions = exclusions_of(find_config(Path.cwd()), exclude, no_ignore=no_ignore)
        _watch(parts, paths or (".",), style, output, exclusions)
        return 0
    return 0 if write_report(parts(), style, output).clean else 1


def _checks_of_plugins() -> tuple[Check, ...]:
    from wanprep.rules.finding import plugin_rules

    if not plugin_rules():  # what loads plugins is not even imported
        return ()
    from wanprep.plugins.loading import load_checks

    return load_checks()


def _check(
    request: CheckRequest, results: str | None, style: str, *, alone: bool
) -> Iterator[Report]:
    """Check in parts; `alone`, in this process: what is printed needs the facts of all files."""
    if results is None:
        from wanprep.check.pipeline import check_in_parts

        return check_in_parts(request, None if alone else _all_cores(request))
    from wanprep.results.run import check_into
    from wanprep.results.store import open_store

    store = open_store(results, request.config.stores)
    return check_into(store, request, keeps_facts=style == "html")  # it shows the files


def _all_cores(request: CheckRequest) -> Elsewhere | None:
    """Return what judges many files of folders."""
    if request.checks or request.engine or not request.cache:
        return None
    if not any(map(os.path.isdir, request.paths)) or any("://" in path for path in request.paths):
        return None
    if (request.workers or os.cpu_count() or 1) == 1:
        return None

    def judge(names: Iterator[str | Facts]) -> Iterator[Inputs | Report]:
        from wanprep.results.on_cores import media_on_cores

        return media_on_cores(names, request)

    return judge


def _with_fixes(part: Report, plans: Plans) -> Report:
    if not part.findings:  # planning is not even imported
        return part
    from wanprep.fix.fixable import with_fixes

    return with_fixes(part, plans)


def _write_baseline(parts: Iterable[Report], config: Config, path: str) -> None:
    from wanprep.check.baseline import FILE, write_baseline

    file = Path(path) if path else config.baseline or config.folder / FILE
    require_folder(str(file), "--write-baseline")
    written = write_baseline(file, parts)
    count = plural(written.total, "finding")
    name = visible(os.path.relpath(file))
    click.echo(f"{name}: {count} ({written.new} new, {written.removed} removed)", err=True)
    if written.unreadable:
        count = plural(written.unreadable, "finding")
        click.echo(f"{count} in files that cannot be read will still be reported.", err=True)
    if config.baseline is None or config.baseline.absolute() != file.absolute():
        where = visible(config.file.name) if config.file else "wanprep.toml"
        table = "[tool.wanprep] of " if where == "pyproject.toml" else ""
        value = visible(os.path.relpath(file, config.folder).replace(os.sep, "/"))
        click.echo(f'To use it, add to {table}{where}: baseline = "{value}"', err=True)


def _watch(
    check: Callable[[], Iterator[Report]], paths: tuple[str, ...], style: str,
    output: str | None, exclusions: Exclusions,
) -> None:  # fmt: skip
    from wanprep.cli.watch import watch

    if "-" in paths:
        raise UsageError("--watch cannot read names from standard input: name files or folders")

    def once() -> list[str]:
        used: list[str] = []
        write_report(_note_paths(check(), used), style, output)
        return used

    watch(once, paths, exclude=[output] if output else [], exclusions=exclusions)


def _note_paths(parts: Iterable[Report], used: list[str]) -> Iterator[Report]:
    for part in parts:
        used += part.inputs.paths() if part.inputs else ()
        yield part
