"""Fixtures: an S3 server, whose buckets last as long as the tests.

A test module takes them with `pytest_plugins = ["object_store_fixtures"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from object_store import KEYS, S3Server, s3_server


@pytest.fixture(scope="session")
def _shared_s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(_shared_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A server that behaves, and the way to it in the environment."""
    _shared_s3.behave()
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": _shared_s3.endpoint}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return _shared_s3
