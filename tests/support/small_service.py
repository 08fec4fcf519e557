"""A minimal service and real flows for it, to test the driver with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from loopback import Loopback

from wanprep.net.reach import Reach
from wanprep.plugins.flow import (
    Accepted,
    Cancelled,
    FileContent,
    Flow,
    HostedUrl,
    Order,
    Refused,
    Request,
    Sent,
    Status,
)
from wanprep.plugins.provider import Events, LocalFile, Provider
from wanprep.submit.http.driver import Driver
from wanprep.submit.http.retries import RetryPolicy
from wanprep.submit.services.service import Poll, Service

KEY: Final = "canary-4f9a81c2d7e6b530"
ORDER: Final = Order(target="small/model", body={"prompt": "日 x"}, idempotency_key="run-1")
SENT: Final = Sent(order=ORDER, sent_at=datetime(2026, 1, 1, tzinfo=UTC), provider_id="j 1")
# Long timeouts where a response must come, short ones where none will.
STEADY: Final = RetryPolicy(connect=20, read=20, pause=0.01)
HASTE: Final = RetryPolicy(connect=20, read=0.3, pause=0.01, attempts=2)


def submit(order: Order) -> Flow[Accepted]:
    headers = {"Idempotency-Key": order.idempotency_key} if order.idempotency_key else {}
    answer = yield Request(
        method="POST", url="/jobs", query=order.query, json=order.body, headers=headers, paid=True
    )
    body = answer.json()
    if not answer.ok:
        raise Refused(body["error"], code=str(body.get("code", "")), advice="Fix the job.")
    return Accepted(provider_id=body["id"], details=body)


def poll(_: Sent) -> Flow[Status]:
    answer = yield Request(method="GET", url="/jobs/1")
    if not answer.ok:
        raise Refused(answer.json()["error"])
    body = answer.json()
    return Status(
        state=body["state"], word=body["state"], error=body.get("error", ""), details=body
    )


def cancel(_: Sent) -> Flow[Cancelled]:
    answer = yield Request(method="DELETE", url="/jobs/1")
    return Cancelled(done=answer.ok, message=answer.json()["says"])


def find(_: Sent) -> Flow[Accepted | None]:
    answer = yield Request(method="GET", url="/jobs")
    jobs = answer.json()
    return Accepted(provider_id=jobs[0]) if jobs else None


def upload(file: LocalFile, _: Order) -> Flow[HostedUrl]:
    content = FileContent(
        path=file.path, name=file.name, content_type=file.content_type, form_field="file"
    )
    answer = yield Request(method="POST", url="/upload", base="files", file=content)
    if not answer.ok:
        raise Refused(answer.json()["error"], advice="Send another.")
    return HostedUrl(answer.json()["url"])


def read_event(name: str, data: str) -> tuple[str, Status] | None:
    import json

    if name != "done":
        return None
    return json.loads(data)["id"], Status(state="succeeded", word="done")


def provider(**changes: Any) -> Provider:
    parts: dict[str, Any] = {
        "name": "small",
        "submit": submit,
        "poll": poll,
        "cancel": cancel,
        "find": find,
        "upload": upload,
        "events": Events(connect=lambda: Request(method="GET", url="/events"), read=read_event),
    }
    return Provider(**parts | changes)


def service(url: str = "https://api.small.example") -> Service:
    return Service(
        name="small",
        title="Small",
        bases={"api": url, "files": url},
        keys=("SMALL_KEY", "SMALL_TOKEN"),
        keys_from="the profile page of small.example",
        poll=Poll(1, 1, 1, 60),
        results_kept=None,
        idempotency=None,
        uploads=None,
        pace=None,
        cancel=None,
        cancel_deletes=False,
        find=None,
        settings={},
        notes=(),
        data={},
    )


def driver(
    server: Loopback,
    *,
    policy: RetryPolicy = STEADY,
    pause: Callable[[float], None] = lambda _: None,
    reach: Reach | None = None,
    **changes: Any,
) -> Driver:
    return Driver(
        provider(**changes),
        service(server.url),
        environ={"SMALL_KEY": KEY},
        policy=policy,
        pause=pause,
        reach=reach,
    )
