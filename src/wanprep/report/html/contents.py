"""What the head of the page says: the result, how many cards there are, and which rules they break.

Everything is counted in cards, so that the title, the filters and the sections agree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING, Final

from wanprep.check.result import Totals
from wanprep.dataclass import dataclass
from wanprep.report.html.cards import FileCard, JobCard
from wanprep.report.html.findings import RANKS, title_of
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.check.result import Report
    from wanprep.report.html.findings import FindingGroup, Mark
    from wanprep.rules.target import Target

STATES: Final = {
    "error": "Errors",
    "warning": "Warnings",
    "note": "Notes",
    "unknown": "Not checked",
    "fine": "No findings",
}
# More cards of one state than this are counted, and not shown: no browser opens a million of them.
MOST_SHOWN: Final = 2_500

Card = JobCard | FileCard


@dataclass(slots=True)
class BrokenRule:
    """A rule, and the cards with findings of it."""

    name: str
    severity: str
    cards: int
    first: str  # the id of a card

    @property
    def title(self) -> str:
        """Return its title."""
        return title_of(self.name)


@dataclass(slots=True)
class Contents:
    """What is counted while cards are written."""

    jobs: Counter[str] = field(default_factory=Counter)  # by each state that they have
    files: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)  # "jobs" and "files"
    others: Counter[str] = field(default_factory=Counter)  # findings without a card, by severity
    shown: Counter[str] = field(default_factory=Counter)  # files, by their worst state
    totals: Totals = field(default_factory=Totals)
    _rules: dict[str, BrokenRule] = field(default_factory=dict)

    def add(self, card: Card) -> bool:
        """Count a card; return whether it is shown."""
        is_job = isinstance(card, JobCard)
        self.total["jobs" if is_job else "files"] += 1
        (self.jobs if is_job else self.files).update(states_of(card.marks))
        if not is_job:
            if self.shown[card.state] >= MOST_SHOWN:
                return False
            self.shown[card.state] += 1
        for severity, rule in {(state, rule) for state, _, rule in card.marks if rule}:
            found = self._rules.setdefault(rule, BrokenRule(rule, severity, 0, card.id))
            found.severity = min(found.severity, severity, key=RANKS.index)
            found.cards += 1
        return True

    def add_other(self, group: FindingGroup) -> None:
        """Count a finding without a card."""
        self.others[group.severity] += 1

    @property
    def title(self) -> str:
        """Return the result in a sentence."""
        if errors := self._count("error"):
            return f"Errors in {errors}."
        if self.others["error"]:
            return f"{plural(self.others['error'], 'error')} found."
        if self.totals.unknown:
            return "No errors, but not everything could be checked."
        if warnings := self._count("warning"):
            return f"Ready to submit, with warnings in {warnings}."
        if self.others["warning"]:
            return f"Ready to submit, with {plural(self.others['warning'], 'warning')}."
        return "Ready to submit: no errors found."

    def _count(self, state: str) -> str:
        return _in_words(self.jobs[state], self.files[state])

    @property
    def checked(self) -> str:
        """Count what was checked, as every other format does."""
        return _in_words(self.total["jobs"], self.totals.assets) or "Nothing"

    @property
    def not_requested(self) -> int:
        """Count the URLs that have a card, though they were not requested."""
        return max(0, self.total["files"] - self.totals.assets)

    @property
    def hidden(self) -> int:
        """Count the files without a card on the page."""
        return self.total["files"] - self.shown.total()

    @property
    def states(self) -> dict[str, int]:
        """Count the cards of each state; those without any are left out."""
        return {state: count for state in STATES if (count := self.jobs[state] + self.files[state])}

    @property
    def rules(self) -> list[BrokenRule]:
        """List the rules that are broken: the worst first, then those of the most cards."""
        return sorted(
            self._rules.values(),
            key=lambda rule: (RANKS.index(rule.severity), -rule.cards, rule.name),
        )


def states_of(marks: Iterable[Mark]) -> set[str]:
    """List the states of a card; one that is fine for some of its targets only is not fine."""
    states = {state for state, _, _ in marks}
    return states - {"fine"} or states


def _in_words(jobs: int, files: int) -> str:
    counted = {"job": jobs, "file": files}
    return " and ".join(plural(count, name) for name, count in counted.items() if count)


@dataclass(slots=True)
class TargetNames:
    """Short names of the targets, and the numbers that stand for them in attributes."""

    names: dict[str, str] = field(default_factory=dict)

    def collect(self, parts: Iterable[Report]) -> Iterator[Report]:
        """Pass parts on, and name the targets of each before."""
        for part in parts:
            self._add(part)
            yield part

    def _add(self, part: Report) -> None:
        """Name targets by their provider, or by their title where a provider has several."""
        targets = _targets_of(part)
        new = [each for each in (*part.targets, *targets) if each not in self.names]
        short = {name: targets[name].provider_title if name in targets else name for name in new}
        titles = {name: targets[name].title if name in targets else name for name in new}
        for longer in (titles, {name: name for name in new}):
            counts = Counter([*self.names.values(), *short.values()])
            short = {name: longer[name] if counts[at] > 1 else at for name, at in short.items()}
        self.names |= short

    def name(self, target: str) -> str:
        """Return the name of one target."""
        return self.names.get(target, target)

    def listed(self, targets: Iterable[str]) -> str:
        """List names; nothing if the page has a single target."""
        return ", ".join(map(self.name, targets)) if len(self.names) > 1 else ""

    def numbers(self, targets: Iterable[str]) -> str:
        """List the numbers of targets; nothing stands for all of them."""
        return " ".join(f"{number}" for each in targets if (number := self._number(each)))

    def marks(self, marks: Iterable[Mark]) -> str:
        """Write marks as the script of the page reads them: state/target/rule."""
        return " ".join(
            sorted(f"{state}/{self._number(target)}/{rule}" for state, target, rule in marks)
        )

    def _number(self, target: str) -> int:
        return list(self.names).index(target) + 1 if target in self.names else 0


def _targets_of(part: Report) -> Mapping[str, Target]:
    """Return the targets of a part, and those that media alone are checked for later."""
    inputs = part.inputs
    if inputs is None:
        return {}
    of_jobs = {each.id: each for case in inputs.cases for each in case.targets}
    of_media = {each.id: each for each in inputs.media_targets}
    later = {name: of_media[name] for name in inputs.later_targets}
    known = of_jobs | of_media
    return {name: known[name] for name in part.targets if name in known} | later
