from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from wanprep.files.locks import (
    acquire_lock,
    is_locked,
    locked,
    release_lock,
    remove_stale_locks,
    unlock,
)
from wanprep.files.state_folder import create_private_folder, state_folder


@pytest.mark.parametrize(
    ("environ", "ending"),
    [
        pytest.param({"WANPREP_STATE_DIR": "/a/b"}, "/a/b", id="chosen"),
        pytest.param({"WANPREP_STATE_DIR": "", "XDG_STATE_HOME": "/s"}, "/s/wanprep", id="xdg"),
        pytest.param({}, "/.local/state/wanprep", id="home"),
    ],
)
def test_state_folder(
    environ: dict[str, str], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert state_folder(environ).endswith(ending)


def test_state_folder_on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_folder({}).endswith("/Library/Application Support/wanprep")


def test_a_folder_of_ones_own_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert create_private_folder(str(tmp_path)) == str(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    assert not is_locked(path)
    handle = acquire_lock(path)
    assert is_locked(path)
    release_lock(path, handle)
    assert not is_locked(path)


def test_a_lock_is_released_although_a_child_has_the_file_open(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    handle = acquire_lock(path)
    of_child = os.dup(handle)  # what a process has that another thread is starting
    unlock(handle)
    assert not is_locked(path)
    os.close(of_child)


def test_a_stale_lock_is_removed(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert not is_locked(str(tmp_path / "lock"))
    assert not (tmp_path / "lock").exists()


def test_stale_locks_are_removed_and_held_ones_kept(tmp_path: Path) -> None:
    (tmp_path / "sender-a.lock").touch()
    (tmp_path / "ledger.sqlite3").touch()
    handle = acquire_lock(str(tmp_path / "sender-b.lock"))
    remove_stale_locks(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.sqlite3", "sender-b.lock"}
    release_lock(str(tmp_path / "sender-b.lock"), handle)


def test_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0
    count = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        for _ in range(20):
            remove_stale_locks(str(tmp_path))
            with locked(str(tmp_path / "a.lock")):
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
