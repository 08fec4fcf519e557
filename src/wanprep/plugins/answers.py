"""For plugin authors: read what is needed from a service's answer, whatever its shape."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused, Unclear
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.plugins.flow import Response, Sent


_LONGEST_WORDS: Final = 400


_LONGEST_ADDRESS: Final = 8192


_ADDRESS: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f\"<>\\]+", re.IGNORECASE)


_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:~-]{0,199}")


# A time without a zone is read as that of the place where it comes first: it is used to tell
# when something expires, and too early does no harm.
_EASTERNMOST: Final = timedelta(hours=14)


def members(response: Response) -> Mapping[str, Any]:
    """Read an answer that is to be one JSON object."""
    found = response.json()
    if not isinstance(found, dict):
        raise Unclear("the answer is no JSON object")
    return found


def json_or_none(response: Response) -> Any:  # noqa: ANN401 - JSON
    """Read an answer that may be anything: errors come as pages of HTML, too."""
    try:
        return response.json()
    except Unclear:
        return None


def inner(value: object, *path: str) -> Any:  # noqa: ANN401 - JSON
    """Go down into objects; None where there is no such way."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def listed(value: object, names: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Find a list of objects: the value itself, or under one of these names, or two of them."""
    for _ in range(2):
        if isinstance(value, dict):
            inside = (value[name] for name in names if isinstance(value.get(name), list | dict))
            value = next(inside, None)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def job_id(value: object, pattern: re.Pattern[str] = _ID) -> str:
    """Read the id of a job; what could lead an address astray is none."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise Unclear("the answer names no job")
    return text


def segment(text: str) -> str:
    """Write a text as one part of a path."""
    return quote(text, safe="")


def words(*values: object) -> str:
    """Take the first text that says something, made fit to be shown."""
    for value in values:
        if isinstance(value, str | int) and not isinstance(value, bool):
            # Hidden before it is cut, for half a key is a secret as well.
            plain = visible(" ".join(redact(str(value)).split()))
            if plain:
                return plain if len(plain) <= _LONGEST_WORDS else f"{plain[:_LONGEST_WORDS]}…"
    return ""


def addresses(value: object, names: Sequence[str] = ("url",)) -> Iterator[str]:
    """List the addresses in a text, a list, or in objects under one of these names."""
    match value:
        case str() if len(value) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(value.strip()):
            yield value.strip()
        case list():
            for each in value:
                if not isinstance(each, list):
                    yield from addresses(each, names)
        case dict():
            texts = (value[name] for name in names if isinstance(value.get(name), str))
            yield from (found for text in texts for found in addresses(text))


def number(value: object) -> float | None:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def whole(value: object) -> int | None:
    """Read a whole number that is not negative."""
    found = number(value)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def moment(value: object) -> datetime | None:
    """Read a time: seconds or milliseconds since 1970, or as ISO 8601 writes it."""
    try:
        seconds = number(value)
        if seconds is not None:
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is None:
            return found.replace(tzinfo=UTC) - _EASTERNMOST
        return found.astimezone(UTC) if found is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def told(source: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Keep what is worth keeping, where it is there."""
    return {name: source[name] for name in names if source.get(name) is not None}


TOP_UP: Final = "Top up the account, and run this again."


CHECK_KEY: Final = "Check the key: it may be mistyped, expired, or of another account."


HOST_IT: Final = (
    "Put the file where the world can fetch it and write its https address into the job, "
    "or name a place of your own in [hosts] of the configuration."
)


_COMPARE: Final = "Run `wanprep check` on the job, and compare it with what the service says."


_BY_STATUS: Final = {
    400: _COMPARE,
    401: CHECK_KEY,
    402: TOP_UP,
    403: "Check that the key, and the account, may use this model.",
    404: "The service does not know what was asked for: check the target.",
    413: "Make the request smaller: host files instead of sending them.",
    422: _COMPARE,
    429: "Wait as long as it says, or a few minutes, and run this again.",
}


def refusal(
    service: str, response: Response, *, says: str = "", code: str = "", advice: str = ""
) -> Refused:
    """Make of an answer a refusal; where a service itself is at fault, nothing is certain."""
    if response.status >= 500:
        raise Unclear(f"{service} answered with HTTP {response.status}. {says}".rstrip())
    if not says:
        says = f"HTTP {response.status}, and no reason" if not response.ok else "no reason"
    return Refused(
        f"{service} refuses: {says}",
        code=code,
        advice=advice or _BY_STATUS.get(response.status, ""),
    )


# How far two clocks may be apart, and how long an order may have been on its way. Lists tell
# little: in a wide window, a job of somebody else with the same account looks like ours.
_BEFORE: Final = timedelta(seconds=30)


_AFTER: Final = timedelta(minutes=5)


def earliest(sent: Sent) -> datetime:
    """Tell since when the job can have been known to the service."""
    return sent.sent_at.astimezone(UTC) - _BEFORE


def of_its_time(sent: Sent, when: datetime | None) -> bool:
    """Tell whether a job with this beginning can be the one that was sent."""
    return when is not None and earliest(sent) <= when <= sent.sent_at + _AFTER


def same_order(sent: Sent, shown: Mapping[str, Any]) -> bool:
    """Tell whether nothing that is shown of a job differs from what was ordered."""
    return all(
        shown[name] == value
        for name, value in sent.order.body.items()
        if shown.get(name) is not None
    )
