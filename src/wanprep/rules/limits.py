"""The limits of a target in words for people, and a target as data for other programs."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.rules.bounds import bounds
from wanprep.rules.load_target import SEVERITIES, listed_of
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.rules.bounds import Bound, Schema
    from wanprep.rules.finding import Rule
    from wanprep.rules.load_target import Listed
    from wanprep.rules.target import Target

EVERY_TARGET: Final = "every target"
NO_TARGET: Final = "none of those installed"
_OF_EVERY_JOB: Final = frozenset({"ignore-invalid", "job-invalid", "target-unknown"})
# Names for parts of a resolved job, as the author of a job knows them.
_NAMES: Final = {
    "prompt.length": "characters of the prompt",
    "prompt.utf8_bytes": "bytes of the prompt in UTF-8",
    "prompt.utf16_units": "UTF-16 units of the prompt",
    "negative_prompt.length": "characters of the negative prompt",
    "prompt.unused": "references that the prompt does not use",
    "frames": "first_frame",
}


def parts(target: Target) -> dict[str, Schema]:
    """Return the schemas that hold a target's limits: each role, the job, and a native body."""
    return {**target.roles, "job": target.job, "native body": target.body}


def rows(schema: Schema) -> Iterator[list[Bound]]:
    """Group the bounds of one place, which together are one range."""
    return (list(group) for _, group in groupby(bounds(schema), lambda bound: id(bound.schema)))


def main_bound(group: list[Bound]) -> Bound:
    """Choose the bound to show: a range says more than a type."""
    return next((bound for bound in group if bound.keyword != "type"), group[0])


def limit_of(bound: Bound) -> str:
    """Describe a bound: what it is about, and what is allowed."""
    name = name_of(bound)
    limit = describe_limit(bound.schema, bound.keyword, bound.path)
    return f"{name}: {limit}" if limit else name


def name_of(bound: Bound) -> str:
    """Name what a bound is about, as the author of a job knows it."""
    is_required = bound.keyword == "required" and not bound.path
    return "required fields" if is_required else _name(bound.path)


def _name(path: tuple[str, ...]) -> str:
    match path:
        case ():
            return "any file"
        case ("parameters", name):
            return name
        case ("prompt", "tokens", *_):
            return "references named in the prompt"
        case ("totals", role, what):
            return f"{what.replace('_', ' ')} of {role}"
        case ("callback", *_):
            return "callback_url"
        case _:
            name = ".".join(path)
            return _NAMES.get(name, name.replace(".*", "[]"))


@dataclass(frozen=True, slots=True)
class RuleLimit:
    """A limit to which a rule belongs, and where it holds."""

    limit: str
    severity: str
    parts: tuple[str, ...]  # roles, "job" or "native body"; empty where it is about neither
    sources: Mapping[str, str]  # by target; EVERY_TARGET alone for what all share


def limits_of_rule(rule: str, targets: Iterable[Target]) -> list[RuleLimit]:
    """List where a rule has limits; the same limit of several roles and targets is one."""
    parts_of: dict[tuple[str, str, str, str], dict[str, None]] = {}
    sources: dict[str, str] = {}
    for target, part, name, limit, severity, source in _single_limits(rule, targets):
        known = parts_of.setdefault((name, limit, severity, target), {})
        known.update({part: None} if part else {})
        sources.setdefault(target, source.get("doc", ""))
    targets_of: dict[tuple[str, str, str, tuple[str, ...]], dict[str, str]] = {}
    for (name, limit, severity, target), found in parts_of.items():
        targets_of.setdefault((name, limit, severity, (*found,)), {})[target] = sources[target]
    names_of: dict[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], list[str]] = {}
    for (name, limit, severity, held), by in targets_of.items():
        names_of.setdefault((limit, severity, held, (*by.items(),)), []).append(name)
    return [
        RuleLimit(": ".join(filter(None, (", ".join(filter(None, names)), limit))), severity, held,
                  dict(by))
        for (limit, severity, held, by), names in names_of.items()
    ]  # fmt: skip


def rule_table(rule: Rule, limits: Sequence[RuleLimit]) -> dict[str, str]:
    """Summarize a rule: severity, targets, whether `wanprep fix` fixes it, and since when."""
    targets: dict[str, dict[str, None]] = {}  # by severity
    for each in limits:
        targets.setdefault(each.severity, {}).update(dict.fromkeys(each.sources))
    severities = [each for each in SEVERITIES[::-1] if each in targets] or [rule.severity]
    names = sorted({name for of_one in targets.values() for name in of_one})
    is_of_code = rule.name in _OF_EVERY_JOB or "/" in rule.name  # as those of plugins are
    return {
        "severity": join_words(severities, "or"),
        "targets": ", ".join(names) or (EVERY_TARGET if is_of_code else NO_TARGET),
        "fixable": rule.fix or "no",
        "since": rule.since,
    }


def _single_limits(
    rule: str, targets: Iterable[Target]
) -> Iterator[tuple[str, str, str, str, str, Mapping[str, str]]]:
    """Yield the target, part, name, limit, severity and source of each limit."""
    shared = load_schema("asset")
    for schema in shared["$defs"].values():
        for bound in bounds(schema):
            if bound.rule == rule:
                yield EVERY_TARGET, "", "", bound.source["says"], bound.severity, bound.source
    yield from _noted(rule, EVERY_TARGET, shared["x-urls"].values())
    for target in targets:
        for part, names, bound in _shown(target):
            if rule in names:
                text = describe_limit(bound.schema, bound.keyword, bound.path)
                limit = text or bound.source.get("says", "")
                yield target.id, part, name_of(bound), limit, bound.severity, bound.source
        yield from _noted(rule, target.id, _annotations(target.data))


@lru_cache(64)
def _shown(target: Target) -> tuple[tuple[str, frozenset[str], Bound], ...]:
    """List the ranges of a target: the part, the rules, and the bound to show of each."""
    return tuple(
        (part, frozenset(bound.rule for bound in group), main_bound(group))
        for part, schema in parts(target).items()
        for group in rows(schema)
    )


def _noted(
    rule: str, target: str, notes: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, str, str, Mapping[str, str]]]:
    for note in notes:
        if note["x-rule"] == rule:
            source = note["x-source"]
            yield target, "", "", source["says"], note["x-severity"], source


def _annotations(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """List the annotations for checks that are code, not bounds of a schema."""
    yield from (data[name] for name in ("style", "unknown_key") if name in data)
    for name in ("doubtful_styles", "urls"):
        yield from (note for note in data.get(name, {}).values() if "x-rule" in note)


def summarize_target(target: Listed) -> dict[str, Any]:
    """Return what a list of targets says of one; what is null does not apply."""
    return {
        "id": target.id,
        "provider": target.title.partition(":")[0],
        "model": model_title(target),
        "summary": target.summary,
        "default": target.is_default,
        "until": target.until,
        "replaced_by": target.replaced_by,
    }


def describe_target(target: Target) -> dict[str, Any]:
    """Return all limits of a target with their rules and sources, and what else is known of it."""
    schemas = parts(target)
    return summarize_target(listed_of(target.data)) | {
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


def model_title(target: Listed | Target) -> str:
    """Return the part of the title after the provider's name."""
    return target.title.partition(":")[2].strip() or target.title


def parameters(target: Target) -> Mapping[str, Mapping[str, Any]]:
    """Return the parameters of jobs that the target has a field for."""
    entries: Mapping[str, Mapping[str, Any]] = target.data.get("fields", {}).get("parameters", {})
    return entries


def default_of(target: Target, parameter: str) -> object:
    """Return what the provider documents for a job without the parameter; None if nothing."""
    from wanprep.rules.slots import schema_at, split_path

    entry = parameters(target)[parameter]
    path = split_path(entry["name"])[0] if "in" not in entry else ("/",)
    default = schema_at(target.request or {}, path).get("default")
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
