"""The outcomes of a fix run, by media file and by job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.fix.job.changes import FixedJob
    from wanprep.fix.plan.plan import Output, Plan
    from wanprep.fix.request import MediaFile
    from wanprep.fix.verify import Verification
    from wanprep.job.model import JobFile
    from wanprep.rules.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Fixed, verified and delivered."""

    media: MediaFile
    plan: Plan
    result: str
    output: Output
    verification: Verification
    hashes: Mapping[str, str]  # before, after
    backup: str = ""  # where the original is, if it was kept


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Left as it is, or copied to the results."""

    media: MediaFile
    result: str
    hash: str  # empty if there is no such file
    remaining: tuple[Finding, ...]  # what only a person can fix


@dataclass(frozen=True, slots=True)
class NotFixed:
    """Not fixed, and why; nothing was written."""

    media: MediaFile
    reasons: tuple[str, ...]
    is_undelivered: bool = False  # it was fixed, and could not be written to its place


Outcome = Fixed | Unchanged | NotFixed


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A job file, changed or not, in its place."""

    file: JobFile  # as it was read
    result: str
    fixed: FixedJob
    hashes: Mapping[str, str]  # before, after
    problem: str = ""  # why it was not written


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome of a whole run."""

    assets: tuple[Outcome, ...]
    jobs: tuple[FixedFile, ...] = ()
    is_interrupted: bool = False

    @property
    def all_delivered(self) -> bool:
        """Whether everything that was fixed could be written to its place."""
        undelivered = (isinstance(each, NotFixed) and each.is_undelivered for each in self.assets)
        return not (any(undelivered) or any(job.problem for job in self.jobs))

    @property
    def has_changes(self) -> bool:
        """Whether any file was changed."""
        fixed = any(isinstance(each, Fixed) for each in self.assets)
        return fixed or any(len(set(job.hashes.values())) > 1 for job in self.jobs)


def result_of(outcome: Outcome) -> str:
    """Return where a file is after the run: what was not fixed stays where it was."""
    return outcome.media.path if isinstance(outcome, NotFixed) else outcome.result
