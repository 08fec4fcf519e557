"""Find what is left of the scaffold in a plugin: it is not wrong, but not done either."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.testing.lint.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EXAMPLE: Final = re.compile(r"https://([a-z]+\.)?example\.com(/docs)?")
_MODEL: Final = re.compile(r"[a-z0-9_-]+/example")
_PROPOSED: Final = "proposed"


def find_leftovers(folder: Path) -> Iterator[Problem]:
    """List the example's URLs and model, and proposals that nobody has confirmed."""
    files = [folder / "provider.json", *sorted((folder / "targets").glob("*.json"))]
    for file in files:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue  # which is reported for itself
        name = file.relative_to(folder).as_posix()
        found = list(_leftovers(data, ()))
        yield from (Problem(name, place, message) for place, message in found[:1])
        if len(found) > 1:
            yield Problem(name, "", f"{len(found) - 1} more places are still as in the example.")


def _leftovers(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        where = (*path, key)
        if isinstance(value, dict | list):
            yield from _leftovers(value, where)
        elif isinstance(value, str) and _EXAMPLE.fullmatch(value):
            yield _dotted(where), f"`{value}` is from the example: name the service's own page."
        elif key == "id" and isinstance(value, str) and _MODEL.fullmatch(value):
            yield _dotted(where), "is the example: rename the file and the id to your model."
        elif key == "confidence" and value == _PROPOSED:
            yield _dotted(path), "is proposed from prose: compare it with the documentation."


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))
