"""Errors of a provider's own request body: constants, types, and the names of voices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import (
    Add,
    Drop,
    Proposal,
    Put,
    Rename,
    format_value,
    propose_key,
    propose_value,
    value_at,
)
from wanprep.fix.job.judged_document import limit_of
from wanprep.job.references.find import find_tokens
from wanprep.pointers import below, last, parent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.judged_document import JudgedDocument

_ONE_URL: Final = re.compile(r"[^\s,]+")


def body_constants(judged: JudgedDocument) -> Iterator[Proposal]:
    """Write what is the same in every request: the name of the model."""
    if not any(judged.findings_of("target-unknown")):
        return
    for key, value in judged.fields.get("constants", {}).items():
        pointer = below("/body", key)
        if key not in judged.value["body"]:
            yield Proposal(
                pointer, (Add("/body", key, value),), f"add `{key}: {value}`",
                before="", after=value, rules=("target-unknown",),
            )  # fmt: skip
        elif value_at(judged.value, pointer) != value:
            words = f"write {value} for `{key}`"
            yield propose_value(judged, pointer, value, words, ("target-unknown",))


def body_types(judged: JudgedDocument) -> Iterator[Proposal]:
    """Wrap a URL in the object or list that a field takes, or take it out of one."""
    for finding in judged.findings_of("parameter-invalid") if judged.native else ():
        pointer, required = finding.pointer, limit_of(finding).get("type")
        shown = format_value(value_at(judged.value, pointer))
        intent: Any = None
        words, is_lossy = "", False
        match value_at(judged.value, pointer):
            case str(url) if required == "object" and (key := _url_key(judged, pointer)):
                intent, words = {key: url}, f"make an object of {shown}"
            case str(url) if required == "array" and _ONE_URL.fullmatch(url):
                intent, words = [url], f"make a list of {shown}"
            case [str(url)] if required == "string":
                intent, words = url, f"make one text of {shown}"
            case [str(url), *_] if required == "string":
                words = f"keep only the first of `{last(pointer)}`, which takes one"
                intent, is_lossy = url, True
        if intent is not None:
            yield propose_value(
                judged, pointer, intent, words, (finding.rule,),
                safety="asks" if is_lossy else "safe", keep_if="always",
            )  # fmt: skip


def _url_key(judged: JudgedDocument, pointer: str) -> str | None:
    """Find the key for the URL of a reference, where references are objects."""
    for role in ("reference_image", "reference_video"):
        field = judged.fields.get(role) or {}
        if parent(pointer) == below("/body", field.get("name", "")):
            return field["item"]["url"] if field["item"] else None
    return None


def voice_names(judged: JudgedDocument) -> Iterator[Proposal]:
    """Write `image1` for `Image 1`, `image01` and the like, where voices are bound by name."""
    for finding in judged.findings_of("parameter-invalid") if judged.native else ():
        key = last(finding.pointer)
        tokens = find_tokens(key) if finding.bound.keyword == "additionalProperties" else ()
        if len(tokens) != 1 or tokens[0].span != (0, len(key)):
            continue
        name = f"{tokens[0].kind}{tokens[0].index}"
        patterns = finding.bound.schema.get("patternProperties", ())
        is_valid = any(re.search(pattern, name) for pattern in patterns)
        if is_valid and name not in value_at(judged.value, parent(finding.pointer)):
            yield propose_key(finding.pointer, name, finding.rule, certain=True)


def positional_voices(judged: JudgedDocument) -> Iterator[Proposal]:
    """Bind voices by the names of their references instead of by their position."""
    voice = judged.fields.get("voice", {})
    key, path = voice.get("positional"), str(voice.get("bindings", ""))
    outer, _, inner = path.partition(".")
    body = judged.value["body"] if judged.native else {}
    voices = body.get(key)
    if not (voices and inner and _is_list_of_strings(voices)):
        return
    kinds = [role.removeprefix("reference_") for role in voice["positional_order"]]
    owners = [f"{kind}{number}" for kind in kinds
              for number in range(1, judged.kinds.count(kind) + 1)]  # fmt: skip
    bound = dict(zip(owners, voices, strict=False))
    pointer, group = below("/body", key), body.get(outer)
    operations: tuple[Operation, ...] = (Add(below("/body", outer), inner, bound), Drop(pointer))
    if outer not in body:
        operations = (Put(pointer, {inner: bound}), Rename(pointer, outer))
    elif not isinstance(group, dict) or inner in group:
        return
    if len(bound) == len(voices):
        words = f"write the voices of `{key}` with their names into `{path}`"
        before, after = format_value(voices), format_value(bound)
        yield Proposal(pointer, operations, words, before=before, after=after)


def _is_list_of_strings(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
