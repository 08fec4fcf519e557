"""The cards of the page: each job and each file once, with everything that was found in it.

A report comes in parts: first the jobs with the files that they use, then the other files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from wanprep.check.inputs import url_asset
from wanprep.check.pipeline import is_reached, subject_of
from wanprep.media.facts import NOT_READ, is_remote
from wanprep.net.secrets import redact_url
from wanprep.report.html.findings import RANKS, Groups, add_finding, marks_of, worst
from wanprep.report.html.prompt import name_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.media.facts import Facts
    from wanprep.report.html.findings import Mark
    from wanprep.report.html.previews import Picture
    from wanprep.report.html.prompt import ReferenceName
    from wanprep.report.html.receipts import AppliedFix
    from wanprep.rules.finding import Finding
    from wanprep.rules.target import Target


Lines = Mapping[tuple[str, int], str]  # of jobs, by file and number


@dataclass(frozen=True, slots=True)
class Use:
    """The role of a file in a job, or by itself."""

    role: str
    targets: tuple[Target, ...]
    name: ReferenceName | None = None
    job: JobCard | None = None

    @property
    def label(self) -> str:
        """Return its name in the prompt of its job, or its role."""
        return self.name.name if self.name else self.role.replace("_", " ")


@dataclass(eq=False)
class FileCard:
    """One file or URL, with every use of it."""

    id: str
    asset: Asset
    facts: Facts | None
    uses: list[Use] = field(default_factory=list)
    groups: Groups = field(default_factory=dict)
    fix: AppliedFix | None = None  # an earlier one
    tiny: Picture | None = None  # its thumbnail, for the jobs that use it

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """List every target that it is checked for."""
        return tuple(dict.fromkeys(each.id for use in self.uses for each in use.targets))

    @property
    def distinct_uses(self) -> list[Use]:
        """List the uses that read differently."""
        return list({(each.label, each.job): each for each in self.uses}.values())

    @property
    def state(self) -> str:
        """Return the worst of its states."""
        return worst(self.marks)

    @property
    def is_checked(self) -> bool:
        """Return whether its content or its headers were read."""
        facts = self.facts
        if self.asset.kind == "data" or facts is None:
            return False
        return is_reached(facts) and not (facts.problem or "").startswith(NOT_READ)

    @cached_property
    def marks(self) -> frozenset[Mark]:
        """Mark each target with what holds for it: error, warning, note, fine or unknown."""
        return marks_of(
            self.groups.values(), self.targets, "fine" if self.is_checked else "unknown"
        )


@dataclass(eq=False)
class JobCard:
    """One job, or a file from which no job could be read."""

    id: str
    file: JobFile
    case: Case | None
    names: Mapping[str, ReferenceName]  # of assets, by pointer
    groups: Groups = field(default_factory=dict)
    asset_groups: dict[str, Groups] = field(default_factory=dict)  # by pointer
    files: dict[str, FileCard] = field(default_factory=dict)  # by pointer
    verdicts: dict[str, str] = field(default_factory=dict)  # by target
    lines: Lines = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Return the worst of its states."""
        return worst(self.marks)

    def state_at(self, pointer: str) -> str:
        """Return the worst state of an asset in this job."""
        severities = [each.severity for each in self.asset_groups.get(pointer, {}).values()]
        default = "fine" if self.files[pointer].is_checked else "unknown"
        return min(severities, key=RANKS.index, default=default)

    @property
    def number(self) -> int:
        """Return which document of its file it is."""
        return self.case.job.number if self.case else 1

    @cached_property
    def marks(self) -> frozenset[Mark]:
        """Mark each target with what holds for it."""
        of_assets = [each for groups in self.asset_groups.values() for each in groups.values()]
        found = set(marks_of([*self.groups.values(), *of_assets], tuple(self.verdicts), ""))
        for target, verdict in self.verdicts.items():
            if verdict == "unknown":
                found.add(("unknown", target, ""))
            elif not any(each == target for _, each, _ in found):
                found.add(("fine", target, ""))
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards that are complete, and the findings that belong to none."""

    jobs: list[JobCard]
    files: list[FileCard]
    others: Groups
    lines: Lines


def make_cards(parts: Iterable[Report]) -> Iterator[Cards]:
    """Arrange what was checked and what was found as cards, part by part."""
    numbers = (count(1), count(1))
    for part in parts:
        yield _Builder(part, *numbers).cards


class _Builder:
    """Makes the cards, and finds the card that a finding belongs to."""

    def __init__(
        self, report: Report, job_numbers: Iterator[int], file_numbers: Iterator[int]
    ) -> None:
        self._job_numbers = job_numbers
        self._file_numbers = file_numbers
        self._files: dict[str, FileCard] = {}
        self._jobs: list[JobCard] = []
        self._others: Groups = {}
        self._lines = report.lines
        self._by_file: dict[str, list[JobCard]] = {}
        self._verdicts: dict[str, dict[str, str]] = {}
        self._positions: dict[tuple[str, str, int | None], FileCard] = {}
        for each in report.verdicts:
            self._verdicts.setdefault(each.subject, {})[each.target] = each.verdict
        if report.inputs:
            self._add_all(report.inputs)
        for finding in report.findings:
            self._place(finding)

    @property
    def cards(self) -> Cards:
        """Return the cards."""
        return Cards(self._jobs, list(self._files.values()), self._others, self._lines)

    def _add_all(self, inputs: Inputs) -> None:
        for file, cases, _ in inputs.jobs:
            for case in cases or (None,):
                self._add_job(file, case, inputs.facts)
        for path in inputs.media:
            card = self._file_card(_bare_asset(path), inputs.facts)
            roles: dict[str, list[Target]] = {}
            for target in inputs.media_targets:
                roles.setdefault(inputs.role(path, target), []).append(target)
            card.uses += (Use(role, tuple(targets)) for role, targets in roles.items())
            self._positions[redact_url(path), "", None] = card

    def _add_job(self, file: JobFile, case: Case | None, facts: Mapping[str, Facts]) -> None:
        names = name_references(case) if case else {}
        card = JobCard(f"job-{next(self._job_numbers)}", file, case, names)
        card.lines = self._lines
        self._jobs.append(card)
        self._by_file.setdefault(file.file, []).append(card)
        card.verdicts = self._verdicts.get(subject_of(file.file, card.number), {})
        if case is None:
            return
        for asset in case.intent.assets:
            of_file = self._file_card(asset, facts)
            of_file.uses.append(Use(asset.role, case.targets, names[asset.pointer], card))
            card.files[asset.pointer] = of_file
            self._positions[file.file, asset.pointer, _line(case.job, asset.pointer)] = of_file

    def _file_card(self, asset: Asset, facts: Mapping[str, Facts]) -> FileCard:
        place = asset.location
        key = os.path.abspath(place) if asset.kind == "file" else place
        if key not in self._files:
            card = FileCard(f"file-{next(self._file_numbers)}", asset, facts.get(place))
            self._files[key] = card
        return self._files[key]

    def _place(self, finding: Finding) -> None:
        """Add a finding to its card, or to the others."""
        job = self._job(finding)
        of_file = self._positions.get((finding.file, finding.pointer, finding.line))
        if finding.asset is not None and of_file:
            add_finding(of_file.groups, finding, merge_places=True)
            if job:
                add_finding(job.asset_groups.setdefault(finding.pointer, {}), finding)
        else:
            add_finding(job.groups if job else self._others, finding)

    def _job(self, finding: Finding) -> JobCard | None:
        """Choose among the documents of a file the last that begins before the finding."""
        of_file = self._by_file.get(finding.file, [])
        before = [card for card in of_file if _begin(card) <= (finding.line or 1)]
        return before[-1] if before else next(iter(of_file), None)


def _begin(card: JobCard) -> int:
    return _line(card.case.job, "") if card.case else 1


def _line(job: Job, pointer: str) -> int:
    return job.document.place(pointer).line


def _bare_asset(path: str) -> Asset:
    from wanprep.job.model import Asset

    if is_remote(path):
        return url_asset(path)
    return Asset("reference_image", path, "", "file", path)
