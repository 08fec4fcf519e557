"""A change that would better a job, before anybody has tried it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wanprep.fix.job.look import Look
    from wanprep.fix.job.operations import Operation
    from wanprep.fix.steps import Safety

# What must be true afterwards. worse-nowhere: no rule is broken more often than before, for no
# target. settled: besides, the value itself breaks nothing any more. anything: what is wrong
# comes to light only now.
Promise = Literal["anything", "worse-nowhere", "settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Operations with one aim. Of several for one pointer that ask, the first good one is taken."""

    pointer: str
    operations: tuple[Operation, ...]
    words: str
    safety: Safety
    rules: tuple[str, ...]
    before: str
    after: str = ""
    promise: Promise = "worse-nowhere"


# Looks at a document and proposes repairs of one kind, from the safest.
Repair = Callable[["Look"], Iterator[Proposal]]
