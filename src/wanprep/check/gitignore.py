"""The patterns of .gitignore files, which --exclude and `exclude` take, too.

Translated here: the package for it takes as long to import as half a check of a file, and
misses some of what git does. The tests compare with git itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC: Final = re.compile(r"[*?\[\\]")
_NEVER: Final = "(?!)"
# `**` is special between slashes only. What is left is a mistake: a `[` or a last `\` alone.
_TOKEN: Final = re.compile(
    r"(?P<folders>(?<![^/])\*\*+/)|(?P<all>(?<![^/])\*\*+\Z)|(?P<star>\*+)|(?P<any>\?)"
    r"|\\(?P<escaped>.)|\[(?P<set>[!^]?(?:\]|(?=[^\]]))(?:\[:[a-z]*:\]|\\.|[^\]\\])*)\]"
    r"|(?P<plain>[^*?\\\[]+)|(?P<mistake>.)",
    re.DOTALL,
)
_MEMBER: Final = re.compile(
    r"\[:(?P<name>[a-z]*):\]|(?P<low>\\.|[^\\])-(?P<high>\\.|[^\\])|(?P<one>\\.|[^\\])", re.DOTALL
)
_CLASSES: Final = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \t", "cntrl": "\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~",
    "space": " \t-\r", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


class _Pattern(NamedTuple):
    number: int  # in the file, where the last one that matches decides
    text: str
    is_path: bool  # relative to the folder of the file, and not a name in any folder below it
    is_folder: bool
    leaves_out: bool


_Answer = tuple[int, bool]  # the number of a pattern, and whether it leaves out
_NONE: Final = (-1, False)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Patterns of which the last that matches answers: nearly all are names or endings of names."""

    literal: dict[str, _Answer]
    endings: dict[str, _Answer]
    others: tuple[tuple[re.Pattern[str], bool, _Answer], ...]  # true: for folders only
    any_other: re.Pattern[str] | None  # of these: most names match none

    def find(self, text: str) -> _Answer:
        answer = self.literal.get(text, _NONE)
        at = text.find(".") if self.endings else -1
        while at >= 0:
            answer = max(answer, self.endings.get(text[at:], _NONE))
            at = text.find(".", at + 1)
        bare = text.removesuffix("/")
        if self.any_other is None or not self.any_other.fullmatch(bare):
            return answer
        for expression, is_folder, other in self.others:  # the last ones first
            if other <= answer:
                break
            if expression.fullmatch(bare) and not (is_folder and bare == text):
                return other
        return answer


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one file."""

    of_names: _Choice | None
    of_paths: _Choice | None

    def leave_out_all_in(self, folder: str) -> bool:
        """Whether they leave out whatever is in a folder, as `build/*` does."""
        return self.of_paths is not None and self.of_paths.find(f"{folder}\0")[1]

    def leave_out(self, folder: str, name: str) -> bool | None:
        """Whether a name in a folder is left out or explicitly not; None if no pattern is about it.

        The folder is relative to that of the file. It and the names of folders end with a slash.
        """
        number, leaves_out = self.of_names.find(name) if self.of_names else _NONE
        if self.of_paths:
            number, leaves_out = max((number, leaves_out), self.of_paths.find(folder + name))
        return leaves_out if number >= 0 else None


def parse_patterns(text: str) -> Patterns | None:
    """Read the patterns of a file; None if there are none."""
    lines = text.removeprefix("\ufeff").split("\n")
    patterns = [*filter(None, (_parse(*line) for line in enumerate(lines)))]
    if not patterns:
        return None
    return Patterns(*(_choice(patterns, is_path=is_path) for is_path in (False, True)))


def _choice(patterns: Iterable[_Pattern], *, is_path: bool) -> _Choice | None:
    chosen = [each for each in patterns if each.is_path is is_path]
    choice = _Choice({}, {}, (), None)
    others = []
    for each in chosen:
        answer = (each.number, each.leaves_out)
        ends = ("/",) if each.is_folder else ("", "/")
        if not _MAGIC.search(each.text):
            choice.literal.update((each.text + end, answer) for end in ends)
        elif not is_path and each.text.startswith("*.") and not _MAGIC.search(each.text, 1):
            choice.endings.update((each.text[1:] + end, answer) for end in ends)
        else:
            expression = re.compile("".join(_translate(each.text)), re.DOTALL)
            others.append((expression, each.is_folder, answer))
    if others:
        every = "|".join(expression.pattern for expression, _, _ in others)
        choice = replace(choice, others=(*others[::-1],), any_other=re.compile(every, re.DOTALL))
    return choice if chosen else None


def _parse(number: int, line: str) -> _Pattern | None:
    # Trailing spaces can be escaped.
    line = re.sub(r"(?<!\\)((?:\\\\)*) +\Z", r"\1", line.removesuffix("\r"))
    pattern = line.removeprefix("!")
    text = pattern.removesuffix("/")
    if not text or line.startswith("#"):
        return None
    is_folder, leaves_out = text != pattern, pattern == line
    return _Pattern(number, text.removeprefix("/"), "/" in text, is_folder, leaves_out)


def _translate(pattern: str) -> Iterator[str]:
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "folders":
                yield "(?:.*/)?"
            case "all":
                yield ".*"
            case "star":
                yield "[^/]*"
            case "any":
                yield "[^/]"
            case "set":
                yield _character_set(token["set"])
            case "mistake":
                yield _NEVER
            case _:
                yield re.escape(token["escaped"] or token["plain"])


def _character_set(written: str) -> str:
    is_negated = written[0] in "!^"
    members = []
    for member in _MEMBER.finditer(written[is_negated:]):
        low, high = (_character(member[name] or member["one"]) for name in ("low", "high"))
        if member["name"] is not None:
            if member["name"] not in _CLASSES:
                return _NEVER
            members.append(_CLASSES[member["name"]])
        else:  # git takes a range from a later letter to an earlier one for its first letter
            members.append(f"{re.escape(low)}-{re.escape(max(low, high))}")
    return f"(?!/)[{'^' if is_negated else ''}{''.join(members)}]"


def _character(written: str | None) -> str:
    return (written or "")[-1:]
