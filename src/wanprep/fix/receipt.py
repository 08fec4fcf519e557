"""The receipt: what was done to each file, with what, and the findings before and after."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep import __version__
from wanprep.check.result import finding_json
from wanprep.fix.outcome import Fixed, FixedFile, NotFixed, Unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wanprep.fix.outcome import Outcome, Outcomes
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
