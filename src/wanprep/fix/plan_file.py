"""Plan one media file for everything that it is used for, and find what the user must decide.

All that is wrong with a file is fixed at once, changing as little as possible. Drafts come in the
order of how much they change, and their predicted results are judged as the file itself was. The
first that leaves no finding is the plan, else the one that leaves the least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.plan.audio import audio_drafts
from wanprep.fix.plan.image import image_drafts
from wanprep.fix.plan.limits import limits_on
from wanprep.fix.plan.plan import NoChange, NotFixable, Options, Plan
from wanprep.fix.plan.reasons import RoleViolation, explain, violations
from wanprep.fix.plan.video import video_drafts
from wanprep.media.facts import is_url
from wanprep.rules.finding import FIX
from wanprep.stores.stores import is_object_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wanprep.fix.plan.draft import Draft, LimitsFor
    from wanprep.fix.plan.plan import AssetPlan, Step, TargetRole
    from wanprep.fix.request import MediaFile, Stamp
    from wanprep.media.facts import Facts
    from wanprep.rules.finding import Finding

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
            return NoChange(facts, _rules_of(before))
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
            clears=tuple(rule for rule in _rules_of(before) if rule not in _rules_of(best.after)),
            left=frozenset((each.role.target.id, each.rule) for each in best.after),
        )
    if not errors:
        return NoChange(facts, _rules_of(before))
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
    rules, judged_drafts = set(_rules_of(before)), list[_JudgedDraft]()
    for draft in drafts:
        after = judge(draft.predicted)
        added = tuple(each for each in after if each.rule not in rules)
        judged_drafts.append(_JudgedDraft(draft, after, added))
        if not after:
            break
    return min(judged_drafts, key=lambda each: each.cost, default=None)


def _count_errors(found: Violations) -> int:
    return sum(each.is_error for each in found)


def _rules_of(found: Violations) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.rule for each in found))


# Asks the user about the steps of a plan that change what is visible or how long a file lasts.
Ask = Callable[[str, Plan, Options], Options | None]

_ANSWERS: Final = {
    "trim": "pass --trim start, center or end",
    "crop": "pass --crop pad, smart or center",
    "pad": "pass --crop pad, smart or center",
    "scale": "pass --yes",
}


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A media file, the plan for it, and where the result goes."""

    media: MediaFile
    plan: AssetPlan
    result: str = ""
    stamp: Stamp | None = None  # when it was planned
    undecided: tuple[str, ...] = ()  # why the plan waits for a decision of the user
    # What would be done after all decisions; the plan is then this one, or a part of it.
    decided: Plan | None = None
    answers: str = ""  # the options that answer its questions
    obstacle: str = ""  # why the result could not be written to its place
    is_earlier: bool = False  # an earlier run has written the result, which would be kept

    @property
    def done(self) -> Plan | None:
        """The plan that is carried out without any further decision."""
        stays = self.undecided or self.obstacle
        return self.plan if isinstance(self.plan, Plan) and not stays else None

    @property
    def result_path(self) -> str:
        """Where the file is after the run: what is not fixed stays where it is."""
        stays = isinstance(self.plan, NotFixable) or bool(self.undecided or self.obstacle)
        return self.media.path if stays else self.result or self.media.path

    def command(self, target: str, rule: str) -> str:
        """Return the command that makes a finding go away; empty if there is none."""
        if rule in self.media.ignored:
            return ""
        if self.done and (target, rule) not in self.done.left:
            return FIX
        if self.decided and (target, rule) not in self.decided.left:
            return f"{FIX} {self.answers}"
        return ""

    def with_fixes(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """Add to what remains the command that would fix it."""
        return tuple(each.with_fix(self.command(each.target, each.rule)) for each in found)


def _answers(media: MediaFile, decided: Plan, options: Options) -> str:
    """Return the options that answer all questions, with the best known result."""
    asked = {step.name for step in _questions(decided, options)}
    if "scale" in asked:
        return "--yes"
    answers = []
    if asked & {"crop", "pad"}:
        cropped = _plan(media, replace(options, crop="smart", yes=True))
        is_as_good = isinstance(cropped, Plan) and cropped.left <= decided.left
        answers.append(f"--crop {'smart' if is_as_good else 'pad'}")
    if "trim" in asked:
        answers.append("--trim start")
    return " ".join(answers)


def plan_file(media: MediaFile, options: Options, ask: Ask | None = None) -> PlannedFile:
    """Plan what is done now: without a decision that is needed, only what needs none."""
    plan = _plan(media, options)
    if not (isinstance(plan, Plan) and (undecided := _undecided(plan, options))):
        return PlannedFile(media, plan)
    if ask and (answered := ask(media.path, plan, options)):
        return PlannedFile(media, _plan(media, answered))
    answers = _answers(media, plan, options)
    if rest := _plan_without_questions(media, plan, options):
        return PlannedFile(media, rest, decided=plan, answers=answers)
    return PlannedFile(media, plan, undecided=undecided, decided=plan, answers=answers)


def _plan(media: MediaFile, options: Options, ignored: Collection[str] = ()) -> AssetPlan:
    facts = media.facts
    if is_object_url(media.path):  # what it was stored as does not matter for its result
        facts = replace(facts, content_type=None)
    return plan_asset(facts, media.roles, options, ignored=media.ignored | {*ignored})


def _plan_without_questions(
    media: MediaFile, plan: Plan, options: Options
) -> Plan | NoChange | None:
    """Plan the rest if what was not decided only clears warnings, which then remain."""
    rules = {rule for step in plan.questions for rule in step.rules}
    found = violations(media.facts, media.roles, media.ignored)
    if any(each.is_error and each.rule in rules for each in found):
        return None
    rest = _plan(media, options, rules)
    if isinstance(rest, Plan):
        waiting = {(each.role.target.id, each.rule) for each in found if each.rule in rules}
        return replace(rest, left=rest.left | waiting)
    return None if isinstance(rest, NotFixable) else rest


def _questions(plan: Plan, options: Options) -> list[Step]:
    """List the questions of a plan that no option answers."""
    answered = {"trim"} if options.trim else set()
    answered |= {"crop", "pad"} if options.crop else set()
    return [step for step in plan.questions if step.name not in answered and not options.yes]


def _undecided(plan: Plan, options: Options) -> tuple[str, ...]:
    return tuple(
        f"needs your decision: {step.words} ({_ANSWERS[step.name]})"
        for step in _questions(plan, options)
    )
