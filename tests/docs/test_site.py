"""The documentation as a site: built strictly, complete, and without requests to other hosts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import DOCS, PAGES, ROOT

# What a browser loads by itself, in contrast to links.
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc=["']?([^"' >]+)"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|icon|modulepreload|preconnect))"""
    r"""[^>]*?\bhref=["']?([^"' >]+)|url\(["']?(https?:[^"')]+)"""
)


@pytest.mark.no_cover
@pytest.mark.slow
def test_the_site_is_built_strictly(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    shutil.copyfile(ROOT / "zensical.toml", tmp_path / "zensical.toml")
    shutil.copytree(DOCS, tmp_path / "docs")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    site = tmp_path / "site"
    pages = {page.relative_to(site) for page in site.rglob("index.html")}
    names = (page.relative_to(DOCS) for page in PAGES)
    assert pages == {
        name.with_name("index.html")
        if name.stem == "index"
        else name.with_suffix("") / "index.html"
        for name in names
    }
    assert not [*site.rglob("*.py")]
    loaded = [
        (str(file.relative_to(site)), *filter(None, found))
        for file in [*site.rglob("*.html"), *site.rglob("*.css")]
        for found in _LOADED.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(loaded) > len(pages)
    assert [each for each in loaded if re.match("(https?:)?//", each[1])] == []
