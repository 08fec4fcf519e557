"""The rate that the frames of a Matroska file were made for.

Its time stamps are rounded to milliseconds, and it need not say how long a frame is shown: the
last one would be over at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.probe.facts import Facts

_ROUNDED: Final = frozenset({"mkv", "webm"})
_RATES: Final = (
    24_000 / 1001, 24.0, 25.0, 30_000 / 1001, 30.0, 48.0, 50.0, 60_000 / 1001, 60.0, 120.0,
)  # fmt: skip
_NEAR: Final = 6e-4  # 24 and 23.976 are 1e-3 apart


def true_rate(facts: Facts) -> float | None:
    """Tell the rate that was meant, where all time stamps are near to one."""
    if facts.format not in _ROUNDED or facts.vfr or not facts.fps:
        return None
    nearest = min(_RATES, key=lambda rate: abs(rate - (facts.fps or 0)))
    return nearest if abs(nearest / facts.fps - 1) < _NEAR else None
