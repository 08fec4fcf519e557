"""What there is to judge when some files changed: these, and the jobs that use them.

A hook is handed names of all sorts. What is no job and no media is left alone, as in folders;
a job that did not change is judged again when an image of it did, or is about to be deleted.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.check.git import deleted_files, files_that_mention
from wanprep.check.paths import files_in, names_from
from wanprep.check.subjects import is_media, sorted_out
from wanprep.job.recognise import is_job

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from wanprep.check.subjects import Subjects

MOST_JOBS: Final = 1000  # are looked at because of what they use: a commit must not take minutes


def changed_subjects(
    paths: Sequence[str], providers: Collection[str], stdin: BinaryIO, *, nul: bool = False
) -> Subjects:
    """Sort out what changed, and add the jobs that may use it; see `concerned`."""
    names = list(_names(paths, stdin, nul=nul))
    there = [name for name in names if os.path.lexists(name)]
    gone = [name for name in names if not os.path.lexists(name)] + deleted_files(os.environ)
    found = sorted_out(((file, False) for file in files_in(there, stdin)), providers)
    changed = (*found.media, *filter(is_media, gone))
    known = set(map(os.path.abspath, found.jobs))
    suspects = [
        path
        for path in files_that_mention(map(os.path.basename, changed))
        if os.path.abspath(path) not in known and is_job(path, providers)
    ]
    kept = suspects[:MOST_JOBS]
    return replace(
        found,
        jobs=(*found.jobs, *kept),
        changed=changed,
        suspects=frozenset(kept),
        left_out=len(suspects) - len(kept),
    )


def concerned(found: Subjects) -> Callable[[str, Iterable[str]], bool]:
    """Return what tells of a job file, by what it uses, whether it is to be judged."""
    changed = {mark for path in found.changed for mark in _marks(path)}

    def is_concerned(job_file: str, used: Iterable[str]) -> bool:
        return job_file not in found.suspects or any(
            not changed.isdisjoint(_marks(path)) for path in used
        )

    return is_concerned


def _names(paths: Sequence[str], stdin: BinaryIO, *, nul: bool) -> Iterator[str]:
    for path in paths:
        yield from names_from(stdin, nul=nul) if path == "-" else [path]


def _marks(path: str) -> set[object]:
    """Tell by what two names of one file are known: through links, and whatever their case."""
    marks: set[object] = {os.path.abspath(path), os.path.realpath(path)}
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return marks
    return marks | {(status.st_dev, status.st_ino)}
