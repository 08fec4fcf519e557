"""Hold a document against the published schema of jobs, and mend what is surely meant.

The schema is data: keys, their types and what may not stand together are read from there, and
a test holds that this reading agrees with a full validator. What is mended is still reported;
but a job with `refs:` is judged as if it said `references:`, so that one slip stays one finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.documents.document import Member, Node
from wanprep.job.misspelt import same_key, similar_key
from wanprep.job.model import Problem
from wanprep.job.shape_words import (
    cannot_stand,
    has_both,
    has_neither,
    is_empty,
    unknown_key,
    wrong_type,
)
from wanprep.pointers import below
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from wanprep.job.documents.document import Document, Place

Schema = Mapping[str, Any]

_VIDEO: Final = re.compile(r"\.(?:mp4|mov|m4v|webm|mkv|avi|gif)(?:[?#].*)?$", re.IGNORECASE)


def mended(document: Document) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return a document as it is meant, and everything that is wrong with how it is written."""
    shape = _Shape(document)
    root = shape.value(document.root, load_schema("job"), "")
    meant = replace(document, root=root) if root else None
    return meant, tuple(shape.problems)


class _Shape:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []

    def value(self, node: Node, schema: Schema, pointer: str) -> Node | None:
        """Return a value as it is meant, or None where that cannot be told."""
        types = _types(schema)
        if types and _kind(node) not in types:
            self._problem(pointer, wrong_type(pointer, types, _kind(node), self._document.syntax))
            meant = self._as_meant(node, types, schema)
            if meant is None or isinstance(meant.content, str):
                return meant
            node = meant
        match node.content:
            case str(text) if not re.search(schema.get("pattern", ""), text):
                self._problem(pointer, is_empty(pointer))
                return replace(node, content="")
            case tuple(items) if "items" in schema:
                return replace(node, content=self._items(items, schema, pointer))
            case Mapping() as members if "properties" in schema:
                return self._members(node, members, schema, pointer)
            case _:
                return node

    def _items(self, items: tuple[Node, ...], schema: Schema, pointer: str) -> tuple[Node, ...]:
        if len(items) < schema.get("minItems", 0):
            self._problem(pointer, is_empty(pointer))
        values = (
            self.value(item, schema["items"], below(pointer, index))
            for index, item in enumerate(items)
        )
        return tuple(value for value in values if value)

    def _members(
        self, node: Node, members: Mapping[str, Member], schema: Schema, pointer: str
    ) -> Node | None:
        properties = schema["properties"]
        meant: dict[str, Member] = {}
        for key, member in members.items():
            name: str | None = key
            if key not in properties and not schema["additionalProperties"]:
                name = self._unknown_key(key, members, properties, pointer)
            if name is not None and name not in meant:
                inner = self.value(member.node, properties.get(name, {}), below(pointer, key))
                if inner:
                    meant[name] = Member(member.key, inner)
        self._exclude(members, meant, schema, pointer)
        return self._chosen(node, members, meant, schema, pointer)

    def _unknown_key(
        self, key: str, members: Mapping[str, Member], properties: Schema, pointer: str
    ) -> str | None:
        """Report a key that does not exist, and return the one that it surely stands for."""
        guess = same_key(key, properties)
        home = None if guess or pointer else _home(key, properties)
        if not guess and not home:
            guess = similar_key(key, properties)
        if guess in members:
            guess = None  # that one is there already
        message = unknown_key(key, tuple(properties), guess, home)
        self._problem(below(pointer, key), message, of_key=True)
        return guess

    def _exclude(
        self,
        members: Mapping[str, Member],
        meant: dict[str, Member],
        schema: Schema,
        pointer: str,
    ) -> None:
        """Report what may not stand beside a key, and leave it out."""
        for key, excluded in schema.get("dependentSchemas", {}).items():
            for name in excluded["properties"] if key in members or key in meant else ():
                if name in members:
                    self._problem(below(pointer, name), cannot_stand(name, key), of_key=True)
                meant.pop(name, None)

    def _chosen(
        self,
        node: Node,
        members: Mapping[str, Member],
        meant: dict[str, Member],
        schema: Schema,
        pointer: str,
    ) -> Node | None:
        """See that a mapping has one of some keys and only one."""
        choices = [choice["required"][0] for choice in schema.get("oneOf", ())]
        written = [name for name in choices if name in members or name in meant]
        if choices and not written:
            self._problem(pointer, has_neither(choices))
            return None
        if len(written) > 1:
            self._problem(pointer, has_both(choices, self._document.syntax))
            for name in written[1:]:
                meant.pop(name, None)
        return replace(node, content=meant)

    def _as_meant(self, node: Node, types: tuple[str, ...], schema: Schema) -> Node | None:
        """Make of a value of the wrong kind what can be made of it."""
        text = isinstance(node.content, str)
        if "string" in types:
            return replace(node, content=self._as_text(node, schema))
        if "array" in types and (text or isinstance(node.content, Mapping)):
            return replace(node, content=(node,))
        if "oneOf" in schema and text:
            kind = "video" if _VIDEO.search(str(node.content)) else "image"
            return replace(node, content={kind: Member(node.span, node)})
        return None

    def _as_text(self, node: Node, schema: Schema) -> str:
        match node.content:
            case (Node(content=str(only)),):
                return only
            case None:
                return ""
            case tuple() | Mapping() if "pattern" in schema:
                return ""  # surely not the name of a file
            case _:
                start, end = node.span
                return self._document.source.text[start:end]

    def _problem(self, pointer: str, message: str, *, of_key: bool = False) -> None:
        document = self._document
        place: Place = document.key_place(pointer) if of_key else document.place(pointer)
        self.problems.append(Problem("job-invalid", pointer, message, place))


def _types(schema: Schema) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _kind(node: Node) -> str:
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
    """Find where inside of a job a key belongs that stands at its top."""
    if same_key(key, properties["parameters"]["properties"]):
        return "`parameters`"
    if same_key(key, properties["references"]["items"]["properties"]):
        return "an entry of `references`"
    return None
