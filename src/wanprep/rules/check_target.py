"""Find all errors in a target's file, so that a valid one never stops a check.

`wanprep plugin check` reports them all, every other command the first.
"""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.job.documents import read_documents
from wanprep.job.documents.document import BrokenDocument
from wanprep.job.roles import common_roles
from wanprep.pointers import pointer_to
from wanprep.rules.check_limits import LimitChecker, follow
from wanprep.rules.load_target import load_limits
from wanprep.rules.slots import NAME
from wanprep.schemas import SchemaError, closest, letters, load_schema, schema_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wanprep.job.documents.document import Document

_LIKE_ANOTHER: Final = 0.85  # how alike two names are of which one is a misspelling
_EXAMPLES: Final[Mapping[str, Any]] = {
    "string": "", "integer": 0, "number": 0.0, "boolean": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TargetError:
    """One error in a target's file, and its line."""

    line: int
    error: SchemaError

    def __str__(self) -> str:
        return f"line {self.line}, {self.error}" if self.error.path else str(self.error)


def target_errors(file: Path) -> Iterator[TargetError]:
    """List the errors in a target's file; an empty list means that it can be used."""
    document = _read(file)
    if isinstance(document, BrokenDocument):
        line = document.place.line
        yield TargetError(line, SchemaError((), f"line {line}: {document.message}"))
        return
    for error in dict.fromkeys(_errors(document.value, file)):
        yield TargetError(document.place(pointer_to(error.path)).line, error)


def _read(file: Path) -> Document | BrokenDocument:
    (document,) = read_documents(str(file)).documents
    return document


def _errors(data: Any, file: Path) -> Iterator[SchemaError]:  # noqa: ANN401 - JSON
    form = list(schema_errors(data, load_schema("target")))
    yield from form
    if not form:  # all else needs values of the right types
        yield from _limit_errors(data, file)
        yield from _style_errors(data)
        yield from _parameter_errors(data)
        yield from _date_errors(data, ())
        yield from _role_errors(data)


def _limit_errors(data: Mapping[str, Any], file: Path) -> Iterator[SchemaError]:
    @cache
    def load(name: str) -> Mapping[str, Any]:
        if name and is_own(name):
            document = _read(file.with_name(f"{name}.schema.json"))
            if isinstance(document, BrokenDocument):
                raise UsageError(f"line {document.place.line}: {document.message}")
            return dict(document.value)
        return load_limits(name, data, file)

    def is_own(name: str) -> bool:
        return not name or file.with_name(f"{name}.schema.json").is_file()

    request: Mapping[str, Any] = {}
    if "request" in data:
        try:
            request = load(data["request"])
        except (UsageError, ValueError, TypeError) as error:
            yield SchemaError(("request",), f"cannot be read: {str(error).rstrip('.')}")
            return
        yield from _request_errors(request)
    for role, limits in data["roles"].items():
        of_files = LimitChecker(load, is_own, of_job=False)
        yield from of_files.check(limits, ("roles", role), _example_facts())
    of_jobs = LimitChecker(load, is_own, of_job=True)
    yield from of_jobs.check(data.get("job", {}), ("job",), _example_job(data))
    yield from of_jobs.check(data.get("body", {}), ("body",), _example_body(request))


def _example_facts() -> dict[str, Any]:
    from wanprep.media.facts import unreadable_facts
    from wanprep.rules.judge_asset import facts_for_rules

    derived = facts_for_rules(unreadable_facts("x", "x"))
    derived |= {"pixels": 0, "transport": ("file", "url", "data"), "encoded_bytes": 0}
    described = load_schema("facts")["properties"]
    return derived | {
        name: tuple(schema["enum"]) if "enum" in schema else _EXAMPLES[schema["type"]]
        for name, schema in described.items()
    }


def _example_job(data: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve a job with everything in it."""
    from wanprep.rules.intent import IntendedReference, Intent, Text, resolve

    roles = common_roles().beside([data.get("places", {})])
    references = [
        IntendedReference(role.name, role.kind, "", voice=True, own_name=Text("anna", ""))
        for role in roles.references().values()
    ] * 2
    shots = [{"prompt": "She waves.", "duration": 5}]
    parameters = {"callback_url": "https://example.com", "shots": shots, "duration": 5}
    intent = Intent(
        prompt=Text("Image 1 waves.", ""), negative_prompt=Text("blur", ""),
        references=tuple(references), parameters=parameters, places={}, assets=(), roles=roles,
    )  # fmt: skip
    names = {*_common_parameters(), *data.get("fields", {}).get("parameters", ())}
    total = {"count": 0, "seconds": 0.0, "seconds_with_output": 0.0, "bytes": 0}
    resolved = resolve(intent)
    totals = dict.fromkeys(resolved["totals"], total)
    return resolved | {"parameters": dict.fromkeys(sorted(names)), "totals": totals}


def _example_body(request: Mapping[str, Any]) -> dict[str, None] | None:
    is_whole = request.get("additionalProperties") is False
    return dict.fromkeys(request["properties"]) if is_whole and "properties" in request else None


def _common_parameters() -> list[str]:
    return [*load_schema("job")["properties"]["parameters"]["properties"]]


def _request_errors(request: Mapping[str, Any]) -> Iterator[SchemaError]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError as InvalidSchema

    where = ("request",)
    try:
        Draft202012Validator.check_schema(request)
    except InvalidSchema as error:
        message = f"is not valid JSON Schema: {error.message}, at {error.json_path}"
        yield SchemaError(where, message)
        return
    for name in dict.fromkeys(_references(request)):
        if resolve_reference(request, name) is None:
            yield SchemaError(where, f"refers to '{name}', which does not exist")


def resolve_reference(request: Mapping[str, Any], reference: object) -> Any:  # noqa: ANN401 - JSON
    """Resolve a reference within a request schema, or return None."""
    home, _, pointer = str(reference).partition("#")
    return follow(request, pointer) if home in {"", request.get("$id")} else None


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield schema["$ref"]
    for each in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(each, dict | list):
            yield from _references(each)


def _style_errors(data: Mapping[str, Any]) -> Iterator[SchemaError]:
    from wanprep.job.references.dialects import forms
    from wanprep.job.references.styles import STYLES

    known = {**STYLES, **forms(), **data.get("dialects", {})}
    for key in ("prompt_styles", "doubtful_styles"):
        for style in data.get(key, ()):
            if style not in known:
                near = get_close_matches(style, known, 1, cutoff=0.3)
                styles = f"Known styles: {', '.join(known)}"
                hint = f"Did you mean '{near[0]}'?" if near else styles
                yield SchemaError((key,), f"there is no prompt style '{style}'. {hint}")
    form = data.get("dialects", {}) | {"@name": {"form": "@{name}"}}
    named = [each for each in data.get("prompt_styles", ()) if "{name}" in str(form.get(each))]
    roles = data.get("fields", {}).get("roles", {})
    if named and roles and NAME not in str(roles):
        message = f"prompts have names (`{named[0]}`), but no field of a reference has `{NAME}`"
        yield SchemaError(("fields", "roles"), message)


def _parameter_errors(data: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Find misspelled names of common parameters: a job would never set them."""
    table = data.get("fields", {}).get("parameters", {})
    common = {letters(name): name for name in _common_parameters() if name not in table}
    for name in table.keys() - set(_common_parameters()):
        for near in get_close_matches(letters(name), common, 1, cutoff=_LIKE_ANOTHER):
            message = f"no job has `{name}`; did you mean `{common[near]}`?"
            yield SchemaError(("fields", "parameters", name), message)


def _date_errors(data: Any, path: tuple[str | int, ...]) -> Iterator[SchemaError]:  # noqa: ANN401 - JSON
    """List citations that were checked on a day that does not exist."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        if key == "x-source" and "checked" in value:
            try:
                date.fromisoformat(value["checked"])
            except ValueError:
                where = (*path, key, "checked")
                yield SchemaError(where, f"there is no day {value['checked']}")
        elif isinstance(value, dict | list):
            yield from _date_errors(value, (*path, key))


def _role_errors(data: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Find roles that nobody can use: no job has a place for them."""
    roles = common_roles()
    keys = {(role.in_references, role.key) for role in roles.values()}
    for name, place in data.get("places", {}).items():
        where = ("places", name)
        if name in roles:
            yield SchemaError(where, "is a role that all jobs have, so it cannot be defined again")
        elif (place["in"] == "references", place["key"]) in keys:
            yield SchemaError((*where, "key"), f"jobs have another key `{place['key']}`")
    known = {*roles, *data.get("places", {})}
    used: list[tuple[str, ...]] = [("roles", name) for name in data["roles"]]
    used += [("fields", "roles", name) for name in data.get("fields", {}).get("roles", {})]
    for path in used:
        if path[-1] not in known:
            near = closest(path[-1], known)
            hint = f"did you mean `{near}`?" if near else "define it in `places`"
            yield SchemaError(path, f"no job has this role; {hint}")
