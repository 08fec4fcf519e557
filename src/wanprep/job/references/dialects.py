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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ReferenceName = tuple[str, int]  # ("image", 2) is the second image of a job
_NAME: Final = "{name}"
_AT_NAME: Final = "@name"
_NUMBERED: Final = re.compile("([a-z]+)([1-9][0-9]{0,2})")  # how one without a name is sent
_NO_WORD: Final = r"(?<![A-Za-z0-9_.@/])"  # before a name: none in an e-mail address or a path
_WORD: Final = "([A-Za-z][A-Za-z0-9_]*)"
_WORD_END: Final = "(?![A-Za-z0-9_])"
FRAME: Final = "frame"  # the kind of a frame that is counted with the images
_CHINESE: Final = {"image": "图", "video": "视频", "audio": "音频"}


@dataclass(frozen=True, slots=True)
class Form:
    """How one style writes a reference, and counts."""

    form: str = ""  # {n} is the number, {name} its own name; empty where it cannot be written
    first: int = 1
    over: str = "kind"  # or "list": images and videos in one row
    frames: tuple[str, ...] = ()  # roles whose files come first in the row of images

    @property
    def has_names(self) -> bool:
        """Whether it writes references by their own names, and not by numbers."""
        return _NAME in self.form

    def write(self, kind: str, number: int) -> str:
        """Write the name of a reference by its number."""
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
    own_names: tuple[tuple[ReferenceName, str], ...] = ()  # of the job

    def form_of(self, style: str) -> Form:
        """Return the form of a style."""
        return dict(self.own).get(style) or forms().get(style) or Form()

    @property
    def has_names(self) -> bool:
        """Whether the target has names of references."""
        return any(self.form_of(style).has_names for style in self.styles)

    def can_write(self, style: str) -> bool:
        """Whether a reference can be written in a style by itself."""
        return bool(self.form_of(style).form)

    def own_name(self, reference: ReferenceName) -> str:
        """Return the own name of a reference, else the one by which it is sent: image1."""
        return dict(self.own_names).get(reference) or "{}{}".format(*reference)

    def is_own(self, token: Token, reference: ReferenceName | None) -> bool:
        """Whether a token is a reference's own name, which no number is in."""
        return self.form_of(token.style).has_names and reference in dict(self.own_names)

    def without(self, reference: ReferenceName) -> Dialect:
        """Return the dialect of the job without a reference."""
        kind, number = reference
        left = (((each, at - (each == kind and at > number)), name)
                for (each, at), name in self.own_names if (each, at) != reference)  # fmt: skip
        return replace(self, own_names=tuple(left))

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
        if form.has_names:
            return form.form.replace(_NAME, self.own_name(reference))
        at = self.row(style, reference[0], order).index(reference)
        return form.write(reference[0], at + form.first)

    def find(self, prompt: str) -> Sequence[Token]:
        """Find all tokens of a prompt: own names, this dialect's own form, other spellings.

        A word in the form of a name that is none counts only where the target has names.
        """
        named = list(self._named(prompt))
        found = [token for token in named if token.index]
        unknown = [token for token in named if not token.index]
        for tokens in (_formed(prompt, self._patterns()), find_tokens(prompt, self.words), unknown):
            found += [each for each in tokens if not any(_overlap(each, old) for old in found)]
        return sorted(found, key=lambda token: token.span)

    def _named(self, prompt: str) -> Iterator[Token]:
        """Find own names; an unknown one has the number 0."""
        owners = {name: reference for reference, name in self.own_names}
        styles = [name for name in self.styles if self.form_of(name).has_names]
        for style in dict.fromkeys([*styles, _AT_NAME] if owners else styles):
            before, _, after = map(re.escape, self.form_of(style).form.partition(_NAME))
            for match in re.finditer(_NO_WORD + before + _WORD + after + _WORD_END, prompt):
                if match[1] in owners or styles:
                    kind, number = owners.get(match[1]) or self._sent_as(match[1])
                    yield Token(kind, number, style, match.span(), match[0])

    def _sent_as(self, name: str) -> ReferenceName:
        """Return the reference that is sent by a name, since it has none of its own."""
        match = _NUMBERED.fullmatch(name)
        known = match and match[1] in {"image", "video", *self.words}
        return (match[1], int(match[2])) if match and known else ("name", 0)

    def _patterns(self) -> tuple[tuple[str, str, str], ...]:
        styles = {**forms(), **dict(self.own)}
        kinds = ("image", "video", *self.words)
        return tuple(
            (name, kind, form.form)
            for name, form in styles.items()
            if (name not in STYLES or name in dict(self.own)) and not form.has_names
            for kind in (kinds if "{" in form.form.replace("{n}", "") else ("image",))
        )


PLAIN: Final = Dialect()


def dialect_of(
    data: Mapping[str, Any],
    words: Iterable[str] = (),
    roles: Sequence[str] = (),
    own_names: tuple[tuple[ReferenceName, str], ...] = (),
) -> Dialect:
    """Return the dialect of a target's file; `roles` and `own_names` are those of the job."""
    styles = tuple(data.get("prompt_styles", ()))
    own = {name: _form_of(about) for name, about in data.get("dialects", {}).items()}
    numbering = data.get("numbering")
    if numbering:
        for name in styles:
            base = own.get(name) or forms().get(name) or Form()
            if base.has_names:
                continue
            own[name] = _form_of(numbering, base)
    counted = {role for form in own.values() for role in form.frames}
    return Dialect(
        styles=styles,
        words=tuple(words),
        own=tuple(own.items()),
        frames=sum(role in counted for role in roles),
        own_names=own_names,
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
