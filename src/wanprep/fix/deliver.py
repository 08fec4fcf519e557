"""Where the results of a fix go: mirrored into a folder, or beside their sources.

A plan finds out here what would keep a result from its place, as far as that can be known before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Final

from wanprep.files.atomic import CannotWrite, require_writable, sha256_of
from wanprep.fix.job.changes import FixedJob
from wanprep.fix.plan.plan import NoChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wanprep.fix.job.files import PlannedJob
    from wanprep.fix.plan_file import PlannedFile
    from wanprep.fix.request import FixRequest, PlannedRun

_OUTSIDE: Final = "outside"


@dataclass(slots=True)
class ResultPaths:
    """Assigns each result a path that nothing else has."""

    out: str | None  # None: in place
    base: str = ""
    may_overwrite: Callable[[str], bool] = lambda _: False
    _taken: set[str] = field(default_factory=set)

    def reserve(self, sources: Iterable[str]) -> None:
        """Keep the paths of files that stay as they are."""
        self._taken |= {self._mirrored(source) for source in sources}

    def assign(self, source: str, suffix: str | None = None) -> str:
        """Choose the path for a file's result, with another suffix if it needs one."""
        stem, old = os.path.splitext(self._mirrored(source))
        if suffix is None or old.lower() == suffix:
            self._taken.add(stem + old)
            return stem + old
        # hero.heic beside a hero.jpg becomes hero-heic.jpg.
        endings = chain(("", f"-{old[1:].lower()}"), (f"-{number}" for number in count(2)))
        paths = (f"{stem}{ending}{suffix}" for ending in endings)
        free = next(path for path in paths if self._is_free(path))
        self._taken.add(free)
        return free

    def _is_free(self, path: str) -> bool:
        return path not in self._taken and (not os.path.lexists(path) or self.may_overwrite(path))

    def _mirrored(self, source: str) -> str:
        if self.out is None:
            return source
        parts = os.path.relpath(os.path.abspath(source), self.base).split(os.sep)
        if parts[0] == os.pardir:
            parts = [_OUTSIDE, *(part for part in parts if part != os.pardir)]
        return os.path.join(self.out, *parts)

    def is_result(self, path: str) -> bool:
        """Whether a file is in the folder that is written to."""
        if self.out is None:
            return False
        out = os.path.abspath(self.out)
        return os.path.commonpath([out, os.path.abspath(path)]) == out


def common_folder(paths: Iterable[str], files: Iterable[str]) -> str:
    """Find the folder that holds everything named; of patterns and lists, what they led to."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths
               if path != "-" and os.path.lexists(path)]  # fmt: skip
    folders = folders or [os.path.dirname(file) for file in files] or ["."]
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
    if request.out is None or not os.path.isfile(source):
        return False
    return not (os.path.isfile(result) and sha256_of(result) == sha256_of(source))


def jobs_with_obstacles(request: FixRequest, jobs: Iterable[PlannedJob]) -> Iterator[PlannedJob]:
    """Leave the jobs as they are that could not be written to their places."""
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
    if request.out is None and result == source:
        path, overwrite = os.path.realpath(result), True
    else:
        path, overwrite = result, request.earlier.has_written(result)
    try:
        require_writable(path, overwrite=overwrite)
    except CannotWrite as error:
        return str(error)
    return ""
