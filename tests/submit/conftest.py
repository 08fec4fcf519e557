"""What every test of submitting gets: a short list of certificates, for the real one is slow."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_certificate import write_certificate


@pytest.fixture(scope="session")
def _certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def _short_list(_certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(_certificates))
