"""What a run would do, and what it did, as JSON; and how job files change, as a diff.

The receipt has what was done to each file, with what, and the findings before and after.
"""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep import __version__
from wanprep.check.result import finding_json
from wanprep.fix.executors import planned_commands
from wanprep.fix.plan.plan import NoChange, NotFixable, Plan
from wanprep.fix.request import Fixed, FixedFile, NotFixed, Unchanged
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.fix.job.changes import FixedJob, PlannedJob
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import Outcome, Outcomes, PlannedRun
    from wanprep.job.model import JobFile
    from wanprep.rules.finding import Finding


Kind = Literal["assets", "jobs"]
RECEIPT: Final = "wanprep-receipt.json"


def receipt(outcomes: Outcomes) -> dict[str, Any]:
    """Return the receipt as schemas/receipt.schema.json has it."""
    content = new_receipt()
    for outcome in (*outcomes.assets, *outcomes.jobs):
        kind, entry = entry_of(outcome)
        content[kind].append(entry)
    return content


def new_receipt() -> dict[str, Any]:
    """Return a receipt without entries."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {"version": 1, "wanprep": __version__, "created": created, "assets": [], "jobs": []}


def read_entries(path: str) -> dict[Kind, list[dict[str, Any]]]:
    """Read the entries of a receipt; a missing or damaged one has none."""
    try:
        with open(path, "rb") as file:
            return entries_in(file.read())
    except (OSError, ValueError):
        return entries_in(b"")


def entries_in(data: bytes) -> dict[Kind, list[dict[str, Any]]]:
    """Parse the entries of a receipt."""
    try:
        content = json.loads(data)
        return {
            "assets": [each for each in content["assets"] if isinstance(each, dict)],
            "jobs": [each for each in content["jobs"] if isinstance(each, dict)],
        }
    except (ValueError, LookupError, TypeError, RecursionError):
        return {"assets": [], "jobs": []}


def entry_of(outcome: Outcome | FixedFile) -> tuple[Kind, dict[str, Any]]:
    """Return the entry of a file, and where in a receipt it belongs."""
    if isinstance(outcome, FixedFile):
        return "jobs", _job(outcome)
    return "assets", {"source": outcome.media.path} | _asset(outcome)


def _asset(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Unchanged(result=result, hash=unchanged, remaining=remaining):
            return {
                "outcome": "kept",
                "result": result,
                **({"sha256": {"before": unchanged, "after": unchanged}} if unchanged else {}),
                "findings": {"before": _findings(remaining), "after": _findings(remaining)},
            }
        case NotFixed(reasons=reasons):
            return {"outcome": "unmended", "reasons": list(reasons)}
        case Fixed():
            return _fixed(outcome)


def _fixed(outcome: Fixed) -> dict[str, Any]:
    plan, output, verification = outcome.plan, outcome.output, outcome.verification
    return {
        "outcome": "mended",
        "result": outcome.result,
        **({"backup": outcome.backup} if outcome.backup else {}),
        "sha256": dict(outcome.hashes),
        "wanprep": __version__,
        "recipe": asdict(plan.recipe, dict_factory=_without_none),
        "steps": [
            {"name": step.name, "safety": step.safety, "words": step.words} for step in plan.steps
        ],
        "commands": [list(command) for command in output.commands],
        "settings": dict(output.settings),
        "tools": dict(output.tools),
        "encodes": output.encodes,
        "notes": list(output.notes),
        "facts": {"before": plan.facts.as_json(), "after": verification.facts.as_json()},
        "findings": {
            "before": _findings(verification.before),
            "after": _findings(verification.after),
        },
        "decoded": True,  # or there would be no result
        "likeness": dict(verification.similarity),
    }


def _without_none(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not None}


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding_json(finding) for finding in findings]


def _job(job: FixedFile) -> dict[str, Any]:
    names = ("line", "pointer", "before", "after", "safety", "words")
    return {
        "source": job.file.file,
        "result": job.result,
        **({"reasons": [job.problem]} if job.problem else {"sha256": dict(job.hashes)}),
        "changes": [
            {name: getattr(change, name) for name in names} for change in job.fixed.changes
        ],
        "unmended": list(job.fixed.not_fixed),
    }


def diff(file: JobFile, fixed: FixedJob) -> str:
    """Show the change of a job file; empty where nothing changes."""
    name = visible(file.file).replace("\\", "/").lstrip("/")
    lines = difflib.unified_diff(
        _lines(file.source.text), _lines(fixed.text), f"a/{name}", f"b/{name}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Split lines as `patch` does; str.splitlines knows many more line ends."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def outcome_diff(outcomes: Outcomes) -> str:
    """Show how the job files changed."""
    return "".join(diff(job.file, job.fixed) for job in outcomes.jobs)


def plan_diff(jobs: Sequence[PlannedJob]) -> str:
    """Show how the job files would change."""
    return "".join(diff(each.file, each.fixed) for each in jobs)


def plan_json(run: PlannedRun, jobs: Sequence[PlannedJob]) -> dict[str, Any]:
    """Return everything that would be done."""
    return {
        "version": 1,
        "assets": [{"source": each.media.path} | _planned_asset(each) for each in run.files],
        "jobs": [
            {
                "source": each.file.file,
                "result": each.result,
                "diff": diff(each.file, each.fixed),
                **({"reasons": [each.problem]} if each.problem else {}),
            }
            for each in jobs
        ],
    }


def _planned_asset(file: PlannedFile) -> dict[str, Any]:
    if file.obstacle:
        return {"outcome": "unmended", "reasons": [file.obstacle]}
    match file.plan:
        case NoChange():
            return {"outcome": "kept"}
        case NotFixable(reasons=reasons):
            return {"outcome": "unmended", "reasons": list(reasons)}
        case Plan() as plan:
            return {
                "outcome": "asks" if file.undecided else "mended",
                "result": file.result,
                "steps": [{"name": each.name, "safety": each.safety, "words": each.words}
                          for each in plan.steps],
                "questions": list(file.undecided),
                "facts": {"before": plan.facts.as_json(), "after": plan.predicted.as_json()},
                "commands": [list(each) for each in commands(file, plan)],
                "clears": list(plan.clears),
            }  # fmt: skip


def commands(file: PlannedFile, plan: Plan) -> tuple[tuple[str, ...], ...]:
    """List the arguments of ffmpeg, where it is used."""
    source, path = file.media.path, file.result
    if path == source:  # a fix in place writes another file first
        stem, suffix = os.path.splitext(path)
        path = f"{stem}.fixed{suffix}"
    return planned_commands(source, plan.recipe, plan.facts, path)
