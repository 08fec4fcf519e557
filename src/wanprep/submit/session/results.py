"""Bring a run's result home before its link dies, once, whoever asks for it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape, glob
from typing import TYPE_CHECKING, Any, Final

from wanprep import __version__
from wanprep.errors import WanprepError
from wanprep.files.locks import alone
from wanprep.files.place import MARK, Part, place, write_sidecar
from wanprep.media import probe
from wanprep.net.secrets import redact, redact_json
from wanprep.plugins.flow import Refused
from wanprep.submit.errors import BadResult, CannotSave, NoAnswer, ResultGone
from wanprep.submit.ledger.run import now, written
from wanprep.submit.session.update import deadline_of
from wanprep.submit.uploads.local_files import MEDIA_TYPES
from wanprep.text import seconds, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.media.facts import Facts
    from wanprep.submit.http.download import Downloaded
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.ledger.run import Run
    from wanprep.submit.session.concurrent import RunReporter
    from wanprep.submit.session.session import Session


# Services cut at whole frames and round as they like; more than this is worth a word.
_TOLERANCE: Final = 0.5


_SHARE: Final = 0.1


_MP4: Final = MEDIA_TYPES["mp4"]


_OF_THE_PART: Final = frozenset({"path", "extension_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A result at home."""

    path: str
    sidecar: str
    notes: tuple[str, ...]  # for the user: what is otherwise than ordered


def bring_home(
    outputs: Sequence[str],
    driver: Driver,
    folder: str,
    stem: str,
    *,
    expected_seconds: float | None,
    provenance: Mapping[str, Any],
) -> tuple[Brought, ...]:
    """Fetch all results of a job. What is no whole video is BadResult, and nothing is kept."""
    submission = _Submission(driver, folder, stem, expected_seconds, provenance)
    try:
        os.makedirs(folder or os.curdir, exist_ok=True)
        return tuple(submission.bring(url, number) for number, url in enumerate(outputs, 1))
    except OSError as error:
        raise CannotSave(
            f"the result cannot be saved in {visible(folder) or 'this folder'}: "
            f"{error.strerror or error}. It is still at {driver.service.title}: make room or "
            "choose another folder, and fetch it again."
        ) from error


@dataclass(frozen=True, slots=True)
class _Submission:
    """What all results of one job share."""

    driver: Driver
    folder: str
    stem: str
    expected: float | None
    provenance: Mapping[str, Any]

    def bring(self, url: str, number: int) -> Brought:
        with Part(self.folder, self.stem) as part:
            arrived = self.driver.download(url, part.file)
            part.settle()
            facts = probe(part.path, cache=False)
            _refuse(facts, url)
            damage = probe(part.path, deep=True, cache=False)
            home = place(part, arrived.sha256, MEDIA_TYPES.get(facts.format, _MP4)[1], number)
        notes = tuple(_notes(facts, self.expected, damage))
        about = redact_json(dict(self.provenance))
        about |= {"result": _result(os.path.basename(home.video), url, arrived, facts)}
        write_sidecar(home, about | {"notes": list(notes), MARK: __version__})
        return Brought(path=home.video, sidecar=home.sidecar, notes=notes)


def _refuse(facts: Facts, url: str) -> None:
    """Refuse what is no video, or not all of it."""
    if not facts.readable:
        say = f"what the link gives is no whole video ({facts.problem}): {redact(url)}"
    elif facts.kind != "video":
        say = f"the link gives no video but {facts.kind} ({facts.format}): {redact(url)}"
    else:
        return
    raise BadResult(f"{say}. Nothing was kept; try to fetch it again.")


def _notes(facts: Facts, expected: float | None, decoded: Facts) -> Iterator[str]:
    # What is paid for is kept even so: most of it may show.
    if not decoded.readable:
        yield f"the video is damaged ({decoded.problem}): look at it, and ask the service"
    length = facts.duration or 0.0
    if expected and abs(length - expected) > max(_TOLERANCE, _SHARE * expected):
        yield f"the video lasts {seconds(length)}, but {seconds(expected)} were ordered"


def _result(name: str, url: str, arrived: Downloaded, facts: Facts) -> dict[str, Any]:
    told = facts.as_json()
    return {
        "file": name,
        "bytes": arrived.bytes,
        "sha256": arrived.sha256,
        "url": redact(url),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "facts": {name: told[name] for name in told if name not in _OF_THE_PART},
    }


_FRESH: Final = (0.0, 2.0, 4.0)  # a link that has just been made may be dead for a moment


class NotFetched(WanprepError):
    """The job is done and paid, and its result is not at home."""

    exit_code = 1


def fetched(session: Session, run: Run, folder: str, reporter: RunReporter) -> Run:
    """Fetch the results of a run that has succeeded, unless they lie there already."""
    with alone(session.ledger.fetching(run)):
        run = session.ledger.again(run)
        if is_home(run, folder):
            return run
        reporter.tell("fetching")
        _sweep(folder, stem(run))
        try:
            return _fetched(session, run, folder, reporter)
        except ResultGone as error:
            raise NotFetched(_gone(session, run, error)) from error
        except WanprepError as error:
            session.ledger.note(run, error=str(error))
            raise


def is_home(run: Run, folder: str) -> bool:
    """Tell whether all results lie in this folder."""
    there = os.path.realpath(folder)
    return bool(run.files) and all(
        os.path.isfile(file) and os.path.realpath(os.path.dirname(file)) == there
        for file in run.files
    )


def _fetched(session: Session, run: Run, folder: str, reporter: RunReporter) -> Run:
    driver = session.driver(run.provider)
    for number, pause in enumerate(_FRESH):
        if number and not session.wakeups.pause(run.id, pause):
            break
        run = _with_fresh_links(session, run)
        try:
            brought = bring_home(
                run.outputs,
                driver,
                os.path.abspath(folder),
                stem(run),
                expected_seconds=run.facts.get("seconds"),
                provenance=_provenance(run),
            )
        except ResultGone as error:
            gone = error
            continue
        for each in brought:
            for note in each.notes:
                reporter.note(note)
        files = [each.path for each in brought]
        return session.ledger.note(run, files=files, error=None)
    raise gone


def _sweep(folder: str, name: str) -> None:
    """Clear up after a process that died while it fetched the same: nobody else does so now."""
    for part in glob(os.path.join(escape(folder), f".{escape(name)}.*.part")):
        with contextlib.suppress(OSError):
            os.remove(part)


def _with_fresh_links(session: Session, run: Run) -> Run:
    """Ask for the links anew: those of an hour ago may be dead."""
    try:
        status = session.driver(run.provider).poll(session.ledger.sent(run))
    except (NoAnswer, Refused):
        return run  # the links that are known may still do
    if not status.outputs or status.outputs == run.outputs:
        return run
    deadline = deadline_of(session.service(run.provider), run, status.outputs)
    return session.ledger.note(run, outputs=status.outputs, deadline=deadline)


def _gone(session: Session, run: Run, error: ResultGone) -> str:
    """Say what is left to do; after the deadline, that is nothing."""
    title = session.service(run.provider).title
    if run.deadline and run.deadline < now():
        why = f"{title} kept the result until {written(run.deadline)}: it is gone."
        session.ledger.move(run, "expired", error=why)
        return f"{why} To have it made again, and pay again, submit the job with --again."
    session.ledger.note(run, error=str(error))
    return f"{str(error).rstrip('.')}. Try again: wanprep runs fetch {run.id}"


def stem(run: Run) -> str:
    """Name a result after its job and its run."""
    name = os.path.splitext(os.path.basename(run.job))[0]
    part = f"-{run.number}" if run.number > 1 else ""
    return f"{name}{part}-{run.id}"


def _provenance(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job,
        "document": run.number,
        "target": run.target,
        "provider_id": run.provider_id,
        "idempotency_key": run.order.idempotency_key or None,
        "body": run.order.body,
        "query": dict(run.order.query),
        "assets": run.facts.get("assets", []),
        "estimate": run.facts.get("estimate"),
        "told": run.told,
        "created": written(run.created),
        "sent": written(run.sent),
    }
