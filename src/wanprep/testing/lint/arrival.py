"""Check that every role and parameter of a target arrives in the request of an order."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from wanprep.plugins import Request
from wanprep.submit.request.body import CannotBuild, build_request
from wanprep.testing.lint.jobs import as_case, features, merge, minimal_jobs
from wanprep.testing.lint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wanprep.plugins import Order
    from wanprep.rules.target import Target

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
