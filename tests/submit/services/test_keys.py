from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_service import service

from wanprep.errors import UsageError
from wanprep.net.secrets import redact
from wanprep.submit.services.keys import Key, find_key, need_key
from wanprep.submit.services.service import Service, load_service, read_service

SERVICE = service()


@pytest.fixture(autouse=True)
def _keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the system's keyring with one of this test."""
    (tmp_path / "keyring.py").write_text(
        "def get_password(service, user):\n"
        "    if user == 'small': return {'wanprep': 'from-the-ring'}.get(service)\n"
        "    raise RuntimeError('locked')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    sys.modules.pop("keyring", None)  # monkeypatch restores the one that was there before


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        pytest.param({"SMALL_KEY": "one-11111"}, "Bearer one-11111", id="first"),
        pytest.param({"SMALL_TOKEN": "two-22222"}, "Bearer two-22222", id="second"),
        pytest.param({"SMALL_TOKEN": "two", "SMALL_KEY": "one"}, "Bearer one", id="in order"),
        pytest.param({"SMALL_KEY": "", "SMALL_TOKEN": "two"}, "Bearer two", id="empty is none"),
        pytest.param({}, "Bearer from-the-ring", id="the keyring"),
    ],
)
def test_find_key(environ: dict[str, str], header: str) -> None:
    key = find_key(SERVICE, environ)
    assert key is not None
    assert key.headers() == {"Authorization": header}


def test_a_missing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    locked = replace(SERVICE, name="locked")
    assert find_key(locked, {}) is None
    with pytest.raises(UsageError, match="SMALL_KEY or SMALL_TOKEN") as caught:
        need_key(locked, {})
    assert "keyring set wanprep locked" in str(caught.value)
    assert "the profile page of small.example" in str(caught.value)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "keyring", None)  # as if it were not installed
        assert find_key(SERVICE, {}) is None


@pytest.mark.parametrize("value", ["abc\n", " abc", "q7 x9", "abc\r\nX: y", "ключ", "a\x7f", "\t"])
def test_invalid_keys_are_refused_and_not_shown(value: str) -> None:
    with pytest.raises(UsageError, match="SMALL_KEY") as caught:
        find_key(SERVICE, {"SMALL_KEY": value})
    assert value.strip() == "" or value not in str(caught.value)


def test_keys_are_hidden() -> None:
    key = Key("hidden-0123456789")
    for shown in (str(key), repr(key), f"{key}", f"{[key]}", repr(copy.copy(key))):
        assert "hidden" not in shown
        assert "***" in shown
    assert redact("it is hidden-0123456789") == "it is ***"


def scheme(more: dict[str, object]) -> Service:
    data = load_service("evolink").data
    keys = {**data["keys"], "environment": ["SMALL_KEY"], **more}
    return read_service({**data, "name": "small", "keys": keys})


@pytest.mark.parametrize(
    ("keys", "environ", "headers"),
    [
        pytest.param({"scheme": {"prefix": "Key"}}, {"SMALL_KEY": "a-1"},
                     {"Authorization": "Key a-1"}, id="another word"),
        pytest.param({"scheme": {"header": "x-api-key", "prefix": ""}}, {"SMALL_KEY": "a-1"},
                     {"x-api-key": "a-1"}, id="a header of its own"),
        pytest.param({"pair": ["SMALL_ID", "SMALL_SECRET"], "scheme": {"prefix": "Key"}},
                     {"SMALL_ID": "a", "SMALL_SECRET": "b"}, {"Authorization": "Key a:b"},
                     id="a pair"),
        pytest.param({"pair": ["SMALL_ID", "SMALL_SECRET"]}, {"SMALL_ID": "a"},
                     {"Authorization": "Bearer from-the-ring"}, id="half a pair is none"),
        pytest.param({"headers": {"X-Workspace": "workspace", "X-Team": "team"}},
                     {"SMALL_KEY": "a-1"}, {"Authorization": "Bearer a-1", "X-Workspace": "w"},
                     id="headers of settings"),
    ],
)  # fmt: skip
def test_how_a_key_is_sent(
    keys: dict[str, object], environ: dict[str, str], headers: dict[str, str]
) -> None:
    key = find_key(scheme(keys), environ, {"workspace": "w"})
    assert key is not None
    assert key.headers() == headers


def test_a_signed_token() -> None:
    service = scheme({"pair": ["SMALL_ID", "SMALL_SECRET"], "scheme": {"jwt": {"lifetime": 1800}}})
    key = find_key(service, {"SMALL_ID": "my-id", "SMALL_SECRET": "my-secret"})
    assert key is not None
    token = key.headers(now=1_000_000)["Authorization"].removeprefix("Bearer ")
    head, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    assert json.loads(head) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(claims) == {"iss": "my-id", "exp": 1_001_800, "nbf": 999_995}
    signed = token.rpartition(".")[0].encode()
    assert signature == hmac.new(b"my-secret", signed, hashlib.sha256).digest()
    assert token not in redact(f"it was {token}")
    with pytest.raises(UsageError, match="an id and a secret, with a colon"):
        find_key(service, {"SMALL_KEY": "no-pair"})
