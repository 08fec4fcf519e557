"""Where in a job a position is, by indents and brackets: most texts in an editor are incomplete.

A YAML or JSON reader finds nothing in a document that it cannot read to its end. Here only what
precedes the position counts.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, NamedTuple

from wanprep.dataclass import dataclass

_KEY: Final = re.compile(
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s#\[\]{},:'\"-][^#\[\]{},:]*?))\s*:(?=\s|$)"
)
_DASH: Final = re.compile(r"-(?:\s+|$)")
_DASHES: Final = re.compile(r"(?<=\s)-(?=\s)|^-(?=\s)")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_TOKEN: Final = re.compile(
    r"\"(?:[^\"\\]|\\.)*(?P<open_double>\"|\Z)|'[^']*(?P<open_single>'|\Z)|[{}\[\],]|:(?=\s|\Z)|"
    r"[^\s{}\[\],\"'][^{}\[\],\n]*?(?=\s*(?:[{}\[\],\n]|:\s|:\Z|\Z))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What may be written at a position."""

    path: tuple[str, ...]  # of keys, and * for the entries of a list
    is_key: bool = False
    start: int  # the offset at which what is written here begins
    typed: str  # from there to the position
    quote: str = ""  # in which it is written
    siblings: frozenset[str] = frozenset()  # the keys beside it
    is_block: bool = False  # a text of several lines


class _Level(NamedTuple):
    """A dash or a key of a line."""

    indent: int
    key: str  # * for a dash
    value: str  # what follows a key


def context_at(text: str, offset: int, *, is_json: bool) -> Context | None:
    """Find out what is written at an offset."""
    if is_json:
        return _in_brackets(text, 0, offset, ())
    begin = max((each.end() for each in re.finditer(r"^---.*$", text[:offset], re.MULTILINE)),
                default=0)  # fmt: skip
    start = text.rfind("\n", 0, offset) + 1
    lines = text[begin:start].splitlines() if start > begin else []
    return _in_lines(lines, text, start, offset)


def _levels(line: str) -> list[_Level]:
    """Split a line into its dashes and its key."""
    at = len(line) - len(line.lstrip(" "))
    levels = []
    while dash := _DASH.match(line, at):
        levels.append(_Level(at, "*", ""))
        at = dash.end()
    if key := _KEY.match(line, at):
        name = next((each for each in key.groups() if each is not None), "")
        levels.append(_Level(at, name, _COMMENT.sub("", line[key.end() :]).strip()))
    return levels


def _in_lines(lines: list[str], text: str, start: int, offset: int) -> Context | None:
    """Find the keys above a position by their indents."""
    head = text[start:offset]
    if _COMMENT.search(head):
        return None
    own = _levels(head)
    is_key = not own or own[-1].key == "*"
    plain = _DASHES.sub(lambda found: " " * len(found[0]), head)
    indent = len(plain) - len(plain.lstrip(" ")) if is_key else own[-1].indent
    parents, siblings = _parents(lines, indent, own if is_key else own[:-1])
    path = tuple(level.key for level in parents)
    for place, level in enumerate(parents):
        if level.value[:1] in {"[", "{"}:
            return _in_brackets(text, text.rfind(level.value, 0, start), offset, path[: place + 1])
        if level.value and level.value[0] not in "&!":  # a text that goes on here
            typed = head.lstrip()
            start = offset - len(typed)
            return Context(path=path[: place + 1], start=start, typed=typed, is_block=True)
    if not is_key:
        value = _KEY.split(plain, maxsplit=1)[-1].lstrip()
        return _in_brackets(text, offset - len(value), offset, (*path, own[-1].key))
    typed = head[indent:]
    if typed[:1] in {"[", "{"}:
        return _in_brackets(text, offset - len(typed), offset, path)
    quote = typed[:1] if typed[:1] in {'"', "'"} else ""
    keys = frozenset(siblings) | _keys_below(text[offset:], indent)
    start, typed = offset - len(typed) + len(quote), typed[len(quote) :]
    return Context(path=path, is_key=True, start=start, typed=typed, quote=quote, siblings=keys)


def _parents(lines: list[str], indent: int, own: list[_Level]) -> tuple[list[_Level], set[str]]:
    """List the levels around an indent, the outermost first, and the keys beside it."""
    parents = [*reversed(own)]
    limit = indent if not own else own[0].indent
    after_dash = bool(own)
    siblings: set[str] = set()
    is_beside = True
    for line in reversed(lines):
        for level in reversed(_levels(_COMMENT.sub("", line))):
            if level.key != "*" and level.indent == indent and is_beside and not own:
                siblings.add(level.key)
            is_parent = level.indent < limit or (
                after_dash and level.indent == limit and level.key != "*"
            )
            if is_parent:
                parents.append(level)
                limit, after_dash = level.indent, level.key == "*"
                is_beside = False
    return parents[::-1], siblings


def _keys_below(text: str, indent: int) -> frozenset[str]:
    """List the keys of the same mapping in the lines below."""
    keys = set()
    for line in text.splitlines()[1:]:
        levels = _levels(line)
        if line.strip() and len(line) - len(line.lstrip(" ")) < indent:
            break
        keys |= {level.key for level in levels if level.indent == indent and level.key != "*"}
    return frozenset(keys)


@dataclass(slots=True)
class _Frame:
    """An open bracket."""

    is_mapping: bool
    key: str | None = None  # whose value comes next
    last: str = ""  # the last string or word: perhaps a key
    keys: set[str] = field(default_factory=set)


def _in_brackets(text: str, begin: int, offset: int, path: tuple[str, ...]) -> Context:
    """Find the keys around a position by the brackets since `begin`."""
    frames: list[_Frame] = []
    start, quote = offset, ""
    for token in _TOKEN.finditer(text, begin, offset):
        word = token[0]
        top = frames[-1] if frames else None
        start = offset
        match word:
            case "{" | "[":
                frames.append(_Frame(word == "{"))
            case "}" | "]":
                del frames[-1:]
            case "," if top:
                top.key = None
            case ":" if top:
                top.key = top.last
                top.keys.add(top.last)
            case ",":
                pass
            case _:
                quote = word[0] if word[0] in "\"'" else ""
                is_open = quote and "" in {token["open_double"], token["open_single"]}
                if top:
                    top.last = word.strip("\"'")
                if is_open or (not quote and token.end() == offset):
                    start = token.start() + len(quote)
    is_key = bool(frames) and frames[-1].is_mapping and frames[-1].key is None
    keys = [frame.key if frame.is_mapping else "*" for frame in frames]
    inner = tuple(key for key in keys if key is not None)
    siblings = frozenset(frames[-1].keys) if frames else frozenset()
    quote = quote if start < offset or (quote and text[start - 1] == quote) else ""
    return Context(
        path=(*path, *inner),
        is_key=is_key,
        start=start,
        typed=text[start:offset],
        quote=quote,
        siblings=siblings,
    )
