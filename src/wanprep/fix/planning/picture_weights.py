"""How many bytes a picture may take once it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wanprep.fix.planning.fit import Fit
    from wanprep.probe.facts import Facts

# A PNG's size is an estimate: one that comes near the cap may well miss it.
SURE: Final = 0.9
_PNG_OVERHEAD: Final = 1.002


def picture_bytes(facts: Facts, written: str, sized: Fit, cap: int | None) -> int:
    """Tell how many bytes it will have: at most the cap, where it surely comes below that."""
    if written == "png":
        weight = png_bytes(facts, sized)
        return weight if cap is None or weight > cap * SURE else cap
    return _raw(facts, sized) if cap is None else cap


def png_bytes(facts: Facts, sized: Fit) -> int:
    """Estimate, rather too high: samples that do not pack at all, or as the source did."""
    raw = _raw(facts, sized)
    if facts.format not in {"png", "gif"} or facts.bytes is None:
        return raw
    part = sized.drawn[0] * sized.drawn[1] / (sized.source[0] * sized.source[1])
    factor = part * 8 / max(8, facts.bit_depth or 8)
    # Palettes and flat areas pack better than what scaling makes of them.
    factor *= 3 if facts.color == "palette" else 1
    return min(raw, int(facts.bytes * factor * (1.3 if sized.size else 1)))


def _raw(facts: Facts, sized: Fit) -> int:
    samples = 1 if facts.color == "gray" and not sized.canvas else 3
    return int(sized.result[0] * sized.result[1] * samples * _PNG_OVERHEAD) + 1000
