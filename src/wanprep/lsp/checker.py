"""Read and check open documents; what was probed is remembered until its file changes."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from wanprep.check.exclude import is_excluded, is_git_ignored
from wanprep.check.inputs import Inputs, JobsOfFile, assets_of, probe_jobs, probe_urls, read_cases
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest, targets_of
from wanprep.check.result import drop_baseline, load_baseline
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


def read_text(text: str, file: str, targets: Targets) -> JobsOfFile:
    """Read the jobs of a text; `file` decides its format, and to what its paths are relative."""
    read = parse_jobs(text, file, targets.every.roles)
    return JobsOfFile(read, *read_cases(read, *targets))


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
        return self.inputs.jobs[0].file

    @property
    def cases(self) -> tuple[Case, ...]:
        """Its jobs with their targets."""
        return self.inputs.jobs[0].cases

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
        read = self._read(document)
        kinds = ("file", "url", "object")
        names = {each.location for kind in kinds for each in assets_of(read.inputs.jobs, kind)}
        facts = {name: self._facts[name][1] for name in names if name in self._facts}
        return replace(read, inputs=replace(read.inputs, facts=facts))

    def check(self, document: OpenDocument, is_current: Callable[[], bool]) -> Analysis | None:
        """Check a document; None if it changes meanwhile."""
        read = self._read(document)
        if not is_current():
            return None
        inputs = replace(read.inputs, facts=self._probed(read.inputs))
        if not is_current():
            return None
        report = drop_baseline(judge_inputs(inputs), load_baseline(read.config))
        return replace(read, inputs=inputs, report=with_fixes(report))

    def request_urls(self, document: OpenDocument) -> None:
        """Probe the URLs of a document; what is found counts until the next time."""
        inputs = self._read(document).inputs
        urls = {asset.location: asset for asset in assets_of(inputs.jobs, "url")}
        found = probe_urls(urls, replace(inputs.request, offline=False))
        self._facts |= {url: (None, facts) for url, facts in found.items()}

    def _read(self, document: OpenDocument) -> Analysis:
        config = find_config(Path(document.path).parent)
        request = CheckRequest(
            paths=(document.path,), offline=True, config=config, checks=load_checks()
        )
        targets = targets_of(request, self._all_targets(config))
        jobs = read_text(document.text, document.path, targets)
        inputs = Inputs(request=request, jobs=(jobs,), media_targets=targets.of_media)
        return Analysis(document, inputs, targets)

    def _all_targets(self, config: Config) -> AllTargets:
        """Load the targets again only where one of their files has changed."""
        files = [each.path for each in target_files(config.target_folders)]
        stamps = tuple((file, stamp_of(str(file))) for file in files)
        if self._targets is None or self._targets[0] != stamps:
            self._targets = stamps, all_targets(config.target_folders)
        return self._targets[1]

    def _probed(self, inputs: Inputs) -> Mapping[str, Facts]:
        with self._probing:
            if self._probe is None:
                probe = prober(deep=False, cache=True, workers=_WORKERS)
                self._probe = self._stack.enter_context(probe)
            facts = probe_jobs(inputs.jobs, (), inputs.request, self._probe_changed)
            urls = [asset.location for asset in assets_of(inputs.jobs, "url")]
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
