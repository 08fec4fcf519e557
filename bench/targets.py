"""The speed targets, and whether they are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rounds import FFPROBE

if TYPE_CHECKING:
    from measure import Summary


@dataclass(frozen=True, slots=True)
class Target:
    """A target and the measured value (None: there was nothing to compare with)."""

    name: str
    measured: float | None
    at_most: float | None = None
    at_least: float | None = None

    def row(self) -> tuple[str, ...]:
        bound = f"<= {self.at_most:g}" if self.at_most else f">= {self.at_least:g}"
        if self.measured is None:
            return (self.name, "-", bound, "NOT MEASURED")
        low, high = self.at_least or 0.0, self.at_most or float("inf")
        verdict = "met" if low <= self.measured <= high else "MISSED"
        digits = 3 if self.measured < 10 else 0
        return (self.name, f"{self.measured:,.{digits}f}", bound, verdict)


def compare_with_targets(compared: dict[str, Summary], grown: dict[int, Summary]) -> list[Target]:
    def ratio(name: str, other: str) -> float | None:
        if name not in compared or other not in compared:
            return None
        return compared[name].median / compared[other].median

    _, few, _, many = grown
    memory = grown[many].peak_bytes / grown[few].peak_bytes
    return [
        Target("cold / exiftool", ratio("cold", "exiftool"), at_most=0.20),
        Target("warm / exiftool", ratio("warm", "exiftool"), at_most=0.05),
        Target("ffprobe per file / cold", ratio(FFPROBE, "cold"), at_least=50),
        Target("ffprobe per file / warm", ratio(FFPROBE, "warm"), at_least=50),
        Target(f"peak memory, {many:,} / {few:,} files", memory, at_most=1.2),
    ]
