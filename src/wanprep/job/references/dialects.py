"""How a target names references in a prompt: the words, the form, and how it counts.

Most styles are found by their words (find.py). One of another form, such as `<IMAGE_REF_0>`, is
found by that form. How a style counts is data, here or in the file of a target: for each kind or
over one list, from 1 or from 0, over the frames too.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.job.references.find import find_tokens
from wanprep.job.references.styles import STYLES, Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ReferenceName = tuple[str, int]  # ("image", 2) is the second image of a job
FRAME: Final = "frame"  # the kind of a frame that is counted with the images
_CHINESE: Final = {"image": "图", "video": "视频", "audio": "音频"}


@dataclass(frozen=True, slots=True)
class Form:
    """How one style writes a reference, and counts."""

    form: str = ""  # {n} is the number; empty where it cannot be written
    first: int = 1
    over: str = "kind"  # or "list": images and videos in one row
    frames: tuple[str, ...] = ()  # roles whose files come first in the row of images

    def write(self, kind: str, number: int) -> str:
        """Write the name of a reference."""
        return self.form.format(
            n=number, lower=kind, title=kind.title(), upper=kind.upper(),
            chinese=_CHINESE.get(kind, kind.title()),
        )  # fmt: skip


@cache
def forms() -> Mapping[str, Form]:
    """Return the forms of the styles that can be written."""
    file = Path(__file__).with_name("dialects.json")
    return {name: Form(**about) for name, about in json.loads(file.read_text("utf-8")).items()}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names that a target's prompts may use for the references of a job."""

    styles: tuple[str, ...] = ()  # those that its documentation shows
    words: tuple[str, ...] = ()  # kinds of references that it names, beside images and videos
    own: tuple[tuple[str, Form], ...] = ()  # by the name of the style
    frames: int = 0  # of the job: how many are counted before its images

    def form_of(self, style: str) -> Form:
        """Return the form of a style."""
        return dict(self.own).get(style) or forms().get(style) or Form()

    def can_write(self, style: str) -> bool:
        """Whether a reference can be written in a style by itself."""
        return bool(self.form_of(style).form)

    def row(self, style: str, kind: str, order: Sequence[ReferenceName]) -> list[ReferenceName]:
        """List the references among which a style counts."""
        form = self.form_of(style)
        everything = kind == "character" or form.over == "list"
        row = [each for each in order if everything or each[0] == kind]
        frames = self.frames if form.frames and (everything or kind == "image") else 0
        return [*((FRAME, at + 1) for at in range(frames)), *row]

    def named(self, token: Token, order: Sequence[ReferenceName]) -> ReferenceName | None:
        """Return the reference that a token names."""
        row = self.row(token.style, token.kind, order)
        at = token.index - self.form_of(token.style).first
        return row[at] if 0 <= at < len(row) else None

    def write(self, reference: ReferenceName, style: str, order: Sequence[ReferenceName]) -> str:
        """Write the name of a reference in a style."""
        form = self.form_of(style)
        at = self.row(style, reference[0], order).index(reference)
        return form.write(reference[0], at + form.first)

    def find(self, prompt: str) -> Sequence[Token]:
        """Find all tokens of a prompt, those of this dialect's own form first."""
        tokens = find_tokens(prompt, self.words)
        formed = list(_formed(prompt, self._patterns()))
        if not formed:
            return tokens
        rest = [each for each in tokens if not any(_overlap(each, other) for other in formed)]
        return sorted([*formed, *rest], key=lambda token: token.span)

    def _patterns(self) -> tuple[tuple[str, str, str], ...]:
        styles = {**forms(), **dict(self.own)}
        kinds = ("image", "video", *self.words)
        return tuple(
            (name, kind, form.form)
            for name, form in styles.items()
            if name not in STYLES or name in dict(self.own)
            for kind in (kinds if "{" in form.form.replace("{n}", "") else ("image",))
        )


PLAIN: Final = Dialect()


def dialect_of(
    data: Mapping[str, Any], words: Iterable[str] = (), roles: Sequence[str] = ()
) -> Dialect:
    """Return the dialect of a target's file; `roles` are those of the job's files."""
    styles = tuple(data.get("prompt_styles", ()))
    own = {name: _form_of(about) for name, about in data.get("dialects", {}).items()}
    numbering = data.get("numbering")
    if numbering:
        for name in styles:
            base = own.get(name) or forms().get(name) or Form()
            own[name] = _form_of(numbering, base)
    counted = {role for form in own.values() for role in form.frames}
    return Dialect(
        styles=styles,
        words=tuple(words),
        own=tuple(own.items()),
        frames=sum(role in counted for role in roles),
    )


def _form_of(about: Mapping[str, Any], base: Form | None = None) -> Form:
    values: dict[str, Any] = {**about}
    if "frames" in about:
        values["frames"] = tuple(about["frames"])
    return replace(base or Form(), **values)


def _formed(prompt: str, patterns: tuple[tuple[str, str, str], ...]) -> Iterable[Token]:
    for style, kind, pattern in _compiled(patterns):
        for match in pattern.finditer(prompt):
            yield Token(kind, int(match[1]), style, match.span(), match[0])


@lru_cache(maxsize=64)
def _compiled(
    patterns: tuple[tuple[str, str, str], ...],
) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Compile the forms of styles; letters may be of either case, and no digit may follow."""
    compiled = []
    for style, kind, form in patterns:
        before, _, after = (re.escape(each) for each in Form(form).write(kind, 0).partition("0"))
        end = after or "(?![0-9])"
        compiled.append((style, kind, re.compile(rf"{before}([0-9]{{1,3}}){end}", re.IGNORECASE)))
    return tuple(compiled)


def _overlap(one: Token, other: Token) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]
