"""Read what a provider's flow needs from a service's answers, whatever their shape."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Refused, Status, Unclear
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wanprep.plugins.flow import Flow, Request, Response, Sent, State

_MOST_FIELDS: Final = 5
_LONGEST_TEXT: Final = 400
_LONGEST_URL: Final = 8192
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s\x00-\x1f\x7f\"<>\\]+", re.IGNORECASE)
_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:~-]{0,199}")
# A time without a zone is read as that of the easternmost one, and so as the earliest: it is used
# for expiry dates, and too early does no harm.
_EASTERNMOST: Final = timedelta(hours=14)


def fetch(request: Request, refused: Callable[[Response], Refused]) -> Flow[Response]:
    """Yield a request and return its answer; raise what `refused` makes of any but a 2xx."""
    response = yield request
    if not response.ok:
        raise refused(response)
    return response


def fetch_object(
    request: Request, refused: Callable[[Response], Refused]
) -> Flow[Mapping[str, Any]]:
    """Fetch an answer that must be one JSON object."""
    return as_object((yield from fetch(request, refused)))


def as_object(response: Response) -> Mapping[str, Any]:
    """Read a body that must be one JSON object; raise Unclear if it is not."""
    body = response.json()
    if not isinstance(body, dict):
        raise Unclear("the answer is not a JSON object")
    return body


def json_or_none(response: Response) -> Any:  # noqa: ANN401 - JSON
    """Read a body of any type; None if it is not JSON, as errors in HTML are not."""
    try:
        return response.json()
    except Unclear:
        return None


def value_at(value: object, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a path such as "error.message"; None if there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: object, *paths: str) -> str:
    """Return the first string or number at one of these paths, as `as_text` does."""
    return as_text(*(value_at(value, path) for path in paths))


def as_objects(value: object, names: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Find a list of objects: the value itself, or under one or two of these names."""
    for _ in range(2):
        if isinstance(value, dict):
            inside = (value[name] for name in names if isinstance(value.get(name), list | dict))
            value = next(inside, None)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def field_errors(value: object) -> str:
    """Join the messages about single fields: [{"loc": ["body", "prompt"], "msg": "too long"}]."""
    messages = (_field_error(each) for each in as_objects(value)[:_MOST_FIELDS])
    return "; ".join(dict.fromkeys(each for each in messages if each))


def _field_error(field: Mapping[str, Any]) -> str:
    place = field.get("loc")
    names = [as_text(each) for each in place] if isinstance(place, list) else []
    name = ".".join(each for each in names if each not in {"", "body"})
    message = text_at(field, "msg", "message")
    return f"{name}: {message}" if name and message else message


def as_job_id(value: object, pattern: re.Pattern[str] = _ID) -> str:
    """Read a job's id; raise Unclear if there is none that is safe to put into a URL."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise Unclear("the answer has no job id")
    return text


def path_segment(text: str) -> str:
    """Escape a string for use as one segment of a URL's path."""
    return quote(text, safe="")


def as_text(*values: object) -> str:
    """Return the first string or number that is not blank: one line, shortened, redacted."""
    for value in values:
        if isinstance(value, str | int) and not isinstance(value, bool):
            # Redacted before it is cut, because half a key is a secret as well.
            text = visible(" ".join(redact(str(value)).split()))
            if text:
                return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return ""


def as_url(value: object, scheme: str = "https") -> str:
    """Read one URL as it is; raise Unclear if there is none.

    `scheme` is one that the service has for its own, such as oss. `text_at` is not for URLs: it
    shortens, and hides the secrets of a signed one.
    """
    schemes = ("https", "http") if scheme == "https" else (scheme,)
    text = value.strip() if isinstance(value, str) else ""
    if not _is_url(text, schemes):
        raise Unclear("the answer has no URL")
    return text


def _is_url(text: str, schemes: Sequence[str]) -> bool:
    found = _URL.fullmatch(text) if len(text) <= _LONGEST_URL else None
    return found is not None and found[1].lower() in schemes


def as_urls(value: object, names: Sequence[str] = ("url",)) -> Iterator[str]:
    """List the http(s) URLs in a string, a list, or objects under one of these names."""
    match value:
        case str() if _is_url(value.strip(), ("https", "http")):
            yield value.strip()
        case list():
            for each in value:
                if not isinstance(each, list):
                    yield from as_urls(each, names)
        case dict():
            strings = (value[name] for name in names if isinstance(value.get(name), str))
            yield from (url for string in strings for url in as_urls(string))


def as_number(value: object) -> float | None:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def as_int(value: object) -> int | None:
    """Read a whole number that is not negative."""
    number = as_number(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def as_time(value: object) -> datetime | None:
    """Read a time: seconds or milliseconds since 1970, or ISO 8601."""
    try:
        seconds = as_number(value)
        if seconds is not None:
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None and time.tzinfo is None:
            return time.replace(tzinfo=UTC) - _EASTERNMOST
        return time.astimezone(UTC) if time is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def pick(source: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Copy these entries, where they are present and not null."""
    return {name: source[name] for name in names if source.get(name) is not None}


# Words that every service means alike, whether it documents them or not.
_SAME_EVERYWHERE: Final[Mapping[str, State]] = {
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "expired": "expired",
}


def read_status(
    service: str,
    states: Mapping[str, State],
    word: str,
    *,
    outputs: Sequence[str] = (),
    error: str = "",
    details: Mapping[str, Any] | None = None,
    progress: float | None = None,
) -> Status:
    """Translate a service's word for a job's state, in capitals or not.

    A success without a result is a failure.
    """
    known = {each.lower(): state for each, state in states.items()}
    state = known.get(word.lower()) or _SAME_EVERYWHERE.get(word.lower(), "unknown")
    if state == "succeeded" and not outputs:
        state, error = "failed", error or f"{service} reports the job as {word}, without a result"
    elif state == "failed":
        error = error or f"{service} gives no reason"
    elif state == "expired":
        error = error or f"{service} reports the job as {word}"
    return Status(
        state=state,
        word=word,
        outputs=tuple(dict.fromkeys(outputs)) if state == "succeeded" else (),
        error=error if state in {"failed", "cancelled", "expired"} else "",
        progress=progress,
        details=details or {},
    )


TOP_UP: Final = "Top up the account, and run this again."
CHECK_KEY: Final = "Check the key: it may be mistyped, expired, or of another account."
HOST_IT: Final = (
    "Put the file at a public https URL and use that URL in the job, or set up a place for local "
    "files in [hosts] of the configuration."
)
_COMPARE: Final = "Run `wanprep check` on the job, and compare it with the service's message."
_ADVICE_BY_STATUS: Final = {
    400: _COMPARE,
    401: CHECK_KEY,
    402: TOP_UP,
    403: "Check that the key, and the account, may use this model.",
    404: "The service does not know what was requested: check the target.",
    413: "Make the request smaller: host files instead of sending them.",
    422: _COMPARE,
    429: "Wait as long as it says, or a few minutes, and run this again.",
}


def refusal(
    service: str,
    response: Response,
    *,
    message: str = "",
    code: str = "",
    advice: str = "",
    file: str = "",
) -> Refused:
    """Make a Refused of a 2xx or 4xx answer; raise Unclear for 5xx, after which a job may exist.

    `file` names the file of an upload.
    """
    message = f"{file}: {message}" if file and message else message
    if response.status >= 500:
        raise Unclear(f"{service} answered with HTTP {response.status}. {message}".rstrip())
    if not message:
        message = "no reason" if response.ok else f"HTTP {response.status}, and no reason"
    advice = advice or _ADVICE_BY_STATUS.get(response.status, "")
    return Refused(f"{service} refuses: {message}", code=code, advice=advice)


# How far two clocks may be apart, and how long an order may have been on its way. Lists show
# little of each job: in a wide window, a job of another run with the same account looks the same.
_BEFORE: Final = timedelta(seconds=30)
_AFTER: Final = timedelta(minutes=5)


def earliest_start(sent: Sent) -> datetime:
    """Return the earliest time at which the service may have created the job."""
    return sent.sent_at.astimezone(UTC) - _BEFORE


def matching_id(
    sent: Sent, value: object, *, created: datetime | None, shown: Mapping[str, Any]
) -> str:
    """Return the id of a listed job if it can be the one that was sent, else an empty string.

    It can be if it was created at that time, is no other run's, and nothing that the list shows
    of its request differs from the order.
    """
    try:
        name = as_job_id(value)
    except Unclear:
        return ""
    in_time = created is not None and earliest_start(sent) <= created <= sent.sent_at + _AFTER
    body = sent.order.body
    equal = all(shown[key] == body[key] for key in body if shown.get(key) is not None)
    return name if in_time and equal and name not in sent.taken else ""
