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
_BLOCK: Final = re.compile(
    r"^ *(?:<!-- (?P<comment>[^\n]*) -->\s*?\n *)?```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code, as it stands when its indent is taken away."""

    language: str
    text: str
    comment: str = ""  # in the line above
    follows: bool = False  # nothing is between it and the block before


def blocks(page: Path) -> Iterator[Block]:
    text, end = page.read_text(encoding="utf-8"), 0
    for match in _BLOCK.finditer(text):
        body, follows = textwrap.dedent(match["text"]), not text[end : match.start()].strip()
        yield Block(match["language"], body, match["comment"] or "", follows)
        end = match.end()


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))
