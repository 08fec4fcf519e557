"""What is asked of a check, and what there is to judge: read and probed, before a word is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanprep.check.subjects import role_of
from wanprep.config import Config
from wanprep.probe.unread import unread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wanprep.check.cases import Case
    from wanprep.job.model import JobFile
    from wanprep.judge.finding import Finding
    from wanprep.judge.target import Target
    from wanprep.probe.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be checked, for whom, and how closely."""

    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    deep: bool = False
    offline: bool = False
    cache: bool = True
    nul: bool = False
    changed: bool = False  # the paths are what changed, as a hook is handed it
    workers: int | None = None
    target_folders: tuple[Path, ...] = ()
    config: Config = field(default_factory=Config)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything there is to judge, read and probed, before anything is said about it."""

    question: Question
    files: tuple[JobFile, ...]
    cases: tuple[tuple[Case, ...], ...]  # of each file
    wrong: tuple[tuple[Finding, ...], ...]  # in each file: targets that do not exist
    alone: tuple[str, ...]  # media to be judged by themselves
    bare: tuple[Target, ...]  # what these are judged for
    facts: Mapping[str, Facts]  # by path, or by the location of a job's asset
    notes: tuple[str, ...] = ()  # what was not looked at, and is to be said

    def role(self, path: str) -> str:
        """Tell what a bare media file is for."""
        facts = self.facts.get(path) or unread(path, "")
        return role_of(facts, self.question.roles, self.question.config)
