"""The report as one page that opens in any browser, from disk, on paper and on a phone.

It asks the network for nothing and runs no script: its policy forbids both.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final

from wanprep import __version__
from wanprep.report.html.file_card import file_card
from wanprep.report.html.filters import bar, empties, style_of_filters
from wanprep.report.html.finding_item import FindingItems
from wanprep.report.html.gallery import gallery_of
from wanprep.report.html.job_card import job_card
from wanprep.report.html.markup import Html, element, joined
from wanprep.report.html.mendings import find_mendings
from wanprep.report.html.previews import make_previews
from wanprep.report.html.sizes import MANY
from wanprep.report.html.summary import headline, others, summary, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.report.html.cards import FileCard, JobCard
    from wanprep.report.html.gallery import Gallery
    from wanprep.report.model import Report, Style

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
)


def render(report: Report, style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write the page."""
    hall = gallery_of(report)
    rules = f"{_data('style.css')}{style_of_filters(hall.targets)}"
    page = Template(_data("page.html"))
    yield page.substitute(
        policy=_POLICY.format(_digest(rules)),
        title=joined([headline(report, hall)]),
        style=rules,
        size="many" if len(hall.jobs) + len(hall.files) > MANY else "few",
        body=_body(report, hall),
        version=joined([__version__]),
    )


def _data(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="ascii")


def _digest(rules: str) -> str:
    return base64.b64encode(hashlib.sha256(rules.encode()).digest()).decode()


def _body(report: Report, hall: Gallery) -> Html:
    items = FindingItems(hall.targets, report.lines)
    files = [card.facts for card in hall.files if card.facts and card.asset.kind == "file"]
    mended = find_mendings(files)
    originals = [each.before for each in mended.values() if each.before]
    seen = make_previews([*files, *originals])
    states = [*(card.states for card in hall.jobs), *(card.states for card in hall.files)]
    known = {card.id: card for card in hall.jobs}
    return joined([
        summary(report, hall),
        bar(hall.targets, states),
        empties(hall.targets, states),
        others(hall, items),
        _section("Jobs", "jobs", hall.jobs, items,
                 [job_card(card, items, seen) for card in hall.jobs]),
        _section("Files", "files", hall.files, items,
                 [file_card(card, items, known, seen, mended) for card in hall.files]),
        unseen(report),
    ])  # fmt: skip


def _section(
    title: str,
    name: str,
    cards: tuple[JobCard, ...] | tuple[FileCard, ...],
    items: FindingItems,
    written: list[Html],
) -> Html:
    if not written:
        return Html()
    states = frozenset(pair for card in cards for pair in card.states)
    return element(
        "section",
        element("h2", title),
        element("div", *written, class_="cards"),
        class_=f"group {name} {items.pairs(states)}",
    )
