"""When a signed URL expires, by the parameters of the services that sign URLs."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Query = dict[str, str]
_DATED: Final = ("x-amz", "x-goog", "x-oss", "x-tos")
# Smaller numbers are a length of time, or something else; larger ones are milliseconds.
_EARLIEST: Final = 1e9
_MILLISECONDS: Final = 1e11
_LATEST: Final = 1000 * _MILLISECONDS
# A policy as base64, in which CloudFront replaces what a URL cannot hold.
_CLOUDFRONT: Final = str.maketrans("-_~", "+=/")
_AKAMAI: Final = re.compile(r"(?:\A|[=~])exp=(\d+)(?=~|\Z)")


def expiry(url: str) -> float | None:
    """Return the time at which a signed URL expires, in seconds since 1970."""
    query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    return min((end for read in _READERS if (end := _end(read, query)) is not None), default=None)


def _end(read: Callable[[_Query], float | str | None], query: _Query) -> float | None:
    """Return what one reader finds; what a URL holds under these names may be anything."""
    try:
        end = float(read(query) or 0)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None
    if not _EARLIEST <= end < _LATEST:
        return None
    return end / 1000 if end >= _MILLISECONDS else end


def _by_date(query: _Query) -> float:
    """Read a date of signature and the seconds from it on (Amazon, Google, Alibaba, ByteDance)."""
    return min(
        datetime.strptime(query[f"{name}-date"], "%Y%m%dT%H%M%S%z").timestamp()
        + int(query[f"{name}-expires"])
        for name in _DATED
        if f"{name}-date" in query and f"{name}-expires" in query
    )


def _azure(query: _Query) -> float | None:
    return datetime.fromisoformat(query["se"]).timestamp() if "sig" in query else None


def _cloudfront_policy(query: _Query) -> float:
    policy = _json(query["policy"].translate(_CLOUDFRONT))
    conditions = [each["Condition"]["DateLessThan"] for each in policy["Statement"]]
    return float(min(each["AWS:EpochTime"] for each in conditions))


def _akamai(query: _Query) -> str | None:
    """Read exp= of a token in any parameter: hdnts=st=1~exp=2~acl=/*~hmac=3."""
    matches = (_AKAMAI.search(f"{name}={value}") for name, value in query.items())
    return next((match[1] for match in matches if match), None)


def _discord(query: _Query) -> float | None:
    return int(query["ex"], 16) if "hm" in query else None


def _json_web_token(query: _Query) -> float | None:
    """Read the claims of a token in any parameter (Supabase; RFC 7519, 4.1.4)."""
    tokens = [value.split(".") for value in query.values() if value.startswith("eyJ")]
    claims = [_json(parts[1].translate(str.maketrans("-_", "+/"))) for parts in tokens]
    return min(float(each["exp"]) for each in claims)


def _json(text: str) -> Mapping[str, Any]:
    """Decode base64 with or without its padding."""
    data: Mapping[str, Any] = json.loads(base64.b64decode(f"{text.rstrip('=')}==="))
    return data


_READERS: Final[tuple[Callable[[_Query], float | str | None], ...]] = (
    _by_date,
    _azure,
    _cloudfront_policy,
    _akamai,
    _discord,
    _json_web_token,
    lambda query: query["expires"],
    lambda query: query["x-expires"],  # ByteDance
    lambda query: query["q-sign-time"].partition(";")[2],  # Tencent
)
