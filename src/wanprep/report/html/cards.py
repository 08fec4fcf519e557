"""The cards of a page, as values: what is known of each file and each job, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from wanprep.check.findings import was_reached
from wanprep.probe.problems import NOT_READ
from wanprep.report.html.told import RANKS, states_of

if TYPE_CHECKING:
    from wanprep.check.cases import Case
    from wanprep.job.model import Asset, JobFile
    from wanprep.judge.target import Target
    from wanprep.probe.facts import Facts
    from wanprep.report.html.told import Told


@dataclass(frozen=True, slots=True)
class Use:
    """What a file is for: in a job, or by itself."""

    role: str
    targets: tuple[Target, ...]
    name: str = ""  # by which the prompt calls it: "Image 1"
    job: str = ""  # the id of the job's card
    hue: int = 0  # of its tokens in the prompt, from 1; 0: it has none


@dataclass
class FileCard:
    """One file or address, whoever uses it."""

    id: str
    asset: Asset
    facts: Facts | None
    uses: list[Use] = field(default_factory=list)
    findings: list[Told] = field(default_factory=list)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Name all that it is judged for."""
        return tuple(dict.fromkeys(each.id for use in self.uses for each in use.targets))

    @property
    def is_seen(self) -> bool:
        """Tell whether anything is known of it."""
        facts = self.facts
        if self.asset.kind == "data" or facts is None:
            return False
        return was_reached(facts) and not (facts.problem or "").startswith(NOT_READ)

    @cached_property
    def states(self) -> frozenset[tuple[str, str]]:
        """Say how it stands with each target: errors, warnings, notes, fine, unknown."""
        return states_of(self.findings, self.targets, "fine" if self.is_seen else "unknown")


@dataclass
class JobCard:
    """One job; or a file in which there is none that can be read."""

    id: str
    file: JobFile
    case: Case | None
    findings: list[Told] = field(default_factory=list)
    of_files: dict[str, list[Told]] = field(default_factory=dict)  # findings, by pointer
    cards: dict[str, FileCard] = field(default_factory=dict)  # by pointer
    verdicts: dict[str, str] = field(default_factory=dict)  # by target

    def state_at(self, pointer: str) -> str:
        """Tell how it stands with the file that is named at a place, in this job."""
        told = self.of_files.get(pointer, ())
        otherwise = "fine" if self.cards[pointer].is_seen else "unknown"
        return min((each.severity for each in told), key=RANKS.index, default=otherwise)

    @property
    def number(self) -> int:
        """Tell which document of its file it is."""
        return self.case.job.number if self.case else 1

    @property
    def targets(self) -> tuple[str, ...]:
        """Name all that it is judged for."""
        return tuple(self.verdicts)

    @cached_property
    def states(self) -> frozenset[tuple[str, str]]:
        """Say how it stands with each target."""
        of_files = [each for told in self.of_files.values() for each in told]
        found = set(states_of([*self.findings, *of_files], self.targets, ""))
        for target, verdict in self.verdicts.items():
            if verdict == "unknown":
                found.add(("unknown", target))
            elif not any(each == target for _, each in found):
                found.add(("fine", target))
        return frozenset(found)
