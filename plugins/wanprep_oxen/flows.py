"""Queue an order at Oxen, ask how far it is, and call it off.

An order of several videos becomes as many generations, whose ids stand side by side in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import inner, job_id, json_or_none, listed, members, segment, words
from wanprep.plugins.flow import Accepted, Cancelled, Refused, Request
from wanprep_oxen.errors import is_error, refused
from wanprep_oxen.generation import ENDS, status_of, together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Flow, Order, Sent, Status

BETWEEN: Final = ","
QUEUE: Final = "/api/ai/queue"


def submit(order: Order) -> Flow[Accepted]:
    """Queue an order. Parameters are judged only when it runs."""
    response = yield Request(
        method="POST", url=QUEUE, query=order.query, json=order.body, paid=True
    )
    if not response.ok:
        raise refused(response)
    answer = members(response)
    queued = listed(answer, ("generations",))
    if not queued and is_error(answer):
        raise refused(response)
    ids = [job_id(each.get("generation_id")) for each in queued or [answer]]
    return Accepted(provider_id=BETWEEN.join(ids))


def poll(sent: Sent) -> Flow[Status]:
    """Ask for each generation of an order."""
    parts: list[Status] = []
    for name in sent.provider_id.split(BETWEEN):
        status = yield from _one(name, sent)
        parts.append(status)
    return together(parts)


def _one(name: str, sent: Sent) -> Flow[Status]:
    response = yield Request(method="GET", url=_address(name))
    if response.status == 404:  # older documentation: what has ended is only in the lists
        return (yield from _listed(name, sent, refused(response)))
    if not response.ok:
        raise refused(response)
    answer = members(response)
    if "status" not in answer or answer["status"] == "error":
        raise refused(response)
    return status_of(answer)


def _listed(name: str, sent: Sent, otherwise: Refused) -> Flow[Status]:
    for end in ENDS:
        for generation in (yield from generations(sent, end)):
            if generation.get("generation_id") == name:
                return status_of(generation)
    raise otherwise


def generations(sent: Sent, status: str = "") -> Flow[list[Mapping[str, Any]]]:
    """List generations of a model: those that go on, or those that have ended in one way."""
    query = {"model": sent.order.model}
    if status:
        query["status"] = status
    namespace = sent.order.body.get("target_namespace")
    if isinstance(namespace, str):
        query["namespace"] = namespace
    response = yield Request(method="GET", url=QUEUE, query=query)
    if not response.ok:
        raise refused(response)
    return listed(response.json(), ("generations",))


def _address(name: str) -> str:
    return f"{QUEUE}/{segment(name)}"


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Call generations off, and look what came of it: on one that has ended it has no effect."""
    says: list[str] = []
    done = False
    for name in sent.provider_id.split(BETWEEN):
        response = yield Request(method="DELETE", url=_address(name))
        if not response.ok or is_error(json_or_none(response)):
            raise refused(response)
        word = yield from _word(name)
        if word in {"succeeded", "failed"}:
            says.append(f"Oxen cannot cancel generation {name} any more: it has {word}.")
        else:
            done = True
            says.append(f"Oxen has cancelled generation {name}; whether it is charged is not said.")
    return Cancelled(done=done, says=" ".join(says))


def _word(name: str) -> Flow[str]:
    response = yield Request(method="GET", url=_address(name))
    return words(inner(json_or_none(response), "status")) if response.ok else ""
