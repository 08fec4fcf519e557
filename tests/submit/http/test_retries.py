from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wanprep.plugins.flow import Response
from wanprep.submit.errors import Broken
from wanprep.submit.http.retries import Patience, insist, may_pass, never_arrived, told_to_wait


def said(status: int, body: bytes = b"", **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("outcome", "paid", "free"),
    [
        (said(200), False, False),
        (said(400), False, False),
        (said(429), True, True),
        (said(500), False, True),
        (said(501), False, False),
        (said(504), False, True),
        (Broken("cut", begun=True), False, True),
        (Broken("nobody there", begun=False), True, True),
        (Broken("no link", begun=False, hopeless=True), False, False),
    ],
)
def test_what_may_be_sent_again(outcome: Response | Broken, paid: bool, free: bool) -> None:
    assert never_arrived(outcome) is paid
    assert may_pass(outcome) is free


SOON = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
PAST = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (said(429, retry_after="3"), 3),
        (said(503, retry_after=" 3 "), 3),
        (said(503, retry_after=PAST), 0),
        (said(503, retry_after="21 Oct 2015 07:28:00"), 0),
        (said(429, retry_after="soon"), None),
        (said(429, b'{"retry_after": 1.5}'), 1.5),
        (said(429, b'{"error": {"retryAfter": "2"}}'), 2),
        (said(429, b'{"retry_after": -1, "x": {"retry_after": true}}'), None),
        (said(429, b'{"retry_after": "soon"}'), None),
        (said(429, b"[1]"), None),
        (said(429, b"<html>"), None),
        (said(500, b'{"retry_after": 2}'), None),
        (said(200), None),
    ],
)
def test_how_long_one_is_told_to_wait(answer: Response, wait: float | None) -> None:
    assert told_to_wait(answer) == wait


def test_a_date_tells_how_long() -> None:
    wait = told_to_wait(said(429, retry_after=SOON))
    assert wait is not None
    assert 3000 < wait <= 3600


def test_each_wait_is_longer_and_a_little_random() -> None:
    waits: list[float] = []
    patience = Patience(attempts=6, pause=1, longest_pause=6)
    last = insist(lambda: said(500), may_pass, patience, waits.append)
    assert isinstance(last, Response)
    assert len(waits) == 5
    for wait, longest in zip(waits, (1, 2, 4, 6, 6), strict=True):
        assert longest / 2 <= wait <= longest


def test_patience_ends() -> None:
    waits: list[float] = []
    insist(lambda: said(429, retry_after="50"), may_pass, Patience(total=40), waits.append)
    insist(lambda: said(429, retry_after="100"), may_pass, Patience(), waits.append)
    assert waits == []
