"""Render a report in the requested format, part by part."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wanprep.check.result import Report

    Render = Callable[[Iterable[Report], "Style"], Iterator[str]]

# Module and function of each format.
FORMATS: Final = {
    "concise": "text:render_concise",  # one line per finding, for editors and grep
    "github": "annotations:render_github",  # workflow commands, with which Actions marks lines
    "gitlab": "annotations:render_gitlab",  # Code Quality, for merge requests
    "html": "html:render",  # one page with previews, rulers and filters, for any browser
    "json": "json_report:render_json",  # one object, described by the report schema
    "jsonl": "json_report:render_jsonl",  # one object per finding
    "junit": "junit:render",  # XML with a test case per job and media file, for any CI
    "sarif": "sarif:render",  # SARIF 2.1.0, for GitHub code scanning and editors
    "text": "text:render",  # for people: grouped by file, with the line and what to do
}
# In place of a format: a table of rules.
STATISTICS: Final = "statistics"
_MODULES: Final = {**FORMATS, STATISTICS: "text:render_statistics"}


class Style(NamedTuple):
    """How the text report is written to a terminal or file."""

    color: bool = False
    width: int = 80
    quiet: bool = False  # without the summary
    verbose: bool = False  # with what cannot be checked


def renderer(name: str) -> Render:
    """Return the function that writes a format, without secrets; its module is imported now."""
    from wanprep.check.result import redact_report

    if name not in _MODULES:
        return _plugin_renderer(name)
    module, _, function = _MODULES[name].partition(":")
    write = cast("Render", getattr(import_module(f"{__name__}.{module}"), function))
    return lambda parts, style: write(map(redact_report, parts), style)


def _plugin_renderer(name: str) -> Render:
    """Give the whole report to a plugin, as its JSON schema describes it."""
    import json

    from wanprep.plugins.loading import installed

    def render(parts: Iterable[Report], style: Style) -> Iterator[str]:
        report = json.loads("".join(renderer("json")(parts, style)))
        yield from installed().load_all().formats[name](report)

    return render
