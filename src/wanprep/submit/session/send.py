"""Send one submission: upload its files, build its request, reserve a run, place the order once."""

from __future__ import annotations

import os
import secrets
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused
from wanprep.rules.native_values import to_common
from wanprep.rules.slots import schema_at, split_path, value_at
from wanprep.submit.errors import Uncertain, refusal_text
from wanprep.submit.ledger.database import LedgerTrouble
from wanprep.submit.ledger.ledger import Reserved
from wanprep.submit.ledger.run import NewRun
from wanprep.submit.request.body import build_request, build_trial, placeholder_urls, sent_of
from wanprep.submit.request.price import estimate_price, price_json
from wanprep.submit.uploads.upload import sign_object, upload_file
from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.plugins.flow import Order
    from wanprep.plugins.provider import LocalFile
    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.request.body import BuiltRequest
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.session import Session
    from wanprep.submit.session.tasks import Task

_RETRY_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 4.0)  # while someone makes room on the disk
# Several jobs may name one file: the first uploads it, the others find the copy.
_UPLOAD_LOCKS: Final[dict[str, threading.Lock]] = {}


class NotRecorded(WanprepError):
    """The provider has answered, and the ledger cannot be written."""

    exit_code = 4


def upload_and_build(
    session: Session, submission: Submission, task: Task, *, drop: bool
) -> BuiltRequest:
    """Upload a job's files and build its request."""
    provider = submission.target.provider
    settings = session.services.settings(provider)
    trial = build_trial(submission, settings, drop=drop)
    urls = placeholder_urls(submission)
    for pointer, file in sent_of(submission.files, submission, trial).items():
        task.report(f"uploading {visible(file.name)}")
        urls[pointer] = _upload(session, trial.order, file)
    for pointer, stored in sent_of(submission.objects, submission, trial).items():
        driver = session.driver(provider)
        if driver.client.reach.public:  # not with --emulate, which uses no network
            task.report(f"signing {visible(stored.name)}")
            urls[pointer] = sign_object(stored, session.services.config.stores, driver)
    request = build_request(submission.case, submission.target, urls, drop=drop, settings=settings)
    task.notes += [f"sent without {dropped}" for dropped in request.dropped]
    return request


def _upload(session: Session, order: Order, file: LocalFile) -> str:
    provider = order.target.partition("/")[0]
    with _UPLOAD_LOCKS.setdefault(f"{provider} {file.sha256}", threading.Lock()):
        return upload_file(
            file,
            order,
            driver=session.driver(provider),
            config_hosts=session.services.config.hosts,
            stores=session.services.config.stores,
            copies=session.ledger.hosted,
        ).url


def send_once(
    session: Session, submission: Submission, request: BuiltRequest, replacing: Run | None,
    task: Task,
) -> Run:  # fmt: skip
    """Record a job and send it, unless another process was quicker."""
    with session.wakeups.uninterrupted():
        task.report("sending")
        new_run = _new_run(session, submission, request)
        outcome = session.ledger.reserve(new_run, replacing=replacing)
        task.run = outcome.run
        return place_order(session, outcome.run) if isinstance(outcome, Reserved) else outcome.run


def send_repeat(session: Session, run: Run, task: Task) -> Run:
    """Send an uncertain run again under its own key, unless another process was quicker."""
    with session.wakeups.uninterrupted():
        task.report("sending again, under the same key")
        outcome = session.ledger.reserve_repeat(run)
        task.run = outcome.run
        if isinstance(outcome, Reserved):
            return place_order(session, outcome.run, repeat=True)
        return outcome.run


def can_repeat(session: Session, run: Run) -> bool:
    """Whether a run can be sent again without being paid for twice."""
    idempotency = session.service(run.provider).idempotency
    return bool(
        run.state == "uncertain"
        and run.order.idempotency_key
        and idempotency
        and idempotency.repeat
    )


def place_order(session: Session, run: Run, *, repeat: bool = False) -> Run:
    """Send the paid request of a reserved run, once, and record the outcome.

    A refused repeat stays uncertain. Only the repeat was refused: the first request may have
    arrived, and a run that counted as refused would be paid for once more, under a new key.
    """
    before = "the first answer is missing, and sending it again failed: " if repeat else ""
    try:
        accepted = session.driver(run.provider).submit(run.order)
    except Refused as error:
        why = before + refusal_text(error)
        state: RunState = "uncertain" if repeat else "refused"
        return _record(session, run, state, f"sent ({why})", error=why)
    except Uncertain as error:
        why = f"{before}{str(error).rstrip('.')}."
        return _record(
            session, run, "uncertain", f"sent ({why})", error=why, details=dict(error.headers)
        )
    except Exception as error:
        why = f"it failed while sending: {redact(str(error)) or type(error).__name__}."
        _record(session, run, "uncertain", f"sent ({why})", error=why)
        raise
    outcome = f"accepted as {accepted.provider_id}"
    return _record(
        session, run, "accepted", outcome,
        provider_id=accepted.provider_id, details=dict(accepted.details),
    )  # fmt: skip


def _record(session: Session, run: Run, state: RunState, outcome: str, **columns: Any) -> Run:  # noqa: ANN401
    """Write the outcome of an order, retrying: only this process has the provider's answer."""
    for pause in (*_RETRY_PAUSES, None):
        try:
            return session.ledger.move(run, state, **columns)
        except LedgerTrouble as error:
            if pause is None:
                raise NotRecorded(
                    f"run {run.id} at {session.service(run.provider).title} was {outcome}, but that"
                    f" could not be recorded: keep this line. {error}"
                ) from error
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _new_run(session: Session, submission: Submission, request: BuiltRequest) -> NewRun:
    job = submission.case.job
    takes_key = session.service(submission.target.provider).idempotency is not None
    key = f"wanprep-{secrets.token_hex(16)}" if takes_key else ""
    return NewRun(
        identity=submission.identity,
        job=os.path.abspath(job.file),
        number=job.number,
        order=replace(request.order, idempotency_key=key),
        facts=_facts(submission, request),
    )


def _facts(submission: Submission, request: BuiltRequest) -> dict[str, Any]:
    """Keep what the receipt needs: by then the files may have changed."""
    price = estimate_price(submission.target, submission.case.intent, submission.facts)
    return {
        "assets": [
            {"pointer": pointer, "file": file.path, "sha256": file.sha256, "bytes": file.bytes}
            for pointer, file in submission.files.items()
        ],
        "estimate": price_json(price),
        "seconds": _expected_seconds(submission, request),
    }


def _expected_seconds(submission: Submission, request: BuiltRequest) -> float | None:
    """Return the video's duration, if the job or a default of the service's schema states it."""
    target = submission.target
    field = target.data["fields"]["parameters"].get("duration")
    if field is None:
        return None
    path, _ = split_path(field["name"])
    default = schema_at(target.request or {}, path).get("default")
    length = to_common(value_at(request.order.body, path, default), field)
    return length if isinstance(length, int | float) else None
