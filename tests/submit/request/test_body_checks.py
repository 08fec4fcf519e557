from __future__ import annotations

import pytest

from wanprep.submit.request.body import is_address, missing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://cdn.example.com/a.jpg?sig=x%3D%3D&b=1#t=2", True),
        ("HTTPS://CDN.EXAMPLE.COM/voice.wav", True),
        ("http://127.0.0.1:8000/files/a", True),
        ("https://[2001:db8::1]/a", True),
        ("data:image/jpeg;base64,/9j/4A==", True),
        ("data:image/jpeg,abc", False),
        ("data:image/jpeg;base64,a b", False),
        ("../media/hero.jpg", False),
        ("/home/ann/hero.jpg", False),
        ("C:\\hero.jpg", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://x.example:port/", False),
        ("https://[x", False),
        ("https://x.example/a b", False),
        ("https://x.example/a\nb", False),
        ("", False),
        (7, True),
    ],
)
def test_addresses(value: object, expected: bool) -> None:
    assert is_address(value) is expected


def test_what_is_missing_is_counted() -> None:
    body = {"a": ["x", {"b": "y", "c": [1, None]}], "d": "x"}
    assert missing(body, ["x", "x", "y"]) == []
    assert missing(body, ["x", "x", "x", "z"]) == ["x", "z"]
