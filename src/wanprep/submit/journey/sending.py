"""One errand from upload to acceptance: hosted, built, written down, sent once."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wanprep.submit.hosting.hosting import host
from wanprep.submit.journey.ordering import ordered, ordered_again
from wanprep.submit.ledger.ledger import Reserved
from wanprep.submit.ledger.run import NewRun
from wanprep.submit.order.addresses import needed, placeholders, tried
from wanprep.submit.order.body import build
from wanprep.submit.order.money import as_json
from wanprep.submit.order.price import estimate
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.submit.journey.desk import Desk
    from wanprep.submit.journey.side_by_side import Task
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.order.body import Built
    from wanprep.submit.order.errands import Errand
    from wanprep.submit.provider import LocalFile


def built(desk: Desk, errand: Errand, task: Task, *, drop: bool) -> Built:
    """Give the job's files their addresses and build the request."""
    provider = errand.target.provider
    settings = desk.services.settings(provider)
    urls = placeholders(errand)
    for pointer, file in needed(errand, tried(errand, settings, drop=drop)).items():
        task.tell(f"uploading {visible(file.name)}")
        urls[pointer] = _address(desk, provider, file)
    request = build(errand.case, errand.target, urls, drop=drop, settings=settings)
    for words in request.dropped:
        task.note(f"sent without {words}")
    return request


def _address(desk: Desk, provider: str, file: LocalFile) -> str:
    with _ONE_BY_ONE.of(f"{provider} {file.sha256}"):
        return host(
            file,
            driver=desk.driver(provider),
            config_hosts=desk.services.config.hosts,
            remembered=desk.ledger.hosted,
        ).url


def sent(desk: Desk, errand: Errand, request: Built, replacing: Run | None, task: Task) -> Run:
    """Write down that a job is sent, and send it, unless another process was quicker."""
    with desk.bells.undisturbed():
        task.tell("sending")
        outcome = desk.ledger.reserve(_new_run(desk, errand, request), replacing=replacing)
        task.run = outcome.run
        return ordered(desk, outcome.run) if isinstance(outcome, Reserved) else outcome.run


def sent_again(desk: Desk, run: Run, task: Task) -> Run:
    """Repeat an uncertain run under its own key, unless another process was quicker."""
    with desk.bells.undisturbed():
        task.tell("sending again, under the same key")
        outcome = desk.ledger.reserve_again(run)
        task.run = outcome.run
        return ordered_again(desk, outcome.run) if isinstance(outcome, Reserved) else outcome.run


def may_repeat(desk: Desk, run: Run) -> bool:
    """Tell whether a run can be sent again without being paid twice."""
    idempotency = desk.service(run.provider).idempotency
    return bool(
        run.state == "uncertain"
        and run.order.idempotency_key
        and idempotency
        and idempotency.repeat
    )


class _OneByOne:
    """Several jobs may name one file: the first uploads it, the others find the copy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            yield


_ONE_BY_ONE = _OneByOne()


def _new_run(desk: Desk, errand: Errand, request: Built) -> NewRun:
    job = errand.case.job
    return NewRun(
        identity=errand.identity,
        job=os.path.abspath(job.file),
        number=job.number,
        order=request.order(_key(desk, errand.target.provider)),
        facts=_facts(errand, request),
    )


def _key(desk: Desk, provider: str) -> str:
    """Make a key of its own for each order, where the provider takes one."""
    return f"wanprep-{secrets.token_hex(16)}" if desk.service(provider).idempotency else ""


def _facts(errand: Errand, request: Built) -> dict[str, Any]:
    """Keep what a receipt needs: by then the files may have changed."""
    return {
        "assets": [
            {"pointer": pointer, "file": file.path, "sha256": file.sha256, "bytes": file.bytes}
            for pointer, file in errand.files.items()
        ],
        "estimate": as_json(estimate(errand.target, errand.case.meant, errand.facts)),
        "seconds": _seconds(errand, request),
    }


def _seconds(errand: Errand, request: Built) -> float | None:
    """Tell how long the video will be, if the job or the service's schema says so."""
    target = errand.target
    name = target.data["fields"]["parameters"].get("duration", {}).get("name", "")
    schema = (target.request or {}).get("properties", {}).get(name, {})
    length = request.body.get(name, schema.get("default"))
    return length if isinstance(length, int | float) else None
