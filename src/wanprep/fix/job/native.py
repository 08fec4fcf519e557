"""What is wrong with a provider's own request body: constants, shapes, names of voices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import Add, Drop, Proposal, Put, Rename, at
from wanprep.fix.job.findings import limit_of
from wanprep.fix.job.keys import shown
from wanprep.job.references.find import find_tokens
from wanprep.pointers import below, last, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.findings import Found, Look

_ONE_ADDRESS: Final = re.compile(r"[^\s,]+")


def constants(look: Look) -> Iterator[Proposal]:
    """Write what is the same in every request: the name of the model."""
    known = look.native.data["fields"].get("constants", {}) if look.native else {}
    for key, value in known.items():
        pointer = below("/body", key)
        before = at(look.value, pointer)
        if before == value or not any(look.about("target-unknown")):
            continue
        put = key in look.value["body"]
        operation: Operation = Put(pointer, value) if put else Add("/body", key, value)
        yield Proposal(
            pointer=pointer,
            operations=(operation,),
            words=f"write {value} for `{key}`" if put else f"add `{key}: {value}`",
            safety="safe",
            rules=("target-unknown",),
            before=shown(before) if put else "",
            after=value,
        )


def shapes(look: Look) -> Iterator[Proposal]:
    """Wrap an address into an object or a list, or take it out of one, as the field wants it."""
    for found in look.about("parameter-invalid") if look.native else ():
        value = at(look.value, found.pointer)
        intent = _shaped(look, found, value, limit_of(found).get("type"))
        if intent is not None:
            several = isinstance(value, list) and len(value) > 1
            kind = type(intent).__name__
            wrapped = {"list": "a list", "dict": "an object", "str": "one text"}[kind]
            yield Proposal(
                pointer=found.pointer,
                operations=(Put(found.pointer, intent),),
                words=f"keep only the first of `{last(found.pointer)}`, which takes one"
                if several
                else f"make {wrapped} of {shown(value)}",
                safety="asks" if several else "safe",
                rules=(found.rule,),
                before=shown(value),
                after=shown(intent),
                promise="anything",
            )


def _shaped(look: Look, found: Found, value: object, wanted: object) -> Any:  # noqa: ANN401 - JSON
    item = _item(look, found.pointer)
    match value:
        case str() if wanted == "object" and item:
            return {item["url"]: value}
        case str() if wanted == "array" and _ONE_ADDRESS.fullmatch(value):
            return [value]
        case [str(only), *_] if wanted == "string":
            return only
        case _:
            return None


def _item(look: Look, pointer: str) -> Mapping[str, str] | None:
    """Find the keys of a reference's object, where references are objects."""
    fields = look.native.data["fields"] if look.native else {}
    for role in ("reference_image", "reference_video"):
        field = fields.get(role) or {}
        if parent(pointer) == below("/body", field.get("name", "")):
            item: Mapping[str, str] | None = field["item"]
            return item
    return None


def voices_names(look: Look) -> Iterator[Proposal]:
    """Write `image1` for `Image 1`, `image01` and the like, where voices are bound by name."""
    from wanprep.fix.job.keys import renamed

    for found in look.about("parameter-invalid") if look.native else ():
        patterns = found.broken.violation.schema.get("patternProperties", ())
        key = last(found.pointer)
        tokens = (
            find_tokens(key) if found.broken.violation.keyword == "additionalProperties" else ()
        )
        if len(tokens) != 1 or tokens[0].span != (0, len(key)):
            continue
        name = f"{tokens[0].kind}{tokens[0].index}"
        fits = any(re.search(pattern, name) for pattern in patterns)
        if fits and name not in at(look.value, parent(found.pointer)):
            yield renamed(found.pointer, name, certain=True, rule=found.rule)


def voices_by_place(look: Look) -> Iterator[Proposal]:
    """Write voices that are bound by their place with the names of whom they belong to."""
    fields = look.native.data["fields"] if look.native else {}
    places, path = fields.get("voice", {}).get("positional"), _bindings(fields)
    listed = look.value["body"].get(places) if look.native else None
    outer, _, inner = path.partition(".")
    if not (listed and inner and _all_text(listed)):
        return
    names = [f"{kind}{index}" for kind, index in _owners(look, fields["voice"])]
    bound = dict(zip(names, listed, strict=False))
    pointer, home = below("/body", places), below("/body", outer)
    given = look.value["body"].get(outer)
    operations: tuple[Operation, ...] = (Add(home, inner, bound), Drop(pointer))
    if outer not in look.value["body"]:
        operations = (Put(pointer, {inner: bound}), Rename(pointer, outer))
    elif not isinstance(given, dict) or inner in given:
        return
    if len(bound) == len(listed):
        yield Proposal(
            pointer=pointer,
            operations=operations,
            words=f"write the voices of `{places}` with their names into `{path}`",
            safety="safe",
            rules=(),
            before=shown(listed),
            after=shown(bound),
        )


def _bindings(fields: Mapping[str, Any]) -> str:
    return str(fields.get("voice", {}).get("bindings", ""))


def _all_text(listed: object) -> bool:
    return isinstance(listed, list) and all(isinstance(each, str) for each in listed)


def _owners(look: Look, voice: Mapping[str, Any]) -> list[tuple[str, int]]:
    """List the references in the order in which voices are handed out by place."""
    kinds = [each.kind for each in look.case.intent.references] if look.case else []
    order = [role.removeprefix("reference_") for role in voice["positional_order"]]
    return [(kind, number) for kind in order for number in range(1, kinds.count(kind) + 1)]
