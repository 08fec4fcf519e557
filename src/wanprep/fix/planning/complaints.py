"""What is wrong with a file, for all that it is wanted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.judge.judge_asset import judge_asset
from wanprep.judge.message import asset_message
from wanprep.judge.rules import rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wanprep.fix.plan import Need
    from wanprep.judge.broken import Broken
    from wanprep.probe.facts import Facts

# Of these a file cannot be cured: it is not there, not whole, or not what is wanted.
_BEYOND: Final = frozenset({"exists", "empty", "lfs_pointer", "readable", "kind"})
_INSTEAD: Final = {
    ("video", "voice"): "Save its sound alone, as WAV, and give that.",
    ("video", "reference_image"): "Save one of its frames as a picture, and give that.",
    ("video", "first_frame"): "Save one of its frames as a picture, and give that.",
    ("image", "reference_video"): "Give it as a picture, or make a clip of it.",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One rule that a file breaks, and for whom."""

    need: Need
    broken: Broken

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
        rule = rules()[self.rule]
        message = asset_message(self.broken, facts.path, facts, self.need.target)
        if rule.fix:  # which is what turned out not to be possible
            message = message.removesuffix(rule.fix).removesuffix(rule.by_hand) + rule.by_hand
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
