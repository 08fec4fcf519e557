"""What the public functions are given, and how it becomes a request of the rooms below."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanprep.check.exclude import exclusions_of
from wanprep.check.request import CheckRequest, require_role
from wanprep.config import Config, find_config, load_config, read_config
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.media.workers import report_to
from wanprep.plugins.loading import load_checks

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wanprep.media.facts import Facts

StrPath = str | os.PathLike[str]
# True: the wanprep.toml or pyproject.toml that is found from the current folder upward. A path
# names another one, a mapping is its content, None or False stand for none.
Configuration = StrPath | Mapping[str, Any] | bool | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is."""

    name: str  # the file or the job that this is about
    message: str  # "read", "cached", "encoding", "done", or what is done with a job
    done: int  # files or jobs that are done
    total: int | None  # None: not known yet
    part: float | None = None  # of the work on this file, from 0 to 1


ProgressCallback = Callable[[Progress], object]  # may be called from several threads


class _ProbeReports:
    """Passes on what is probed."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback
        self._done = self._expected = 0

    def expect(self, count: int) -> None:
        """Expect so many more files."""
        self._expected += count

    def add(self, facts: Facts, *, cached: bool) -> None:
        """Count a file."""
        self._done += 1
        total = self._expected if self._expected >= self._done else None
        message = "cached" if cached else "read"
        self._callback(Progress(facts.path, message, self._done, total))


def probing(callback: ProgressCallback | None) -> AbstractContextManager[None]:
    """Report what is probed."""
    return report_to(_ProbeReports(callback)) if callback else nullcontext()


def resolve_config(config: Configuration) -> Config:
    """Return the configuration that is meant: True for the one that the command line would use."""
    if config is True:
        return find_config(Path.cwd())
    if config is None or config is False:
        return Config()
    if isinstance(config, Mapping):
        return replace(read_config(Path.cwd() / "config=", dict(config)), file=None)
    return load_config(Path(config))


def plain_paths(paths: Sequence[StrPath]) -> tuple[str, ...]:
    """Return paths as strings. None of them reads standard input."""
    names = tuple(os.fsdecode(path) for path in paths)
    if "-" in names:
        raise UsageError(
            "'-' reads names from standard input, on the command line only: pass the paths"
        )
    return names


def check_request(
    paths: Sequence[StrPath],
    config: Configuration,
    *,
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    offline: bool | None = None,
    exclude: Sequence[str] = (),
    no_ignore: bool = False,
    **rest: Any,  # noqa: ANN401 - fields of the request
) -> CheckRequest:
    """Fold options and the configuration into one request, as the command line does."""
    if isinstance(targets, str):
        raise UsageError(f"`targets` is a list of targets: pass [{targets!r}]")
    found = resolve_config(config)
    for role in (roles or {}).values():
        require_role(role, found.target_folders)
    return CheckRequest(
        paths=plain_paths(paths),
        targets=tuple(targets),
        roles=dict(roles or {}),
        offline=found.offline if offline is None else offline,
        config=found,
        exclusions=exclusions_of(found, tuple(exclude), no_ignore=no_ignore),
        checks=load_checks(),
        **rest,
    )
