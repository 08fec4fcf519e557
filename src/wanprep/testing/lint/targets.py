"""What is wrong with a target's file: its form, its limits, and what they refer to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.rules.bounds import bounds
from wanprep.rules.finding import rules, unknown_rule_message
from wanprep.rules.target import SEVERITIES, load_target
from wanprep.schema_errors import schema_errors
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wanprep.plugins.provider import Provider
    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.target import Target


Told = tuple[str, str]  # a place in the file, and a sentence


_CITED: Final = ("doc", "says", "checked", "confidence")


def target_form_faults(file: Path) -> list[Told]:
    """Say why a file cannot be read as a target: until it can, nothing else is looked at."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return [("", f"it cannot be read as JSON: {error}.")]
    found = form_faults(data, "target")
    if found:
        return found
    try:
        load_target(file)
    except WanprepError as error:
        return [("", f"{str(error).rstrip('.')}.")]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        return [("", f"what it refers to cannot be put together: {type(error).__name__}, {error}.")]
    return []


def form_faults(data: object, schema: str) -> list[Told]:
    """Validate a file's data against a published schema."""
    errors = schema_errors(data, load_schema(schema))
    return [(in_dots(error.path), f"{error.message.rstrip('.')}.") for error in errors]


def in_dots(path: Iterable[object]) -> str:
    """Write a place as people do: fields.parameters.seed."""
    return ".".join(map(str, path))


def limit_faults(target: Target) -> Iterator[Told]:
    """Look at every limit of a target, those that it shares with others too."""
    known = load_schema("facts")["properties"]
    for place, schema in _parts(target).items():
        yield from ((place, says) for says in _malformed(schema))
        for bound in bounds(schema):
            where = in_dots((place, *bound.path))
            yield from ((where, says) for says in _bound_faults(bound))
            if place.startswith("roles") and bound.path and bound.path[0] not in known:
                yield where, _no_such_fact(bound.path[0])


def _no_such_fact(name: str) -> str:
    return (
        f"there is no fact `{name}`, so this limit never holds."
        " `wanprep schema facts` lists the facts."
    )


def _parts(target: Target) -> dict[str, Schema]:
    roles = {f"roles.{role}": schema for role, schema in target.roles.items()}
    return roles | {"job": target.job, "body": target.body}


def _malformed(schema: Schema) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        where = in_dots(error.absolute_path)
        yield f"it is no JSON Schema: {error.message}{f', at {where}' if where else ''}."


def _bound_faults(bound: Bound) -> Iterator[str]:
    limit = f"the limit `{bound.keyword}`"
    if not bound.rule:
        yield f"{limit} has no rule: name it with x-rule. `wanprep explain` lists the rules."
    elif bound.rule not in rules():
        yield f"{limit}: {unknown_rule_message(bound.rule)}"
    if bound.severity not in SEVERITIES:
        yield f"{limit} has no severity: say error, warning or note with x-severity."
    lacking = [name for name in _CITED if not bound.source.get(name)]
    if lacking:
        yield f"{limit} has no whole source: x-source lacks {', '.join(lacking)}."


def naming_faults(target: Target) -> Iterator[Told]:
    """Look at the ways of naming references that are shown or doubtful."""
    from difflib import get_close_matches

    from wanprep.job.references.styles import STYLES

    for key in ("prompt_styles", "doubtful_styles"):
        for style in target.data.get(key, ()):
            if style not in STYLES:
                near = get_close_matches(style, STYLES, 1, cutoff=0.3)
                known = f"There are: {', '.join(STYLES)}."
                hint = f"Did you mean '{near[0]}'?" if near else known
                yield key, f"there is no way of naming references '{style}'. {hint}"


def read_service(file: Path) -> tuple[dict[str, Any] | None, list[Told]]:
    """Read the file, or say what is wrong with its form."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return None, [("", f"it cannot be read as JSON: {error}.")]
    found = form_faults(data, "provider")
    if not found:
        found += _settings_faults(data["settings"])
    return (None if found else data), found


def _settings_faults(settings: Mapping[str, Any]) -> Iterator[Told]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema({"properties": settings})
    except SchemaError as error:
        yield "settings", f"it is no JSON Schema: {error.message}."


def service_faults(data: Mapping[str, Any], package: str) -> Iterator[Told]:
    """Look at what the published schema cannot see."""
    name = str(data["name"])
    if package != f"wanprep_{name.replace('-', '_')}":
        yield "name", f"the provider is '{name}', so the package is to be wanprep_{name}."
    for needed in (data["uploads"] or {}).get("needs", ()):
        if needed not in data["settings"]:
            yield "uploads.needs", f"there is no setting `{needed}` under `settings`."
    try:
        re.compile((data["idempotency"] or {}).get("pattern", ""))
    except re.error as error:
        yield "idempotency.pattern", f"it is no pattern: {error}."


def agreement_faults(data: Mapping[str, Any], provider: Provider) -> Iterator[Told]:
    """Hold what the data says against what the code can do."""
    can = {"cancel": provider.cancel, "find": provider.find, "uploads": provider.upload}
    for key, flow in can.items():
        name = "upload" if key == "uploads" else key
        if data[key] is None and flow is not None:
            yield key, f"it is null, and the code has a flow `{name}`: describe it here."
        if data[key] is not None and flow is None:
            yield key, f"it is described, and the code has no flow `{name}`: make this null."
