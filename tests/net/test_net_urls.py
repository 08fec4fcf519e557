from __future__ import annotations

import pytest

from wanprep.net.urls import is_loopback, may_follow, origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://A.example/x", ("https", "a.example", 443)),
        ("http://a.example:8080", ("http", "a.example", 8080)),
        ("https://user:pw@a.example:443/", ("https", "a.example", 443)),
        ("https://[::1]:1/", ("https", "::1", 1)),
        ("ftp://a.example/", None),
        ("/a", None),
        ("https://", None),
        ("https://a.example:port/", None),
        ("https://[x", None),
    ],
)
def test_origin(url: str, expected: object) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1/", True),
        ("http://127.9.9.9/", True),
        ("http://localhost/", True),
        ("http://[::1]/", True),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://[x", False),
    ],
)
def test_is_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected
    assert may_follow(url, plain=True) is expected
    assert not may_follow(url, plain=False)


def test_https_is_always_followed() -> None:
    assert may_follow("https://a.example/", plain=False)
