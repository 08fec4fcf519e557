from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from documents import DOCS, PAGES, ROOT

_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")

# Projects that pages name. Pages of providers come from the data, and have a checked day there.
_PROJECTS: Final = frozenset(
    """agentskills.io docs.dask.org duckdb.org filesystem-spec.readthedocs.io github.com
    jobqueue.dask.org jqlang.org marketplace.visualstudio.com pre-commit.ci pre-commit.com
    prek.j178.dev""".split()
)


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from strings(each)


def hosts_of_the_data() -> set[str]:
    """Find the hosts of all URLs that targets, rules and providers cite."""
    files = [*ROOT.glob("plugins/*/**/*.json"), *ROOT.glob("src/wanprep/rules/**/*.json")]
    urls = (url for file in files for url in strings(json.loads(file.read_text("utf-8"))))
    return {urlsplit(url).netloc for url in urls if re.fullmatch(r"https://\S+", url)}


@cache
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


def test_links_to_other_hosts_have_a_form_and_a_known_host() -> None:
    """They are not followed: tests reach nothing but loopback."""
    pages = (ROOT / "README.md", *PAGES)
    links = {link for page in pages for link in _LINK.findall(page.read_text(encoding="utf-8"))}
    others = {link for link in links if ":" in link.partition("#")[0]}
    for link in others:
        assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+(/[\w.~%/()@,:+*-]*)?(\?[\w=&%.-]*)?(#\S+)?",
                            link), link  # fmt: skip
    named = {urlsplit(link).netloc for link in others}
    assert named - hosts_of_the_data() <= _PROJECTS
    assert named >= _PROJECTS, "a host that no page names"
