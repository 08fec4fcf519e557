"""Look at a finished request once more, knowing nothing of how it was built."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from wanprep.judge.message import allowed_by, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jsonschema import ValidationError

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
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("uri")(is_address)
    errors = Draft202012Validator(schema, format_checker=checker).iter_errors(body)
    return list(dict.fromkeys(map(_says, errors)))[:_MOST]


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


def _says(error: ValidationError) -> str:
    path = tuple(str(part) for part in error.absolute_path)
    place = f"`{'.'.join(path)}`" if path else "it"
    schema, keyword = cast("Mapping[str, Any]", error.schema), str(error.validator)
    given, wanted = cast("Any", error.instance), cast("Any", error.validator_value)
    match keyword:
        case "required":
            lacking = [name for name in wanted if name not in given]
            return f"{place} lacks {', '.join(f'`{name}`' for name in lacking)}"
        case "anyOf":
            return f"{place} lacks references"
        case "additionalProperties":
            surplus = [name for name in given if name not in schema.get("properties", {})]
            return f"{place} has unknown fields: {', '.join(f'`{name}`' for name in surplus)}"
        case "format":
            return f"{place} is no address: {in_words(error.instance)}"
    limit = allowed_by(schema, keyword, path)
    found = in_words(error.instance)
    return f"{place} is {found}, and not {limit}" if limit else f"{place} is {found}"
