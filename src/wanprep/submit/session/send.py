"""One errand from upload to acceptance: hosted, built, written down, sent once."""

from __future__ import annotations

import os
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import Uncertain
from wanprep.submit.ledger.database import LedgerTrouble
from wanprep.submit.ledger.ledger import Reserved
from wanprep.submit.ledger.run import NewRun
from wanprep.submit.request.body import build, needed, placeholders, tried
from wanprep.submit.request.price import as_json, estimate
from wanprep.submit.uploads.upload import host
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.plugins.provider import LocalFile
    from wanprep.submit.ledger.run import Run, RunState
    from wanprep.submit.request.body import Built
    from wanprep.submit.request.submission import Submission
    from wanprep.submit.session.concurrent import Task
    from wanprep.submit.session.session import Session


_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 4.0)  # for a disk that someone makes room on


class NotWrittenDown(WanprepError):
    """The provider has answered, and the ledger cannot be written."""

    exit_code = 4


def ordered(session: Session, run: Run) -> Run:
    """Order what is reserved; the answer is on the disk when this returns."""
    return _ordered(session, run, refused="refused", before="")


def ordered_again(session: Session, run: Run) -> Run:
    """Repeat an order under its own key.

    What is refused is the repeat alone: the first one may have arrived, and a run that was
    forgotten as refused would be paid once more, under a new key.
    """
    before = "the first answer is missing, and sending it again failed: "
    return _ordered(session, run, refused="uncertain", before=before)


def _ordered(session: Session, run: Run, *, refused: RunState, before: str) -> Run:
    try:
        accepted = session.driver(run.provider).submit(run.order)
    except Refused as error:
        why = " ".join(filter(None, [f"{before}{str(error).rstrip('.')}.", error.advice]))
        return _write_down(session, run, refused, f"sent ({why})", error=why)
    except Uncertain as error:
        why = f"{before}{str(error).rstrip('.')}."
        return _write_down(
            session, run, "uncertain", f"sent ({why})", error=why, told=dict(error.told)
        )
    except Exception as error:
        why = f"it failed while sending: {redact(str(error)) or type(error).__name__}."
        _write_down(session, run, "uncertain", f"sent ({why})", error=why)
        raise
    words = f"accepted as {accepted.provider_id}"
    return _write_down(
        session,
        run,
        "accepted",
        words,
        provider_id=accepted.provider_id,
        told=dict(accepted.details),
    )


def _write_down(session: Session, run: Run, state: RunState, words: str, **changes: Any) -> Run:  # noqa: ANN401 - columns
    """Write with patience: what the provider said is known to nobody else on this machine."""
    for pause in (*_PAUSES, None):
        try:
            return session.ledger.move(run, state, **changes)
        except LedgerTrouble as error:
            if pause is None:
                raise NotWrittenDown(
                    f"run {run.id} at {session.service(run.provider).title} was {words}, but that"
                    f" could not be written down: keep this line. {error}"
                ) from error
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def built(session: Session, submission: Submission, task: Task, *, drop: bool) -> Built:
    """Give the job's files their addresses and build the request."""
    provider = submission.target.provider
    settings = session.services.settings(provider)
    urls = placeholders(submission)
    for pointer, file in needed(submission, tried(submission, settings, drop=drop)).items():
        task.tell(f"uploading {visible(file.name)}")
        urls[pointer] = _address(session, provider, file)
    request = build(submission.case, submission.target, urls, drop=drop, settings=settings)
    for words in request.dropped:
        task.note(f"sent without {words}")
    return request


def _address(session: Session, provider: str, file: LocalFile) -> str:
    with _ONE_BY_ONE.of(f"{provider} {file.sha256}"):
        return host(
            file,
            driver=session.driver(provider),
            config_hosts=session.services.config.hosts,
            remembered=session.ledger.hosted,
        ).url


def sent(
    session: Session, submission: Submission, request: Built, replacing: Run | None, task: Task
) -> Run:
    """Write down that a job is sent, and send it, unless another process was quicker."""
    with session.wakeups.undisturbed():
        task.tell("sending")
        outcome = session.ledger.reserve(
            _new_run(session, submission, request), replacing=replacing
        )
        task.run = outcome.run
        return ordered(session, outcome.run) if isinstance(outcome, Reserved) else outcome.run


def sent_again(session: Session, run: Run, task: Task) -> Run:
    """Repeat an uncertain run under its own key, unless another process was quicker."""
    with session.wakeups.undisturbed():
        task.tell("sending again, under the same key")
        outcome = session.ledger.reserve_again(run)
        task.run = outcome.run
        return ordered_again(session, outcome.run) if isinstance(outcome, Reserved) else outcome.run


def may_repeat(session: Session, run: Run) -> bool:
    """Tell whether a run can be sent again without being paid twice."""
    idempotency = session.service(run.provider).idempotency
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


def _new_run(session: Session, submission: Submission, request: Built) -> NewRun:
    job = submission.case.job
    return NewRun(
        identity=submission.identity,
        job=os.path.abspath(job.file),
        number=job.number,
        order=request.order(_key(session, submission.target.provider)),
        facts=_facts(submission, request),
    )


def _key(session: Session, provider: str) -> str:
    """Make a key of its own for each order, where the provider takes one."""
    return f"wanprep-{secrets.token_hex(16)}" if session.service(provider).idempotency else ""


def _facts(submission: Submission, request: Built) -> dict[str, Any]:
    """Keep what a receipt needs: by then the files may have changed."""
    return {
        "assets": [
            {"pointer": pointer, "file": file.path, "sha256": file.sha256, "bytes": file.bytes}
            for pointer, file in submission.files.items()
        ],
        "estimate": as_json(estimate(submission.target, submission.case.intent, submission.facts)),
        "seconds": _seconds(submission, request),
    }


def _seconds(submission: Submission, request: Built) -> float | None:
    """Tell how long the video will be, if the job or the service's schema says so."""
    target = submission.target
    name = target.data["fields"]["parameters"].get("duration", {}).get("name", "")
    schema = (target.request or {}).get("properties", {}).get(name, {})
    length = request.body.get(name, schema.get("default"))
    return length if isinstance(length, int | float) else None
