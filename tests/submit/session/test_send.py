"""What the ledger keeps of an order, whatever its outcome."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from ledgers import new_run
from loopback import Answer, Loopback, answer

from wanprep.config import Config
from wanprep.plugins.flow import Accepted, Flow, Order
from wanprep.submit.ledger.ledger import Reserved
from wanprep.submit.ledger.run import Run
from wanprep.submit.session.send import place_order
from wanprep.submit.session.session import Session, open_session
from wanprep.submit.session.status import refresh_run


@pytest.fixture
def service() -> Iterator[Loopback]:
    with Loopback({"*": [answer(200, {"id": "task-1", "status": "pending"})]}) as service:
        yield service


@pytest.fixture
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Loopback
) -> Iterator[Session]:
    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("EVOLINK_API_KEY", "canary-0123456789")
    monkeypatch.setenv("WANPREP_EVOLINK_BASE_URL", service.url)
    with ExitStack() as held:
        yield open_session(held, Config(), os.environ)


def reserved(session: Session) -> Run:
    outcome = session.ledger.reserve(new_run(key="k" * 20))
    assert isinstance(outcome, Reserved)
    return outcome.run


def test_accepted(session: Session) -> None:
    run = place_order(session, reserved(session))
    assert (run.state, run.provider_id) == ("accepted", "task-1")
    assert session.ledger.reload(run) == run


@pytest.mark.parametrize(
    ("word", "state", "live"),
    [
        pytest.param("Expired", "expired", True, id="perhaps paid"),
        pytest.param("canceled", "cancelled", False, id="another spelling"),
        pytest.param("aborted", "accepted", True, id="unknown"),
    ],
)
def test_ends_that_evolink_does_not_document(
    session: Session, service: Loopback, word: str, state: str, live: bool
) -> None:
    run = place_order(session, reserved(session))
    service.script = {"*": [answer(200, {"id": "task-1", "status": word})]}
    run = refresh_run(session, run)
    assert run.state == state
    assert run.details.get("unknown_state") == (word if state == "accepted" else None)
    assert session.ledger.reload(run).details == run.details
    assert bool(session.ledger.live_run(run.identity)) is live
    assert (state != "expired") or "EvoLink reports the job as Expired. To generate it" in str(
        run.error
    )


def test_an_exception_in_a_plugin_leaves_the_run_uncertain(session: Session) -> None:
    def broken(order: Order) -> Flow[Accepted]:
        yield from ()
        raise ZeroDivisionError(f"canary-0123456789 in {order.target}")

    driver = session.driver("evolink")
    driver.provider = replace(driver.provider, submit=broken)
    run = reserved(session)
    with pytest.raises(ZeroDivisionError):
        place_order(session, run)
    run = session.ledger.reload(run)
    assert run.state == "uncertain"
    assert run.error is not None
    assert "canary" not in run.error


def test_the_provider_was_not_reached(session: Session) -> None:
    driver = session.driver("evolink")
    driver.policy = replace(driver.policy, attempts=1)
    driver.client.bases = {"api": "http://127.0.0.1:9"}
    run = place_order(session, reserved(session))
    assert run.state == "refused", "nothing was ordered: the same command sends it anew"
    assert run.error is not None
    assert "Nothing was sent" in run.error


@pytest.mark.parametrize(
    "no",
    [
        pytest.param(
            answer(402, {"error": {"code": "quota_not_enough", "message": "No."}}), id="no"
        ),
        pytest.param(None, id="not reached"),
    ],
)
def test_a_refused_repeat_does_not_refuse_the_first_order(
    session: Session, service: Loopback, no: Answer | None
) -> None:
    """The first may have arrived: forgotten, it would be paid once more under a new key."""
    first = session.ledger.move(reserved(session), "uncertain", error="The answer is missing.")
    again = session.ledger.reserve_repeat(first)
    assert isinstance(again, Reserved)
    if no:
        service.script = {"*": [no]}
    else:
        driver = session.driver("evolink")
        driver.policy = replace(driver.policy, attempts=1)
        driver.client.bases = {"api": "http://127.0.0.1:9"}
    run = place_order(session, again.run, repeat=True)
    assert run.state == "uncertain"
    assert run.error is not None
    assert run.error.startswith("the first answer is missing, and sending it again failed: EvoLink")
