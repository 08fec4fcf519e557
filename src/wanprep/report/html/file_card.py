"""The card of a file: what it looks like, what it is, what it is for, how it measures up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.report.html.markup import Html, element, icon, joined
from wanprep.report.html.measures import measures
from wanprep.report.html.plain_facts import ROLES, details, headline
from wanprep.report.html.previews import Nothing, Preview
from wanprep.report.html.reference_names import hue_of
from wanprep.report.html.ruler import ruler
from wanprep.report.html.shown import shown
from wanprep.report.html.told import worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.model import Asset
    from wanprep.probe.facts import Facts
    from wanprep.report.html.cards import FileCard, JobCard, Use
    from wanprep.report.html.finding_item import FindingItems
    from wanprep.report.html.mendings import Mending

STATES: Final = {
    "error": "Will be refused",
    "warning": "Risky",
    "note": "A remark",
    "fine": "Nothing found",
    "unknown": "Not looked at",
}
_MOST_USES: Final = 8
_ELSEWHERE: Final = "It lies behind an address. Only its headers are ever looked at."
_INSIDE: Final = "It is written into the job itself, and is not looked at."


def file_card(
    card: FileCard,
    items: FindingItems,
    jobs: Mapping[str, JobCard],
    seen: Mapping[str, Preview],
    mended: Mapping[str, Mending],
) -> Html:
    """Write a card."""
    state, name = worst(card.states), name_of(card.asset)
    preview = _preview(card, seen)
    mending = mended.get(card.asset.location)
    media = _before_and_after(mending, card, preview, seen) if mending else shown(preview, name)
    body = element(
        "div",
        _head(card, name, state),
        _uses(card, jobs),
        _facts(card),
        _mended(mending) if mending else Html(),
        _rulers(card, items),
        _findings(card, items),
        class_="body",
    )
    wide = " wide" if state != "fine" or mending else ""
    wide += " compared" if mending and mending.before else ""
    kind = card.facts.kind if card.facts else "other"
    return element(
        "article",
        element("div", media, class_="media"),
        body,
        class_=f"card file is-{state} of-{kind}{wide} {items.pairs(card.states)}",
        id=card.id,
    )


def name_of(asset: Asset) -> str:
    """Call a file by its name, an address without the key that it may carry."""
    if asset.kind == "data":
        return asset.written.partition(",")[0][:60]
    if asset.kind == "file":
        return os.path.basename(asset.location.rstrip("/")) or asset.location
    try:
        parts = urlsplit(asset.location)
        return os.path.basename(parts.path.rstrip("/")) or parts.hostname or "an address"
    except ValueError:
        return "an address"


def _folder(asset: Asset) -> str:
    if asset.kind == "file":
        return os.path.dirname(os.path.normpath(asset.location))
    try:
        return urlsplit(asset.location).hostname or ""
    except ValueError:
        return ""


def _preview(card: FileCard, seen: Mapping[str, Preview]) -> Preview:
    if card.asset.kind == "file":
        return seen.get(card.asset.location, Nothing("It was not looked at."))
    return Nothing(_INSIDE if card.asset.kind == "data" else _ELSEWHERE)


def _head(card: FileCard, name: str, state: str) -> Html:
    folder = _folder(card.asset)
    return element(
        "header",
        element("p", icon(state), STATES[state], class_="state"),
        element("h3", element("bdi", name)),
        element("p", element("bdi", folder), class_="folder") if folder else Html(),
    )


def _uses(card: FileCard, jobs: Mapping[str, JobCard]) -> Html:
    said = [_use(use, jobs) for use in card.uses]
    unique = list(dict.fromkeys(said))
    rest = len(unique) - _MOST_USES
    if rest > 0:
        unique = [*unique[:_MOST_USES], element("span", f"and in {rest} more", class_="use")]
    return element("p", *unique, class_="uses")


def _use(use: Use, jobs: Mapping[str, JobCard]) -> Html:
    hue = f" hue-{hue_of(use.hue)}" if use.hue else ""
    name = element("b", use.name or ROLES.get(use.role, use.role), class_=f"tag{hue}")
    job = jobs.get(use.job)
    if job is None:
        return element("span", "judged as a ", name, class_="use")
    words = element("bdi", os.path.basename(job.file.file))
    return element("span", name, " in ", element("a", words, href=f"#{job.id}"), class_="use")


def _facts(card: FileCard) -> Html:
    facts = card.facts
    if facts is None or not card.is_seen:
        return Html()
    rows = [
        element("div", element("dt", label), element("dd", value))
        for label, value in details(facts)
    ]
    return joined([
        element("p", headline(facts), class_="headline"),
        element("dl", *rows) if rows and facts.readable else Html(),
    ])  # fmt: skip


def _rulers(card: FileCard, items: FindingItems) -> Html:
    drawn = []
    for each in measures(card):
        # Where limits differ between targets, each ruler says whose it shows.
        whose = items.names(each.targets) if set(each.targets) != set(card.targets) else ""
        verdict = f"{items.verdict(each)}{f' ({whose})' if whose else ''}"
        kind = f"ruler {each.state} {items.classes(each.targets)}"
        drawn.append(element("li", ruler(each, verdict), class_=kind))
    return element("ul", *drawn, class_="rulers") if drawn else Html()


def _findings(card: FileCard, items: FindingItems) -> Html:
    if not card.findings:
        return Html()
    return element("ul", *(items.item(each) for each in card.findings), class_="findings")


def _before_and_after(
    mending: Mending, card: FileCard, after: Preview, seen: Mapping[str, Preview]
) -> Html:
    name = name_of(card.asset)
    result = shown(after, f"{name}, after", mending.padded, "pad")
    if mending.before is None or card.facts is None:
        return result
    before = seen.get(mending.original, Nothing("It was not looked at."))
    original = shown(before, f"{name}, before", mending.cut, "cut")
    return element(
        "div",
        element("figure", original, _caption("Before", mending.before)),
        element("figure", result, _caption("After", card.facts)),
        class_="before-after",
    )


def _caption(word: str, facts: Facts) -> Html:
    return element("figcaption", element("b", word), f" {headline(facts)}")


def _mended(mending: Mending) -> Html:
    steps = [element("li", step) for step in mending.steps]
    like = [_likeness(name, value) for name, value in mending.likeness.items()]
    rows = [element("ul", *steps)]
    if mending.cleared:
        cleared = [piece for rule in mending.cleared for piece in (element("code", rule), " ")]
        rows.append(element("p", "Mended: ", *cleared))
    if like:
        rows.append(element("p", *like, class_="likeness"))
    if mending.before is None:
        rows.append(element("p", "The original is not here any more to be shown."))
    return element("section", element("h4", "What wanprep fix did"), *rows, class_="mended")


def _likeness(name: str, value: float) -> Html:
    words, most = ("Similarity (SSIM)", 1.0) if name == "ssim" else ("Similarity (VMAF)", 100.0)
    shown_as = f"{value:.3f} of 1" if name == "ssim" else f"{value:.1f} of 100"
    share = f"{max(0.0, min(1.0, value / most)) * 100:.1f}%"
    bar = element(
        "svg",
        element("rect", class_="track", width="100%", height="6", rx="3"),
        element("rect", class_="safe", width=share, height="6", rx="3"),
        width="100%",
        height="6",
        aria_hidden="true",
    )
    return element("span", element("span", words), element("b", shown_as), bar)
