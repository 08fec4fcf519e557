"""What became of each file and each job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.fix.job.mended import MendedJob
    from wanprep.fix.made import Made
    from wanprep.fix.plan import Plan
    from wanprep.fix.prove import Proof
    from wanprep.fix.wanted import Wanted
    from wanprep.job.model import JobFile
    from wanprep.judge.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Repaired, proven, and in its place."""

    wanted: Wanted
    plan: Plan
    result: str
    made: Made
    proof: Proof
    hashes: Mapping[str, str]  # before, after


@dataclass(frozen=True, slots=True)
class Kept:
    """Left as it is, bit for bit; copied where results are gathered."""

    wanted: Wanted
    result: str
    hash: str  # empty where there is no file
    left: tuple[Finding, ...]  # what only a person can mend


@dataclass(frozen=True, slots=True)
class Unmended:
    """Not repaired, and why; nothing was written."""

    wanted: Wanted
    why: tuple[str, ...]
    unwritten: bool = False  # it was to be delivered, and its place could not be had


@dataclass(frozen=True, slots=True)
class MendedFile:
    """A job file, changed or not, in its place."""

    file: JobFile  # as it was read
    result: str
    mended: MendedJob
    hashes: Mapping[str, str]  # before, after


Outcome = Mended | Kept | Unmended


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a run did."""

    assets: tuple[Outcome, ...]
    jobs: tuple[MendedFile, ...] = ()
    interrupted: bool = field(default=False)

    @property
    def delivered(self) -> bool:
        """Tell whether everything got to its place that was meant to."""
        return not any(isinstance(each, Unmended) and each.unwritten for each in self.assets)

    @property
    def changed(self) -> bool:
        """Tell whether any file is another one now."""
        mended = any(isinstance(each, Mended) for each in self.assets)
        return mended or any(job.hashes["before"] != job.hashes["after"] for job in self.jobs)
