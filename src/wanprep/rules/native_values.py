"""The values of parameters in a job and in a provider's request: 5 and "5", "auto" and -1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    Field = Mapping[str, Any]  # of a target: the name of a parameter there, and its values

_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_NUMBERED: Final = "$number"
_VALUE: Final = "$value"
_BOOLEANS: Final = {"true": True, "false": False}


def to_native(value: object, field: Field) -> object:
    """Write a value as the provider does, a list entry by entry where the field has a form."""
    if "each" in field and isinstance(value, list):
        return [_entry(each, number, field) for number, each in enumerate(value, start=1)]
    return _native(value, field)


def _native(value: object, field: Field) -> object:
    key = str(value).lower() if isinstance(value, bool) else str(value).strip()
    if key in field.get("values", {}):
        return field["values"][key]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON writers differ: 5.0 is 5
    if "format" in field and is_number(value):
        return str(field["format"]).replace("{}", str(value))
    return value.strip() if isinstance(value, str) else value


def _entry(entry: object, number: int, field: Field) -> dict[str, object]:
    """Write one entry of a list: $value is the entry itself, $number its place from 1."""
    values = {_NUMBERED: number, _VALUE: entry}
    if isinstance(entry, dict):
        values |= {f"${key}": _native(each, field) for key, each in entry.items()}
    return {key: values[name] for key, name in field["each"].items() if name in values}


def to_common(value: object, field: Field) -> object:
    """Write a value as jobs do; of an unknown form, it stays."""
    if "each" in field and isinstance(value, list):
        return [_common_entry(each, field) for each in value]
    return _common(value, field)


def _common_entry(entry: object, field: Field) -> object:
    if not isinstance(entry, dict):
        return entry
    found = {name: entry[key] for key, name in field["each"].items() if key in entry}
    if _VALUE in found:
        return found[_VALUE]
    return {name[1:]: _common(each, field) for name, each in found.items() if name != _NUMBERED}


def _common(value: object, field: Field) -> object:
    for common, native in field.get("values", {}).items():
        if (type(native), native) == (type(value), value):
            return _BOOLEANS.get(common, _number(common))
    before, found, after = str(field.get("format", "")).partition("{}")
    if found and isinstance(value, str) and value.startswith(before) and value.endswith(after):
        return _number(value[len(before) : len(value) - len(after)], value)
    return value


def _number(text: str, otherwise: object = None) -> object:
    if not _NUMBER.fullmatch(text):
        return text if otherwise is None else otherwise
    return float(text) if "." in text else int(text)
