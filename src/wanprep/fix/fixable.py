"""What `wanprep fix` would do about each finding of a report: taken from the real plan.

Only files with findings are planned, from what was read and probed before: nothing is opened.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import absolute_path, is_remote, is_url
from wanprep.rules.finding import FIX

if TYPE_CHECKING:
    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.fix.job.changes import Fixable
    from wanprep.fix.plan.plan import Options
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import MediaFile
    from wanprep.job.model import JobFile
    from wanprep.rules.finding import Finding

    Plans = dict[object, PlannedFile]  # by what a file is and is for

_YES = f"{FIX} --yes"
_MOST_PLANS: Final = 1000


def with_fixes(report: Report, plans: Plans | None = None) -> Report:
    """Add to each finding the command that fixes it, if there is one.

    `plans` are those of the parts before: equal files are planned once, if they come soon.
    """
    if not report.findings or report.inputs is None or report.is_planned:
        return report
    from wanprep.fix.plan.plan import Options

    plans = {} if plans is None else plans
    if len(plans) > _MOST_PLANS:
        plans.clear()
    fixes = _Fixes(report, report.inputs, Options(**report.inputs.request.config.fix), plans)
    findings = (each.with_fix(fixes.command(each)) for each in report.findings)
    return replace(report, findings=tuple(findings))


@dataclass
class _Fixes:
    """The plans of the files that findings are about; each is made once, also for equal files."""

    report: Report
    inputs: Inputs
    options: Options
    _planned: Plans
    _of_media: dict[str, PlannedFile] = field(default_factory=dict)  # by path
    _of_jobs: dict[str, Fixable] = field(default_factory=dict)

    def command(self, finding: Finding) -> str:
        """Return the command that makes a finding go away."""
        if finding.asset is not None and (command := self._media_command(finding, finding.asset)):
            return command
        return self._job_command(finding) if finding.line is not None else ""

    def _media_command(self, finding: Finding, asset: str) -> str:
        folder = "" if finding.line is None or is_remote(asset) else os.path.dirname(finding.file)
        path = absolute_path(os.path.join(folder, asset))
        if is_url(asset) or path not in self._media:
            return ""
        if path not in self._of_media:
            self._of_media[path] = self._plan(path, self._media[path])
        return self._of_media[path].command(finding.target, finding.rule)

    def _plan(self, path: str, media: MediaFile) -> PlannedFile:
        from wanprep.fix.plan_file import plan_file

        # Beside what it is and is for, only the suffix of its name matters.
        facts = replace(media.facts, path=os.path.splitext(path)[1])
        key = (facts, tuple(media.roles), frozenset(media.ignored))
        if key not in self._planned:
            self._planned[key] = plan_file(media, self.options)
        return self._planned[key]

    @cached_property
    def _media(self) -> dict[str, MediaFile]:
        from wanprep.fix.request import media_files

        # Bare media without findings need no plan, and are most of them.
        names = {finding.file for finding in self.report.findings}
        media = tuple(path for path in self.inputs.media if self.inputs.jobs or path in names)
        files = media_files(replace(self.inputs, media=media))
        return {absolute_path(each.path): each for each in files}

    def _job_command(self, finding: Finding) -> str:
        from wanprep.fix.job.changes import FindingKey
        from wanprep.fix.job.judged_document import NAMED

        place = (finding.line or 0, finding.column or 0)
        keys = {FindingKey(finding.target, finding.rule, *place)}
        if finding.asset is not None:
            keys.add(FindingKey("", NAMED, *place))
        fixable = self._fixable(finding.file)
        if not keys.isdisjoint(fixable.without_asking):
            return FIX
        return _YES if not keys.isdisjoint(fixable.with_consent) else ""

    def _fixable(self, path: str) -> Fixable:
        if path not in self._of_jobs:
            from wanprep.fix.job.fix_job import fixable_findings

            file, cases = self._jobs[path]
            ignored = self.inputs.request.config.ignored_rules(path)
            found = fixable_findings(file, cases, options=self.options, ignored=ignored)
            self._of_jobs[path] = found
        return self._of_jobs[path]

    @cached_property
    def _jobs(self) -> dict[str, tuple[JobFile, tuple[Case, ...]]]:
        return {file.file: (file, cases) for file, cases, _ in self.inputs.jobs}
