"""The tools that plan fixes, and carry them out below one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.api import fixing
from wanprep.mcp.answers import Answer, cut_note, options_of, window
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.api.fix_report import FixReport
    from wanprep.api.settings import ProgressCallback
    from wanprep.mcp.permissions import Permissions

    Arguments = Mapping[str, Any]


def plan_fix(arguments: Arguments, permissions: Permissions, progress: ProgressCallback) -> Answer:
    """Plan; where nothing may be written, without a place for results."""
    options = options_of(arguments)
    if permissions.write is not None or "out" in options:
        options["out"] = permissions.place(options.get("out"))
    planned = fixing.plan(*arguments["paths"], progress=progress, **options)
    return _answer("After the fix", planned, arguments)


def fix(arguments: Arguments, permissions: Permissions, progress: ProgressCallback) -> Answer:
    """Fix, if no result would lie outside the folder, also not by a link in it."""
    from wanprep.fix.receipt import RECEIPT

    options = options_of(arguments) | {"out": permissions.place(arguments.get("out"))}
    planned = fixing.plan(*arguments["paths"], **options)
    results = [*(each.result for each in planned.assets), *(each.result for each in planned.jobs)]
    permissions.require(filter(None, results))
    fixed = fixing.fix(*arguments["paths"], progress=progress, **options)
    return _answer("Now", fixed, arguments, f" The whole receipt is {options['out']}/{RECEIPT}.")


def _answer(when: str, report: FixReport, arguments: Arguments, advice: str = "") -> Answer:
    data = report.as_json()
    cut = cut_note("Files", len(data["assets"]), arguments, advice)
    data["assets"] = window(data["assets"], arguments)
    return Answer(data, " ".join(filter(None, (_remaining(when, report), cut))))


def _remaining(when: str, report: FixReport) -> str:
    counts = report.remaining.summary
    if report.passes:
        return f"{when} everything passes."
    open_ = [f"{each.file}: {each.message}" for each in report.remaining.findings
             if each.severity == "error"]  # fmt: skip
    first = f" The first: {open_[0]}" if open_ else ""
    return f"{when} {plural(counts['errors'], 'error')} and {counts['unknown']} unknown.{first}"
