"""Values of a wrong type, and values that a target refuses: the intended or the nearest one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import (
    Add,
    Change,
    format_value,
    propose_removal,
    propose_value,
    value_at,
)
from wanprep.fix.job.judged_document import limit_of
from wanprep.fix.job.keys import schema_at
from wanprep.media.facts import extension_format
from wanprep.pointers import below, last, parent, pointer_to
from wanprep.rules.slots import URL, split_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.fix.job.judged_document import JudgedDocument, TargetFinding
    from wanprep.job.documents.document import Node, Span

_INVALID: Final = "parameter-invalid"
_RATIO: Final = re.compile(
    r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*[:/x\u00d7]\s*(\d{1,5}(?:\.\d{1,4})?)\s*", re.IGNORECASE
)
_LINES: Final = re.compile(r"\s*(\d{1,5})\s*([pik]?)\s*", re.IGNORECASE)
_WHOLE: Final = re.compile(r"\s*([-+]?\d{1,15})(?:\.0{1,15})?\s*")
_SECONDS: Final = re.compile(r"(?<=\d)\s{0,9}s(?:ec(?:ond)?s?)?\.?\s*\Z", re.IGNORECASE)
_ONE_URL: Final = re.compile(r"[^\s,]+")
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
# Of each keyword with a number, how far the nearest allowed integer is from it.
_EDGES: Final = {
    "const": 0, "minimum": 0, "maximum": 0, "exclusiveMinimum": 1, "exclusiveMaximum": -1,
}  # fmt: skip


def wrong_types(judged: JudgedDocument) -> Iterator[Change]:
    """Write values in the type that is required."""
    for problem in judged.problems:
        pointer, rules = problem.pointer, (problem.rule,)
        for value, words in _conversions(judged, pointer):
            yield propose_value(judged, pointer, value, words, rules, keep_if="always")


def _conversions(judged: JudgedDocument, pointer: str) -> Iterator[tuple[Any, str]]:
    """Convert a value to its required type, with the words for that."""
    schema, name = schema_at(judged.roles, pointer), last(pointer)
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else types
    match value_at(judged.value, pointer):
        case bool() | int() | float() if "string" in types:
            place = judged.document.nearest(pointer).node.span
            written = judged.document.source.text[slice(*place)]
            yield written, f"put quotes around {written}"
        case [str(only)] if "string" in types and "array" not in types:
            yield only, f"write `{name}` as a string"
        case str() | dict() as value if types and "array" in types and "string" not in types:
            yield [value], f"write `{name}` as a list"
        case str(path) if "oneOf" in schema and extension_format(path.partition("?")[0]):
            key = judged.roles.key_of(path)
            yield {key: path}, f"write `{key}: {path}` instead of {path}"


def body_constants(judged: JudgedDocument) -> Iterator[Change]:
    """Write what is the same in every request: the name of the model."""
    if not any(judged.findings_of("target-unknown")):
        return
    for name, value in judged.fields.get("constants", {}).items():
        *outer, key = split_path(name)[0]
        home = pointer_to(("body", *outer))
        pointer = below(home, key)
        if not isinstance(members := value_at(judged.value, home), dict):
            continue
        if key not in members:
            yield Change(
                pointer, (Add(home, str(key), value),), f"add `{key}: {value}`",
                before="", after=value, rules=("target-unknown",),
            )  # fmt: skip
        elif value_at(judged.value, pointer) != value:
            words = f"write {value} for `{key}`"
            yield propose_value(judged, pointer, value, words, ("target-unknown",))


def body_types(judged: JudgedDocument) -> Iterator[Change]:
    """Wrap a URL in the object or list that a field takes, or take it out of one."""
    for finding in judged.findings_of(_INVALID) if judged.native else ():
        pointer, required = finding.pointer, limit_of(finding).get("type")
        shown = format_value(value_at(judged.value, pointer))
        intent: Any = None
        words, is_lossy = "", False
        match value_at(judged.value, pointer):
            case str(url) if required == "object" and (key := _url_key(judged, pointer)):
                intent, words = {key: url}, f"write {shown} as an object"
            case str(url) if required == "array" and _ONE_URL.fullmatch(url):
                intent, words = [url], f"write {shown} as a list"
            case [str(url)] if required == "string":
                intent, words = url, f"write {shown} as a string"
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
    home = parent(pointer)
    here = [slot for _, slot in judged.slots() if pointer_to(("body", *slot.path)) == home]
    return next((key for slot in here if (key := slot.key_of(URL))), None)


def unambiguous_values(judged: JudgedDocument) -> Iterator[Change]:
    """Write the only value that can be intended: 5 for "5", true for "yes", 720P for 720p."""
    for finding in judged.findings_of(_INVALID):
        value = written = value_at(judged.value, finding.pointer)
        name = judged.parameter_of(finding)
        if name == "duration" and isinstance(value, str):
            written = _SECONDS.sub("", value)
        intent = judged.native_value(name, unambiguous_value(written, limit_of(finding)))
        if intent is not None and (type(intent), intent) != (type(value), value):
            words = _words(finding.pointer, value, intent)
            yield propose_value(judged, finding.pointer, intent, words, (_INVALID,))


def unambiguous_value(value: Any, limit: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the only value of the required type that can be intended; None if there is none."""
    required, constant = limit.get("type"), limit.get("const")
    if required == "boolean":
        return _BOOLEANS.get(str(value).strip().lower())
    numeric = isinstance(constant, int) and not isinstance(constant, bool)
    if isinstance(value, str) and (required == "integer" or numeric):
        whole = _WHOLE.fullmatch(value)
        return int(whole[1]) if whole else None
    names = [each for each in limit.get("enum", (constant,)) if isinstance(each, str)]
    alike = [name for name in names if _is_same(value, name)]
    return alike[0] if len(alike) == 1 else None


def _is_same(value: object, name: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value).strip().lower()
    if text == name.lower() or (text and f"{text}p" == name.lower()):
        return True
    return ":" in name and bool(text) and measure(text) == measure(name)


def parameter_case(judged: JudgedDocument) -> Iterator[Change]:
    """Write parameters in small letters, as they are matched: 1080P is 1080p."""
    if judged.native or not judged.case:
        return
    for name, intent in judged.case.intent.parameters.items():
        pointer = below("/parameters", name)
        value = value_at(judged.value, pointer)
        if not isinstance(value, str) or value == intent or name == "callback_url":
            continue
        bounds = judged.parameter_bounds(name)
        if any(bound.keyword == "enum" and intent in bound.value for bound in bounds):
            yield propose_value(judged, pointer, intent, _words(pointer, value, intent))


def nearest_values(judged: JudgedDocument) -> Iterator[Change]:
    """Ask for the nearest value that every target takes; a seed is left out instead."""
    for finding in judged.findings_of(_INVALID):
        pointer = finding.pointer
        value, name = value_at(judged.value, pointer), judged.parameter_of(finding)
        # The neighbours of a seed mean nothing: without one, the provider chooses.
        if name == "seed" and isinstance(value, int | float):
            reason = f"{format_value(value)} is not allowed, and without one the provider chooses"
            what = f"`{last(pointer)}`: {reason}"
            yield propose_removal(judged, pointer, what, (_INVALID,), "asks")
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        for candidate in nearest(value, _allowed_values(judged, finding, value)):
            intent = judged.native_value(name, candidate)
            if intent != value:
                yield propose_value(
                    judged, pointer, intent, _words(pointer, value, intent), (_INVALID,),
                    safety="asks", keep_if="solved",
                )  # fmt: skip


def _allowed_values(
    judged: JudgedDocument, finding: TargetFinding, value: str | float
) -> list[Any]:
    """List values at the edges of what targets allow, and the integers around a fraction."""
    bounds = judged.parameter_bounds(judged.parameter_of(finding))
    edges = [
        *_edges(limit_of(finding)),
        *(each for bound in bounds for each in _edges(bound.schema)),
    ]
    unique = [each for index, each in enumerate(edges) if each not in edges[:index]]
    return [*unique, math.floor(value), math.ceil(value)] if isinstance(value, float) else unique


def _edges(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("enum", ())
    for keyword, step in _EDGES.items():
        if keyword in schema:
            yield schema[keyword] + step if step else schema[keyword]


def nearest(value: object, allowed: Iterable[Any]) -> list[Any]:
    """Sort allowed values by distance, the smaller of two equally near ones first.

    A single value is the nearest one, whatever was written.
    """
    values = [*allowed]
    if len(values) == 1:
        return values
    here = measure(value)
    if here is None:
        return []
    alike = [each for each in values if isinstance(each, str) == isinstance(value, str)]
    measured = [(there, each) for each in alike if (there := measure(each)) is not None]
    measured.sort(key=lambda entry: (round(abs(entry[0] - here), 9), entry[0]))
    return [each for _, each in measured]


def measure(value: object) -> float | None:
    """Measure a value: a ratio by its logarithm, a resolution by that of its lines."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if (ratio := _RATIO.fullmatch(text)) and float(ratio[1]) and float(ratio[2]):
        return math.log(float(ratio[1]) / float(ratio[2]))
    if (lines := _LINES.fullmatch(text)) and int(lines[1]):
        return math.log(int(lines[1]) * (540 if lines[2].lower() == "k" else 1))
    return None


def _words(pointer: str, value: object, intent: object) -> str:
    """Describe a change of value so that a string and a number look different."""
    new, old = format_value(intent), format_value(value)
    if isinstance(value, str) and not isinstance(intent, str):
        new = new if isinstance(intent, bool) else f"the number {new}"
        old = f'the text "{old}"'
    return f"write {new} instead of {old} for `{last(pointer)}`"


def moved_paths(judged: JudgedDocument, moved: Mapping[str, str]) -> Iterator[Change]:
    """Write the new paths of media; pointers are those of the normalized job.

    All of them together at first, since a path that is repeated by an alias is written once.
    """
    proposals = [each for item in moved.items() if (each := _moved_path(judged, *item))]
    if len(proposals) > 1:
        yield Change(
            proposals[0].pointer,
            tuple(each.operations[0] for each in proposals),
            ", ".join(dict.fromkeys(each.words for each in proposals)),
            before=", ".join(dict.fromkeys(each.before for each in proposals)),
            after=", ".join(dict.fromkeys(each.after for each in proposals)),
            keep_if="always",
        )
    yield from proposals


def _moved_path(judged: JudgedDocument, pointer: str, path: str) -> Change | None:
    normal = judged.case.job.document if judged.case else judged.document
    member = normal.find(pointer)
    written = _pointer_of(judged.document.root, member.node.span, "") if member else None
    if written is None or value_at(judged.value, written) == path:
        return None
    words = f"write {path} instead of {value_at(judged.value, written)}"
    return propose_value(judged, written, path, words, keep_if="always")


def _pointer_of(node: Node, span: Span, pointer: str) -> str | None:
    """Find the string that is written at a span."""
    if node.span == span and isinstance(node.content, str):
        return pointer
    names = node.content if isinstance(node.content, Mapping) else count()
    for name, child in zip(names, node.children(), strict=False):
        found = _pointer_of(child, span, below(pointer, name))
        if found is not None:
            return found
    return None
