"""Which rules a file breaks, and why no fix can lead to a file that breaks none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.fix.plan.sizes import LARGEST_IMAGE, box_of, px
from wanprep.job.roles import common_roles
from wanprep.rules.finding import rules
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_problem, by_hand, ratio
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wanprep.fix.plan.limits import Limit, Limits
    from wanprep.fix.plan.plan import TargetRole
    from wanprep.media.facts import Facts
    from wanprep.rules.bounds import Violation

# No fix can help a file that is missing, incomplete, or of another kind.
_FINAL: Final = frozenset({"exists", "empty", "lfs_pointer", "readable", "kind"})
# What to do instead, by the kind of the file and that of the files in its role.
_INSTEAD: Final = {
    ("video", "audio"): "Save its audio as a WAV file, and use that.",
    ("video", "image"): "Save one of its frames as an image, and use that.",
    ("image", "video"): "Use it as an image, or make a video of it.",
}


@dataclass(frozen=True, slots=True)
class RoleViolation:
    """One rule that a file breaks in one of its roles."""

    role: TargetRole
    broken: Violation

    @property
    def key(self) -> tuple[str, str, str]:
        """What distinguishes two violations."""
        return self.role.target.id, self.role.role, self.broken.rule

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.broken.rule

    @property
    def is_error(self) -> bool:
        """Whether the file would be refused."""
        return self.broken.severity == "error"

    @property
    def is_final(self) -> bool:
        """Whether no change to the file could help."""
        return self.broken.keyword == "not" or bool(_FINAL.intersection(self.broken.path[:1]))

    def words(self, facts: Facts) -> str:
        """Describe what is wrong, what is required, and what a person can do."""
        problem = asset_problem(self.broken, facts.path, facts, self.role.target)
        message = f"{problem} {by_hand(rules()[self.rule], facts)}"
        if self.broken.path != ("kind",):
            return message
        expected = common_roles().beside([self.role.target.places])[self.role.role].kind
        return f"{message} {_INSTEAD.get((facts.kind, expected), '')}".rstrip()


def violations(
    facts: Facts, roles: Iterable[TargetRole], ignored: Collection[str]
) -> tuple[RoleViolation, ...]:
    """Judge a file in all its roles."""
    return tuple(
        RoleViolation(role, broken)
        for role in roles
        for broken in judge_asset(facts, role.target, role.role)
        if broken.rule not in ignored
    )


def explain(
    facts: Facts,
    predicted: Facts,
    before: Sequence[RoleViolation],
    remaining: Sequence[RoleViolation],
    limits: Limits,
) -> tuple[str, ...]:
    """Explain the violations that would remain: by contradictory limits, or one by one."""
    own = {each.key: each for each in before}
    rules = {each.rule for each in remaining}
    conflicts = [each for each in _conflicts(limits.errors) if each.rules & rules]
    explained = {rule for each in conflicts for rule in each.rules}
    sentences = [each.words for each in conflicts]
    best = replace(predicted, path=facts.path)
    for each in remaining:
        if each.rule in explained:
            continue
        if each.key in own:
            sentences.append(own[each.key].words(facts))
        else:
            sentences.append(f"After all possible fixes: {each.words(best)}")
    return tuple(dict.fromkeys(sentences))


@dataclass(frozen=True, slots=True)
class _Conflict:
    """Limits that no file meets at once."""

    rules: frozenset[str]
    words: str


_NUMBERS: Final = {
    "width": " in width",
    "height": " in height",
    "aspect": " as its aspect ratio",
    "bytes": " as its file size",
    "duration": "",
    "video_duration": "",
    "fps": "",
}
_WHOLE_NUMBERS: Final = frozenset({"bytes", "height", "width"})
_CHOICES: Final = ("format", "video_codec", "audio_codec")
_SEPARATE: Final = "no file meets both. Use a separate file for each target."


def _conflicts(limits: Limits) -> Iterator[_Conflict]:
    for fact, noun in _NUMBERS.items():
        span = limits.range(fact)
        if span.low and span.high:
            has_none_whole = fact in _WHOLE_NUMBERS and (span.least or 0) > (span.most or 0)
            if span.is_empty or has_none_whole:
                yield _number_conflict(span.low, span.high, noun)
    for fact in _CHOICES:
        if limits.choices(fact) == ():
            required = limits.of(fact)
            words = ", ".join(dict.fromkeys(each.words for each in required))
            rules = frozenset(each.rule for each in required)
            yield _Conflict(rules, f"{_capitalize(words)}: {_SEPARATE}")
    if conflict := _size_conflict(limits):
        yield conflict


def _number_conflict(low: Limit, high: Limit, noun: str) -> _Conflict:
    words = _capitalize(low.words) + noun
    if low.provider == high.provider:
        words += f" and {high.allowed} at once, which is impossible."
    else:
        words += f", {high.words}: {_SEPARATE}"
    return _Conflict(frozenset({low.rule, high.rule}), words)


def _size_conflict(limits: Limits) -> _Conflict | None:
    """Find that sides and aspect ratio exclude each other, though each alone leaves room."""
    box = box_of(limits, step=1, largest=LARGEST_IMAGE)
    aspects = limits.range("aspect")
    if box.smallest or not (aspects.low or aspects.high) or aspects.is_empty:
        return None
    required = [limit for name in ("width", "height", "aspect") for limit in limits.of(name)]
    providers = join_words(
        list(dict.fromkeys(each.provider for each in required if each.provider)), "and"
    )
    ratios = " to ".join(ratio(end.value) for end in (aspects.low, aspects.high) if end)
    words = f"No image of {px(box.least)} to {px(box.most)} px has an aspect ratio of {ratios}"
    return _Conflict(
        frozenset(limit.rule for limit in required),
        f"{words}, as {providers} would require. Use a separate file for each target.",
    )


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
