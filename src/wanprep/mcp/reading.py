"""The tools that only read."""

from __future__ import annotations

import io
from itertools import groupby
from typing import TYPE_CHECKING, Any

from wanprep.api import catalog, checking
from wanprep.mcp.answers import Answer, cut_note, options_of, window
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.api.settings import ProgressCallback
    from wanprep.mcp.permissions import Permissions

    Arguments = Mapping[str, Any]


def check(arguments: Arguments, _: Permissions, progress: ProgressCallback) -> Answer:
    """Check jobs and media; the summary counts everything, also what is cut."""
    report = checking.check(*arguments["paths"], progress=progress, **options_of(arguments))
    data = report.as_json()
    counts = {name: len(data[name]) for name in ("findings", "verdicts")}
    for name in counts:
        data[name] = window(data[name], arguments)
    notes = [_summary(data["summary"])]
    advice = " To have fewer, name paths, or pass severity, select or ignore."
    for name, count in counts.items():
        notes.append(cut_note(name.capitalize(), count, arguments, advice))
        advice = ""
    return Answer(data, " ".join(filter(None, notes)))


def _summary(counts: Mapping[str, int]) -> str:
    found = ", ".join(plural(counts[f"{name}s"], name) for name in ("error", "warning", "note"))
    unknown = f", {plural(counts['unknown'], 'verdict')} unknown" if counts["unknown"] else ""
    files = f"{plural(counts['jobs'], 'job')} and {plural(counts['assets'], 'media file')}"
    return f"{found}{unknown} in {files}."


def probe(arguments: Arguments, _: Permissions, progress: ProgressCallback) -> Answer:  # noqa: ARG001 - the signature of all
    """Probe files, and the media in folders."""
    from wanprep.api.settings import plain_paths, resolve_config
    from wanprep.check.exclude import exclusions_of
    from wanprep.check.listing import files_in
    from wanprep.check.paths import check_paths
    from wanprep.media.workers import probe_in_workers

    paths = plain_paths(arguments["paths"])
    check_paths(paths)
    config = resolve_config(True)  # noqa: FBT003 - the one of the command line
    exclusions = exclusions_of(config, (), no_ignore=False)
    found = files_in(paths, io.BytesIO(), exclusions=exclusions, stores=config.stores)
    names = list(found)
    facts = probe_in_workers(
        window(names, arguments), deep=arguments.get("deep", False), cache=True, workers=None,
        allow_hosts=config.allow_hosts, stores=config.stores,
    )  # fmt: skip
    return Answer(
        {"files": [each.as_json() for each in facts]}, cut_note("Files", len(names), arguments)
    )


def compare(arguments: Arguments, _: Permissions, progress: ProgressCallback) -> Answer:
    """Compare jobs with targets."""
    rows = catalog.compare(*arguments["jobs"], progress=progress, **options_of(arguments))
    by_job = groupby(rows, key=lambda row: row.subject)
    jobs = [{"job": job, "targets": [row.as_json() for row in of_job]} for job, of_job in by_job]
    return Answer({"jobs": window(jobs, arguments)}, cut_note("Jobs", len(jobs), arguments))


def explain(arguments: Arguments, _: Permissions, __: ProgressCallback) -> Answer:
    """Explain a rule."""
    return Answer(catalog.explain(arguments["rule"]).as_json())


def targets(arguments: Arguments, _: Permissions, __: ProgressCallback) -> Answer:
    """Describe one target, or list all."""
    from wanprep.api.settings import resolve_config
    from wanprep.rules.limits import describe_target, summarize_target
    from wanprep.rules.target import all_targets, choose_targets

    available = all_targets(resolve_config(True).target_folders)  # noqa: FBT003 - as above
    if name := arguments.get("id"):
        return Answer({"targets": [describe_target(*choose_targets([name], available))]})
    return Answer({"targets": [summarize_target(each) for each in available.usable_listed()]})
