"""The report as one page that opens in any browser, from disk, on paper and on a phone.

It loads nothing, and runs no script but its own, which only filters what is shown: its policy
forbids all else. Cards are written to temporary files while the files that follow are still being
probed, and are counted; the head of the page shows the counts, so it is made last.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from importlib import resources
from itertools import chain
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from wanprep.closing import Closing
from wanprep.files.spool import Spool
from wanprep.media.workers import delay_reports
from wanprep.report.html.cards import FileCard, JobCard, make_cards
from wanprep.report.html.contents import Contents, TargetNames
from wanprep.report.html.environment import make_environment
from wanprep.report.html.findings import RANKS, sorted_groups
from wanprep.report.html.previews import make_previews
from wanprep.report.html.receipts import ReceiptReader
from wanprep.submit.request.price import price_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wanprep.check.result import Report
    from wanprep.compare.compare_jobs import Comparison
    from wanprep.media.facts import Facts
    from wanprep.report import Style
    from wanprep.report.html.cards import Cards

    Macros = Mapping[str, Callable[..., str]]

POLICY: Final = (
    "default-src 'none'; img-src data:; style-src {}; script-src {}; base-uri 'none';"
    " form-action 'none'"
)
_MANY: Final = 80  # with more cards than this each of them is small
# The templates of what is written piece by piece.
_MACROS: Final = {
    "entry": "entry.html",
    "file": "file_card.html",
    "job": "job_card.html",
    "other": "finding.html",
    "tile": "file_card.html",
}
_BUFFERED: Final = 100  # pieces of a template that are written at once


def render(parts: Iterable[Report], style: Style) -> Iterator[str]:  # noqa: ARG001 - the same for all
    """Write the page in ASCII, so that it is correct in any encoding."""
    contents, targets = Contents(), TargetNames()
    chunks = make_cards(targets.collect(contents.totals.count(parts)))
    ahead = list(_ahead(chunks))
    is_many = sum(len(each.jobs) + len(each.files) for each in ahead) > _MANY
    with Sections() as sections:
        macros = _macros(is_many=is_many, targets=targets)
        _write_cards(chain(ahead, chunks), contents, sections, macros, is_many=is_many)
        look, script = asset("style.css"), asset("script.js")
        page = make_environment().get_template("page.html").stream(
            contents=contents,
            is_many=is_many,
            policy=POLICY.format(digest(look), digest(script)),
            script=script,
            sections=sections,
            style=look,
            targets=targets,
        )  # fmt: skip
        page.enable_buffering(_BUFFERED)
        for piece in page:
            yield piece.encode("ascii", "xmlcharrefreplace").decode()


def render_comparison(by_job: Mapping[str, Sequence[Comparison]]) -> Iterator[str]:
    """Write a comparison of targets as one page, in the look and under the policy of the report."""
    look = asset("style.css")
    template = make_environment().get_template("comparison.html")
    page = template.render(
        by_job=by_job, policy=POLICY.format(digest(look), "'none'"), price=price_text, style=look
    )
    yield page.encode("ascii", "xmlcharrefreplace").decode()


def _ahead(chunks: Iterator[Cards]) -> Iterator[Cards]:
    """Yield what is needed to see whether there are many cards."""
    cards = 0
    for chunk in chunks:
        yield chunk
        cards += len(chunk.jobs) + len(chunk.files)
        if cards > _MANY:
            return


def _write_cards(
    chunks: Iterable[Cards],
    contents: Contents,
    sections: Sections,
    macros: Macros,
    *,
    is_many: bool,
) -> None:
    with delay_reports() as report_progress:
        shown = _shown(chunks, contents, sections, macros, is_many=is_many)
        for card, previews in make_previews(shown, tiny=_is_used, small=is_many):
            if isinstance(card, JobCard):
                kind = "job"
            else:
                report_progress()
                kind = "tile" if is_many and _is_tile(card) else "file"
                card.tiny = getattr(previews[0], "tiny", None) if previews else None
            sections.write(f"{kind}s", card.state, macros[kind](card, *previews))
            if card.state != "fine":
                sections.write("entries", card.state, macros["entry"](card))


def _shown(
    chunks: Iterable[Cards],
    contents: Contents,
    sections: Sections,
    macros: Macros,
    *,
    is_many: bool,
) -> Iterator[tuple[FileCard | JobCard, tuple[Facts, ...]]]:
    """Yield each card that is shown with the files to preview on it: jobs after their files."""
    receipts = ReceiptReader()
    for chunk in chunks:
        files = [card for card in chunk.files if contents.add(card)]
        local = [card.facts for card in files if card.asset.kind == "file" and card.facts]
        fixes = receipts.find_applied_fixes(local)
        for card in files:
            card.fix = fixes.get(card.asset.location)
            is_icon = is_many and _is_tile(card) and card.facts and card.facts.kind == "audio"
            yield card, () if is_icon else _previewed(card)
        for job in chunk.jobs:
            contents.add(job)
            yield job, ()
        for group in sorted_groups(chunk.others):
            contents.add_other(group)
            sections.write("others", group.severity, macros["other"](group, chunk.lines))


def _is_tile(card: FileCard) -> bool:
    return card.state == "fine" and not card.fix


def _previewed(card: FileCard) -> tuple[Facts, ...]:
    """List the file of a card, and the original that an earlier fix made it from."""
    before = card.fix and card.fix.before
    files = (card.facts, before) if card.asset.kind == "file" else ()
    return tuple(facts for facts in files if facts)


def _is_used(card: FileCard | JobCard) -> bool:
    return isinstance(card, FileCard) and any(use.job for use in card.uses)


def _macros(**shared: object) -> Macros:
    get = make_environment().get_template
    modules = {name: get(file).make_module(shared) for name, file in _MACROS.items()}
    return {name: getattr(module, name) for name, module in modules.items()}


def asset(name: str) -> Markup:
    """Read a file that is written into a page."""
    text = resources.files(__name__).joinpath("templates", name).read_text(encoding="ascii")
    return Markup(text)  # noqa: S704 - our own


def digest(text: str) -> str:
    """Return how a policy names a style or a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class Sections(Closing):
    """Text by section and state, on disk if there is much of it."""

    def __init__(self) -> None:
        self._spools: defaultdict[tuple[str, str], Spool] = defaultdict(Spool)

    def write(self, section: str, state: str, text: str) -> None:
        """Append to a section."""
        self._spools[section, state].write_text(text)

    def read(self, section: str) -> Iterator[Markup]:
        """Yield the lines of a section, the worst state first."""
        for state in RANKS:
            if spool := self._spools.get((section, state)):
                for line in spool.texts():
                    yield Markup(line)  # noqa: S704 - templates wrote it

    def __contains__(self, section: str) -> bool:
        return any(name == section for name, _ in self._spools)

    def close(self) -> None:
        """Remove all of it."""
        for spool in self._spools.values():
            spool.close()
