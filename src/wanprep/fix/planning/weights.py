"""How large a result may be, and may turn out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.planning.fit import scale
from wanprep.fix.steps import Step
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.limits import Limits
    from wanprep.fix.planning.box import Box
    from wanprep.fix.recipe import Size
    from wanprep.probe.facts import Facts

# What is made small for its bytes' sake shall still show something.
_SMALLEST_SIDE: Final = 64


def most_bytes(limits: Limits) -> int | None:
    """Tell how many bytes are allowed: those below every bound, the doubtful ones too."""
    firm = limits.firm.range("bytes").most
    every = limits.range("bytes")
    return firm if every.void else every.most


def weight_steps(facts: Facts, cap: int | None) -> Iterator[Step]:
    """Say so where a file is to become smaller."""
    if cap is not None and (facts.bytes or 0) > cap:
        yield Step("fit-bytes", "lossy", f"fit {file_size(facts.bytes or 0)} into {file_size(cap)}")


def smallest_of(result: Size, box: Box, cap: int | None) -> Size | None:
    """Tell to what a result may shrink, its ratio kept, where its bytes demand it."""
    if cap is None:
        return None
    least = (
        min(result[0], max(box.least[0], _SMALLEST_SIDE)),
        min(result[1], max(box.least[1], _SMALLEST_SIDE)),
    )
    smallest = scale(result, replace(box, least=least), smallest=True)
    return None if smallest == result else smallest
