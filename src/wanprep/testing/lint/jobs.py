"""Jobs for a target that use each of its roles and parameters, and whether these arrive."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from wanprep.check.inputs import Case
from wanprep.job.model import parse_jobs
from wanprep.job.roles import VOICE, common_roles
from wanprep.plugins import Request
from wanprep.rules.intent import intent_of, resolve
from wanprep.rules.judge_job import judge_job
from wanprep.rules.native_values import to_common
from wanprep.rules.slots import slot_of, split_path
from wanprep.submit.request.body import CannotBuild, build_request
from wanprep.testing.lint.fields import field, is_allowed, parts
from wanprep.testing.lint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wanprep.job.roles import Role
    from wanprep.plugins import Order
    from wanprep.rules.slots import Path
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Message

Document = dict[str, Any]

_URL: Final = "https://example.com/back"
_PLAIN: Final[tuple[Any, ...]] = (1, 5, True, 0.5, "x", _URL, "a/b", [], {})
_URLS: Final = {
    "image": "https://example.com/hero.jpg",
    "video": "https://example.com/dance.mp4",
    "audio": "https://example.com/hero.mp3",
}


def sample_values(request: Mapping[str, Any], table: Mapping[str, Any]) -> list[Any]:
    """Return the listed values of a parameter, else one that the schema allows, else none."""
    if "values" in table:
        return list(table["values"])
    if table.get("in") == "query":
        return [_URL]
    path = split_path(table["name"])[0]
    schema = field(request, path)
    listed = [each for part in parts(request, schema) for each in part.get("enum", ())]
    natives = listed or _one(request, schema, path)
    return [to_common(each, table) for each in natives]


def _one(request: Mapping[str, Any], schema: object, path: Path) -> list[Any]:
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
              if _is_required(request, split_path(each["name"])[0])}  # fmt: skip
    needed = {name: some[0] for name, some in values.items() if some}
    prompt = {"prompt": "She waves."} if "prompt" in target.data["fields"] else {}
    return [{"target": target.id, **prompt, **mix, "parameters": needed} for mix in _media(target)]


def _is_required(request: Mapping[str, Any], path: Path) -> bool:
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
    """Read a job from its text, as a user's."""
    roles = common_roles().beside([target.places])
    [job] = parse_jobs(json.dumps(document), "job.json", roles).jobs
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


def passes(document: Document, target: Target) -> bool:
    """Whether a job breaks no limit of the target at error level."""
    case = as_case(document, target)
    found = judge_job(resolve(case.intent, {}, target), case.intent, target)
    return all(each.violation.severity != "error" for each in found)


def accepted_jobs(target: Target) -> Iterator[Document]:
    """List the minimal jobs that can be built, and that pass."""
    for job in minimal_jobs(target):
        if _first_built(target, [job])[0] and passes(job, target):
            yield job


def why_not_built(document: Document, target: Target) -> str:
    """Return why a request cannot be built, if it cannot."""
    built, reason = _first_built(target, [document])
    return "" if built else reason


_MOST_SHAPES: Final = 2  # of media, with each feature


def check_arrival(
    target: Target, requests_of: Callable[[Order], Sequence[object]], place: str
) -> Iterator[Problem]:
    """Order a job with each feature, and look for all its values in the paid request."""
    for feature, orders in _orders(target):
        for order in orders:
            lost = _lost(deepcopy(order), requests_of(order))  # a flow may change what it gets
            if lost:
                values = ", ".join(lost[:3])
                message = f"leaves out {feature} of {target.id}: {values} is not in the request."
                yield Problem("flows", place, message)
                break


def _orders(target: Target) -> Iterator[tuple[str, list[Order]]]:
    """Build orders with each feature of the table of fields, those that can be built."""
    plain = minimal_jobs(target)
    yield "the prompt and media", list(_built(target, plain))
    for feature, overlays in features(target):
        jobs = (merge(job, more) for more in overlays for job in plain)
        yield feature, list(islice(_built(target, jobs), _MOST_SHAPES))


def _built(target: Target, jobs: Iterable[dict[str, Any]]) -> Iterator[Order]:
    """Build the first jobs that can be built: they differ in their media."""
    known = set()
    for job in jobs:
        try:
            order = build_request(as_case(job, target), target, {}).order
        except CannotBuild:
            continue
        shape = tuple(sorted((role, len(urls)) for role, urls in order.roles.items()))
        if shape not in known:
            known.add(shape)
            yield order


def _lost(order: Order, requests: Sequence[object]) -> list[str]:
    """List the values of an order that its paid request lacks; none if there is no such request."""
    paid = [each for each in requests if isinstance(each, Request) and each.may_order]
    if len(paid) != 1:
        return []  # which is reported for itself
    request = paid[0]
    rest = f"{unquote(request.url)} {json.dumps(dict(request.headers))}"
    sent = Counter([*_leaves(request.json), *_leaves(dict(request.query))])
    wanted = Counter([*_leaves(order.body), *_leaves(dict(order.query))])
    return [f"{key}: {value}" for key, value in (wanted - sent).elements() if value not in rest]


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """List the values with the name of each: an object around the body changes neither."""
    match value:
        case dict():
            for name, each in value.items():
                yield from _leaves(each, name)
        case list():
            for each in value:
                yield from _leaves(each, key)
        case _:
            yield key, value if isinstance(value, str) else json.dumps(value)
