"""The originals of a fix in place: never lost with what somebody saved, or with what a fix lost."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from wanprep.check.git import is_in_git
from wanprep.errors import WanprepError
from wanprep.files.atomic import (
    AlreadyExists,
    CannotWrite,
    copy_file,
    explain_os_errors,
    sha256_of,
)
from wanprep.fix.outcome import Fixed, NotFixed
from wanprep.fix.request import stamp_of
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.fix.outcome import FixedFile, Outcome
    from wanprep.fix.plan.plan import Plan


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
