"""Preflight for the media and jobs you send to video-generation APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.check import check
from wanprep.media import probe, probe_many

if TYPE_CHECKING:
    from wanprep.check.result import Report
    from wanprep.job.model import JobFile
    from wanprep.job.model import read_jobs as load_job
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding, Verdict

__version__ = "0.1.0"
__all__ = [
    "Facts",
    "Finding",
    "JobFile",
    "Report",
    "Verdict",
    "check",
    "load_job",
    "probe",
    "probe_many",
]

# Imported when they are first used: a command wants to start fast.
_LATE = {
    "Facts": ("wanprep.media.facts", "Facts"),
    "Finding": ("wanprep.rules.finding", "Finding"),
    "JobFile": ("wanprep.job.model", "JobFile"),
    "Report": ("wanprep.check.result", "Report"),
    "Verdict": ("wanprep.rules.finding", "Verdict"),
    "load_job": ("wanprep.job.model", "read_jobs"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name in _LATE:
        from importlib import import_module

        module, attribute = _LATE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
