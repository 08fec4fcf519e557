"""Repeat requests, with longer and longer pauses."""

from __future__ import annotations

import json
import random
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.net import urls
from wanprep.plugins.flow import Response
from wanprep.submit.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Outcome = Response | Broken
_TOO_MANY_REQUESTS: Final = 429
TRANSIENT: Final = frozenset({_TOO_MANY_REQUESTS, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Timeouts and pauses in seconds, and the number of attempts."""

    connect: float = 10
    read: float = 60  # between two pieces of an answer
    write: float = 60
    pool: float = 30
    answer: float = 120  # for a whole answer
    download: float = 1800
    attempts: int = 5
    pause: float = 0.5  # before the second attempt; doubled for each one after it
    longest_pause: float = 90  # a longer Retry-After ends the attempts
    total: float = 300  # after this no attempt is started


def is_safe_to_resend(outcome: Outcome) -> bool:
    """Whether even a paid request may be repeated: the service has not accepted it."""
    match outcome:
        case Broken():
            return not outcome.begun and not outcome.hopeless
        case Response():
            return outcome.status == _TOO_MANY_REQUESTS


def is_transient(outcome: Outcome) -> bool:
    """Whether a request that costs nothing is worth another attempt."""
    match outcome:
        case Broken():
            return not outcome.hopeless
        case Response():
            return outcome.status in TRANSIENT


def retry(
    send: Callable[[], Response],
    should_retry: Callable[[Outcome], bool],
    policy: RetryPolicy,
    pause: Callable[[float], None],
) -> Outcome:
    """Send until the outcome is final or the attempts are used up; return the last outcome."""
    started = time.monotonic()
    for number in count(1):
        try:
            outcome: Outcome = send()
        except Broken as broken:
            outcome = broken
        wait = _next_pause(outcome, number, policy)
        too_late = time.monotonic() - started + wait > policy.total
        if not should_retry(outcome) or number >= policy.attempts or too_late:
            break
        if wait > policy.longest_pause:
            break
        pause(wait)
    return outcome


def _next_pause(outcome: Outcome, number: int, policy: RetryPolicy) -> float:
    wait = retry_after(outcome) if isinstance(outcome, Response) else None
    if wait is not None:
        return wait
    longest: float = min(policy.pause * 2 ** (number - 1), policy.longest_pause)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - so that clients do not retry in step


def retry_after(response: Response) -> float | None:
    """Read how many seconds a service asks to wait: from the header, else from the body."""
    header = response.headers.get("retry-after", "").strip()
    if header:
        return urls.retry_after(header)
    if response.status != _TOO_MANY_REQUESTS:
        return None
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    objects = (body, *(each for each in body.values() if isinstance(each, dict)))
    return next((wait for each in objects if (wait := _body_seconds(each)) is not None), None)


def _body_seconds(body: Mapping[str, Any]) -> float | None:
    value = body.get("retry_after", body.get("retryAfter"))
    if isinstance(value, str) and value.strip().isdecimal():
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value >= 0 else None
