"""Check a target's file, its limits and their sources, and provider.json."""

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

Message = tuple[str, str]  # a place in the file, and a sentence
_SOURCE_KEYS: Final = ("doc", "says", "checked", "confidence")


def check_target_form(file: Path) -> list[Message]:
    """Check that a file can be read as a target: all other checks need that."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return [("", f"cannot be read as JSON: {error}.")]
    found = schema_problems(data, "target")
    if found:
        return found
    try:
        load_target(file)
    except WanprepError as error:
        return [("", f"{str(error).rstrip('.')}.")]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        return [("", f"its references cannot be resolved: {type(error).__name__}, {error}.")]
    return []


def schema_problems(data: object, schema: str) -> list[Message]:
    """Validate a file's data against a published schema."""
    errors = schema_errors(data, load_schema(schema))
    return [(dotted(error.path), f"{error.message.rstrip('.')}.") for error in errors]


def dotted(path: Iterable[object]) -> str:
    """Write a place in dots: fields.parameters.seed."""
    return ".".join(map(str, path))


def check_limits(target: Target) -> Iterator[Message]:
    """Check every limit of a target, including those that it shares with others."""
    facts = load_schema("facts")["properties"]
    for place, schema in _parts(target).items():
        yield from ((place, message) for message in _invalid_schema(schema))
        for bound in bounds(schema):
            where = dotted((place, *bound.path))
            yield from ((where, message) for message in _check_bound(bound))
            if place.startswith("roles") and bound.path and bound.path[0] not in facts:
                yield where, _unknown_fact(bound.path[0])


def _unknown_fact(name: str) -> str:
    return (
        f"there is no fact `{name}`, so this limit is never checked."
        " `wanprep schema facts` lists the facts."
    )


def _parts(target: Target) -> dict[str, Schema]:
    roles = {f"roles.{role}": schema for role, schema in target.roles.items()}
    return roles | {"job": target.job, "body": target.body}


def _invalid_schema(schema: Schema) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        where = dotted(error.absolute_path)
        yield f"is not valid JSON Schema: {error.message}{f', at {where}' if where else ''}."


def _check_bound(bound: Bound) -> Iterator[str]:
    limit = f"the limit `{bound.keyword}`"
    if not bound.rule:
        yield f"{limit} has no rule: name it with x-rule. `wanprep explain` lists the rules."
    elif bound.rule not in rules():
        yield f"{limit}: {unknown_rule_message(bound.rule)}"
    if bound.severity not in SEVERITIES:
        yield f"{limit} has no severity: set x-severity to error, warning or note."
    missing = [name for name in _SOURCE_KEYS if not bound.source.get(name)]
    if missing:
        yield f"{limit} has an incomplete source: x-source lacks {', '.join(missing)}."


def check_prompt_styles(target: Target) -> Iterator[Message]:
    """Check that the ways to name references in a prompt exist."""
    from difflib import get_close_matches

    from wanprep.job.references.styles import STYLES

    for key in ("prompt_styles", "doubtful_styles"):
        for style in target.data.get(key, ()):
            if style not in STYLES:
                near = get_close_matches(style, STYLES, 1, cutoff=0.3)
                styles = f"Known styles: {', '.join(STYLES)}."
                hint = f"Did you mean '{near[0]}'?" if near else styles
                yield key, f"there is no prompt style '{style}'. {hint}"


def read_provider_file(file: Path) -> tuple[dict[str, Any] | None, list[Message]]:
    """Read a provider file, or return its problems."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return None, [("", f"cannot be read as JSON: {error}.")]
    found = schema_problems(data, "provider")
    if not found:
        found += _check_settings(data["settings"])
    return (None if found else data), found


def _check_settings(settings: Mapping[str, Any]) -> Iterator[Message]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema({"properties": settings})
    except SchemaError as error:
        yield "settings", f"is not valid JSON Schema: {error.message}."


def check_provider_data(data: Mapping[str, Any], package: str) -> Iterator[Message]:
    """Check what the published schema cannot express."""
    name = str(data["name"])
    if package != f"wanprep_{name.replace('-', '_')}":
        yield "name", f"the provider is '{name}', so the package must be wanprep_{name}."
    for needed in (data["uploads"] or {}).get("needs", ()):
        if needed not in data["settings"]:
            yield "uploads.needs", f"there is no setting `{needed}` under `settings`."
    try:
        re.compile((data["idempotency"] or {}).get("pattern", ""))
    except re.error as error:
        yield "idempotency.pattern", f"is not a valid pattern: {error}."


def check_agreement(data: Mapping[str, Any], provider: Provider) -> Iterator[Message]:
    """Check that provider.json describes exactly the flows that the code has."""
    flows = {"cancel": provider.cancel, "find": provider.find, "uploads": provider.upload}
    for key, flow in flows.items():
        name = "upload" if key == "uploads" else key
        if data[key] is None and flow is not None:
            yield key, f"is null, but the code has a flow `{name}`: describe it here."
        if data[key] is not None and flow is None:
            yield key, f"is described, but the code has no flow `{name}`: set it to null."
