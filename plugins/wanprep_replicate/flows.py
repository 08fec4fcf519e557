"""Replicate: create a prediction, poll it, cancel it, find a lost one, and upload files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import Accepted, Cancelled, HostedUrl, Refused, Request, Unclear, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wanprep.plugins import Flow, LocalFile, Order, Response, Sent, State, Status

_STATES: Final[Mapping[str, State]] = {
    "starting": "queued",
    "processing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "aborted": "cancelled",  # its deadline passed before it started
}
_PAGES: Final = 5


def submit(order: Order) -> Flow[Accepted]:
    """Create a prediction of an official model."""
    url = f"/v1/models/{order.model}/predictions"
    request = Request(method="POST", url=url, json=order.body, paid=True)
    prediction = yield from answers.fetch_object(request, _refused)
    return Accepted(provider_id=answers.as_job_id(prediction.get("id")))


def poll(sent: Sent) -> Flow[Status]:
    """Request a prediction's status and result."""
    request = Request(method="GET", url=_url(sent))
    prediction = yield from answers.fetch_object(request, _refused)
    return answers.read_status(
        "Replicate",
        _STATES,
        answers.text_at(prediction, "status"),
        outputs=[*answers.as_urls(prediction.get("output"))],
        error=answers.text_at(prediction, "error"),
        details=answers.pick(prediction, ("metrics",)),
    )


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Cancel a prediction; one that has ended stays as it is."""
    request = Request(method="POST", url=f"{_url(sent)}/cancel")
    prediction = yield from answers.fetch_object(request, _refused)
    word = answers.text_at(prediction, "status")
    if _STATES.get(word.lower()) == "cancelled":
        message = "Replicate has cancelled the prediction; the time that it ran is billed."
        return Cancelled(done=True, message=message)
    message = f"Replicate did not cancel the prediction: it is {word or 'unchanged'}."
    return Cancelled(done=False, message=message)


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find a lost prediction; None if there is none, or more than one that it could be.

    The list, the newest first, has no inputs to compare.
    """
    matches: set[str] = set()
    url = "/v1/predictions"
    for _ in range(_PAGES):
        request = Request(method="GET", url=url)
        body = (yield from answers.fetch(request, _refused)).json()
        predictions = answers.as_objects(body, ("results",))
        matches |= {name for each in predictions if (name := _match(each, sent))}
        earlier = (time for each in predictions if (time := _created(each)))
        url = answers.text_at(body, "next").removeprefix("https://api.replicate.com")
        if not url.startswith("/") or any(time < answers.earliest_start(sent) for time in earlier):
            return Accepted(provider_id=matches.pop()) if len(matches) == 1 else None
    return None  # too many pages


def _match(prediction: Mapping[str, Any], sent: Sent) -> str:
    if prediction.get("model", sent.order.model) != sent.order.model:
        return ""
    return answers.matching_id(sent, prediction.get("id"), created=_created(prediction), shown={})


def _created(prediction: Mapping[str, Any]) -> datetime | None:
    return answers.as_time(prediction.get("created_at"))


def upload(file: LocalFile, _order: Order) -> Flow[HostedUrl]:
    """Upload a file; the type of its content is sent, since the name would decide otherwise."""
    response = yield Request(method="POST", url="/v1/files", file=file.content("content"))
    if not response.ok:
        raise _refused(response, file.name)
    stored = answers.as_object(response)
    for url in answers.as_urls(answers.value_at(stored, "urls.get")):
        return HostedUrl(url, answers.as_time(stored.get("expires_at")))
    raise Unclear("Replicate accepted the file, but its answer has no URL")


def _url(sent: Sent) -> str:
    return f"/v1/predictions/{answers.path_segment(sent.provider_id)}"


def _refused(response: Response, file: str = "") -> Refused:
    body = answers.json_or_none(response)
    return answers.refusal(
        "Replicate",
        response,
        message=answers.text_at(body, "detail", "title"),
        code=answers.text_at(body, "type"),
        file=file,
    )
