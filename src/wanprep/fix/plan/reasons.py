"""Say why nothing leads to a file that is accepted, and what a person can do instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.fix.plan.sizes import LARGEST_IMAGE, box_of, px
from wanprep.rules.finding import rules
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_problem, ratio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wanprep.fix.plan.limits import Limit, Limits, Range
    from wanprep.fix.plan.plan import Need
    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import Violation


Reason = tuple[frozenset[str], str]  # the rules that it explains, and the words


_OF: Final = {
    "aspect": "as the shape",
    "bytes": "as the size of the file",
    "height": "in height",
    "width": "in width",
}


_ENDS: Final = ("width", "height", "aspect", "bytes", "duration", "video_duration", "fps")


_WHOLE: Final = frozenset({"bytes", "height", "width"})


_CHOSEN: Final = ("format", "video_codec", "audio_codec")


def reasons(
    facts: Facts,
    predicted: Facts,
    before: Sequence[Complaint],
    remaining: Sequence[Complaint],
    limits: Limits,
) -> tuple[str, ...]:
    """Explain what would remain: by bounds that exclude each other, or one by one."""
    known = {each.key: each for each in before}
    wanted = {each.rule for each in remaining}
    found = [(rules, words) for rules, words in _contradictions(limits.firm) if rules & wanted]
    explained = frozenset[str]().union(*(rules for rules, _ in found))
    told = [words for _, words in found]
    for each in remaining:
        if each.rule not in explained and each.key in known:
            told.append(known[each.key].words(facts))
        elif each.rule not in explained:
            told.append(
                f"As far as it can be fixed: {each.words(replace(predicted, path=facts.path))}"
            )
    return tuple(dict.fromkeys(told))


def _contradictions(limits: Limits) -> Iterator[Reason]:
    for fact in _ENDS:
        span = limits.range(fact)
        if span.low and span.high and (span.void or (fact in _WHOLE and _no_whole(span))):
            yield _both(span.low, span.high)
    for fact in _CHOSEN:
        if limits.choices(fact) == ():
            yield _neither(limits.of(fact))
    if size := _no_size(limits):
        yield size


def _no_whole(span: Range) -> bool:
    return (span.least or 0) > (span.most or 0)


def _both(low: Limit, high: Limit) -> Reason:
    rules = frozenset({low.rule, high.rule})
    noun = _OF.get(low.fact, "")
    words = f"{low.words} {noun}".rstrip()
    if low.who == high.who:
        return rules, f"{_capital(words)} and {high.bound} at once, which nothing is."
    return rules, f"{_capital(words)}, {high.words}: {_APART}"


_APART: Final = "no file suits both. Give each a file of its own."


def _neither(choices: Sequence[Limit]) -> Reason:
    told = ", ".join(dict.fromkeys(each.words for each in choices))
    return frozenset(each.rule for each in choices), f"{_capital(told)}: {_APART}"


def _no_size(limits: Limits) -> Reason | None:
    """Sides and shape may exclude each other though each of them alone leaves room."""
    box = box_of(limits, step=1, largest=LARGEST_IMAGE)
    shape = limits.range("aspect")
    if box.smallest or not (shape.low or shape.high) or shape.void:
        return None
    asked = [limit for name in ("width", "height", "aspect") for limit in limits.of(name)]
    who = " and ".join(dict.fromkeys(limit.who for limit in asked))
    shapes = [ratio(end.value) for end in (shape.low, shape.high) if end]
    words = f"no image of {px(box.least)} to {px(box.most)} px has a shape of {' to '.join(shapes)}"
    return (
        frozenset(limit.rule for limit in asked),
        f"{_capital(words)}, which is what {who} wants. Make one file for each target.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# Of these a file cannot be cured: it is not there, not whole, or not what is wanted.
_BEYOND: Final = frozenset({"exists", "empty", "lfs_pointer", "readable", "kind"})


_INSTEAD: Final = {
    ("video", "voice"): "Save its sound alone, as WAV, and give that.",
    ("video", "reference_image"): "Save one of its frames as an image, and give that.",
    ("video", "first_frame"): "Save one of its frames as an image, and give that.",
    ("image", "reference_video"): "Give it as an image, or make a clip of it.",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One rule that a file breaks, and for whom."""

    need: Need
    broken: Violation

    @property
    def key(self) -> tuple[str, str, str]:
        """Tell two complaints apart."""
        return self.need.target.id, self.need.role, self.broken.rule

    @property
    def rule(self) -> str:
        """Name the rule."""
        return self.broken.rule

    @property
    def is_error(self) -> bool:
        """Tell whether the file would be refused."""
        return self.broken.severity == "error"

    @property
    def is_beyond_repair(self) -> bool:
        """Tell whether no change to the file could help."""
        return self.broken.keyword == "not" or self.broken.path[:1] in {(name,) for name in _BEYOND}

    def words(self, facts: Facts) -> str:
        """Say what is wrong, what is wanted, and what a person can do."""
        problem = asset_problem(self.broken, facts.path, facts, self.need.target)
        message = f"{problem} {rules()[self.rule].by_hand}"
        if self.broken.path != ("kind",):
            return message
        return f"{message} {_INSTEAD.get((facts.kind, self.need.role), '')}".rstrip()


def complaints(
    facts: Facts, needs: Iterable[Need], ignored: Collection[str]
) -> tuple[Complaint, ...]:
    """Judge a file for all its needs."""
    return tuple(
        Complaint(need, broken)
        for need in needs
        for broken in judge_asset(facts, need.target, need.role)
        if broken.rule not in ignored
    )
