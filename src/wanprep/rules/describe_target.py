"""A target as data for other programs: its limits, parameters, prompt, price and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.rules.limits import main_bound, parts, rows
from wanprep.rules.message import describe_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.target import Target


def summarize_target(target: Target) -> dict[str, Any]:
    """Return what a list of targets says of one; what is null does not apply."""
    data = target.data
    return {
        "id": target.id,
        "provider": target.provider_title,
        "model": model_title(target),
        "summary": target.summary,
        "default": data.get("default", False),
        "until": data.get("until"),
        "replaced_by": data.get("replaced-by"),
    }


def describe_target(target: Target) -> dict[str, Any]:
    """Return all limits of a target with their rules and sources, and what else is known of it."""
    schemas = parts(target)
    return summarize_target(target) | {
        "docs": list(target.docs),
        "roles": {
            role: {"accepted": target.has_role(role), "limits": [*_limits(schema)]}
            for role, schema in target.roles.items()
        },
        "job": [*_limits(schemas["job"])],
        "body": [*_limits(schemas["native body"])],
        "parameters": {
            name: {"field": entry["name"], "default": default_of(target, name)}
            for name, entry in parameters(target).items()
        },
        "prompt_names": [*target.data.get("prompt_styles", ())],
        "price": target.data.get("price"),
        "unchecked": list(target.unchecked),
    }


def model_title(target: Target) -> str:
    """Return the part of the title after the provider's name."""
    return target.title.partition(":")[2].strip() or target.title


def parameters(target: Target) -> Mapping[str, Mapping[str, Any]]:
    """Return the parameters of jobs that the target has a field for."""
    entries: Mapping[str, Mapping[str, Any]] = target.data.get("fields", {}).get("parameters", {})
    return entries


def default_of(target: Target, parameter: str) -> object:
    """Return what the provider documents for a job without the parameter; None if nothing."""
    entry = parameters(target)[parameter]
    schema: Mapping[str, Any] = target.request or {}
    for key in entry["name"].split(".") if "in" not in entry else ["/"]:
        schema = schema.get("properties", {}).get(key, {})
    default = schema.get("default")
    values = {written: name for name, written in entry.get("values", {}).items()}
    return values.get(default, default) if isinstance(default, str | int) else default


def _limits(schema: Schema) -> Iterator[dict[str, Any]]:
    return (_limit(group) for group in rows(schema))


def _limit(group: list[Bound]) -> dict[str, Any]:
    first = main_bound(group)
    return {
        "path": ".".join(first.path),
        "allowed": describe_limit(first.schema, first.keyword, first.path),
        "bounds": {bound.keyword: bound.value for bound in group},
        "rules": [*dict.fromkeys(bound.rule for bound in group)],
        "severity": first.severity,
        "conditional": first.is_conditional,
        "source": dict(first.source),
    }
