"""Probe media files, and check them and jobs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.api.settings import Configuration, ProgressCallback, StrPath
    from wanprep.check.result import Report
    from wanprep.fix.fixable import Plans
    from wanprep.job.model import JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Severity


def probe(
    path: StrPath, *, deep: bool = False, cache: bool = True, config: Configuration = True
) -> Facts:
    """Read the facts of one file, URL or object of a store.

    What the file contains never raises: see `readable` and `problem`. `deep` decodes everything,
    to find damage that no header shows. A local file is read in a worker process that stays for
    the next call. Raises UsageError where there is no such file.
    """
    from wanprep.check.paths import check_paths
    from wanprep.media.facts import is_remote
    from wanprep.media.workers import probe_in_worker

    name = os.fspath(path)
    check_paths([name])
    if is_remote(name):
        return next(probe_many([name], deep=deep, cache=cache, workers=1, config=config))
    return probe_in_worker(name, deep=deep, cache=cache)


def probe_many(
    paths: Iterable[StrPath],
    *,
    deep: bool = False,
    cache: bool = True,
    workers: int | None = None,
    config: Configuration = True,
) -> Iterator[Facts]:
    """Read the facts of many files on all cores, in their order, in bounded memory.

    A file that is missing is one that cannot be read: it does not end the iteration.
    """
    from wanprep.api.settings import resolve_config
    from wanprep.media.workers import probe_in_workers

    found = resolve_config(config)
    return probe_in_workers(
        paths, deep=deep, cache=cache, workers=workers,
        allow_hosts=found.allow_hosts, stores=found.stores,
    )  # fmt: skip


def load_job(path: StrPath, *, config: Configuration = True) -> JobFile:
    """Read the jobs of a YAML or JSON file, with the line and column of every value.

    What is wrong with them is in `problems`. Raises UsageError where there is no such file.
    """
    from wanprep.api.settings import resolve_config
    from wanprep.check.paths import check_paths
    from wanprep.job.model import read_jobs
    from wanprep.rules.target import all_targets

    name = os.fspath(path)
    check_paths([name])
    return read_jobs(name, all_targets(resolve_config(config).target_folders).roles)


def check(
    *paths: StrPath,
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    severity: Severity = "note",
    baseline: bool = True,
    offline: bool | None = None,
    deep: bool = False,
    exclude: Sequence[str] = (),
    no_ignore: bool = False,
    cache: bool = True,
    workers: int | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> Report:
    """Check job files and media files, folders of them, globs or URLs.

    Returns what `wanprep check` reports; `as_json()` is what `--format json` prints. The options
    are those of the command line: a job is checked for the `targets` given, else for its own;
    bare media for the `targets` given, else for those of the configuration. `roles` maps globs to
    roles (`{"voices/*": "voice"}`). Without paths the current folder is checked. Raises UsageError
    for a target, a rule or a path that does not exist, and for nothing to check.
    """
    from wanprep.api.settings import check_request, probing
    from wanprep.check.pipeline import check_in_parts
    from wanprep.check.result import Selection, join, load_baseline, redact_report
    from wanprep.fix.fixable import with_fixes
    from wanprep.rules.finding import parse_rule_names

    selected, ignored = parse_rule_names(select), parse_rule_names(ignore)
    request = check_request(
        paths or (".",), config, targets=targets, roles=roles, offline=offline, exclude=exclude,
        no_ignore=no_ignore, deep=deep, cache=cache, workers=workers,
    )  # fmt: skip
    selection = Selection(
        selected=selected, ignored=ignored, severity=severity,
        baseline=load_baseline(request.config, disabled=not baseline),
    )  # fmt: skip
    plans: Plans = {}
    with probing(progress):
        parts = map(selection.apply, check_in_parts(request))
        return redact_report(join(with_fixes(part, plans) for part in parts))
