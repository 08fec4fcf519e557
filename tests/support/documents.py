"""The pages under docs/ and the blocks of code in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted(DOCS.rglob("*.md"))
_BLOCK: Final = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code, as it stands when its indent is taken away."""

    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for _, language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        yield Block(language, textwrap.dedent(text))


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))
