"""What texts like `16:9` and `1080p` measure, so that one can be nearer to another."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_RATIO: Final = re.compile(
    r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*[:/x\u00d7]\s*(\d{1,5}(?:\.\d{1,4})?)\s*", re.IGNORECASE
)
_LINES: Final = re.compile(r"\s*(\d{1,5})\s*([pik]?)\s*", re.IGNORECASE)
_WHOLE: Final = re.compile(r"\s*([-+]?\d{1,15})(?:\.0{1,15})?\s*")
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})


def surely(value: Any, limit: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the value that can only be meant, of the type that is wanted; None if none can."""
    wanted = limit.get("type")
    constant = limit.get("const")
    if wanted == "boolean":
        word = str(value).strip().lower()
        return word in _YES if word in _YES | _NO else None
    numeric = wanted == "integer" or (isinstance(constant, int) and not isinstance(constant, bool))
    if numeric and isinstance(value, str):
        whole = _WHOLE.fullmatch(value)
        return int(whole[1]) if whole else None
    names = [each for each in limit.get("enum", (constant,)) if isinstance(each, str)]
    alike = [name for name in names if _same(value, name)]
    return alike[0] if len(alike) == 1 else None


def _same(value: object, name: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value).strip().lower()
    if text == name.lower() or (text and f"{text}p" == name.lower()):
        return True
    return ":" in name and bool(text) and measure(text) == measure(name)


def measure(value: object) -> float | None:
    """Measure a value: a shape by the angle of its diagonal, a size by its lines."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if (ratio := _RATIO.fullmatch(text)) and float(ratio[1]) and float(ratio[2]):
        return math.log(float(ratio[1]) / float(ratio[2]))
    if (lines := _LINES.fullmatch(text)) and int(lines[1]):
        return math.log(int(lines[1]) * (540 if lines[2].lower() == "k" else 1))
    return None


def nearest(value: object, allowed: Iterable[Any]) -> list[Any]:
    """Sort allowed values by how near they are; of two that are equally near, the larger later.

    An only value is the nearest one, whatever was written.
    """
    listed = [*allowed]
    if len(listed) == 1:
        return listed
    here = measure(value)
    if here is None:
        return []
    alike = [each for each in listed if isinstance(each, str) == isinstance(value, str)]
    apart = [
        (abs(there - here), there, each) for each in alike if (there := measure(each)) is not None
    ]
    return [each for _, _, each in sorted(apart, key=lambda entry: (round(entry[0], 9), entry[1]))]
