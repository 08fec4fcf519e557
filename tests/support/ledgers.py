"""Ledgers to test with: orders and runs in few words."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wanprep.plugins.flow import Order
from wanprep.submit.ledger.ledger import Ledger, Reserved
from wanprep.submit.ledger.run import NewRun, Run

TARGET: Final = "evolink/wan2.7-reference-video"


def new_run(identity: str = "a", *, key: str = "", **facts: object) -> NewRun:
    order = Order(target=TARGET, body={"prompt": identity}, idempotency_key=key)
    return NewRun(identity=identity, job="/jobs/a.yaml", number=1, order=order, facts=facts)


def reserved(ledger: Ledger, identity: str = "a", *, key: str = "") -> Run:
    outcome = ledger.reserve(new_run(identity, key=key))
    assert isinstance(outcome, Reserved)
    return outcome.run


def accepted(ledger: Ledger, identity: str = "a", provider_id: str = "task-1") -> Run:
    return ledger.move(reserved(ledger, identity), "accepted", provider_id=provider_id)


def ledger_in(folder: Path) -> Ledger:
    return Ledger(str(folder))
