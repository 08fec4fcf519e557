"""What to check: the paths, the targets, and how thoroughly."""

from __future__ import annotations

import io
import sys
from dataclasses import field, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from wanprep.check.exclude import Exclusions
from wanprep.check.paths import find_subjects
from wanprep.config import Config
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.job.roles import common_roles
from wanprep.media.workers import prober
from wanprep.rules.target import DEFAULT_TARGET, all_targets, choose_targets
from wanprep.stores.stores import is_object_url
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wanprep.check.listing import Found
    from wanprep.check.paths import Shard, Subjects
    from wanprep.check.plugin_checks import Check
    from wanprep.engines.engine import Engine
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target
    from wanprep.rules.target import Targets as AllTargets

    Probe = Callable[[Iterable[str | Facts]], Iterator[Facts]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What to check, for which targets, and how thoroughly."""

    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    deep: bool = False
    offline: bool = False
    cache: bool = True
    nul: bool = False
    changed: bool = False  # the paths are the changed files that a hook is given
    texts: Mapping[str, str] = field(default_factory=dict)  # of jobs that no file has, by name
    shard: Shard | None = None  # which part of the listing is checked here
    workers: int | None = None
    today: date = field(default_factory=date.today)  # by which targets may have ended
    engine: Engine | None = None  # whose workers read the files, instead of this machine
    target_folders: tuple[Path, ...] = ()
    exclusions: Exclusions = field(default_factory=Exclusions)  # from the folders among the paths
    config: Config = field(default_factory=Config)
    checks: tuple[Check, ...] = ()  # of plugins

    def is_own(self, path: str) -> bool:
        """Whether a file is checked here."""
        return self.shard is None or path in self.shard

    def prober(self) -> AbstractContextManager[Probe]:
        """Return what probes files and objects as requested: here, or where an engine runs."""
        return prober(
            deep=self.deep,
            cache=self.cache,
            workers=self.workers,
            stores=self.config.stores,
            engine=self.engine,
        )


class Targets(NamedTuple):
    """The targets that are requested, all that there are, and those for what names none."""

    requested: list[Target]
    every: AllTargets
    default: list[Target]

    @property
    def providers(self) -> set[str]:
        """The providers that a job may name."""
        return {name.partition("/")[0] for name in self.every}

    @property
    def of_media(self) -> tuple[Target, ...]:
        """The targets of bare media."""
        return tuple(self.requested or self.default)


def targets_of(request: CheckRequest, targets: AllTargets | None = None) -> Targets:
    """Choose the targets that are requested, of those given or of all."""
    config = request.config
    if targets is None:
        targets = all_targets((*request.target_folders, *config.target_folders))
    requested = choose_targets(request.targets, targets)
    place = f"the configuration {config.file}: `targets`: "
    default = choose_targets(config.targets or [DEFAULT_TARGET], targets, place)
    for role in config.roles.values():
        if role not in common_roles() and role not in targets.roles:
            known = ", ".join(targets.roles)
            raise UsageError(
                f"the configuration {config.file}: `roles`: there is no role '{role}'."
                f" Choose from: {known}."
            )
    return Targets(requested, targets, default)


def find(request: CheckRequest, providers: set[str]) -> Subjects:
    """List what there is to check; nothing is a usage error."""
    if request.changed:
        from wanprep.check.git import changed_subjects

        find_files, paths = changed_subjects, request.paths
    else:
        find_files = find_subjects
        paths = tuple(path for path in request.paths if not is_object_url(path))
    # A program without a terminal may have none.
    stdin = getattr(sys.stdin, "buffer", None) or io.BytesIO()
    found = find_files(paths, providers, stdin, nul=request.nul, exclusions=request.exclusions)
    if request.changed:
        return found
    jobs = (*found.jobs, *request.texts)
    found = replace(found, objects=_find_objects(request), jobs=jobs, texts=request.texts)
    if not (found.jobs or found.media or found.unread or found.objects):
        raise UsageError(
            "there is nothing to check: no job and no media file in the given paths. Name some, or"
            " write a first job with `wanprep init`. --no-ignore checks what .gitignore and"
            " `exclude` leave out of folders."
        )
    return found


def _find_objects(request: CheckRequest) -> tuple[Iterator[Found], ...]:
    """Begin to list the objects of stores that are requested."""
    urls = [path for path in request.paths if is_object_url(path)]
    if not urls:
        return ()
    if request.offline:
        raise UsageError(
            f"{visible(urls[0])} cannot be checked offline. Leave it out, or allow the network.",
            command=f"{visible(urls[0])} cannot be checked without the network. Leave it out, or"
            " check with --online.",
        )
    from wanprep.check.objects import find_all_objects

    return tuple(find_all_objects(urls, request.config.stores))


def require_role(role: str, folders: Sequence[Path] = ()) -> None:
    """Raise UsageError for a role that no target has."""
    if role not in common_roles() and role not in (known := all_targets(folders).roles):
        raise UsageError(f"'{visible(role)}' is not a role. Choose from: {', '.join(known)}.")
