from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import DOCS, PAGES, ROOT

_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Name the headings as GitHub does."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_resolve(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), f"{link} does not exist"
        assert file.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(file), f"{link} has no such heading"


def test_every_page_can_be_reached() -> None:
    waiting, reached = [DOCS / "index.md"], set()
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_relative_to(DOCS):
            continue
        reached.add(page)
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        paths = {link.partition("#")[0] for link in links if not link.startswith("https://")}
        waiting += [(page.parent / path).resolve() for path in paths if path.endswith(".md")]
    assert reached == set(PAGES)
