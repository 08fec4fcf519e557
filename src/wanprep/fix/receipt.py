"""The receipt: what was done to each file, with what, and the findings before and after."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.check.result import finding_json
from wanprep.files.atomic import sha256_of, write_bytes
from wanprep.fix.outcome import Fixed, NotFixed, Unchanged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wanprep.fix.outcome import FixedFile, Outcome, Outcomes
    from wanprep.rules.finding import Finding

RECEIPT: Final = "wanprep-receipt.json"


def receipt(outcomes: Outcomes) -> dict[str, Any]:
    """Return the receipt as schemas/receipt.schema.json has it."""
    return {
        "version": 1,
        "wanprep": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "assets": [{"source": each.media.path} | _asset(each) for each in outcomes.assets],
        "jobs": [_job(each) for each in outcomes.jobs],
    }


def _asset(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Unchanged(result=result, hash=unchanged, remaining=remaining):
            return {
                "outcome": "kept",
                "result": result,
                "sha256": {"before": unchanged, "after": unchanged},
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


def write_receipt(path: str, content: dict[str, Any]) -> None:
    """Write a receipt, over that of an earlier run."""
    data = json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
    write_bytes(data, path, overwrite=True)


@dataclass(frozen=True, slots=True)
class EarlierResults:
    """The results of an earlier run, by content: these may be overwritten."""

    hashes: Collection[str] = ()

    def has_written(self, path: str) -> bool:
        """Whether a file is a result that has not been changed since."""
        return bool(self.hashes) and os.path.isfile(path) and sha256_of(path) in self.hashes


def read_earlier_results(receipt_file: str) -> EarlierResults:
    """Read the results out of a receipt; a missing or damaged one has none."""
    try:
        with open(receipt_file, encoding="utf-8") as file:
            content: dict[str, Any] = json.load(file)
        entries = [*content["assets"], *content["jobs"]]
        hashes = frozenset(each["sha256"]["after"] for each in entries if "sha256" in each)
    except (OSError, ValueError, LookupError, TypeError):
        hashes = frozenset()
    return EarlierResults(hashes)
