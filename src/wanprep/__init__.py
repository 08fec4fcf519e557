"""Preflight for the media and jobs you send to video-generation APIs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wanprep.media import probe, probe_many

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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
        module, attribute = _LATE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# First, so that no later import of the package replaces the function of the same name.
import_module("wanprep.check")


def check(
    *paths: str | os.PathLike[str],
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    deep: bool = False,
    offline: bool = False,
    cache: bool = True,
    workers: int | None = None,
    target_folders: Sequence[Path] = (),
) -> Report:
    """Check job files and bare media files, folders of them, or globs.

    A job is checked for the `targets` given, else for its own; bare media for the `targets`
    given, else for `wan/2.7`. `roles` maps globs to roles ("voices/*": "voice"); without one,
    the kind of a file decides. Raises UsageError for a target or a path that does not exist.
    """
    from wanprep.check.pipeline import run_check
    from wanprep.check.request import CheckRequest
    from wanprep.fix.fixable import with_fixes
    from wanprep.plugins.loading import load_checks

    return with_fixes(
        run_check(
            CheckRequest(
                paths=tuple(map(str, paths)) or (".",),
                targets=tuple(targets),
                roles=dict(roles or {}),
                deep=deep,
                offline=offline,
                cache=cache,
                workers=workers,
                target_folders=tuple(target_folders),
                checks=load_checks(),
            )
        )
    )
