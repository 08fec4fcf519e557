"""Run a provider through the real driver, against a loopback server of its recorded answers."""

from __future__ import annotations

from dataclasses import field, replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.emulator import Emulator, HttpError
from wanprep.emulator.recorded_site import recorded_site
from wanprep.errors import describe_error
from wanprep.plugins import Accepted, Refused, Status
from wanprep.submit.errors import NoAnswer, Uncertain
from wanprep.submit.http.driver import Driver
from wanprep.submit.http.retries import RetryPolicy
from wanprep.submit.ledger.ledger import Ledger, Reserved
from wanprep.submit.ledger.run import NewRun
from wanprep.submit.services.service import read_service
from wanprep.testing.lint.problem import Problem
from wanprep.testing.lint.watch import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.emulator import Reply, Request, Site
    from wanprep.plugins import Sent
    from wanprep.testing.lint.scenes import Stage

_POLICY: Final = RetryPolicy(connect=10, read=10, answer=10, pause=0.01, attempts=3)
_SPEED: Final = 40.0


@dataclass(slots=True, kw_only=True)
class _Line:
    """A driver, and the server that it talks to."""

    driver: Driver
    emulator: Emulator
    stage: Stage
    shown: list[str] = field(default_factory=list)  # what a user would see of all outcomes

    def submit(self) -> Any:  # noqa: ANN401 - whatever it ends in
        """Submit the order; return the outcome."""
        return self.outcome(lambda: self.driver.submit(self.stage.order))

    def poll(self, provider_id: str) -> Any:  # noqa: ANN401
        """Poll a job; return the outcome."""
        sent = replace(self.stage.sent, provider_id=provider_id)
        return self.outcome(lambda: self.driver.poll(sent))

    def outcome(self, run: Callable[[], object]) -> Any:  # noqa: ANN401
        """Run a flow; return its value or the exception."""
        try:
            found: object = run()
        except (Refused, Uncertain, NoAnswer) as error:
            found = error
        more = [getattr(found, name, "") for name in ("code", "advice")]
        self.shown.append(f"{found} {found!r} {more}")
        return found

    @property
    def orders(self) -> int:
        """How many jobs the server has: each would have been paid for."""
        return len(self.emulator.jobs)


def check_driven(stage: Stage, service: Mapping[str, Any]) -> Iterator[Problem]:
    """Submit and poll with each fault."""
    name = stage.provider.name
    keys = {CANARY}
    site = _echoing(recorded_site(service, stage.recording), keys, lambda: emulator.requests[-1])
    with Emulator([site], speed=_SPEED) as emulator:
        key = f"{CANARY}:{CANARY}" if "jwt" in service["keys"].get("scheme", {}) else CANARY
        environ = emulator.environment | dict.fromkeys(service["keys"]["environment"], key)
        with Driver(
            stage.provider, read_service(service), environ=environ,
            settings=stage.recording.settings, policy=_POLICY, pause=lambda _: None,
        ) as driver:  # fmt: skip
            line = _Line(driver=driver, emulator=emulator, stage=stage)
            for fault, check in _CHECKS:
                emulator.switch(*fault.split(), "never-finishes")  # no video is needed
                try:
                    messages = list(check(line))
                except Exception as error:  # noqa: BLE001 - of another author's code
                    messages = [f"it raises {describe_error(error)}."]
                where = f"{name} over HTTP"
                heading = f"with the fault {fault}, " if fault else ""
                yield from (Problem("flows", where, heading + each) for each in messages)
            if any(key in shown for key in keys for shown in line.shown):
                message = "shows the user's key, which the service repeats: read with `as_text`."
                yield Problem("flows", name, message)


def _echoing(site: Site, keys: set[str], last_request: Callable[[], Request]) -> Site:
    """Let errors repeat the key that was sent, as those of some services do."""

    def error(refused: HttpError) -> Reply:
        key = last_request().headers.get(site.key_header.lower(), "")
        keys.update({key.rpartition(" ")[2]} - {""})
        return site.error(HttpError(refused.status, f"{refused.message}: {key}"))

    return replace(site, error=error)


def _plain(line: _Line) -> Iterator[str]:
    accepted = line.submit()
    if not isinstance(accepted, Accepted):
        yield f"the order is not accepted: {describe_error(accepted)}."
        return
    status = line.poll(accepted.provider_id)
    if not isinstance(status, Status) or status.state not in {"queued", "running", "succeeded"}:
        yield f"the new job is {_show(status)} instead of queued or running."
    yield from _resume(line, accepted)


def _resume(line: _Line, accepted: Accepted) -> Iterator[str]:
    """Keep the run in a ledger, end as by a crash, and poll what the ledger has."""
    order = line.stage.order
    new = NewRun(identity="a", job="a.yaml", number=1, order=order, facts={})
    with TemporaryDirectory() as folder:
        with Ledger(folder) as ledger:
            reserved = ledger.reserve(new)
            details = dict(accepted.details)
            ledger.move(reserved.run, "accepted", provider_id=accepted.provider_id, details=details)
            if isinstance(ledger.reserve(new), Reserved):
                yield "the same job would be paid for twice."
        with Ledger(folder) as ledger:
            [run] = ledger.runs()
            sent: Sent = ledger.as_sent(run)
    status = line.outcome(lambda: line.driver.poll(sent))
    if not isinstance(status, Status):
        yield f"after a crash, polling the job again is {_show(status)}."


def _uncertain(line: _Line) -> Iterator[str]:
    before = line.orders
    outcome = line.submit()
    if not isinstance(outcome, Uncertain):
        yield f"the order is {_show(outcome)} instead of uncertain: the job may exist."
    if line.orders > before + 1:
        yield f"{line.orders - before} jobs were ordered instead of one."


def _lost(line: _Line) -> Iterator[str]:
    yield from _uncertain(line)
    if line.stage.provider.find is None:
        return
    found = line.outcome(lambda: line.driver.find(replace(line.stage.sent, provider_id="")))
    newest = line.emulator.jobs[-1].id if line.orders else ""
    if not isinstance(found, Accepted) or found.provider_id != newest:
        yield f"`find` returns {_show(found)} instead of the lost job {newest}."


def _too_many(line: _Line) -> Iterator[str]:
    before = line.orders
    outcome = line.submit()
    if not isinstance(outcome, Accepted) or line.orders != before + 1:
        yield f"the order is {_show(outcome)}, although the second attempt is accepted."


def _wrong_key(line: _Line) -> Iterator[str]:
    outcome = line.submit()
    if not isinstance(outcome, Refused):
        yield f"the order is {_show(outcome)} instead of refused."


def _poll_error(line: _Line) -> Iterator[str]:
    accepted = line.submit()
    if isinstance(accepted, Accepted):
        status = line.poll(accepted.provider_id)
        if not isinstance(status, Status) or status.state in {"failed", "cancelled", "expired"}:
            yield f"the job is {_show(status)}, although only the first polls fail."


def _gone(line: _Line) -> Iterator[str]:
    status = line.poll(line.stage.recording.job)
    if isinstance(status, Status) and status.state in {"succeeded", "queued", "running"}:
        yield f"a job that the service does not know is {_show(status)}."


def _show(outcome: object) -> str:
    match outcome:
        case Status(state=state):
            return state
        case Accepted():
            return "accepted"
        case Exception():
            return describe_error(outcome)
    return type(outcome).__name__ if outcome is not None else "nothing"


_CHECKS: Final[tuple[tuple[str, Callable[[_Line], Iterator[str]]], ...]] = (
    ("", _plain),
    ("", _gone),
    ("lost-reply", _lost),
    ("half-answer", _uncertain),
    ("server-error", _uncertain),
    ("server-error-taken", _uncertain),
    ("rate-limit=1", _too_many),
    ("bad-key", _wrong_key),
    ("poll-error=2", _poll_error),
)
