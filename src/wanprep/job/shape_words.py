"""What is wrong with the shape of a job, in the words of who writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from wanprep.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

Syntax = Literal["json", "yaml"]

_FILL_IN: Final = "fill it in, or remove it"
_A: Final = {
    "array": "a list",
    "boolean": "a yes or no",
    "null": "empty",
    "number": "a number",
    "object": "keys and values",
    "string": "a text",
}
_WORDS: Final = {
    "json": {
        "entry": 'write {"image": "hero.jpg"} or {"video": "dance.mp4"}',
        "list": "put [ ] around its entries",
        "split": "make two entries of it",
    },
    "yaml": {
        "entry": "write `- image: hero.jpg` or `- video: dance.mp4`",
        "list": "put a dash before each entry, like `- image: hero.jpg`",
        "split": "make two entries of it, each with a dash of its own",
    },
}


def wrong_type(pointer: str, types: Sequence[str], kind: str, syntax: Syntax) -> str:
    """Say that a value is of another kind than it must be."""
    name = _name(pointer)
    if not pointer:
        return f"a job consists of keys and values, like `prompt: ...`; this is {_A[kind]}"
    if kind == "null":
        return is_empty(pointer)
    if "string" in types and kind in {"boolean", "number"}:
        return f"{name} must be text, not {_A[kind]}: put quotes around it"
    if "string" in types:
        return f"{name} must be text, not {_A[kind]}"
    if "array" in types:
        return f"{name} must be a list: {_WORDS[syntax]['list']}"
    if pointer.startswith("/references/"):
        return f"{name} does not say what it is: {_WORDS[syntax]['entry']}"
    return f"{name} must consist of keys and values, not of {_A[kind]}"


def is_empty(pointer: str) -> str:
    """Say that there is nothing where something must be."""
    return f"{_name(pointer)} is empty: {_FILL_IN}"


def unknown_key(key: str, known: Sequence[str], guess: str | None, home: str | None) -> str:
    """Say that a key does not exist here, and what is meant, or where it belongs."""
    name = f"`{visible(key)}`"
    if home:
        return f"{name} belongs in {home}"
    if guess:
        return f"{name} is not known here: did you mean `{guess}`?"
    there_are = listed([f"`{name}`" for name in known if name != "$schema"], "and")
    return f"{name} is not known here: there are {there_are}"


def cannot_stand(name: str, beside: str) -> str:
    """Say that a key excludes another one."""
    return f"`{name}` cannot stand beside `{beside}`, which is the whole request: put it in there"


def has_neither(choices: Sequence[str]) -> str:
    """Say that an entry lacks what would make it one."""
    return f"this reference has neither {' nor '.join(f'`{name}`' for name in choices)}"


def has_both(choices: Sequence[str], syntax: Syntax) -> str:
    """Say that an entry is two."""
    both = " and ".join(f"`{name}`" for name in choices)
    return f"this reference has both {both}: {_WORDS[syntax]['split']}"


def _name(pointer: str) -> str:
    """Call a value by its key; an entry of a list, by its number."""
    parent, _, last = pointer.rpartition("/")
    return f"entry {int(last) + 1} of {_name(parent)}" if last.isdecimal() else f"`{last}`"
