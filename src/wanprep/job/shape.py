"""Validate a document against the published schema of jobs, and normalize what is unambiguous.

The schema is data: keys, their types and what may not stand together are read from there, and
a test checks that this reading agrees with a full validator. Everything normalized is reported;
but a job with `refs:` is judged as if it had `references:`, so that one mistake is one finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.job.documents.document import Member, Node
from wanprep.pointers import below, last, parent
from wanprep.schemas import closest, letters, mismatch, type_in_words, unknown_key
from wanprep.text import join_words, visible

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document, Place, Syntax
    from wanprep.job.roles import Roles

Schema = Mapping[str, Any]
Members = Mapping[str, Member]

_HINTS: Final = {
    "json": {
        "entry": '{"image": "hero.jpg"} or {"video": "dance.mp4"}',
        "list": "put [ ] around its entries",
        "split": "make two entries of it",
    },
    "yaml": {
        "entry": "`- image: hero.jpg` or `- video: dance.mp4`",
        "list": "put a dash before each entry, like `- image: hero.jpg`",
        "split": "make two entries of it, each with a dash of its own",
    },
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in the form of a job, whatever its target."""

    rule: str
    pointer: str
    message: str
    place: Place


def normalize(document: Document, roles: Roles) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return a document in the shape of the schema of jobs, and every error in its form.

    None where nothing in it can be used.
    """
    normalizer = _Normalizer(document, roles)
    root = normalizer.value(document.root, roles.schema, "")
    return replace(document, root=root) if root else None, tuple(normalizer.problems)


class _Normalizer:
    def __init__(self, document: Document, roles: Roles) -> None:
        self._document = document
        self._roles = roles
        self._hints = _HINTS[document.syntax]
        self.problems: list[Problem] = []

    def value(self, node: Node, schema: Schema, pointer: str) -> Node | None:
        """Return a value in the shape of the schema; None where it cannot be used."""
        types = _types(schema)
        if types and _type_of(node) not in types:
            message = _wrong_type(pointer, types, _type_of(node), self._document.syntax)
            self._report(pointer, message)
            converted = self._convert(node, types, schema)
            if converted is None or isinstance(converted.content, str):
                return converted
            node = converted
        match node.content:
            case str(text) if not re.search(schema.get("pattern", ""), text):
                form = schema.get("x-form") if text.strip() else None
                wrong = f"{_name(pointer)}{mismatch(text, form)}" if form else _is_empty(pointer)
                self._report(pointer, wrong)
                return Node("", node.span, node.written)
            case tuple(items) if "items" in schema:
                return Node(self._items(items, schema, pointer), node.span, node.written)
            case Mapping() as members if "properties" in schema:
                return self._members(node, members, schema, pointer)
            case _:
                return node

    def _items(self, items: tuple[Node, ...], schema: Schema, pointer: str) -> tuple[Node, ...]:
        if len(items) < schema.get("minItems", 0):
            self._report(pointer, _is_empty(pointer))
        values = (
            self.value(item, schema["items"], below(pointer, index))
            for index, item in enumerate(items)
        )
        return tuple(value for value in values if value)

    def _members(self, node: Node, members: Members, schema: Schema, pointer: str) -> Node | None:
        properties = schema["properties"]
        normal: dict[str, Member] = {}
        for key, member in members.items():
            name: str | None = key
            if key not in properties and not schema["additionalProperties"]:
                name = self._unknown_key(key, members, properties, pointer)
            if name is not None and name not in normal:
                value = self.value(member.node, properties.get(name, {}), below(pointer, key))
                if value:
                    normal[name] = Member(member.key, value)
        self._exclude(members, normal, schema, pointer)
        return self._choose(node, members, normal, schema, pointer)

    def _unknown_key(
        self, key: str, members: Members, properties: Schema, pointer: str
    ) -> str | None:
        """Report a key that does not exist, and return the one to use it as."""
        suggestion = _same_key(key, properties)
        home = None if suggestion or pointer else _home(key, properties)
        if not suggestion and not home:
            suggestion = closest(key, properties)
        if suggestion in members:
            suggestion = None
        details = f" belongs in {home}" if home else f": {unknown_key(properties, suggestion)}"
        self._report(below(pointer, key), f"`{visible(key)}`{details}", of_key=True)
        return suggestion

    def _exclude(
        self, members: Members, normal: dict[str, Member], schema: Schema, pointer: str
    ) -> None:
        """Report and leave out what cannot be combined with a key."""
        for key, excluded in schema.get("dependentSchemas", {}).items():
            for name in excluded["properties"] if key in members or key in normal else ():
                if name in members:
                    message = (
                        f"`{name}` cannot be combined with `{key}`, which is the whole request:"
                        f" move it into `{key}`"
                    )
                    self._report(below(pointer, name), message, of_key=True)
                normal.pop(name, None)

    def _choose(
        self, node: Node, members: Members, normal: dict[str, Member], schema: Schema, pointer: str
    ) -> Node | None:
        """Require exactly one of the keys of `oneOf`."""
        choices = [choice["required"][0] for choice in schema.get("oneOf", ())]
        written = [name for name in choices if name in members or name in normal]
        if choices and not written:
            names = join_words([f"`{name}`" for name in choices], "or")
            self._report(pointer, f"this reference has no {names}")
            return None
        if len(written) > 1:
            names = join_words([f"`{name}`" for name in written], "and")
            self._report(pointer, f"this reference has {names}: {self._hints['split']}")
            for name in written[1:]:
                normal.pop(name, None)
        return Node(normal, node.span, node.written)

    def _convert(self, node: Node, types: tuple[str, ...], schema: Schema) -> Node | None:
        """Convert a value of the wrong type; None where there is no way to."""
        if "string" in types:
            return replace(node, content=self._as_string(node, schema))
        if "array" in types and isinstance(node.content, str | Mapping):
            return replace(node, content=(node,))
        if "oneOf" in schema and isinstance(node.content, str):
            key = self._roles.key_of(node.content)
            return replace(node, content={key: Member(node.span, node)})
        return None

    def _as_string(self, node: Node, schema: Schema) -> str:
        match node.content:
            case (Node(content=str(only)),):
                return only
            case None:
                return ""
            case tuple() | Mapping() if "pattern" in schema:
                return ""  # a file name is required, and this is none
            case _:
                return self._document.source.text[slice(*node.span)]

    def _report(self, pointer: str, message: str, *, of_key: bool = False) -> None:
        document = self._document
        place = document.key_place(pointer) if of_key else document.place(pointer)
        self.problems.append(Problem("job-invalid", pointer, message, place))


def _types(schema: Schema) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _type_of(node: Node) -> str:
    match node.content:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case tuple():
            return "array"
        case _:
            return "object"


def _home(key: str, properties: Schema) -> str | None:
    """Find where inside a job a key of its top level belongs."""
    if _same_key(key, properties["parameters"]["properties"]):
        return "`parameters`"
    entry = properties["references"]["items"]["properties"]
    if _same_key(key, {name: each for name, each in entry.items() if "x-role" in each}):
        return "an entry of `references`"
    return None


def _same_key(key: str, properties: Schema) -> str | None:
    """Find the key that this is another spelling of, or another word for."""
    spelling = letters(key)
    for name, schema in properties.items():
        if spelling in {letters(word) for word in (name, *schema.get("x-also", ()))}:
            return name
    return None


def _wrong_type(pointer: str, types: tuple[str, ...], kind: str, syntax: Syntax) -> str:
    found, name = type_in_words(kind), f"{_name(pointer)}: " if pointer else ""
    if not pointer:
        return mismatch(found, "a mapping, like `prompt: ...`")
    if kind == "null":
        return _is_empty(pointer)
    if "string" in types:
        hint = ": put quotes around it" if kind in {"boolean", "number"} else ""
        return f"{name}{mismatch(found, 'a string')}{hint}"
    if "array" in types:
        return f"{name}{mismatch(found, 'a list')}: {_HINTS[syntax]['list']}"
    if pointer.startswith("/references/"):
        return f"{name}{mismatch(found, _HINTS[syntax]['entry'])}"
    return f"{name}{mismatch(found, 'a mapping')}"


def _is_empty(pointer: str) -> str:
    return f"{_name(pointer)} is empty: fill it in, or remove it"


def _name(pointer: str) -> str:
    """Name a value by its key; an entry of a list, by its number."""
    name = last(pointer)
    return f"entry {int(name) + 1} of {_name(parent(pointer))}" if name.isdecimal() else f"`{name}`"
