"""Look at a finished request once more, knowing nothing of how it was built."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST: Final = 5
_DATA: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*")
_NOT_IN_ADDRESSES: Final = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")


def missing(body: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """Name what is wanted and not there, as often as it is wanted."""
    return list((Counter(wanted) - Counter(_texts(body))).elements())


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def faults(body: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Say what the service's own schema has against a request."""
    from jsonschema import FormatChecker

    from wanprep.schema_errors import schema_errors

    checker = FormatChecker(formats=())
    checker.checks("uri")(is_address)
    errors = map(str, schema_errors(body, schema, checker))
    return list(dict.fromkeys(errors))[:_MOST]


def is_address(value: object) -> bool:
    """Tell whether a text is an address that can be fetched, or holds its file itself."""
    if not isinstance(value, str):
        return True  # the type is another keyword's business
    if value.startswith("data:"):
        return _DATA.fullmatch(value) is not None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    plain = not _NOT_IN_ADDRESSES.search(value)
    return plain and parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
