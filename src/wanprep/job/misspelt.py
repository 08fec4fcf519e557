"""Guess which key was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_A_LETTER: Final = re.compile(r"[\W_]+")


def same_key(key: str, properties: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Find the key that is another spelling of this one, or another word for it."""
    wanted = letters(key)
    for name, schema in properties.items():
        if wanted in {letters(word) for word in (name, *schema.get("x-also", ()))}:
            return name
    return None


def similar_key(key: str, properties: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Find the key that this one is most likely a slip of."""
    from difflib import get_close_matches

    spelt = {letters(name): name for name in properties}
    near = get_close_matches(letters(key), spelt, 1, cutoff=0.75)
    return spelt[near[0]] if near else None


def letters(key: str) -> str:
    """Keep of a key what matters for its likeness to another."""
    return _NOT_A_LETTER.sub("", key).lower()
