"""Plan the fix of one file: all that is wrong with it at once, changing as little as possible.

Drafts come in the order of how much they change, and their predicted results are judged as the
file itself was. The first that leaves no finding is the plan, else the one that leaves the least.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.audio import audio_drafts
from wanprep.fix.plan.image import image_drafts
from wanprep.fix.plan.limits import limits_on
from wanprep.fix.plan.plan import NoChange, NotFixable, Plan
from wanprep.fix.plan.reasons import RoleViolation, explain, violations
from wanprep.fix.plan.video import video_drafts
from wanprep.media.facts import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wanprep.fix.plan.draft import Draft, LimitsFor
    from wanprep.fix.plan.plan import AssetPlan, Options, TargetRole
    from wanprep.media.facts import Facts

_DRAFTS: Final[Mapping[str, Callable[[Facts, LimitsFor, Options], Iterator[Draft]]]] = {
    "audio": audio_drafts,
    "image": image_drafts,
    "other": lambda *_: iter(()),
    "video": video_drafts,
}
Violations = tuple[RoleViolation, ...]


def plan_asset(
    facts: Facts, roles: Sequence[TargetRole], options: Options, *, ignored: Collection[str] = ()
) -> AssetPlan:
    """Plan how to make a file acceptable in all its roles at once."""
    judge = partial(violations, roles=roles, ignored=ignored)
    before = judge(facts)
    if not before:
        return NoChange(facts)
    errors = [each for each in before if each.is_error]
    final = [each for each in errors if each.is_final]
    if not facts.readable or final or is_url(facts.path):
        if not errors:
            return NoChange(facts, _rules(before))
        return NotFixable(
            facts, tuple(dict.fromkeys(each.words(facts) for each in final or errors))
        )
    limits_for = partial(limits_on, roles=roles, ignored=ignored)
    best = _best(_DRAFTS[facts.kind](facts, limits_for, options), judge, before)
    if best and best.improves_on(before):
        return Plan(
            facts=facts,
            recipe=best.draft.recipe,
            steps=best.draft.steps,
            predicted=best.draft.predicted,
            clears=tuple(rule for rule in _rules(before) if rule not in _rules(best.after)),
            left=frozenset((each.role.target.id, each.rule) for each in best.after),
        )
    if not errors:
        return NoChange(facts, _rules(before))
    predicted, refused = (best.draft.predicted, best.refused) if best else (facts, errors)
    return NotFixable(facts, explain(facts, predicted, before, refused, limits_for(predicted)))


@dataclass(frozen=True, slots=True)
class _JudgedDraft:
    draft: Draft
    after: Violations
    added: Violations  # of rules that the file itself does not break

    @property
    def refused(self) -> Violations:
        """What keeps the draft from being a plan."""
        return tuple(each for each in self.after if each.is_error or each in self.added)

    def improves_on(self, before: Violations) -> bool:
        """Whether the result is better in some way and worse in none."""
        return not self.refused and self.cost < (_count_errors(before), 0, len(before))

    @property
    def cost(self) -> tuple[int, int, int]:
        """What to minimize: errors, new findings, all findings."""
        return _count_errors(self.after), len(self.added), len(self.after)


def _best(
    drafts: Iterable[Draft], judge: Callable[[Facts], Violations], before: Violations
) -> _JudgedDraft | None:
    """Choose the draft that leaves the least; of equals, the one that changes the least."""
    rules, judged_drafts = set(_rules(before)), list[_JudgedDraft]()
    for draft in drafts:
        after = judge(draft.predicted)
        added = tuple(each for each in after if each.rule not in rules)
        judged_drafts.append(_JudgedDraft(draft, after, added))
        if not after:
            break
    return min(judged_drafts, key=lambda each: each.cost, default=None)


def _count_errors(found: Violations) -> int:
    return sum(each.is_error for each in found)


def _rules(found: Violations) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.rule for each in found))
