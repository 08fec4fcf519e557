"""What a page shows: each job and each file once, with everything that was found of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wanprep.judge.message import provider_name
from wanprep.probe.names import is_url
from wanprep.report.html.cards import FileCard, JobCard, Use
from wanprep.report.html.reference_names import reference_names, voice_of
from wanprep.report.html.told import RANKS, tell, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.cases import Case
    from wanprep.check.seen import Seen
    from wanprep.job.model import Asset, Job, JobFile
    from wanprep.judge.finding import Finding
    from wanprep.judge.target import Target
    from wanprep.probe.facts import Facts
    from wanprep.report.html.told import Told
    from wanprep.report.model import Report


@dataclass(frozen=True, slots=True)
class Gallery:
    """Everything on the page."""

    jobs: tuple[JobCard, ...]
    files: tuple[FileCard, ...]
    others: tuple[Told, ...]  # findings that belong to neither
    targets: Mapping[str, str]  # what to call each: short, and none like another


def gallery_of(report: Report) -> Gallery:
    """Put together what a report's page shows."""
    hall = _Hall(report)
    if report.seen:
        hall.hang(report.seen)
    others: list[Told] = []
    for finding in report.findings:
        hall.place(finding, others)
    for told in [
        *(card.findings for card in hall.jobs),
        *(card.findings for card in hall.files.values()),
    ]:
        told.sort(key=lambda each: RANKS.index(each.severity))
    files = sorted(hall.files.values(), key=lambda card: RANKS.index(worst(card.states)))
    jobs = sorted(hall.jobs, key=lambda card: RANKS.index(worst(card.states)))
    return Gallery(tuple(jobs), tuple(files), tuple(others), _names(report))


def _names(report: Report) -> dict[str, str]:
    """Call a target by its provider, or by all of its title where a provider has several."""
    known: dict[str, Target] = {each.id: each for each in report.seen.bare} if report.seen else {}
    for cases in report.seen.cases if report.seen else ():
        known |= {target.id: target for case in cases for target in case.targets}
    short = {name: provider_name(known[name]) if name in known else name for name in report.targets}
    long = {name: known[name].title if name in known else name for name in report.targets}
    names = short
    for longer in (long, {name: name for name in report.targets}):
        several = [*names.values()]
        names = {
            name: longer[name] if several.count(called) > 1 else called
            for name, called in names.items()
        }
    return names


class _Hall:
    """Where the cards are put up, and findings find theirs."""

    def __init__(self, report: Report) -> None:
        self.files: dict[str, FileCard] = {}
        self.jobs: list[JobCard] = []
        self._by_file: dict[str, list[JobCard]] = {}
        self._verdicts: dict[str, dict[str, str]] = {}
        for each in report.verdicts:
            self._verdicts.setdefault(each.subject, {})[each.target] = each.verdict
        self._spots: dict[tuple[str, str, int | None], FileCard] = {}

    def hang(self, seen: Seen) -> None:
        """Put up a card for everything that was looked at."""
        for file, cases in zip(seen.files, seen.cases, strict=True):
            for case in cases or (None,):
                self._hang_job(file, case, seen.facts)
        for path in seen.alone:
            asset = _bare(path)
            card = self._card(asset, seen.facts)
            card.uses.append(Use(seen.role(path), seen.bare))
            self._spots[path, "", None] = card

    def _hang_job(self, file: JobFile, case: Case | None, facts: Mapping[str, Facts]) -> None:
        card = JobCard(f"job-{len(self.jobs) + 1}", file, case)
        self.jobs.append(card)
        self._by_file.setdefault(file.file, []).append(card)
        subject = file.file if card.number == 1 else f"{file.file}#{card.number}"
        card.verdicts = self._verdicts.get(subject, {})
        if case is None:
            return
        names = reference_names(case)
        for asset in case.meant.assets:
            of_file = self._card(asset, facts)
            name, hue = names.get(asset.pointer, (voice_of(asset, names), 0))
            of_file.uses.append(Use(asset.role, case.targets, name, card.id, hue))
            card.cards[asset.pointer] = of_file
            self._spots[file.file, asset.pointer, _line(case.job, asset.pointer)] = of_file

    def _card(self, asset: Asset, facts: Mapping[str, Facts]) -> FileCard:
        place = asset.location
        key = os.path.abspath(place) if asset.kind == "file" else place
        if key not in self.files:
            card = FileCard(f"file-{len(self.files) + 1}", asset, facts.get(place))
            self.files[key] = card
        return self.files[key]

    def place(self, finding: Finding, others: list[Told]) -> None:
        """Note a finding where it belongs."""
        job = self._job(finding)
        of_file = self._spots.get((finding.file, finding.pointer, finding.line))
        if finding.asset is not None and of_file:
            tell(of_file.findings, finding, anywhere=True)
            if job:
                tell(job.of_files.setdefault(finding.pointer, []), finding)
        elif job:
            tell(job.findings, finding)
        else:
            tell(others, finding)

    def _job(self, finding: Finding) -> JobCard | None:
        of_file = self._by_file.get(finding.file, [])
        before = [card for card in of_file if _begin(card) <= (finding.line or 1)]
        return before[-1] if before else next(iter(of_file), None)


def _begin(card: JobCard) -> int:
    return _line(card.case.job, "") if card.case else 1


def _line(job: Job, pointer: str) -> int:
    return job.document.place(pointer).line


def _bare(path: str) -> Asset:
    from wanprep.job.model import Asset

    return Asset("reference_image", path, "", "url" if is_url(path) else "file", path)
