"""JSON pointers (RFC 6901), as `/references/0/image` with `~` and `/` in names escaped; values.

The strings are those that a JSON value has at any depth, without the names of its members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeGuard


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


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def strings_in(value: object) -> Iterator[str]:
    """List the strings in a JSON value."""
    match value:
        case str():
            yield value
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from strings_in(each)


def with_strings(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with each string changed."""
    match value:
        case str():
            return change(value)
        case dict():
            return {name: with_strings(each, change) for name, each in value.items()}
        case list():
            return [with_strings(each, change) for each in value]
    return value
