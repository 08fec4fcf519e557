"""Filters without scripts: radio buttons, and CSS rules that follow from what is checked.

A browser that does not know `:has` shows everything and no filters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.check.result import Report
    from wanprep.rules.target import Target

FILTERS: Final = {
    "error": "Errors",
    "warning": "Warnings",
    "note": "Notes",
    "unknown": "Not checked",
    "fine": "No findings",
}
_EMPTY: Final = {
    "any": "Nothing here was checked for {target}.",
    "error": "No errors for {target}.",
    "warning": "No warnings for {target}.",
    "note": "No notes for {target}.",
    "unknown": "Everything was checked for {target}.",
    "fine": "Every file and job has findings for {target}.",
}

States = frozenset[tuple[str, str]]  # pairs of a state and a target, "" for all targets


@dataclass(frozen=True, slots=True)
class TargetNames:
    """The targets of a page: short distinct names, and CSS classes t1, t2, ... for the filters."""

    names: Mapping[str, str]

    def name(self, target: str) -> str:
        """Return the name of one target."""
        return self.names.get(target, target)

    def listed(self, targets: Iterable[str]) -> str:
        """List names; nothing if the page has a single target."""
        return ", ".join(map(self.name, targets)) if len(self.names) > 1 else ""

    def classes(self, targets: Iterable[str]) -> str:
        """Return the classes of targets; of all if there are none."""
        return " ".join(f"t{number}" for number in self._numbers(targets))

    def state_classes(self, *cards: States) -> str:
        """Return the classes of something that contains these states."""
        classes = set()
        for state, target in {pair for states in cards for pair in states}:
            classes.add(f"any-{state}")
            numbers = self._numbers([target])
            classes |= {f"{state}-t{number}" for number in numbers}
            classes |= {f"t{number}" for number in numbers}
        return " ".join(sorted(classes))

    def _numbers(self, targets: Iterable[str]) -> list[int]:
        numbers = {name: number for number, name in enumerate(self.names, start=1)}
        checked = [numbers[each] for each in targets if each in numbers]
        return checked or [*numbers.values()]


def name_targets(report: Report) -> TargetNames:
    """Name a target by its provider, or by its title where a provider has several."""
    inputs = report.inputs
    targets: dict[str, Target] = {each.id: each for each in inputs.media_targets} if inputs else {}
    for cases in inputs.cases if inputs else ():
        targets |= {target.id: target for case in cases for target in case.targets}
    names = {
        name: targets[name].provider_title if name in targets else name for name in report.targets
    }
    titles = {name: targets[name].title if name in targets else name for name in report.targets}
    for longer in (titles, {name: name for name in report.targets}):
        counts = Counter(names.values())
        names = {at: longer[at] if counts[name] > 1 else name for at, name in names.items()}
    return TargetNames(names)


def count_states(cards: Iterable[States]) -> dict[str, int]:
    """Count the cards for each filter; those that would show nothing are left out."""
    counts = Counter(state for states in cards for state in {state for state, _ in states})
    return {name: counts[name] for name in FILTERS if counts[name]}


def empty_messages(targets: TargetNames, cards: Iterable[States]) -> list[tuple[str, str]]:
    """Pair the class and the message of each choice that leaves nothing to show."""
    pairs = {pair for states in cards for pair in states}
    offered = {"any", *(state for state, _ in pairs)}
    return [
        (f"empty-{name}-t{number}", message.format(target=called))
        for number, (target, called) in enumerate(targets.names.items(), start=1)
        for name, message in _EMPTY.items()
        if name in offered
        and not any(of in {target, ""} and name in {state, "any"} for state, of in pairs)
    ]
