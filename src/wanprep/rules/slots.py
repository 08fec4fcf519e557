"""Where things are in a provider's request body: paths and templates, to read it and to write it.

A slot is a dotted path, `input.prompt` or `instances[0].prompt`, or with `[]` a list to which
entries are added. What is there may be more than the value: `{"input.media[]": {"type":
"first_frame", "url": "$url"}}` is an entry with a constant and the value in place of `$url`, and
`input.media[].url` one with the value alone. A list of one, `["$url"]`, is a list inside of an
entry: of several values, each is read. An entry without a voice has no `$voice`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
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

    path: Path
    many: bool
    template: Any  # JSON, in which `$name` stands for a value

    @property
    def written(self) -> str:
        """The path as in a target's file."""
        return f"{write_path(self.path)}{'[]' if self.many else ''}"

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

    at: Path  # of the entry, or of the value in a list inside of it
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
    """Read a path; what follows the first `[]` is inside of each entry of that list."""
    outer, found, inner = path.partition("[].")
    if not found:
        return Slot(*split_path(path), value)
    template: Any = _path_slot(inner, value).template
    keys, many = split_path(inner.partition("[].")[0])
    template = [template] if many or "[]." in inner else template
    for key in reversed(keys):
        template = [template] if isinstance(key, int) else {key: template}
    return Slot(*split_path(f"{outer}[]"), template)


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[Path, bool]:
    """Split a path into its keys and indexes, and whether it is a list."""
    keys: list[str | int] = []
    for part in path.removesuffix("[]").split("."):
        name, *indexes = part.replace("]", "").split("[")
        keys += [name, *map(int, indexes)]
    return tuple(keys), path.endswith("[]")


def write_path(path: Path) -> str:
    """Write keys and indexes as in a target's file; "*" stands for the items of a list."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".").replace(".*", "[]")


def value_at(body: Any, path: Path, default: Any = None) -> Any:  # noqa: ANN401 - JSON
    """Return what is at a path of objects and lists."""
    for name in path:
        is_there = (
            name < len(body) if isinstance(body, list) and isinstance(name, int)
            else isinstance(body, dict) and name in body
        )  # fmt: skip
        if not is_there:
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
        matches = _captured(slot.template, entry, at)
        # A plain URL where an object is required is a finding, but not a missing file.
        if not matches and isinstance(entry, str) and slot.key_of(URL) and not slot.constants:
            matches = [{URL: (entry, at)}]
        for values in matches:
            _, own = values.get(URL, (None, at))
            yield Found(at if len(matches) == 1 else own, values)


_Values = dict[str, tuple[Any, "Path"]]


def _captured(template: Any, entry: Any, at: Path) -> list[_Values]:  # noqa: ANN401 - JSON
    """Match an entry with a template: the values, of a list inside of it for each of its items.

    Nothing if a constant is another.
    """
    if _is_name(template):
        return [{template: (entry, at)}]
    if isinstance(template, list):
        items = entry if isinstance(entry, list) else []
        inner = (_captured(template[0], item, (*at, index)) for index, item in enumerate(items))
        return [*chain.from_iterable(inner)]
    if not isinstance(template, dict):
        return [{}] if entry == template else []
    if not isinstance(entry, dict):
        return []
    matches: list[_Values] = [{}]
    for key, value in template.items():
        if key in entry:
            found = _captured(value, entry[key], (*at, key))
            matches = [values | each for values in matches for each in found]
        elif not _is_name(value):
            return []
    return matches


def write(body: dict[str, Any], slot: Slot, values: Values) -> None:
    """Write an entry with these values; what has no value is left out."""
    entry = _filled(slot.template, values)
    if slot.many:
        entry = [*value_at(body, slot.path, ()), entry]
    _put(body, slot.path, entry)


def _put(home: Any, path: Path, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Put a value at a path, with the objects and lists around it; return the outermost."""
    if not path:
        return value
    key, *inner = path
    if isinstance(key, int):
        items = home if isinstance(home, list) else []
        items += [{} for _ in range(len(items), key + 1)]
        items[key] = _put(items[key], tuple(inner), value)
        return items
    home = home if isinstance(home, dict) else {}
    home[key] = _put(home.get(key), tuple(inner), value)
    return home


def _filled(template: Any, values: Values) -> Any:  # noqa: ANN401 - JSON
    if _is_name(template):
        return values.get(template)
    if isinstance(template, list):
        return [_filled(template[0], values)]
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
    elif isinstance(template, list):
        yield from _leaves(template[0], (*at, "*"))
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
        is_item = name == "*" or isinstance(name, int)
        schema = schema.get("items" if is_item else "properties", {})
        schema = schema if is_item else schema.get(name, {})
    return _target_of(schema, request)


def _target_of(schema: Any, request: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    if isinstance(schema, dict) and str(schema.get("$ref", "")).startswith("#/$defs/"):
        schema = request.get("$defs", {}).get(schema["$ref"].rpartition("/")[2])
    return schema if isinstance(schema, dict) else {}
