"""Compare a published schema with a target: what is new, gone, narrower or wider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.published.mapping import items_of, map_fields
from wanprep.published.prose import limits_of
from wanprep.rules.bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.published.read import Published
    from wanprep.rules.target import Target

Change = Literal["new", "gone", "narrower", "wider", "changed"]
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference from the target."""

    change: Change
    place: str  # "duration", "reference_image, width"
    here: Any  # in the target; None where it has nothing
    published: Any  # None where it is gone
    says: str = ""  # the sentence that it was read from, if it is only proposed

    def __str__(self) -> str:
        match self.change:
            case "new":
                text = f"new: {self.place}{_show(self.published)}"
            case "gone":
                text = f"gone: {self.place}{_show(self.here)}"
            case _:
                here, there = _plain(self.here), _plain(self.published)
                text = f"{self.change}: {self.place}: {here} -> {there}"
        return f"{text} (read from: {self.says})" if self.says else text


def _show(value: object) -> str:
    return "" if value is None else f": {_plain(value)}"


def _plain(value: object) -> str:
    return "no limit" if value is None else json.dumps(value, ensure_ascii=False)


def compare_published(target: Target, published: Published) -> list[Difference]:
    """List all differences: of the request's fields, then of the limits of media."""
    here: Mapping[str, Any] = target.request or {}
    return [*_fields(here, published.request, ""), *_media(target, published)]


def _fields(here: Mapping[str, Any], there: Mapping[str, Any], prefix: str) -> Iterator[Difference]:
    old, new = here.get("properties", {}), there.get("properties", {})
    for name in [name for name in new if name not in old]:
        yield Difference("new", prefix + name, None, _summary(new[name]))
    for name in [name for name in old if name not in new]:
        yield Difference("gone", prefix + name, _summary(old[name]), None)
    for name in [name for name in old if name in new]:
        yield from _field(old[name], new[name], prefix + name)
    required = set(here.get("required", ())), set(there.get("required", ()))
    for name in sorted((required[1] - required[0]) & old.keys()):
        yield Difference("narrower", prefix + name, "optional", "required")
    for name in sorted((required[0] - required[1]) & new.keys()):
        yield Difference("wider", prefix + name, "required", "optional")


def _summary(schema: object) -> Any:  # noqa: ANN401 - JSON
    return schema.get("enum", schema.get("type")) if isinstance(schema, dict) else None


def _field(old: Any, new: Any, place: str) -> Iterator[Difference]:  # noqa: ANN401 - JSON
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    yield from _values(_allowed(old), _allowed(new), place)
    for keywords in (_LOWER[:2], _UPPER[:2], _LOWER[2:3], _UPPER[2:3], _LOWER[3:], _UPPER[3:]):
        yield from _bound(_first(old, keywords), _first(new, keywords), place)
    if old.get("default", _ABSENT) != new.get("default", old.get("default", _ABSENT)):
        yield Difference("changed", f"{place}, default", old.get("default"), new.get("default"))
    yield from _fields(old, new, f"{place}.")
    entries = items_of(old), items_of(new)
    if all(isinstance(each, dict) for each in entries):
        yield from _field(*entries, f"{place}[]")


def _allowed(schema: Mapping[str, Any]) -> list[Any] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else [each for each in values if each is not None]


def _values(old: list[Any] | None, new: list[Any] | None, place: str) -> Iterator[Difference]:
    if old == new or (old is None and new is None):
        return
    if old is None or new is None:
        yield Difference("narrower" if old is None else "wider", place, old, new)
        return
    added = [each for each in new if each not in old]
    removed = [each for each in old if each not in new]
    if added:
        yield Difference("wider", f"{place}, values", None, added)
    if removed:
        yield Difference("narrower", f"{place}, values", removed, None)


def _first(schema: Mapping[str, Any], keywords: Iterable[str]) -> tuple[str, Any] | None:
    return next(((key, schema[key]) for key in keywords if key in schema), None)


def _bound(
    old: tuple[str, Any] | None, new: tuple[str, Any] | None, place: str, says: str = ""
) -> Iterator[Difference]:
    """Compare a lower or an upper bound; a strict one is narrower than the same number."""
    if old == new:
        return
    keyword = (new or old or ("", 0))[0]
    where = f"{place}, {keyword}"
    if old is None or new is None:
        change: Change = "narrower" if old is None else "wider"
    else:
        is_lower = keyword in _LOWER
        old_key, new_key = ((each[1], each[0].startswith("exclusive")) for each in (old, new))
        grows = new_key > old_key if is_lower else (new_key[0], not new_key[1]) < (
            old_key[0], not old_key[1])  # fmt: skip
        change = "narrower" if grows else "wider"
    yield Difference(change, where, old and old[1], new and new[1], says)


def _media(target: Target, published: Published) -> Iterator[Difference]:
    """Compare the limits of files that the schema states; silence is no difference."""
    mapped = map_fields(published.request)
    for role, name in mapped.media.items():
        schema = target.roles.get(role)
        if schema is None or not target.has_role(role):
            yield Difference("new", f"the role {role}", None, name)
            continue
        ours = _bounds_by_fact(schema)
        for each in limits_of(published.request["properties"][name]):
            place, says = f"{role}, {each.fact}", "" if each.documented else each.says
            if each.keyword == "enum":
                old = ours.get((each.fact, "enum"))
                for found in _values(old and list(old[1]), each.value, place):
                    yield Difference(found.change, found.place, found.here, found.published, says)
            elif each.fact != "prompt":
                side = "min" if each.keyword in _LOWER else "max"
                old = ours.get((each.fact, side))
                yield from _bound(old, (each.keyword, each.value), place, says)


def _bounds_by_fact(schema: Any) -> dict[tuple[str, str], tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Return the bound of each fact on each side; of several the last."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for bound in bounds(schema):
        if len(bound.path) == 1:
            for side, keywords in (("min", _LOWER), ("max", _UPPER), ("enum", ("enum",))):
                if bound.keyword in keywords:
                    found[bound.path[0], side] = (bound.keyword, bound.value)
    return found
