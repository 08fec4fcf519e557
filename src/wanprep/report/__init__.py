"""A report as text: each format is one small module with one function, named in one table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wanprep.report.model import Report, Style

# A new format is a new module with a function `render` and a line here.
FORMATS: Final = {
    "concise": "One line per finding: path:line:col: severity rule message.",
    "github": "Workflow commands, with which GitHub Actions marks lines.",
    "gitlab": "A Code Quality report for GitLab's merge requests.",
    "html": "One page for people: pictures, rulers and filters, in any browser.",
    "json": "One JSON object, described by the report schema.",
    "jsonl": "One JSON object per finding.",
    "junit": "XML with a test case per job and media file, for any CI.",
    "sarif": "SARIF 2.1.0, for GitHub code scanning and editors.",
    "text": "For people: grouped by file, with the line and what to do.",
}


def renderer(name: str) -> Callable[[Report, Style], Iterator[str]]:
    """Return the function that writes a format; its module is imported only now."""
    module = import_module(f"{__name__}.{name if name != 'json' else 'as_json'}")
    return cast("Callable[[Report, Style], Iterator[str]]", module.render)
