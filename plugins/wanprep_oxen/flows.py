"""Oxen.ai: submit, poll and cancel a job, listen for its end, find a lost one, and commit files.

Files go to the user's own repository, from which models can download them.
An order of several videos becomes as many generations: their ids are joined into one.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wanprep.plugins import (
    Accepted,
    Cancelled,
    HostedUrl,
    Refused,
    Request,
    Status,
    Unclear,
    answers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.plugins import Flow, LocalFile, Order, Response, Sent, State

_QUEUE: Final = "/api/ai/queue"
_SEPARATOR: Final = ","
_STATES: Final[Mapping[str, State]] = {
    "queued": "queued",
    "processing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_ENDED: Final = ("succeeded", "failed", "cancelled")
# An order of several generations has the first of these states that any of them has.
_PRECEDENCE: Final[Sequence[State]] = (
    "unknown", "running", "queued", "succeeded", "expired", "failed", "cancelled",
)  # fmt: skip
_ADVICE: Final = {
    "unauthenticated": answers.CHECK_KEY,
    "resource_not_found": "Oxen does not know it: it may be another account's.",
}
_REPOSITORY: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]+/(?!\.)[A-Za-z0-9._-]+")


def submit(order: Order) -> Flow[Accepted]:
    """Queue a job. Its parameters are checked only when it runs."""
    request = Request(method="POST", url=_QUEUE, query=order.query, json=order.body, paid=True)
    response = yield from answers.fetch(request, refused)
    answer = answers.as_object(response)
    generations = answers.as_objects(answer, ("generations",))
    if not generations and is_error(answer):
        raise refused(response)
    ids = [answers.as_job_id(each.get("generation_id")) for each in generations or [answer]]
    return Accepted(provider_id=_SEPARATOR.join(ids))


def poll(sent: Sent) -> Flow[Status]:
    """Request the status of each generation of an order."""
    parts: list[Status] = []
    for name in sent.provider_id.split(_SEPARATOR):
        status = yield from _poll_one(name, sent)
        parts.append(status)
    return _combine(parts)


def _poll_one(name: str, sent: Sent) -> Flow[Status]:
    response = yield Request(method="GET", url=_url(name))
    if response.status == 404:
        # By older documentation, generations that have ended are only in the lists.
        for ended in _ENDED:
            for generation in (yield from _list_generations(sent, ended)):
                if generation.get("generation_id") == name:
                    return _read_generation(generation)
        raise refused(response)
    if not response.ok:
        raise refused(response)
    answer = answers.as_object(response)
    if answer.get("status", "error") == "error":
        raise refused(response)
    return _read_generation(answer)


def _list_generations(sent: Sent, status: str = "") -> Flow[list[Mapping[str, Any]]]:
    """List generations of a model: those in progress, or those that ended with a status."""
    query = {"model": sent.order.model}
    if status:
        query["status"] = status
    namespace = sent.order.body.get("target_namespace")
    if isinstance(namespace, str):
        query["namespace"] = namespace
    listed = yield from answers.fetch(Request(method="GET", url=_QUEUE, query=query), refused)
    return answers.as_objects(listed.json(), ("generations",))


def _url(name: str) -> str:
    return f"{_QUEUE}/{answers.path_segment(name)}"


def _read_generation(generation: Mapping[str, Any]) -> Status:
    """Read one generation from its own endpoint, the list, or an event."""
    return answers.read_status(
        "Oxen",
        _STATES,
        answers.text_at(generation, "status"),
        outputs=[*answers.as_urls(generation.get("result_url") or generation.get("url"))],
        error=answers.text_at(generation, "error_message", "error"),
        details=answers.pick(generation, ("enqueued_at", "started_at", "completed_at")),
    )


def _combine(parts: Sequence[Status]) -> Status:
    """Combine the generations of an order; results count once all have ended."""
    if len(parts) == 1:
        return parts[0]
    states = {part.state for part in parts}
    state = next(state for state in _PRECEDENCE if state in states)
    ended = state in {*_ENDED, "expired"}
    errors = [f"{place}: {part.error}" for place, part in enumerate(parts, 1) if part.error]
    return Status(
        state=state,
        word=", ".join(part.word for part in parts),
        outputs=tuple(url for part in parts for url in part.outputs) if ended else (),
        error="; ".join(errors) if ended else "",
        details={"generations": [dict(part.details) for part in parts]},
    )


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Cancel each generation, and poll it: on one that has ended this has no effect."""
    messages: list[str] = []
    done = False
    for name in sent.provider_id.split(_SEPARATOR):
        response = yield Request(method="DELETE", url=_url(name))
        if not response.ok or is_error(answers.json_or_none(response)):
            raise refused(response)
        response = yield Request(method="GET", url=_url(name))
        word = answers.text_at(answers.json_or_none(response), "status") if response.ok else ""
        if word in {"succeeded", "failed"}:
            messages.append(f"Oxen cannot cancel generation {name} any more: it has {word}.")
        else:
            done = True
            messages.append(f"Oxen has cancelled generation {name}; it may still be charged.")
    return Cancelled(done=done, message=" ".join(messages))


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find lost generations: the prompt and all parameters that are listed must match.

    None unless there are exactly as many as were ordered: otherwise some of them may belong to
    another order just like it.
    """
    others = {part for ids in sent.taken for part in ids.split(_SEPARATOR)}
    sent = replace(sent, taken=frozenset(others))
    matches: list[str] = []
    for status in ("", *_ENDED):
        for generation in (yield from _list_generations(sent, status)):
            name = _match(generation, sent)
            if name and name not in matches:
                matches.append(name)
    ordered = sent.order.body.get("num_generations", 1)
    return Accepted(provider_id=_SEPARATOR.join(matches)) if len(matches) == ordered else None


def _match(generation: Mapping[str, Any], sent: Sent) -> str:
    if generation.get("prompt") != sent.order.body.get("prompt"):
        return ""
    if generation.get("model_name", sent.order.model) != sent.order.model:
        return ""
    created = answers.as_time(generation.get("enqueued_at"))
    name = generation.get("generation_id")
    return answers.matching_id(sent, name, created=created, shown=generation)


def connect_events() -> Request:
    """Request the account's stream of events, which does not repeat earlier ones."""
    return Request(method="GET", url="/api/events", headers={"Accept": "text/event-stream"})


def read_event(event: str, data: str) -> tuple[str, Status] | None:
    """Read the end of a generation; the same stream carries events of other kinds."""
    if event != "media_generation_completed":
        return None
    try:
        generation = json.loads(data)
        if not isinstance(generation, dict):
            return None
        return answers.as_job_id(generation.get("generation_id")), _read_generation(generation)
    except (ValueError, RecursionError, Unclear):
        return None


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Commit a file; its public URL is the one that it was put to."""
    settings = order.settings
    repository = str(settings.get("repository", ""))
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(
            "Oxen accepts local files only in a repository of yours",
            advice='Set repository = "namespace/name" in [providers.oxen] of the configuration: '
            "a public one, because models download from it without a key.",
        )
    branch = quote(str(settings.get("branch", "main")), safe="/")
    # Named by its content, so that no file ever replaces another one.
    path = f"wanprep/{file.sha256[:16]}-{answers.path_segment(file.name)}"
    form = {
        "message": f"Add {file.name} for a video",
        "name": str(settings.get("name", "wanprep")),
        "email": str(settings.get("email", "wanprep@example.com")),
    }
    url = f"/api/repos/{repository}/file/{branch}/{path}"
    response = yield Request(method="PUT", url=url, file=file.content("file", form))
    if not response.ok or is_error(answers.json_or_none(response)):
        advice = f"Check that {repository} exists at Oxen and that this key may write to it."
        is_general = response.status in {401, 402, 429}
        raise refused(response, file.name, "" if is_general else advice)
    if not response.url:
        raise Unclear("the URL of the uploaded file is unknown")
    return HostedUrl(response.url)


def is_error(body: object) -> bool:
    """Whether a body is an error, which may come with HTTP 200."""
    return bool(answers.value_at(body, "error")) or answers.value_at(body, "status") == "error"


def refused(response: Response, file: str = "", advice: str = "") -> Refused:
    """Read an error, which has two shapes; `file` names the file of an upload."""
    body = answers.json_or_none(response)
    message = answers.text_at(
        body, "error.message", "error.detail", "error.title", "error", "status_message", "message"
    )
    code = answers.text_at(body, "error.type", "status_message")
    if not file:
        no_credit = "insufficient credits" in message.lower()
        advice = answers.TOP_UP if no_credit else _ADVICE.get(code, "")
    return answers.refusal(
        "Oxen.ai", response, message=message, code=code, advice=advice, file=file
    )
