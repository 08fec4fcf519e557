from __future__ import annotations

import pytest
from commands import Command


@pytest.fixture
def wanprep(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capfd, monkeypatch)
