"""The question to ask of the results, so that a fix is believed only when judged again."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.fix.outcome import Kept, Mended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.seen import Question
    from wanprep.fix.outcome import Outcome, Outcomes
    from wanprep.fix.task import Prepared, Task


def question_again(task: Task, prepared: Prepared, outcomes: Outcomes) -> Question:
    """Ask for the jobs and the bare media where they are now, with the roles they had."""
    question, config = task.question, task.question.config
    bare = set(prepared.seen.alone)
    alone = [each for each in outcomes.assets if each.wanted.path in bare]
    results = {_end(each): each for each in alone}
    roles = {glob.escape(end): prepared.seen.role(each.wanted.path)
             for end, each in results.items()}  # fmt: skip
    paths = (*results, *(job.result for job in outcomes.jobs))
    silent = dict(_silenced(outcomes, config.folder))
    return replace(
        question,
        paths=tuple(glob.escape(path) if not os.path.lexists(path) else path for path in paths),
        roles=roles,
        config=replace(config, ignore_in={**config.ignore_in, **silent}),
    )


def _end(outcome: Outcome) -> str:
    return outcome.result if isinstance(outcome, Mended | Kept) else outcome.wanted.path


def _silenced(
    outcomes: Outcomes, folder: os.PathLike[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Silence for a result what was silenced for its source."""
    for each in outcomes.assets:
        if each.wanted.ignored:
            relative = os.path.relpath(os.path.abspath(_end(each)), folder)
            yield glob.escape(relative), tuple(each.wanted.ignored)
