"""JSON pointers (RFC 6901): `/references/0/image`, with `~` and `/` in a name escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def below(pointer: str, name: object) -> str:
    """Point one step further down: to a key, or to an index of a list."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def pointer_to(parts: Iterable[object]) -> str:
    """Join keys and indexes, as in the path of a validation error."""
    pointer = ""
    for part in parts:
        pointer = below(pointer, part)
    return pointer


def steps(pointer: str) -> list[str]:
    """Split into unescaped keys and indexes, the latter as digits."""
    parts = pointer.split("/")[1:]
    if "~" not in pointer:
        return parts
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def parent(pointer: str) -> str:
    """Point one step up; the root is its own parent."""
    return pointer.rpartition("/")[0]


def last(pointer: str) -> str:
    """Return the last key or index; of the root, nothing."""
    return next(reversed(steps(pointer)), "")


def is_within(pointer: str, outer: str) -> bool:
    """Whether a pointer is another one or stands anywhere below it."""
    return f"{pointer}/".startswith(f"{outer}/")
