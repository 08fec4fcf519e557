"""A module imports only from its own room and from those below it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(__file__).parents[1] / "src/wanprep"
ROOMS: Final = """
    closing dataclass errors text pointers validity schemas files net stores engines media job
    rules published config check fix results emulator plugins submit compare api report testing lsp
    mcp cli
""".split()
OUTSIDE: Final = {"__init__", "__main__"}  # the public face and the way in: they load rooms late


def modules() -> Iterator[tuple[str, Path]]:
    """List the modules of the package with their rooms; a template is no module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if "template" not in path.parts and room not in OUTSIDE:
            yield room, path


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """List the rooms that a module imports from, also inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        prefix = ""
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full"
            prefix = f"{node.module}."
        for name in (f"{prefix}{alias.name}" for alias in node.names):
            package, _, rest = name.partition(".")
            if package == "wanprep" and rest not in {"", "__version__"}:
                yield node.lineno, rest.partition(".")[0]


def test_every_room_has_its_place() -> None:
    assert {room for room, _ in modules()} == set(ROOMS)


@pytest.mark.untraced
def test_no_import_goes_up() -> None:
    upward = [
        f"{path.relative_to(PACKAGE)}:{line} ({room}) imports from {other}"
        for room, path in modules()
        for line, other in imported_rooms(path)
        if other not in ROOMS or ROOMS.index(other) > ROOMS.index(room)
    ]
    assert upward == []
