"""Check a target's table of fields against the request schema, and build each field into a body."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.inputs import Case
from wanprep.job.model import read_jobs
from wanprep.rules.check_target import resolve_reference
from wanprep.rules.intent import intent_of
from wanprep.submit.request.body import CannotBuild, build_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.plugins import Order
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

Schema = Any  # a mapping, or true or false
Document = dict[str, Any]

_SENDABLE: Final = ("fields", "request", "model")
_URL: Final = "https://example.com/back"
_PLAIN: Final[tuple[Any, ...]] = (1, 5, True, 0.5, "x", _URL, "a/b", [], {})
_IMAGE_URL: Final = "https://example.com/hero.jpg"
_VIDEO_URL: Final = "https://example.com/dance.mp4"
_VOICE_URL: Final = "https://example.com/hero.mp3"
_IMAGE: Final = {"image": _IMAGE_URL}
_VIDEO: Final = {"video": _VIDEO_URL}
_MEDIA: Final[tuple[Document, ...]] = (
    {"references": [_IMAGE]},
    {"references": [_VIDEO]},
    {"references": [_IMAGE, _VIDEO]},
    {"first_frame": _IMAGE_URL},
    {},
    {"references": [_IMAGE], "first_frame": _IMAGE_URL},
    {"references": [_VIDEO], "first_frame": _IMAGE_URL},
    {"references": [_IMAGE, _IMAGE, _VIDEO, _VIDEO]},
)


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


def is_allowed(request: Mapping[str, Any], name: str, value: object) -> bool:
    """Whether a field may have a value, whatever the rest of the request is."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(request).iter_errors({name: value})
    return not any(list(error.absolute_path)[:1] == [name] for error in errors)


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
    for role in ("reference_image", "reference_video"):
        if role in fields and (schema := field(request, [fields[role]["name"]])) is not None:
            yield from _list_or_one(role, fields[role]["many"], schema, request)


def _paths(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name in ("prompt", "negative_prompt", "first_frame"):
        if name in fields:
            yield name, [fields[name]]
    for role in ("reference_image", "reference_video"):
        if role in fields:
            yield role, [fields[role]["name"]]
            entry = [fields[role]["name"], *["*"] * fields[role]["many"]]
            yield from ((role, [*entry, key]) for key in (fields[role]["item"] or {}).values())
    voice = fields.get("voice", {})
    if "bindings" in voice:
        yield "voice.bindings", voice["bindings"].split(".")
    if "positional" in voice:
        yield "voice.positional", [voice["positional"]]
    for name, table in fields["parameters"].items():
        if table.get("in") != "query":
            yield f"parameters.{name}", [table["name"]]
    yield from (("constants", [name]) for name in fields.get("constants", {}))


def _list_or_one(
    role: str, many: bool, schema: object, request: Mapping[str, Any]
) -> Iterator[Message]:
    kinds = {kind for part in parts(request, schema) for kind in _types(part)}
    if kinds and many != ("array" in kinds):
        kind, value = ("not a list", "false") if many else ("a list", "true")
        yield f"fields.{role}", f"is {kind} in the request schema: set `many` to {value}."


def _types(part: Mapping[str, Any]) -> list[str]:
    types = part.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _unknown_values(parameters: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[Message]:
    for name, table in parameters.items():
        for common, native in table.get("values", {}).items():
            place = f"fields.parameters.{name}.values"
            if common != common.lower():
                yield place, f"`{common}` never matches: values of jobs are compared in lower case."
            if table.get("in") != "query" and not is_allowed(request, table["name"], native):
                yield place, f"the request schema does not allow `{native}`."


def sample_values(request: Mapping[str, Any], table: Mapping[str, Any]) -> list[Any]:
    """Return the listed values of a parameter, else one that the schema allows, else none."""
    if "values" in table:
        return list(table["values"])
    if table.get("in") == "query":
        return [_URL]
    schema = field(request, [table["name"]])
    listed = [each for part in parts(request, schema) for each in part.get("enum", ())]
    return listed or _one(request, schema, table["name"])


def _one(request: Mapping[str, Any], schema: object, name: str) -> list[Any]:
    # In a job, a key with an empty value counts as absent.
    values = (each for each in example_values(request, schema) if each is not None)
    return next(([each] for each in values if is_allowed(request, name, each)), [])


def example_values(request: Mapping[str, Any], schema: object) -> Iterator[Any]:
    """List the values that a schema contains, then some simple ones."""
    for part in parts(request, schema):
        yield from (part[key] for key in ("const", "default", "minimum", "maximum") if key in part)
        yield from part.get("examples", ())
    yield from _PLAIN


def minimal_jobs(target: Target) -> list[Document]:
    """Make jobs with one asset or a few: a target may refuse most of them."""
    request, table = target.request or {}, target.data["fields"]["parameters"]
    values = {
        name: sample_values(request, each)
        for name, each in table.items()
        if each["name"] in request.get("required", ())
    }
    needed = {name: some[0] for name, some in values.items() if some}
    prompt = {"prompt": "She waves."} if "prompt" in target.data["fields"] else {}
    return [{"target": target.id, **prompt, **mix, "parameters": needed} for mix in _MEDIA]


def features(target: Target) -> Iterator[tuple[str, list[Document]]]:
    """List each feature of the table of fields, and the changes to a job that use it."""
    fields = target.data["fields"]
    if "negative_prompt" in fields:
        yield "negative_prompt", [{"negative_prompt": "blurry"}]
    if "first_frame" in fields or "first_frame" in fields.get("same_field", {}):
        yield "first_frame", [{"first_frame": _IMAGE_URL}]
    for role, reference in (("reference_image", _IMAGE), ("reference_video", _VIDEO)):
        if role in fields:
            both = [[reference, _IMAGE], [reference, _VIDEO], [reference]]
            yield role, [{"references": each} for each in both]
            if "voice" in fields and ("bindings" in fields["voice"] or _has_voice(fields[role])):
                voiced = [[{**reference, "voice": _VOICE_URL}, *more] for more in ([], [_VIDEO])]
                yield f"voice of {role}", [{"references": each} for each in voiced]
    for name, table in fields["parameters"].items():
        for value in sample_values(target.request or {}, table):
            yield f"parameters.{name}", [{"parameters": {name: value}}]


def _has_voice(media: Mapping[str, Any]) -> bool:
    return "voice" in (media["item"] or {})


def merge(plain: Document, more: Document) -> Document:
    """Apply changes to a job; parameters are added to its own."""
    parameters = {**plain["parameters"], **more.get("parameters", {})}
    return {**plain, **more, "parameters": parameters}


def as_case(document: Document, target: Target) -> Case:
    """Read a job through a file, as a user's."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "job.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        [job] = read_jobs(str(file)).jobs
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
