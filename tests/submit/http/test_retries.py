from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wanprep.plugins import Response
from wanprep.submit.errors import Broken
from wanprep.submit.http.retries import (
    RetryPolicy,
    is_safe_to_resend,
    is_transient,
    retry,
    retry_after,
)


def response(status: int, body: bytes = b"", **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("outcome", "paid", "free"),
    [
        (response(200), False, False),
        (response(400), False, False),
        (response(429), True, True),
        (response(500), False, True),
        (response(501), False, False),
        (response(504), False, True),
        (Broken("cut", begun=True), False, True),
        (Broken("no server", begun=False), True, True),
        (Broken("no link", begun=False, hopeless=True), False, False),
    ],
)
def test_what_may_be_repeated(outcome: Response | Broken, paid: bool, free: bool) -> None:
    assert is_safe_to_resend(outcome) is paid
    assert is_transient(outcome) is free


PAST = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (response(429, retry_after="3"), 3),
        (response(503, retry_after=" 3 "), 3),
        (response(503, retry_after=PAST), 0),
        (response(503, retry_after="21 Oct 2015 07:28:00"), 0),
        (response(429, retry_after="soon"), None),
        (response(429, b'{"retry_after": 1.5}'), 1.5),
        (response(429, b'{"error": {"retryAfter": "2"}}'), 2),
        (response(429, b'{"retry_after": -1, "x": {"retry_after": true}}'), None),
        (response(429, b'{"retry_after": "soon"}'), None),
        (response(429, b"[1]"), None),
        (response(429, b"<html>"), None),
        (response(500, b'{"retry_after": 2}'), None),
        (response(200), None),
    ],
)
def test_how_long_one_is_retry_after(answer: Response, wait: float | None) -> None:
    assert retry_after(answer) == wait


def test_retry_after_a_date() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    wait = retry_after(response(429, retry_after=in_an_hour))
    assert wait is not None
    assert 3500 < wait <= 3600


def test_pauses_grow_and_are_randomized() -> None:
    waits: list[float] = []
    policy = RetryPolicy(attempts=6, pause=1, longest_pause=6)
    last = retry(lambda: response(500), is_transient, policy, waits.append)
    assert isinstance(last, Response)
    assert len(waits) == 5
    for wait, longest in zip(waits, (1, 2, 4, 6, 6), strict=True):
        assert longest / 2 <= wait <= longest


def test_waits_that_are_too_long() -> None:
    waits: list[float] = []
    retry(
        lambda: response(429, retry_after="50"), is_transient, RetryPolicy(total=40), waits.append
    )
    retry(lambda: response(429, retry_after="100"), is_transient, RetryPolicy(), waits.append)
    assert waits == []
