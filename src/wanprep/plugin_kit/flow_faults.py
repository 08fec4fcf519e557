"""Whether a provider's flows ask as they should, and bear whatever they are answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.submit.flow import (
    Accepted,
    Cancelled,
    HostedUrl,
    Refused,
    Request,
    Status,
    Unclear,
)
from wanprep.testing.answers import NONSENSE, REFUSALS, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.submit.flow import Flow, Response

_PATIENCE: Final = 60  # requests of one flow
_ENDS: Final[Mapping[str, tuple[type, ...]]] = {
    "submit": (Accepted,),
    "poll": (Status,),
    "cancel": (Cancelled,),
    "find": (Accepted, type(None)),
    "upload": (HostedUrl,),
}
_OUTAGE: Final = "HTTP 503", answer(503, b"<html>down</html>")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a flow asked, and how it ended: in a value, or in an exception."""

    asked: tuple[object, ...]
    came_to: object


def flow_faults(
    name: str, start: Callable[[], Flow[Any]], bases: frozenset[str] | None
) -> Iterator[str]:
    """Give a flow nonsense and refusals, each time anew; `bases` where they are known."""
    try:
        flow = start()
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        yield f"calling it raises {_named(error)}: it must be a generator, which begins later."
        return
    if not isinstance(flow, GeneratorType):
        yield "it is no generator: it must `yield` requests and be sent the answers."
        return
    flow.close()
    said = set()
    for kind, response in [*NONSENSE.items(), *REFUSALS.items(), _OUTAGE]:
        ended = _performed(start(), response)
        for says in [*_asking(name, ended, bases), *_ending(name, kind, response, ended)]:
            if says not in said:
                said.add(says)
                yield says


def _performed(flow: Flow[Any], response: Response) -> Ended:
    """Answer every question alike, until it ends or has asked too often."""
    asked: list[object] = []
    try:
        asked.append(next(flow))
        while len(asked) < _PATIENCE and isinstance(asked[-1], Request):
            asked.append(flow.send(response))
    except StopIteration as end:
        return Ended(tuple(asked), end.value)
    except Exception as error:  # noqa: BLE001 - what it raises is what we want to know
        return Ended(tuple(asked), error)
    flow.close()
    return Ended(tuple(asked), _Endless())


class _Endless:
    """A flow that asks on and on."""


def _asking(name: str, ended: Ended, bases: frozenset[str] | None) -> Iterator[str]:
    if not ended.asked and name != "upload":  # which may refuse a file at once
        yield "it ends without asking the service anything."
    for request in ended.asked:
        if isinstance(request, Request):
            yield from _request_faults(request, bases)
        else:
            yield f"it yields {_kind(request)}, and not a Request."
    paid = sum(isinstance(each, Request) and each.paid for each in ended.asked)
    if name == "submit" and ended.asked and not paid and isinstance(ended.came_to, Accepted):
        yield "the order is not marked `paid=True`: it might be sent twice."
    if paid > (name == "submit"):
        yield "more is marked `paid=True` than the one order that costs money."


def _request_faults(request: Request, bases: frozenset[str] | None) -> Iterator[str]:
    where = f"{request.method} {request.url}"
    if request.url.startswith("/"):
        if bases is not None and request.base not in bases:
            yield f"{where}: provider.json has no base `{request.base}`."
    elif not request.url.startswith(("https://", "http://")):
        yield f"{where}: an address begins with / or is whole."
    elif request.key:
        yield f"{where}: a key would go to another place: say key=False, or begin with /."
    if ".." in request.url:
        yield f"{where}: .. leads astray: write ids with `segment`."
    try:
        json.dumps(request.json)
    except (TypeError, ValueError, RecursionError):
        yield f"{where}: its `json` cannot be written as JSON."


def _ending(name: str, kind: str, response: Response, ended: Ended) -> Iterator[str]:
    match ended.came_to:
        case _Endless():
            yield f"it does not end: given {kind}, it has asked {len(ended.asked)} times."
        case Refused() | Unclear():
            yield from _wrong_no(name, kind, response, ended)
        case Exception() as error:
            yield f"given {kind}, it raises {_named(error)}: raise Unclear or Refused instead."
        case value if not isinstance(value, _ENDS[name]):
            wanted = " or ".join(each.__name__ for each in _ENDS[name])
            yield f"given {kind}, it returns {_kind(value)}, and not {wanted}."
        case Accepted():
            yield f"given {kind}, it returns Accepted: there is no job, or none can be told of."
        case HostedUrl() if ended.asked and not response.ok:
            yield f"given {kind}, it returns HostedUrl, as if the file were there."
        case Status(state="succeeded" | "cancelled" as state):
            yield f"given {kind}, it says that the job has {state}."
        case Cancelled(done=True) if not response.ok:
            yield f"given {kind}, it says that the job is cancelled."


def _wrong_no(name: str, kind: str, response: Response, ended: Ended) -> Iterator[str]:
    """Hold the two ways of saying no apart where money is at stake: after the order."""
    if name != "submit" or not ended.asked:
        return
    refused = isinstance(ended.came_to, Refused)
    if refused and (response.ok or response.status >= 500):
        yield (
            f"given {kind}, it raises Refused, as if no job existed: nobody knows that."
            " Raise Unclear, or the job may be paid twice."
        )
    if not refused and 400 <= response.status < 500:
        yield f"given {kind}, it raises Unclear: the service says no, so raise Refused."


def _named(error: Exception) -> str:
    return f"{type(error).__name__} ({error})" if str(error) else type(error).__name__


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
