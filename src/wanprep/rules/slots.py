"""Where things are in a provider's request body: paths and templates, to read it and to write it.

A slot is a dotted path, `input.prompt`, or with `[]` a list to which entries are added. What is
there may be more than the value: `{"input.media[]": {"type": "first_frame", "url": "$url"}}` is an
entry with a constant and the value in place of `$url`. An entry without a voice has no `$voice`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.pointers import pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Path = tuple[str | int, ...]
    Values = Mapping[str, Any]

URL: Final = "$url"
NAME: Final = "$name"  # of a reference, which the prompt may use
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a body, and the form of what is there."""

    path: tuple[str, ...]
    many: bool
    template: Any  # JSON, in which `$name` stands for a value

    @property
    def written(self) -> str:
        """The path as in a target's file."""
        return f"{'.'.join(self.path)}{'[]' if self.many else ''}"

    def key_of(self, name: str) -> str | None:
        """Return the key of an entry whose value is `$name`; None where an entry has none."""
        template = self.template if isinstance(self.template, dict) else {}
        return next((key for key, value in template.items() if value == name), None)

    @property
    def constants(self) -> int:
        """How many constants tell its entries from those of other slots in the same list."""
        return sum(not _is_name(value) for _, value in _leaves(self.template, ()))

    def with_keys(self, keys: Mapping[str, str]) -> Slot:
        """Use other keys for some values: {"url": "image_url"}."""
        if not isinstance(self.template, dict):
            return self
        template = {
            keys.get(value[1:], key) if _is_name(value) else key: value
            for key, value in self.template.items()
        }
        return Slot(self.path, self.many, template)


@dataclass(frozen=True, slots=True)
class Found:
    """The values of one entry of a body, and the place of each."""

    at: Path  # of the entry
    values: Mapping[str, tuple[Any, Path]]  # by name: "$url"

    def pointer(self, name: str) -> str:
        """Return the pointer of a value in the job that has the body."""
        return pointer_to(("body", *self.values[name][1]))


def slot_of(written: str | Mapping[str, Any], value: str = URL) -> Slot:
    """Read a slot of a target's file; a path alone holds nothing but a value."""
    if isinstance(written, str):
        return _path_slot(written, value)
    [(path, template)] = written.items()
    return Slot(*split_path(path), template)


@lru_cache(maxsize=1024)
def _path_slot(path: str, value: str) -> Slot:
    return Slot(*split_path(path), value)


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[tuple[str, ...], bool]:
    """Split a path into its keys, and whether it is a list."""
    return tuple(path.removesuffix("[]").split(".")), path.endswith("[]")


def value_at(body: Any, path: Path, default: Any = None) -> Any:  # noqa: ANN401 - JSON
    """Return what is at a path of objects."""
    for name in path:
        if not isinstance(body, dict) or name not in body:
            return default
        body = body[name]
    return body


def read(body: Mapping[str, Any], slot: Slot) -> Iterator[Found]:
    """List the entries of a body that have the form of a slot.

    A single value in the place of a list counts, and the reverse: another finding reports it.
    """
    value = value_at(body, slot.path, _MISSING)
    if value is _MISSING:
        return
    entries = enumerate(value) if isinstance(value, list) else [(None, value)]
    for index, entry in entries:
        at: Path = slot.path if index is None else (*slot.path, index)
        values = _captured(slot.template, entry, at)
        # A plain URL where an object is required is a finding, but not a missing file.
        if values is None and isinstance(entry, str) and slot.key_of(URL) and not slot.constants:
            values = {URL: (entry, at)}
        if values is not None:
            yield Found(at, values)


def _captured(template: Any, entry: Any, at: Path) -> dict[str, tuple[Any, Path]] | None:  # noqa: ANN401 - JSON
    """Match an entry with a template: its values, or None if a constant is another."""
    if _is_name(template):
        return {template: (entry, at)}
    if not isinstance(template, dict):
        return {} if entry == template else None
    if not isinstance(entry, dict):
        return None
    values: dict[str, tuple[Any, Path]] = {}
    for key, inner in template.items():
        if key not in entry:
            if not _is_name(inner):
                return None
            continue
        found = _captured(inner, entry[key], (*at, key))
        if found is None:
            return None
        values |= found
    return values


def write(body: dict[str, Any], slot: Slot, values: Values) -> None:
    """Write an entry with these values; what has no value is left out."""
    *outer, name = slot.path
    for key in outer:
        inner = body.setdefault(key, {})
        body = inner if isinstance(inner, dict) else {}
    entry = _filled(slot.template, values)
    if slot.many:
        body[name] = [*body.get(name, ()), entry]
    else:
        body[name] = entry


def _filled(template: Any, values: Values) -> Any:  # noqa: ANN401 - JSON
    if _is_name(template):
        return values.get(template)
    if not isinstance(template, dict):
        return template
    wanted = {key: each for key, each in template.items() if not _is_name(each) or each in values}
    return {key: _filled(each, values) for key, each in wanted.items()}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


def _leaves(template: Any, at: Path) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - JSON
    if isinstance(template, dict):
        for key, value in template.items():
            yield from _leaves(value, (*at, key))
    else:
        yield at, template


def leaves(slot: Slot) -> list[Path]:
    """List the paths of all that a slot writes; "*" stands for the items of a list."""
    start: Path = (*slot.path, "*") if slot.many else slot.path
    return [path for path, _ in _leaves(slot.template, start)]


def schema_at(request: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return the schema of a field in a request schema; an empty one if it has none there."""
    schema: Any = request
    for name in path:
        schema = _target_of(schema, request)
        schema = schema.get("items" if name == "*" else "properties", {})
        schema = schema if name == "*" else schema.get(name, {})
    return _target_of(schema, request)


def _target_of(schema: Any, request: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    if isinstance(schema, dict) and str(schema.get("$ref", "")).startswith("#/$defs/"):
        schema = request.get("$defs", {}).get(schema["$ref"].rpartition("/")[2])
    return schema if isinstance(schema, dict) else {}
