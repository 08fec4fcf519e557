from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanprep.net import secrets
from wanprep.net.secrets import redact, redact_json, remember

KEY = 'wsk"4f9a81c2\\d7e6/b530+x='

S3 = "https://b.s3.amazonaws.com/a.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256"


@pytest.fixture(autouse=True)
def _only_this_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_secrets", set())
    remember(KEY)


NAMES = ("Signature", "X-Amz-Credential", "x-amz-security-token", "token", "key", "sig")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        pytest.param(f"the key {KEY}!", "the key ***!", id="the key itself"),
        pytest.param(f"?x={quote(KEY)}", "?x=***", id="the key in an address"),
        pytest.param(f"?x={quote(KEY, safe='')}", "?x=***", id="the key, all of it escaped"),
        pytest.param(json.dumps({"a": KEY}), '{"a": "***"}', id="the key in JSON"),
        pytest.param("Bearer abcdef", "Bearer ***", id="bearer"),
        pytest.param("bearer a.b-c_d~e+f/g==", "bearer ***", id="a bearer with all signs"),
        pytest.param("{'x': 'Bearer abc'}", "{'x': 'Bearer ***'}", id="bearer in quotes"),
        pytest.param("missing Bearer token", "missing Bearer token", id="only a word"),
        pytest.param("Authorization: Bearer abc", "Authorization: Bearer ***", id="header"),
        pytest.param("authorization: abc def\nX: y", "authorization: ***\nX: y", id="any scheme"),
        pytest.param('"Authorization": "Basic abc"', '"Authorization": "Basic ***"', id="json"),
        pytest.param(r'{\"authorization\":\"abc\"}', r'{\"authorization\":\"***\"}', id="quoted"),
        pytest.param("x-api-key: abc", "x-api-key: ***", id="another header"),
        pytest.param("EVOLINK_API_KEY=abc", "EVOLINK_API_KEY=***", id="a variable"),
        pytest.param("sk-abcdefghijkl0123", "***", id="sk-"),
        pytest.param("ghp_0123456789abcdefghij", "***", id="a forge's token"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", "***", id="a cloud's key id"),
        pytest.param("xoxb-0123456789-abc", "***", id="a chat's token"),
        pytest.param("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "***", id="a signed token"),
        pytest.param(f"{S3}&X-Amz-Signature=abc&a=b", f"{S3}&X-Amz-Signature=***&a=b", id="s3"),
        pytest.param("h?sv=1&se=2&sig=a%2Fb", "h?sv=***&se=***&sig=***", id="azure"),
        pytest.param("?X-Tos-Credential=a/b&e=1", "?X-Tos-Credential=***&e=1", id="tos"),
        pytest.param("?auth_key=1-2&wsSecret=a", "?auth_key=***&wsSecret=***", id="a CDN"),
        pytest.param("?v=0123456789abcdef0123456789ABCDEF", "?v=***", id="a long number"),
        pytest.param("?sig=ab: not https.", "?sig=***: not https.", id="in a sentence"),
        pytest.param("https://h/a?token=x#top", "https://h/a?token=***#top", id="with an anchor"),
        pytest.param("?w=h%3Ftoken%3Dx%26b", "?w=h%3Ftoken%3D***%26b", id="inside of another"),
        pytest.param("https://me:pw@h/a", "https://***@h/a", id="a login"),
        pytest.param("https://me:p@w@h/a", "https://***@h/a", id="a login with an @"),
        pytest.param("socks5://t0ken@h:1", "socks5://***@h:1", id="a login without a password"),
    ],
)  # fmt: skip
def test_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted
    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "x-request-id: 7cf9b23a-1234-5678-9abc-def012345678",
        "task-unified-1757169743-7cvnl5zw is unknown",
        "pred_abc123 at https://cdn.example.com/v/a.mp4?width=1280&Expires=1",
        "mail me@example.com, see https://example.com/@me/a",
        "the token of the key is missing",
        "a7d3d9c2f1e4b5a6978877665544332211ffeeddccbbaa998877665544332211",
        "https://cdn.example.com/a.png?width=1280&v=12&design=2",
        "desk-lamps-and-task-lists.mp4",
    ],
)
def test_not_redacted(text: str) -> None:
    assert redact(text) == text


def test_redact_json() -> None:
    value = {
        "body": [{"url": "https://h/a?sig=x", KEY: 1}, (KEY,)],
        "Authorization": "Bearer abc",
        "token": "abc",
        "password": "abc",
        "tokens": [{"kind": "image"}],
        "seed": 42,
        "none": None,
    }
    assert redact_json(value) == {
        "body": [{"url": "https://h/a?sig=***", "***": 1}, ["***"]],
        "Authorization": "Bearer ***",
        "token": "***",
        "password": "***",
        "tokens": [{"kind": "image"}],
        "seed": 42,
        "none": None,
    }


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(st.text(), KEYS.filter(lambda key: "*" not in key), st.text())
def test_keys_are_redacted_everywhere(before: str, key: str, after: str) -> None:
    remember(key)
    assert key not in redact(before + key + after)
    assert key not in redact(f"{before}{key}{key}{after}")
    assert key not in redact(quote(before + key + after))
    for each in redact_json([before + key, {key: key, "a": {"b": key + after}}]):
        assert key not in str(each)


SECRETS = st.text("abcXYZ0189-._~%", min_size=1, max_size=40).filter(lambda text: "%26" not in text)


@given(st.sampled_from(NAMES), SECRETS, st.booleans())
def test_signatures_are_redacted(name: str, secret: str, lower: bool) -> None:
    name = name.lower() if lower else name
    assert redact(f"https://h/a?b=c&{name}={secret}&d=e") == f"https://h/a?b=c&{name}=***&d=e"


@pytest.mark.untraced
def test_large_strings_are_fast() -> None:
    redact("data:image/png;base64," + "iVBORw0KGgo+AAAA/eyJ" * 25_000)
