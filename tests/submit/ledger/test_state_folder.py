from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wanprep.files.state_folder import make_private, state_folder


@pytest.mark.parametrize(
    ("environ", "ending"),
    [
        pytest.param({"WANPREP_STATE_DIR": "/a/b"}, "/a/b", id="chosen"),
        pytest.param({"WANPREP_STATE_DIR": "", "XDG_STATE_HOME": "/s"}, "/s/wanprep", id="xdg"),
        pytest.param({}, "/.local/state/wanprep", id="home"),
    ],
)
def test_where(environ: dict[str, str], ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert state_folder(environ).endswith(ending)


def test_where_on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_folder({}).endswith("/Library/Application Support/wanprep")


def test_a_folder_of_ones_own_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert make_private(str(tmp_path)) == str(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
