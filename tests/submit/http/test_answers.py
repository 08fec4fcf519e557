from __future__ import annotations

import pytest

from wanprep.plugins.flow import Response
from wanprep.submit.http.purchase import said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "HTTP 400"),
        (b'{"message": "no"}', "HTTP 400: no"),
        (b'{"error": {"message": "no"}}', "HTTP 400: no"),
        (b'{"error_code": 4, "error": "no"}', "HTTP 400: no"),
        (b'{"data": {"error": ""}, "detail": [{"msg": "no"}]}', "HTTP 400: no"),
        (b'{"other": 1}', "HTTP 400"),
        (b"[]", "HTTP 400"),
        (b"busy\n  \x1b[31mnow", "HTTP 400: busy \\x1b[31mnow"),
        (b" <html>no", "HTTP 400: a web page"),
        (b"\xff" + b"x" * 999, "HTTP 400: \ufffd" + "x" * 299),
        (b"[" * 100_000, "HTTP 400: " + "[" * 300),
    ],
)
def test_what_an_answer_says(body: bytes, words: str) -> None:
    assert said(Response(400, {}, body)) == words
