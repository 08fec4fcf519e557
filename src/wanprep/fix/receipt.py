"""The receipt: what was done to each file, with what, and the proof that it helped."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.check.result import finding_json
from wanprep.files.atomic import sha256_of, write_bytes
from wanprep.fix.outcome import Fixed, Kept, NotFixed

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
        "assets": [_entry(each) for each in outcomes.assets],
        "jobs": [_job(each) for each in outcomes.jobs],
    }


def _entry(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {"source": outcome.wanted.path}
    match outcome:
        case Kept():
            return told | {
                "outcome": "kept",
                "result": outcome.result,
                "sha256": {"before": outcome.hash, "after": outcome.hash},
                "findings": {"before": _findings(outcome.left), "after": _findings(outcome.left)},
            }
        case NotFixed():
            return told | {"outcome": "unmended", "reasons": list(outcome.why)}
        case Fixed():
            return told | _fixed(outcome)


def _fixed(outcome: Fixed) -> dict[str, Any]:
    plan, made, proof = outcome.plan, outcome.made, outcome.proof
    return {
        "outcome": "mended",
        "result": outcome.result,
        "sha256": dict(outcome.hashes),
        "steps": [
            {"name": step.name, "safety": step.safety, "words": step.words} for step in plan.steps
        ],
        "commands": [list(command) for command in made.commands],
        "settings": dict(made.settings),
        "tools": dict(made.tools),
        "encodes": made.encodes,
        "notes": list(made.notes),
        "facts": {"before": plan.facts.as_json(), "after": proof.facts.as_json()},
        "findings": {"before": _findings(proof.before), "after": _findings(proof.after)},
        "decoded": True,  # or there would be no result
        "likeness": dict(proof.similarity),
    }


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding_json(finding) for finding in findings]


def _job(job: FixedFile) -> dict[str, Any]:
    return {
        "source": job.file.file,
        "result": job.result,
        "sha256": dict(job.hashes),
        "changes": [
            {
                "line": change.line,
                "pointer": change.pointer,
                "before": change.before,
                "after": change.after,
                "safety": change.safety,
                "words": change.words,
            }
            for change in job.fixed.changes
        ],
        "unmended": list(job.fixed.not_fixed),
    }


@dataclass(frozen=True, slots=True)
class Earlier:
    """Knows the results of an earlier run by their content: only those are written over."""

    hashes: Collection[str] = ()

    def wrote(self, path: str) -> bool:
        """Tell whether a file is a result of ours that nobody has changed since."""
        return bool(self.hashes) and os.path.isfile(path) and sha256_of(path) in self.hashes


def earlier_results(receipt_file: str) -> Earlier:
    """Read what an earlier receipt knows."""
    try:
        with open(receipt_file, encoding="utf-8") as file:
            told: dict[str, Any] = json.load(file)
        entries = [*told["assets"], *told["jobs"]]
        return Earlier(frozenset(each["sha256"]["after"] for each in entries if "sha256" in each))
    except (OSError, ValueError, LookupError, TypeError):
        return Earlier()


def write_receipt(path: str, told: dict[str, Any]) -> None:
    """Store a receipt; one of an earlier run is written over."""
    data = json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n"
    write_bytes(data, path, overwrite=True)
