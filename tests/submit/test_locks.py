from __future__ import annotations

import threading
from pathlib import Path

import pytest

from wanprep.submit.locks import alone, give_back, is_held, take


def test_a_lock_is_held_until_it_is_given_back(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    assert not is_held(path)
    handle = take(path)
    assert is_held(path)
    with pytest.raises(FileExistsError):
        take(path)
    give_back(path, handle)
    assert not is_held(path)


def test_what_a_dead_process_left_is_cleared_up(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert not is_held(str(tmp_path / "lock"))
    assert not (tmp_path / "lock").exists()


def test_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0
    count = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        for _ in range(20):
            with alone(str(tmp_path / "lock")):
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
