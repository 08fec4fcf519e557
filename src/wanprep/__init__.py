"""Preflight for the media and jobs you send to video-generation APIs.

The functions do what the commands of the same names do, with the same configuration. They print
nothing and never ask; what stops them is a WanprepError. They may be called from several threads.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wanprep.api.catalog import compare, explain, targets
    from wanprep.api.checking import check, load_job, probe, probe_many
    from wanprep.api.descriptions import Explanation, Limit, TargetInfo
    from wanprep.api.fix_report import FixedAsset, FixedJob, FixReport
    from wanprep.api.fixing import fix, plan
    from wanprep.api.settings import Progress
    from wanprep.api.submitting import SubmitFailed, cancel, runs, submit
    from wanprep.check.result import Report
    from wanprep.compare.compare_jobs import Comparison
    from wanprep.errors import UsageError, WanprepError
    from wanprep.job.model import JobFile
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding, Verdict
    from wanprep.rules.limits import RuleLimit
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.request.price import Estimate, TooExpensive, Unpriced
    from wanprep.submit.request.submission import JobsRefused
    from wanprep.submit.session.plan import NeedsConsent

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Estimate",
    "Explanation",
    "Facts",
    "Finding",
    "FixReport",
    "FixedAsset",
    "FixedJob",
    "JobFile",
    "JobsRefused",
    "Limit",
    "NeedsConsent",
    "Progress",
    "Report",
    "RuleLimit",
    "Run",
    "SubmitFailed",
    "TargetInfo",
    "TooExpensive",
    "Unpriced",
    "UsageError",
    "Verdict",
    "WanprepError",
    "cancel",
    "check",
    "compare",
    "explain",
    "fix",
    "load_job",
    "plan",
    "probe",
    "probe_many",
    "runs",
    "submit",
    "targets",
]

# Imported when they are first used: a command wants to start fast.
_LATE = {
    "wanprep.api.catalog": ("compare", "explain", "targets"),
    "wanprep.api.checking": ("check", "load_job", "probe", "probe_many"),
    "wanprep.api.descriptions": ("Explanation", "Limit", "TargetInfo"),
    "wanprep.api.fix_report": ("FixReport", "FixedAsset", "FixedJob"),
    "wanprep.api.fixing": ("fix", "plan"),
    "wanprep.api.submitting": ("SubmitFailed", "cancel", "runs", "submit"),
    "wanprep.api.settings": ("Progress",),
    "wanprep.check.result": ("Report",),
    "wanprep.compare.compare_jobs": ("Comparison",),
    "wanprep.errors": ("UsageError", "WanprepError"),
    "wanprep.job.model": ("JobFile",),
    "wanprep.media.facts": ("Facts",),
    "wanprep.rules.finding": ("Finding", "Verdict"),
    "wanprep.rules.limits": ("RuleLimit",),
    "wanprep.submit.ledger.run": ("Run",),
    "wanprep.submit.request.price": ("Estimate", "TooExpensive", "Unpriced"),
    "wanprep.submit.request.submission": ("JobsRefused",),
    "wanprep.submit.session.plan": ("NeedsConsent",),
}


if not TYPE_CHECKING:  # for a type checker, a misspelt name is an error

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
        for module, names in _LATE.items():
            if name in names:
                return globals().setdefault(name, getattr(import_module(module), name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *globals()]


class _Package(ModuleType):
    """The package, in which importing a room does not replace the function of the same name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
