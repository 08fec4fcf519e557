"""Check a target's table of fields against the request schema, and build each field into a body."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.cases import Case
from wanprep.job.model import read_jobs
from wanprep.job.roles import VOICE, common_roles
from wanprep.rules.check_target import resolve_reference
from wanprep.rules.intent import intent_of
from wanprep.rules.native_values import to_common
from wanprep.rules.slots import leaves, slot_of
from wanprep.submit.request.body import CannotBuild, build_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.job.roles import Role
    from wanprep.plugins import Order
    from wanprep.rules.slots import Slot
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

Schema = Any  # a mapping, or true or false
Document = dict[str, Any]

_SENDABLE: Final = ("fields", "request", "model")
_URL: Final = "https://example.com/back"
_PLAIN: Final[tuple[Any, ...]] = (1, 5, True, 0.5, "x", _URL, "a/b", [], {})
_URLS: Final = {
    "image": "https://example.com/hero.jpg",
    "video": "https://example.com/dance.mp4",
    "audio": "https://example.com/hero.mp3",
}


def field(request: Mapping[str, Any], path: Sequence[str]) -> Schema | None:
    """Find the schema of a field, or None; "*" in the path stands for the items of a list."""
    found: list[Schema] = [request]
    for name in path:
        found = [inner for each in found for inner in _inside(request, each, name)]
    return found[0] if found else None


def _inside(request: Mapping[str, Any], schema: Schema, name: str) -> Iterator[Schema]:
    for part in parts(request, schema):
        if name == "*":
            if "items" in part:
                yield part["items"]
        elif name in part.get("properties", {}):
            yield part["properties"][name]
        elif isinstance(each := part.get("additionalProperties"), dict) and each:
            yield each


def parts(
    request: Mapping[str, Any], schema: Schema, depth: int = 0
) -> Iterator[Mapping[str, Any]]:
    """List a schema, the one that it refers to, and its alternatives."""
    if not isinstance(schema, dict) or depth > 16:
        return
    yield schema
    if "$ref" in schema:
        yield from parts(request, resolve_reference(request, schema["$ref"]), depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(key, ()):
            yield from parts(request, each, depth + 1)


def is_allowed(request: Mapping[str, Any], path: Sequence[str], value: object) -> bool:
    """Whether a field may have a value, whatever the rest of the request is."""
    from jsonschema import Draft202012Validator

    body: Any = value
    for name in reversed(path):
        body = {name: body}
    errors = Draft202012Validator(request).iter_errors(body)
    return not any([*error.absolute_path][: len(path)] == [*path] for error in errors)


def check_fields(target: Target) -> Iterator[Message]:
    """Check the table of fields against the request schema, if the target has them."""
    missing = [key for key in _SENDABLE if key not in target.data]
    if missing:
        if len(missing) < len(_SENDABLE):
            keys = ", ".join(f"`{key}`" for key in missing)
            yield "", f"to be submitted, a job needs {keys} here too."
        return
    request = target.request or {}
    yield from _unknown_fields(target.data["fields"], request)
    yield from _unknown_values(target.data["fields"]["parameters"], request)


def _unknown_fields(fields: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Message]:
    for place, path in _paths(fields):
        if field(request, path) is None:
            written = ".".join(path).replace(".*", "[]")
            yield f"fields.{place}", f"the request schema has no field `{written}`."
    for name, slot in _slots(fields):
        if (schema := field(request, slot.path)) is not None:
            yield from _list_or_one(name, slot, schema, request)


def _slots(fields: Mapping[str, Any]) -> Iterator[tuple[str, Slot]]:
    for name in ("prompt", "negative_prompt"):
        if name in fields:
            yield name, slot_of(fields[name], f"${name}")
    for role, written in fields.get("roles", {}).items():
        yield f"roles.{role}", slot_of(written)


def _paths(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, slot in _slots(fields):
        yield name, [*slot.path]
        yield from ((name, [*map(str, path)]) for path in leaves(slot))
    voices = fields.get("voices", {})
    if "bindings" in voices:
        yield "voices.bindings", voices["bindings"].split(".")
    if "positional" in voices:
        yield "voices.positional", [voices["positional"]]
    for name, table in fields["parameters"].items():
        if table.get("in") != "query":
            yield f"parameters.{name}", table["name"].split(".")
    yield from (("constants", name.split(".")) for name in fields.get("constants", {}))


def _list_or_one(
    name: str, slot: Slot, schema: object, request: Mapping[str, Any]
) -> Iterator[Message]:
    kinds = {kind for part in parts(request, schema) for kind in _types(part)}
    if kinds and slot.many != ("array" in kinds):
        kind, path = ("not a list", "without") if slot.many else ("a list", "with")
        what = f"is {kind} in the request schema: write its path {path} [] at the end."
        yield f"fields.{name}", what


def _types(part: Mapping[str, Any]) -> list[str]:
    types = part.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _unknown_values(parameters: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Message]:
    for name, table in parameters.items():
        for common, native in table.get("values", {}).items():
            place = f"fields.parameters.{name}.values"
            if common != common.lower():
                yield place, f"`{common}` never matches: values of jobs are compared in lower case."
            if table.get("in") != "query" and not is_allowed(
                request, table["name"].split("."), native
            ):
                yield place, f"the request schema does not allow `{native}`."


def sample_values(request: Mapping[str, Any], table: Mapping[str, Any]) -> list[Any]:
    """Return the listed values of a parameter, else one that the schema allows, else none."""
    if "values" in table:
        return list(table["values"])
    if table.get("in") == "query":
        return [_URL]
    path = table["name"].split(".")
    schema = field(request, path)
    listed = [each for part in parts(request, schema) for each in part.get("enum", ())]
    natives = listed or _one(request, schema, path)
    return [to_common(each, table) for each in natives]


def _one(request: Mapping[str, Any], schema: object, path: list[str]) -> list[Any]:
    # In a job, a key with an empty value counts as absent.
    values = (each for each in example_values(request, schema) if each is not None)
    return next(([each] for each in values if is_allowed(request, path, each)), [])


def example_values(request: Mapping[str, Any], schema: object) -> Iterator[Any]:
    """List the values that a schema contains, then some simple ones."""
    for part in parts(request, schema):
        yield from (part[key] for key in ("const", "default", "minimum", "maximum") if key in part)
        yield from part.get("examples", ())
        yield from [_URL] if part.get("format") == "uri" else ()
    yield from _PLAIN


def minimal_jobs(target: Target) -> list[Document]:
    """Make jobs with one asset or a few: a target may refuse most of them."""
    request, table = target.request or {}, target.data["fields"]["parameters"]
    values = {name: sample_values(request, each) for name, each in table.items()
              if _is_required(request, each["name"].split("."))}  # fmt: skip
    needed = {name: some[0] for name, some in values.items() if some}
    prompt = {"prompt": "She waves."} if "prompt" in target.data["fields"] else {}
    return [{"target": target.id, **prompt, **mix, "parameters": needed} for mix in _media(target)]


def _is_required(request: Mapping[str, Any], path: Sequence[str]) -> bool:
    home = field(request, path[:-1]) if len(path) > 1 else request
    return any(path[-1] in part.get("required", ()) for part in parts(request, home))


def _media(target: Target) -> Iterator[Document]:
    """List mixes of references and of files with keys of their own, the simplest first."""
    roles = _roles(target)
    keys = [{role.key: _URLS[role.kind]} for role in roles if role.is_reference]
    mixes = [*([key] for key in keys), *map(list, combinations(keys, 2))]
    references: list[Document] = [{"references": mix} for mix in mixes]
    others: list[Document] = [_with_key(role) for role in roles if not role.in_references]
    yield from references
    yield from others
    yield {}
    yield from (one | other for one in references for other in others)
    yield from (one | other for one, other in combinations(others, 2))
    yield {"references": [*keys, *keys]}


def _roles(target: Target) -> list[Role]:
    known = common_roles().beside([target.places])
    return [known[name] for name in target.data["fields"].get("roles", {}) if name in known]


def _with_key(role: Role) -> Document:
    return {role.key: _URLS[role.kind]}


def features(target: Target) -> Iterator[tuple[str, list[Document]]]:
    """List each feature of the table of fields, and the changes to a job that use it."""
    fields = target.data["fields"]
    if "negative_prompt" in fields:
        yield "negative_prompt", [{"negative_prompt": "blurry"}]
    roles = _roles(target)
    keys = [{role.key: _URLS[role.kind]} for role in roles if role.is_reference]
    for role in roles:
        if not role.in_references:
            yield role.name, [_with_key(role)]
            continue
        reference = {role.key: _URLS[role.kind]}
        several = [*([reference, other] for other in keys), [reference]]
        yield role.name, [{"references": each} for each in several]
        if "voices" in fields or slot_of(fields["roles"][role.name]).key_of("$voice"):
            voiced = {**reference, VOICE: _URLS["audio"]}
            with_voice = [[voiced], *([voiced, other] for other in keys)]
            yield f"voice of {role.name}", [{"references": each} for each in with_voice]
    for name, table in fields["parameters"].items():
        for value in sample_values(target.request or {}, table):
            yield f"parameters.{name}", [{"parameters": {name: value}}]


def merge(plain: Document, more: Document) -> Document:
    """Apply changes to a job; parameters are added to its own."""
    parameters = {**plain["parameters"], **more.get("parameters", {})}
    return {**plain, **more, "parameters": parameters}


def as_case(document: Document, target: Target) -> Case:
    """Read a job through a file, as a user's."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "job.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        [job] = read_jobs(str(file), common_roles().beside([target.places])).jobs
    return Case(job, intent_of(job), (target,), None)


def check_bodies(target: Target) -> Iterator[Message]:
    """Build a minimal job, then each feature in a job that can have it."""
    plain, reason = _first_built(target, minimal_jobs(target))
    if plain is None:
        yield "fields", f"no minimal job can be built, not even one with an image: {reason}"
        return
    reported = set()
    for feature, overlays in features(target):
        jobs = [merge(job, more) for more in overlays for job in minimal_jobs(target)]
        built, reason = _first_built(target, jobs)
        if built is None and (feature, reason) not in reported:
            reported.add((feature, reason))
            yield f"fields.{feature}", f"no job with it can be built: {reason}"


def build_example(target: Target) -> Order | None:
    """Build the first minimal job that can be built."""
    return _first_built(target, minimal_jobs(target))[0]


def _first_built(target: Target, jobs: list[Document]) -> tuple[Order | None, str]:
    reason = ""
    for job in jobs:
        try:
            return build_request(as_case(job, target), target, {}).order, reason
        except CannotBuild as error:
            reason = reason or str(error).partition(" `wanprep check")[0]
    return None, reason
