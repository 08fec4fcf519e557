from __future__ import annotations

import threading
from pathlib import Path

from wanprep.files.locks import alone, give_back, is_held, sweep, take


def test_a_lock_is_held_until_it_is_given_back(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    assert not is_held(path)
    handle = take(path)
    assert is_held(path)
    give_back(path, handle)
    assert not is_held(path)


def test_what_a_dead_process_left_is_cleared_up(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert not is_held(str(tmp_path / "lock"))
    assert not (tmp_path / "lock").exists()


def test_what_dead_processes_left_is_swept_and_the_living_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sender-a.lock").touch()
    (tmp_path / "ledger.sqlite3").touch()
    handle = take(str(tmp_path / "sender-b.lock"))
    sweep(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.sqlite3", "sender-b.lock"}
    give_back(str(tmp_path / "sender-b.lock"), handle)


def test_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0
    count = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        for _ in range(20):
            sweep(str(tmp_path))
            with alone(str(tmp_path / "a.lock")):
                with count:
                    inside += 1
                    most = max(most, inside)
                with count:
                    inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 1
    assert list(tmp_path.iterdir()) == []
