"""What a fix would do, as JSON, and how job files change, as a diff."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any

from wanprep.fix.executors import planned_commands
from wanprep.fix.plan.plan import NoChange, NotFixable, Plan
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.job.files import PlannedJob
    from wanprep.fix.outcome import Outcomes
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import PlannedRun
    from wanprep.job.model import JobFile


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
