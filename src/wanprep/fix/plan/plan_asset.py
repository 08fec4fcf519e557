"""Plan the repair of one file: all that is wrong with it at once, with the least damage.

Drafts are made from the least damage to the most and their results are judged, before
anything is done, as the file itself was. The first that leaves nothing to say is the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.audio import sound_drafts
from wanprep.fix.plan.image import image_drafts
from wanprep.fix.plan.limits import limits_on
from wanprep.fix.plan.plan import NotFixable, Plan, Untouched
from wanprep.fix.plan.reasons import Complaint, complaints, reasons
from wanprep.fix.plan.video import video_drafts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wanprep.fix.plan.draft import Allowed, Draft
    from wanprep.fix.plan.plan import Need, Options
    from wanprep.media.facts import Facts

_DRAFTS: Final[Mapping[str, Callable[[Facts, Allowed, Options], Iterator[Draft]]]] = {
    "audio": sound_drafts,
    "image": image_drafts,
    "other": lambda *_: iter(()),
    "video": video_drafts,
}
Judged = tuple[Complaint, ...]


def plan_asset(
    facts: Facts, needs: Sequence[Need], options: Options, *, ignored: Collection[str] = ()
) -> Plan | Untouched | NotFixable:
    """Say what is to be done with a file so that it suits all its needs."""
    judge = partial(complaints, needs=needs, ignored=ignored)
    before = judge(facts)
    if not before:
        return Untouched(facts)
    if not facts.readable or any(each.is_error and each.is_beyond_repair for each in before):
        return _given_up(facts, before)
    allowed = partial(limits_on, needs=needs, ignored=ignored)
    drafts = _DRAFTS[facts.kind](facts, allowed, options)
    best = _best(drafts, judge, before)
    if _errors(before) and not (best and best.betters(before)):
        return NotFixable(facts, _why(facts, before, best, allowed))
    if best is None or not best.betters(before):
        return Untouched(facts, _rules(before))
    left = best.after
    return Plan(
        facts=facts,
        recipe=best.draft.recipe,
        steps=best.draft.steps,
        predicted=best.draft.predicted,
        clears=tuple(rule for rule in _rules(before) if rule not in _rules(left)),
        left=_rules(left),
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """A draft and what the judge says of its result."""

    draft: Draft
    after: Judged
    fresh: Judged  # what the file itself does not break

    @property
    def refused(self) -> Judged:
        """List what keeps it from being a plan: errors, and whatever it would newly break."""
        return tuple(each for each in self.after if each.is_error or each in self.fresh)

    def betters(self, before: Judged) -> bool:
        """Tell whether anything is won, and nothing lost."""
        return not self.refused and self.worth < (_errors(before), 0, len(before))

    @property
    def worth(self) -> tuple[int, int, int]:
        """Order drafts: what is refused, what is new, what is left."""
        return _errors(self.after), len(self.fresh), len(self.after)


def _best(
    drafts: Iterable[Draft], judge: Callable[[Facts], Judged], before: Judged
) -> _Tried | None:
    """Choose the draft that leaves the least; of equals, the one that does the least."""
    rules, tried = set(_rules(before)), list[_Tried]()
    for draft in drafts:
        after = judge(draft.predicted)
        tried.append(_Tried(draft, after, tuple(each for each in after if each.rule not in rules)))
        if not after:
            break
    return min(tried, key=lambda each: each.worth, default=None)


def _why(facts: Facts, before: Judged, best: _Tried | None, allowed: Allowed) -> tuple[str, ...]:
    """Say what keeps even the best draft from being a plan."""
    if best is None:
        return reasons(
            facts, facts, before, [each for each in before if each.is_error], allowed(facts)
        )
    predicted = best.draft.predicted
    return reasons(facts, predicted, before, best.refused, allowed(predicted))


def _given_up(facts: Facts, before: Judged) -> Untouched | NotFixable:
    """Say what a person must do: no change to the file would help."""
    errors = [each for each in before if each.is_error]
    if not errors:
        return Untouched(facts, _rules(before))
    beyond = [each for each in errors if each.is_beyond_repair] or errors
    return NotFixable(facts, tuple(dict.fromkeys(each.words(facts) for each in beyond)))


def _errors(judged: Judged) -> int:
    return sum(each.is_error for each in judged)


def _rules(judged: Judged) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.rule for each in judged))
