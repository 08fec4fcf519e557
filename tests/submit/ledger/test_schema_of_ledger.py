from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ledgers import accepted, ledger_in

from wanprep.submit.ledger.database import STEPS, LedgerTooNew, bring_up_to_date
from wanprep.submit.ledger.ledger import Ledger


def test_an_older_ledger_takes_the_steps_it_lacks(tmp_path: Path) -> None:
    with ledger_in(tmp_path) as ledger:
        known = accepted(ledger)
    file = tmp_path / "ledger.sqlite3"
    later = (*STEPS, ("ALTER TABLE runs ADD COLUMN note TEXT", "UPDATE runs SET note = 'old'"))
    database = sqlite3.connect(file, isolation_level=None)
    bring_up_to_date(database, str(file), later)
    bring_up_to_date(database, str(file), later)
    rows = database.execute("SELECT id, state, note FROM runs").fetchall()
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.close()

    assert rows == [(known.id, "accepted", "old")]
    assert version == len(STEPS) + 1
    with pytest.raises(LedgerTooNew, match=r"newer wanprep.*Update wanprep"):
        Ledger(str(tmp_path))


def test_a_step_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    with ledger_in(tmp_path) as ledger:
        known = accepted(ledger)
    file = tmp_path / "ledger.sqlite3"
    database = sqlite3.connect(file, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        bring_up_to_date(database, str(file), (*STEPS, ("DELETE FROM runs", "NONSENSE")))
    database.close()
    with ledger_in(tmp_path) as ledger:
        assert ledger.runs() == [known]
