"""Alibaba Model Studio: submit a task, poll it, cancel it, find a lost one, and upload files.

Files go to its temporary storage, for 48 hours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import Accepted, Cancelled, HostedUrl, Refused, Request, Unclear, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins import Flow, LocalFile, Order, Response, Sent, State, Status

_TITLE: Final = "Alibaba"
_TASKS: Final = "/api/v1/tasks"
_STATES: Final[Mapping[str, State]] = {
    "pending": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "unknown": "expired",  # no such task, older than 24 hours, or of another account
}
_SERVER_ERRORS: Final = ("InternalError", "SystemError", "ModelServ", "ModelUnavailable", "Request")
_NOT_PAID: Final = "Settle the account's bills, or buy the model, in the console of Model Studio."
_ADVICE: Final = {
    "AccessDenied.Unpurchased": _NOT_PAID,
    "AllocationQuota.FreeTierOnly": "The free quota is spent: allow paid use in the console.",
    "Arrearage": _NOT_PAID,
    "CommodityNotPurchased": _NOT_PAID,
    "InvalidApiKey": f"{answers.CHECK_KEY} Keys belong to a region: set `region` in "
    "[providers.dashscope] of the configuration to that of the key.",
    "PostpaidBillOverdue": _NOT_PAID,
    "PrepaidBillOverdue": _NOT_PAID,
}
_PER_PAGE: Final = 100
_FIELDS: Final = {  # of the form, and of the permit
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}
_MESSAGE: Final = re.compile(r"<Message>([^<]{1,300})</Message>")


def submit(order: Order) -> Flow[Accepted]:
    """Submit a task. An error may come with HTTP 200."""
    headers = {"X-DashScope-Async": "enable"}
    urls = [url for of_role in order.roles.values() for url in of_role]
    if any(url.startswith("oss://") for url in urls):
        headers["X-DashScope-OssResourceResolve"] = "enable"
    request = Request(
        method="POST",
        url="/api/v1/services/aigc/video-generation/video-synthesis",
        headers=headers,
        json=order.body,
        paid=True,
    )
    response = yield from answers.fetch(request, refused)
    answer = answers.as_object(response)
    name = answers.value_at(answer, "output.task_id")
    if not name and answers.text_at(answer, "code"):
        raise refused(response)
    return Accepted(provider_id=answers.as_job_id(name))


def poll(sent: Sent) -> Flow[Status]:
    """Request one task's status and result."""
    response = yield Request(method="GET", url=_url(sent))
    answer = answers.as_object(response) if response.ok else {}
    word = answers.text_at(answer, "output.task_status")
    if not word:
        raise refused(response)
    output = answer["output"]
    return answers.read_status(
        _TITLE,
        _STATES,
        word,
        outputs=[*answers.as_urls(output, ("video_url",))],
        error=_reason(output),
        details=answers.pick(answer, ("usage",)) | answers.pick(output, ("actual_prompt",)),
    )


def cancel(sent: Sent) -> Flow[Cancelled]:
    """Cancel a task that is still in the queue, and ask for its status to be sure."""
    response = yield Request(method="POST", url=f"{_url(sent)}/cancel")
    if answers.text_at(answers.json_or_none(response), "code") == "UnsupportedOperation":
        return Cancelled(done=False, message="Only a task in the state PENDING can be cancelled.")
    if not response.ok:
        raise refused(response)
    task = yield from answers.fetch_object(Request(method="GET", url=_url(sent)), refused)
    word = answers.text_at(task, "output.task_status")
    if _STATES.get(word.lower()) == "cancelled":
        return Cancelled(done=True, message="Alibaba has cancelled the task.")
    return Cancelled(done=False, message=f"The task is {word or 'in an unknown state'}.")


def find(sent: Sent) -> Flow[Accepted | None]:
    """Find a lost task; None if there is none, or more than one that it could be.

    The list has the tasks of the last 24 hours, without their prompts.
    """
    query = {"model_name": sent.order.model, "page_no": "1", "page_size": str(_PER_PAGE)}
    listed = yield from answers.fetch(Request(method="GET", url=_TASKS, query=query), refused)
    tasks = answers.as_objects(listed.json(), ("data",))
    matches = {name for task in tasks if (name := _match(task, sent))}
    if len(matches) != 1 or len(tasks) >= _PER_PAGE:  # there may be more on the next page
        return None
    return Accepted(provider_id=matches.pop())


def _match(task: Mapping[str, Any], sent: Sent) -> str:
    if task.get("model_name", sent.order.model) != sent.order.model:
        return ""
    created = answers.as_time(task.get("gmt_create", task.get("start_time")))
    return answers.matching_id(sent, task.get("task_id"), created=created, shown={})


def _url(sent: Sent) -> str:
    return f"{_TASKS}/{answers.path_segment(sent.provider_id)}"


def upload(file: LocalFile, order: Order) -> Flow[HostedUrl]:
    """Get a permit for the model of the order, and store the file under the hash of its content."""
    query = {"action": "getPolicy", "model": order.model}
    request = Request(method="GET", url="/api/v1/uploads", query=query)
    body = (yield from answers.fetch(request, refused)).json()
    permit = answers.value_at(body, "data") or answers.value_at(body, "output")
    host = answers.as_url(answers.value_at(permit, "upload_host"))
    folder = answers.text_at(permit, "upload_dir")
    if not folder:
        raise Unclear("Alibaba's permit for the upload names no folder")
    extension = file.name.rpartition(".")[2]
    key = f"{folder}/{file.sha256[:32]}.{extension}"
    form = {name: str(permit.get(theirs, "")) for name, theirs in _FIELDS.items()}
    form |= {"key": key, "success_action_status": "200"}
    content = file.content("file", form)
    response = yield Request(method="POST", url=f"{host}/", key=False, file=content)
    if not response.ok:
        message = _MESSAGE.search(response.body[:4000].decode(errors="replace"))
        raise answers.refusal(
            "Alibaba's storage", response, message=answers.as_text(message[1] if message else "")
        )
    return HostedUrl(f"oss://{key}")


def refused(response: Response) -> Refused:
    """Read an error, which may come with HTTP 200."""
    body = answers.json_or_none(response)
    code = answers.text_at(body, "code")
    if response.ok and code.startswith(_SERVER_ERRORS):
        raise Unclear(f"{_TITLE} reports an internal error: {_reason(body)}")
    return answers.refusal(
        _TITLE,
        response,
        message=answers.text_at(body, "message"),
        code=code,
        advice=_ADVICE.get(code, ""),
    )


def _reason(output: object) -> str:
    message, code = answers.text_at(output, "message"), answers.text_at(output, "code")
    return f"{message} ({code})" if message and code else message or code
