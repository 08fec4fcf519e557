"""Ask again, later each time, for as long as it makes sense."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.flow import Response
from wanprep.submit.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Outcome = Response | Broken


TOO_MANY: Final = 429


PASSING: Final = frozenset({TOO_MANY, 500, 502, 503, 504})


def never_arrived(outcome: Outcome) -> bool:
    """Tell whether even a paid request may be sent again: nobody has taken it."""
    match outcome:
        case Broken():
            return not outcome.begun and not outcome.hopeless
        case Response():
            return outcome.status == TOO_MANY


def may_pass(outcome: Outcome) -> bool:
    """Tell whether what costs nothing is worth another attempt."""
    match outcome:
        case Broken():
            return not outcome.hopeless
        case Response():
            return outcome.status in PASSING


def insist(
    attempt: Callable[[], Response],
    worthwhile: Callable[[Outcome], bool],
    patience: Patience,
    pause: Callable[[float], None],
) -> Outcome:
    """Try until something comes of it, or until patience ends: then tell the last outcome."""
    begun = time.monotonic()
    for number in count(1):
        outcome = _outcome(attempt)
        wait = _wait(outcome, number, patience)
        late = time.monotonic() - begun + wait > patience.total
        if not worthwhile(outcome) or number >= patience.attempts or late:
            break
        if wait > patience.longest_pause:
            break
        pause(wait)
    return outcome


def _outcome(attempt: Callable[[], Response]) -> Outcome:
    try:
        return attempt()
    except Broken as broken:
        return broken


def _wait(outcome: Outcome, number: int, patience: Patience) -> float:
    told = told_to_wait(outcome) if isinstance(outcome, Response) else None
    if told is not None:
        return told
    longest: float = min(patience.pause * 2 ** (number - 1), patience.longest_pause)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - so that many do not knock at once


def told_to_wait(response: Response) -> float | None:
    """Read how long a service asks to be left alone: from the header, else from the body."""
    header = response.headers.get("retry-after", "").strip()
    if header:
        return _seconds(header)
    if response.status != TOO_MANY:
        return None
    try:
        return _in_body(json.loads(response.body))
    except (ValueError, RecursionError):
        return None


def _seconds(header: str) -> float | None:
    if header.isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _in_body(body: object) -> float | None:
    if not isinstance(body, dict):
        return None
    for told in (body, *(each for each in body.values() if isinstance(each, dict))):
        if (wait := _field(told)) is not None:
            return wait
    return None


def _field(told: Mapping[str, Any]) -> float | None:
    value = told.get("retry_after", told.get("retryAfter"))
    if isinstance(value, str) and value.strip().isdecimal():
        return float(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and value >= 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds, but for the number of attempts."""

    connect: float = 10
    read: float = 60  # between two pieces of an answer
    write: float = 60
    pool: float = 30
    answer: float = 120  # for a whole answer, however slowly it drips
    download: float = 1800
    attempts: int = 5
    pause: float = 0.5  # before the second attempt; doubled for each one after it
    longest_pause: float = 90  # who is told to wait for longer gives up
    total: float = 300  # after this no attempt is begun
