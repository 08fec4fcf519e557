"""Preflight for the media and jobs you send to video-generation APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.check import check
from wanprep.probe import probe, probe_many

if TYPE_CHECKING:
    from wanprep.job.model import JobFile
    from wanprep.job.read import read_jobs as load_job
    from wanprep.judge.finding import Finding, Verdict
    from wanprep.probe.facts import Facts
    from wanprep.report.model import Report

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
    "Facts": ("wanprep.probe.facts", "Facts"),
    "Finding": ("wanprep.judge.finding", "Finding"),
    "JobFile": ("wanprep.job.model", "JobFile"),
    "Report": ("wanprep.report.model", "Report"),
    "Verdict": ("wanprep.judge.finding", "Verdict"),
    "load_job": ("wanprep.job.read", "read_jobs"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name in _LATE:
        from importlib import import_module

        module, attribute = _LATE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
