"""Read and check open documents; what was probed is remembered until its file changes."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from wanprep.check.exclude import is_excluded, is_git_ignored
from wanprep.check.inputs import Inputs, ReadJobs, probe_jobs, probe_urls, read_cases
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest, targets_of
from wanprep.closing import Closing
from wanprep.config import find_config
from wanprep.dataclass import dataclass
from wanprep.files.outputs import written_kind
from wanprep.fix.fixable import with_fixes
from wanprep.job.model import parse_jobs
from wanprep.job.recognise import SUFFIXES, looks_like_job
from wanprep.job.roles import common_roles
from wanprep.lsp.documents import Positions
from wanprep.media.cache import stamp_of
from wanprep.media.facts import Facts, is_remote
from wanprep.media.workers import prober
from wanprep.plugins.loading import load_checks
from wanprep.rules.target import all_targets, target_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.check.inputs import Case
    from wanprep.check.request import Probe, Targets
    from wanprep.check.result import Report
    from wanprep.config import Config
    from wanprep.job.model import Asset, JobFile
    from wanprep.lsp.documents import OpenDocument
    from wanprep.media.cache import Stamp
    from wanprep.rules.target import Targets as AllTargets


def read_text(text: str, file: str, targets: Targets) -> ReadJobs:
    """Read the jobs of a text; `file` decides its format, and to what its paths are relative."""
    read = parse_jobs(text, file, targets.every.roles)
    cases, problems = read_cases(read, *targets)
    return ReadJobs((read,), (cases,), (problems,))


def inputs_of_text(
    jobs: ReadJobs, request: CheckRequest, targets: Targets, facts: Mapping[str, Facts]
) -> Inputs:
    """Combine what was read and probed, to judge it."""
    return Inputs(
        request=request,
        files=jobs.files,
        cases=jobs.cases,
        problems=jobs.problems,
        media_targets=targets.of_media,
        facts=facts,
    )


_WORKERS: Final = 2
_KEY: Final = re.compile(r"([\w$-]+)[\"']?[ \t]*:(?=\s)")
_SHORT: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of one version of a document."""

    document: OpenDocument
    inputs: Inputs
    targets: Targets
    report: Report | None = None  # None before it is judged

    @property
    def file(self) -> JobFile:
        """Its jobs."""
        return self.inputs.files[0]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Its jobs with their targets."""
        return self.inputs.cases[0]

    @property
    def config(self) -> Config:
        """The configuration that holds for it."""
        return self.inputs.request.config

    @property
    def positions(self) -> Positions:
        """What translates its positions."""
        return Positions(self.file.source, self.document.encoding)

    def facts_of(self, asset: Asset) -> Facts | None:
        """Return the facts of a file, once it is probed."""
        return self.inputs.facts.get(asset.location)

    def facts_by_pointer(self, case: Case) -> dict[str, Facts]:
        """Return the facts of a job's files by their places."""
        found = ((asset.pointer, self.facts_of(asset)) for asset in case.intent.assets)
        return {pointer: facts for pointer, facts in found if facts}


@dataclass(slots=True)
class Checker(Closing):
    """Checks documents, one at a time; reading goes on meanwhile in other threads."""

    _facts: dict[str, tuple[Stamp | None, Facts]] = field(default_factory=dict)
    _ignored: dict[str, tuple[object, bool]] = field(default_factory=dict)
    _targets: tuple[object, AllTargets] | None = None
    _probing: Lock = field(default_factory=Lock)
    _stack: ExitStack = field(default_factory=ExitStack)
    _probe: Probe | None = None

    def is_job(self, document: OpenDocument) -> bool:
        """Whether a check of its folder would take a document for a job."""
        path, head = document.path, document.text[: 64 * 1024]
        if not path.lower().endswith(SUFFIXES) or written_kind(head) is not None:
            return False
        config = find_config(Path(path).parent)
        providers = {name.partition("/")[0] for name in self._all_targets(config)}
        is_job = looks_like_job(head, providers)
        return is_job and not is_excluded(config, path) and not self._is_git_ignored(path)

    def _is_git_ignored(self, path: str) -> bool:
        """Ask git's files again only where one of them has changed: one is found by running git."""
        stamps = tuple(stamp_of(str(folder / ".gitignore")) for folder in Path(path).parents)
        if path not in self._ignored or self._ignored[path][0] != stamps:
            self._ignored[path] = stamps, is_git_ignored(path)
        return self._ignored[path][1]

    def may_become_job(self, document: OpenDocument) -> bool:
        """Whether a text begins as a job may: with one of its keys, or with no key yet."""
        if not document.path.lower().endswith(SUFFIXES):
            return False
        key = _KEY.search(document.text)
        keys = {"$schema", *common_roles().schema["properties"]}
        return key[1] in keys if key else len(document.text) < _SHORT

    def read(self, document: OpenDocument) -> Analysis:
        """Read a document, with the facts that are remembered. Nothing is opened."""
        request, targets, jobs = self._read(document)
        names = {
            asset.location for kind in ("file", "url", "object") for asset in jobs.assets(kind)
        }
        facts = {name: self._facts[name][1] for name in names if name in self._facts}
        return Analysis(document, inputs_of_text(jobs, request, targets, facts), targets)

    def check(self, document: OpenDocument, is_current: Callable[[], bool]) -> Analysis | None:
        """Check a document; None if it changes meanwhile."""
        request, targets, jobs = self._read(document)
        if not is_current():
            return None
        facts = self._probed(jobs, request)
        if not is_current():
            return None
        inputs = inputs_of_text(jobs, request, targets, facts)
        report = with_fixes(_without_baseline(judge_inputs(inputs)))
        return Analysis(document, inputs, targets, report)

    def request_urls(self, document: OpenDocument) -> None:
        """Probe the URLs of a document; what is found counts until the next time."""
        request, _, jobs = self._read(document)
        urls = {asset.location: asset for asset in jobs.assets("url")}
        found = probe_urls(urls, replace(request, offline=False))
        self._facts |= {url: (None, facts) for url, facts in found.items()}

    def _read(self, document: OpenDocument) -> tuple[CheckRequest, Targets, ReadJobs]:
        config = find_config(Path(document.path).parent)
        request = CheckRequest(
            paths=(document.path,), offline=True, config=config, checks=load_checks()
        )
        targets = targets_of(request, self._all_targets(config))
        return request, targets, read_text(document.text, document.path, targets)

    def _all_targets(self, config: Config) -> AllTargets:
        """Load the targets again only where one of their files has changed."""
        files = [each.path for each in target_files(config.target_folders)]
        stamps = tuple((file, stamp_of(str(file))) for file in files)
        if self._targets is None or self._targets[0] != stamps:
            self._targets = stamps, all_targets(config.target_folders)
        return self._targets[1]

    def _probed(self, jobs: ReadJobs, request: CheckRequest) -> Mapping[str, Facts]:
        with self._probing:
            if self._probe is None:
                probe = prober(deep=False, cache=True, workers=_WORKERS)
                self._probe = self._stack.enter_context(probe)
            facts = probe_jobs(jobs, (), request, self._probe_changed)
            urls = [asset.location for asset in jobs.assets("url")]
            return {**facts, **{url: self._facts[url][1] for url in urls if url in self._facts}}

    def _probe_changed(self, names: Iterable[str | Facts]) -> Iterator[Facts]:
        """Probe only the files that are not as they were."""
        assert self._probe  # noqa: S101 - it is there before this is called
        paths = [name if isinstance(name, str) else name.path for name in names]
        stamps = {path: None if is_remote(path) else stamp_of(path) for path in paths}
        for facts in self._probe([self._remembered(path, stamps[path]) for path in paths]):
            if stamps[facts.path]:
                self._facts[facts.path] = stamps[facts.path], facts
            else:
                self._facts.pop(facts.path, None)
            yield facts

    def _remembered(self, path: str, stamp: Stamp | None) -> str | Facts:
        before, facts = self._facts.get(path, (None, None))
        return facts if facts and stamp and before == stamp else path

    def close(self) -> None:
        """End the workers."""
        self._stack.close()


def _without_baseline(report: Report) -> Report:
    """Leave out the findings in the baseline of the configuration, if there is one."""
    file = report.inputs.request.config.baseline if report.inputs else None
    if file is None:
        return report
    from wanprep.check.baseline import read_baseline, without_baseline

    return without_baseline(report, read_baseline(file), {})
