"""The top of the page: what it comes to, and what that does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.report.html.markup import Html, element, icon
from wanprep.report.html.told import worst
from wanprep.text import listed, plural

if TYPE_CHECKING:
    from wanprep.report.html.finding_item import FindingItems
    from wanprep.report.html.gallery import Gallery
    from wanprep.report.model import Report


def headline(report: Report, hall: Gallery) -> str:
    """Say in one sentence what it comes to."""
    bad_jobs = sum(worst(card.states) == "error" for card in hall.jobs)
    bad_files = sum(worst(card.states) == "error" for card in hall.files)
    parts = [plural(count, thing) for count, thing in ((bad_jobs, "job"), (bad_files, "file"))
             if count]  # fmt: skip
    if parts:
        return f"{listed(parts, 'and')} would not get through."
    count = report.summary
    if count["errors"]:
        return f"{plural(count['errors'], 'error')} found."
    if count["unknown"]:
        return "No errors, but not everything could be looked at."
    if count["warnings"]:
        return f"Ready to send, with {plural(count['warnings'], 'risk')} to know of."
    return "Ready to send, as far as can be seen from here."


def summary(report: Report, hall: Gallery) -> Html:
    """Write the top."""
    count = report.summary
    state = "fine" if report.clean else "error" if count["errors"] else "unknown"
    things = {"jobs": "job", "assets": "file"}
    checked = [plural(count[name], word) for name, word in things.items() if count[name]]
    whom = listed([*hall.targets.values()], "and")
    about = f"{listed(checked, 'and') or 'Nothing'} checked{f' for {whom}' if whom else ''}."
    if report.known:
        about += f" {plural(report.known, 'finding')} of the baseline left out."
    kinds = (("error", "errors"), ("warning", "warnings"), ("note", "notes"),
             ("unknown", "unknown"))  # fmt: skip
    tiles = [_tile(kind, count[name], name) for kind, name in kinds]
    return element(
        "header",
        element("p", "wanprep report", class_="brand"),
        element("h1", headline(report, hall)),
        element("p", about, class_="about"),
        element("ul", *tiles, class_="tiles"),
        class_=f"summary is-{state}",
    )


def _tile(kind: str, count: int, name: str) -> Html:
    words = element("span", kind if count == 1 else name)
    state = kind if count else "none"
    return element("li", icon(kind), element("b", f"{count:,}"), words, class_=f"tile is-{state}")


def unseen(report: Report) -> Html:
    """List what nobody can see from here."""
    if not report.unchecked:
        return Html()
    return element(
        "section",
        element("h2", "What nobody can see from here"),
        element("p", "No check on your machine can tell these. They may still go wrong."),
        element("ul", *(element("li", note) for note in report.unchecked)),
        class_="unseen",
    )


def others(hall: Gallery, items: FindingItems) -> Html:
    """List what was found of no single job or file."""
    if not hall.others:
        return Html()
    found = [items.item(each, quote=True, file=True) for each in hall.others]
    return element("section", element("h2", "Findings"), element("ul", *found, class_="findings"))
