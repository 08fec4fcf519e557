from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ledgers import (
    accepted,
    begin_on_full_disk,
    ledger_in,
    new_run,
    received,
    reserve_on_full_disk,
    start_process,
)

from wanprep.errors import WanprepError
from wanprep.files.state_folder import NoStateFolder
from wanprep.submit.ledger import database
from wanprep.submit.ledger.database import STEPS, Database, LedgerTooNew, LedgerTrouble, migrate
from wanprep.submit.ledger.ledger import Ledger, Reserved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_an_older_ledger_takes_the_steps_it_lacks(tmp_path: Path) -> None:
    with ledger_in(tmp_path) as ledger:
        run = accepted(ledger)
    file = tmp_path / "ledger.sqlite3"
    later = (*STEPS, ("ALTER TABLE runs ADD COLUMN note TEXT", "UPDATE runs SET note = 'old'"))
    database = sqlite3.connect(file, isolation_level=None)
    migrate(database, str(file), later)
    migrate(database, str(file), later)
    rows = database.execute("SELECT id, state, note FROM runs").fetchall()
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.close()

    assert rows == [(run.id, "accepted", "old")]
    assert version == len(STEPS) + 1
    with pytest.raises(LedgerTooNew, match=r"newer wanprep.*Update wanprep"):
        Ledger(str(tmp_path))


def test_a_step_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    with ledger_in(tmp_path) as ledger:
        run = accepted(ledger)
    file = tmp_path / "ledger.sqlite3"
    database = sqlite3.connect(file, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, str(file), (*STEPS, ("DELETE FROM runs", "NONSENSE")))
    database.close()
    with ledger_in(tmp_path) as ledger:
        assert ledger.runs() == [run]


def test_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoStateFolder, match=r"cannot be created: .*WANPREP_STATE_DIR"):
        Ledger(str(tmp_path / "file" / "state"))


def test_a_ledger_that_is_no_database(folder: Path) -> None:
    folder.mkdir()
    (folder / "ledger.sqlite3").write_text("no database at all\n" * 100)
    with pytest.raises(LedgerTrouble, match=r"damaged.*provider's own list"):
        Ledger(str(folder))
    assert (folder / "ledger.sqlite3").read_text().startswith("no database"), "nothing is deleted"


def test_a_ledger_that_is_a_folder(folder: Path) -> None:
    (folder / "ledger.sqlite3").mkdir(parents=True)
    with pytest.raises(LedgerTrouble, match=r"unable to open"):
        Ledger(str(folder))


def test_a_read_only_ledger_reads_but_reserves_nothing(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = accepted(ledger)
        ledger._database._connection.execute("PRAGMA query_only = ON")
        assert ledger.runs() == [run]
        with pytest.raises(LedgerTrouble, match=r"readonly database. Make it writable"):
            ledger.reserve(new_run("another"))


def test_a_locked_ledger_says_so(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        ledger._database._connection.execute("PRAGMA busy_timeout = 50")
        with sqlite3.connect(folder / "ledger.sqlite3", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerTrouble, match=r"locked. Another program has locked it"):
                ledger.reserve(new_run())
            other.execute("ROLLBACK")
        other.close()
        assert isinstance(ledger.reserve(new_run()), Reserved), "and goes on when that has ended"


def test_a_full_disk_reserves_nothing_and_harms_nothing(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        run = accepted(ledger)
    _, connection = start_process(reserve_on_full_disk, folder)
    *errors, last = received(connection)
    assert len(errors) == 2
    assert all("Make room on the disk" in each for each in errors), errors
    assert last == "Reserved"
    with ledger_in(folder) as ledger:
        assert ledger.reload(run) == run
        assert ledger.live_run("another") is None


def test_a_ledger_without_room_to_begin_is_not_called_damaged(folder: Path) -> None:
    """A user who reads of damage may delete it, and what it knows of money spent."""
    _, connection = start_process(begin_on_full_disk, folder, (0, 1024, 8192, 32768))
    errors = received(connection)
    assert len(errors) == 4
    assert all("Make room on the disk" in each for each in errors), errors


def test_a_sender_without_a_lock_sends_nothing(folder: Path) -> None:
    with ledger_in(folder) as ledger:
        for name in folder.iterdir():
            name.unlink()
        folder.rmdir()
        with pytest.raises(WanprepError, match=r"cannot be written: No such file"):
            ledger.reserve(new_run())


def test_what_is_written_is_on_the_disk_before_a_request_leaves(tmp_path: Path) -> None:
    with Database(str(tmp_path / "ledger.sqlite3")) as database:
        [[journal]] = database.query("PRAGMA journal_mode")
        [[synchronous]] = database.query("PRAGMA synchronous")
        [[keys]] = database.query("PRAGMA foreign_keys")
    assert (journal, synchronous, keys) == ("wal", 2, 1), "2 is FULL: every commit is flushed"


def test_a_ledger_that_stays_locked_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.1)
    file = tmp_path / "ledger.sqlite3"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerTrouble, match=r"locked\. Another program has locked it"):
        Database(str(file))
    other.close()
