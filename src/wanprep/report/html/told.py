"""Findings as a page tells them: each once, for all targets and places that it holds for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wanprep.judge.finding import Finding

RANKS: Final = ("error", "unknown", "warning", "note", "fine")  # the worst first


@dataclass(slots=True)
class Variant:
    """What some targets say of one thing, in the same words."""

    finding: Finding
    targets: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """One rule broken at one place, said once for all targets, and for all jobs that share it."""

    rule: str
    severity: str
    variants: list[Variant] = field(default_factory=list)
    places: list[tuple[str, int | None]] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        """Name all that it holds for; nobody when it holds for everybody."""
        return list(dict.fromkeys(each for variant in self.variants for each in variant.targets))


def tell(told: list[Told], finding: Finding, *, anywhere: bool = False) -> None:
    """Say a finding, or that one which has been said holds for one more target or place."""
    place = (finding.file, finding.line)
    for each in told:
        first = each.variants[0].finding
        known = (each.rule, each.severity) == (finding.rule, finding.severity)
        if known and (anywhere or _stand(first) == _stand(finding)):
            break
    else:
        each = Told(finding.rule, finding.severity)
        told.append(each)
    if place not in each.places:
        each.places.append(place)
    _vary(each.variants, finding)


def _stand(finding: Finding) -> tuple[object, ...]:
    return finding.file, finding.line, finding.column, finding.pointer


def _vary(variants: list[Variant], finding: Finding) -> None:
    for variant in variants:
        if variant.finding.message == finding.message:
            break
    else:
        variant = Variant(finding)
        variants.append(variant)
    if finding.target and finding.target not in variant.targets:
        variant.targets.append(finding.target)


def states_of(
    findings: Iterable[Told], targets: Sequence[str], otherwise: str
) -> frozenset[tuple[str, str]]:
    """Pair each target with what was found for it; one without a finding with the other word."""
    found = {(each.severity, target) for each in findings
             for target in each.targets or targets or ("",)}  # fmt: skip
    told = {target for _, target in found}
    if otherwise:
        found |= {(otherwise, target) for target in targets or ("",) if target not in told}
    return frozenset(found)


def worst(states: Iterable[tuple[str, str]]) -> str:
    """Name the worst of some states."""
    return min((state for state, _ in states), key=RANKS.index, default="fine")
