"""Where the results of a fix go: mirrored into a folder or a bucket, or beside their sources.

A plan finds out here what would keep a result from its place, as far as that can be known before.
In place, an original is never lost with what somebody saved, or with what a fix lost.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.files.atomic import (
    AlreadyExists,
    CannotWrite,
    copy_file,
    explain_os_errors,
    require_writable,
    sha256_of,
)
from wanprep.fix.output import FolderOutput
from wanprep.fix.plan.plan import NoChange
from wanprep.fix.request import Fixed, NotFixed, stamp_of
from wanprep.media.facts import is_remote
from wanprep.stores.stores import is_object_url, split_pattern
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.fix.job.changes import PlannedJob
    from wanprep.fix.output import Destination
    from wanprep.fix.plan.plan import Plan
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import FixedFile, FixRequest, Outcome, PlannedRun

_OUTSIDE: Final = "outside"
NOT_IN_PLACE: Final = (
    "an object of a store is not replaced: pass --out DIR, or --out s3://bucket/prefix/"
)


@dataclass(slots=True)
class ResultPaths:
    """Assigns each result a path that nothing else has."""

    out: str | None  # None: in place
    base: str = ""
    output: Destination = field(default_factory=FolderOutput)
    objects: tuple[str, ...] | None = None  # the base of objects, where there are no files
    _taken: set[str] = field(default_factory=set)

    def reserve(self, sources: Iterable[str]) -> None:
        """Keep the paths of files that stay as they are."""
        self._taken |= {self._mirrored(source) for source in sources}

    def assign(self, source: str, suffix: str | None = None) -> str:
        """Choose the path for a file's result, with another suffix if it needs one."""
        stem, old = os.path.splitext(self._mirrored(source))
        if suffix is None or old.lower() == suffix.lower():
            return stem + old  # reserved, unless an earlier run made it of another file
        # hero.heic beside a hero.jpg becomes hero-heic.jpg.
        endings = chain(("", f"-{old[1:].lower()}"), (f"-{number}" for number in count(2)))
        paths = (f"{stem}{ending}{suffix}" for ending in endings)
        free = next(path for path in paths if self._is_free(path))
        self._taken.add(free)
        return free

    def _is_free(self, path: str) -> bool:
        if path in self._taken:
            return False
        return not self.output.is_taken(path) or self.output.has_written(path)

    def _mirrored(self, source: str) -> str:
        if self.out is None:
            return source
        if is_remote(source):
            parts = self._mirrored_object(source)
        else:
            parts = os.path.relpath(os.path.abspath(source), self.base).split(os.sep)
            if parts[0] == os.pardir:
                parts = [_OUTSIDE, *(part for part in parts if part != os.pardir)]
        join = posixpath.join if is_remote(self.out) else os.path.join
        return join(self.out, *parts)

    def _mirrored_object(self, source: str) -> list[str]:
        parts = _parts_of(source)
        depth = None if self.objects is None else len(self.objects)
        is_below = depth is not None and tuple(parts[:depth]) == self.objects
        return parts[depth:] if is_below else [_OUTSIDE, *parts]

    def is_result(self, path: str) -> bool:
        """Whether a file is in the folder that is written to."""
        if self.out is None or is_remote(path) != is_remote(self.out):
            return False
        if is_remote(self.out):
            return path.startswith(f"{self.out}/")
        out = os.path.abspath(self.out)
        return os.path.commonpath([out, os.path.abspath(path)]) == out


def _parts_of(url: str) -> list[str]:
    """Split the URL of an object into the names of folders; none leads out of a folder."""
    scheme, _, rest = url.partition("://")
    return [scheme.lower(), *(part for part in rest.split("/") if part.strip("."))]


def common_prefix(paths: Iterable[str]) -> tuple[str, ...] | None:
    """Find the folder of stores that holds everything named; None where files are named, too."""
    paths = tuple(paths)
    if not paths or not all(map(is_object_url, paths)):
        return None
    folders = (split_pattern(path)[0].rpartition("/")[0] for path in paths)
    common = posixpath.commonpath(["/".join(_parts_of(each)) for each in folders])
    return tuple(filter(None, common.split("/")))


def common_folder(paths: Iterable[str], files: Iterable[str]) -> str:
    """Find the folder that holds everything named; of patterns and lists, what they led to."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths
               if path != "-" and os.path.lexists(path)]  # fmt: skip
    local = (file for file in files if not is_remote(file))
    folders = folders or [os.path.dirname(file) for file in local] or ["."]
    return os.path.commonpath([os.path.abspath(folder) for folder in folders])


def with_obstacles(request: FixRequest, run: PlannedRun) -> PlannedRun:
    """Find the media files whose results could not be written to their places."""
    files = (
        replace(each, obstacle=_obstacle(request, each.media.path, each.result))
        if _is_written(request, each)
        else each
        for each in run.files
    )
    return replace(run, files=tuple(files))


def _is_written(request: FixRequest, file: PlannedFile) -> bool:
    if not isinstance(file.plan, NoChange):
        return file.done is not None
    source, result = file.media.path, file.result
    if request.out is None or result == source:
        return False
    if is_remote(source) or not os.path.isfile(source):
        return is_remote(source)
    return not (os.path.isfile(result) and sha256_of(result) == sha256_of(source))


def jobs_with_obstacles(request: FixRequest, jobs: Iterable[PlannedJob]) -> Iterator[PlannedJob]:
    """Leave the jobs as they are that could not be written to their places."""
    from wanprep.fix.job.changes import FixedJob

    for each in jobs:
        file, fixed = each.file, each.fixed
        is_written = request.out is not None or fixed.text != file.source.text
        if is_written and (problem := _obstacle(request, file.file, each.result)):
            fixed = FixedJob(
                text=file.source.text, questions=fixed.questions, remaining=fixed.remaining
            )
            yield replace(each, result=file.file, fixed=fixed, problem=problem)
        else:
            yield each


def _obstacle(request: FixRequest, source: str, result: str) -> str:
    """Return why a result cannot be written; empty if nothing is known against it."""
    if request.out is None and is_remote(source):
        return NOT_IN_PLACE
    try:
        if request.out is None and result == source:
            require_writable(os.path.realpath(result), overwrite=True)
        else:
            overwrite = request.output.has_written(result)
            request.output.require_writable(result, overwrite=overwrite)
    except CannotWrite as error:
        return str(error)
    return ""


def require_unchanged(path: str, sha256: str) -> None:
    """Raise CannotWrite for a file that was saved since it was hashed."""
    with explain_os_errors(path, "read"):
        before = stamp_of(path)
        same = sha256_of(path) == sha256 and stamp_of(path) == before
    if not same:
        raise CannotWrite(changed_message(path))


def changed_message(path: str) -> str:
    """Explain why a file is left alone."""
    return f"{visible(path)} was changed during the run, and is left as it is: run this again"


def keep_original(plan: Plan, path: str) -> str:
    """Keep a file that a plan replaces with loss, unless git has it; return where, or nothing."""
    from wanprep.check.git import is_in_git

    if all(step.safety == "safe" for step in plan.steps) or is_in_git(path):
        return ""
    for ending in chain(("",), (f"-{number}" for number in count(2))):
        backup = f"{path}.orig{ending}"
        try:
            _link_or_copy(path, backup)
        except (AlreadyExists, FileExistsError):
            continue
        return backup
    raise AssertionError("names never end")  # pragma: no cover


def _link_or_copy(path: str, backup: str) -> None:
    try:
        os.link(path, backup)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        copy_file(path, backup)


def remove_originals(
    outcomes: Iterable[Outcome], jobs: Sequence[FixedFile], *, keep_lossy: bool
) -> Iterator[Outcome]:
    """Remove the originals of renamed files, which no job names any more."""
    unwritten = {each.file.file for each in jobs if each.problem}
    for each in outcomes:
        if not isinstance(each, Fixed) or each.result == each.media.path:
            yield each
        elif any(use.job.file in unwritten for use in each.media.uses):
            yield each  # that job still names it
        else:
            yield _remove_original(each, keep_lossy=keep_lossy)


def _remove_original(outcome: Fixed, *, keep_lossy: bool) -> Outcome:
    path, backup = outcome.media.path, ""
    try:
        if os.path.lexists(path):
            require_unchanged(path, outcome.hashes["before"])
            if keep_lossy and not os.path.islink(path):
                backup = keep_original(outcome.plan, path)
            with explain_os_errors(path, "removed"):
                os.unlink(path)
    except WanprepError as error:
        fixed = f"{visible(outcome.result)} is its result"
        return NotFixed(outcome.media, (f"{error} ({fixed})",), is_undelivered=True)
    return replace(outcome, backup=backup)
