"""The card of a job: its prompt, what it refers to, its parameters, and what was found of it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from wanprep.report.html.file_card import name_of
from wanprep.report.html.markup import Html, element, icon
from wanprep.report.html.plain_facts import ROLES
from wanprep.report.html.prompt import marked_prompt
from wanprep.report.html.reference_names import hue_of, reference_names
from wanprep.report.html.shown import tiny
from wanprep.report.html.told import worst
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.cases import Case
    from wanprep.report.html.cards import JobCard
    from wanprep.report.html.finding_item import FindingItems
    from wanprep.report.html.previews import Preview

_VERDICTS: Final = {"pass": ("fine", "fits"), "fail": ("error", "does not fit"),
                    "unknown": ("unknown", "not known")}  # fmt: skip
_LONGEST: Final = 200


def job_card(card: JobCard, items: FindingItems, seen: Mapping[str, Preview]) -> Html:
    """Write a card."""
    name = os.path.basename(card.file.file)
    parts = [_head(card, name, items)]
    if card.case:
        parts += [_prompts(card, card.case), _references(card, card.case, seen)]
        parts.append(_parameters(card.case))
    if card.findings:
        found = [items.item(each, quote=True) for each in card.findings]
        parts.append(element("ul", *found, class_="findings"))
    state = worst(card.states)
    return element(
        "article", *parts, class_=f"card job is-{state} {items.pairs(card.states)}", id=card.id
    )


def _head(card: JobCard, name: str, items: FindingItems) -> Html:
    folder = os.path.dirname(card.file.file)
    title = f"{name}, document {card.number}" if card.number > 1 else name
    verdicts = [_verdict(card, target, items) for target in card.verdicts]
    return element(
        "header",
        element("h3", element("bdi", title)),
        element("p", element("bdi", folder), class_="folder") if folder else Html(),
        element("ul", *verdicts, class_="verdicts"),
    )


def _verdict(card: JobCard, target: str, items: FindingItems) -> Html:
    state, word = _VERDICTS[card.verdicts[target]]
    whom = element("b", items.called(target)) if target else "This is no job that can be read: it"
    return element(
        "li", icon(state), whom, f" {word}", class_=f"verdict is-{state} {items.classes([target])}"
    )


def _prompts(card: JobCard, case: Case) -> Html:
    prompt, negative = case.meant.prompt, case.meant.negative_prompt
    said = element("p", "There is no prompt.", class_="prompt none")
    if prompt:
        said = element("p", marked_prompt(card, prompt.text), class_="prompt", dir="auto")
    if negative is None:
        return said
    without = element("span", "without ", class_="label")
    text = negative.text if len(negative.text) <= 1000 else f"{negative.text[:1000]}\u2026"
    return element("div", said, element("p", without, text, class_="negative", dir="auto"))


def _references(card: JobCard, case: Case, seen: Mapping[str, Preview]) -> Html:
    chips = list(_chips(card, case, seen))
    return element("ul", *chips, class_="references") if chips else Html()


def _chips(card: JobCard, case: Case, seen: Mapping[str, Preview]) -> Iterator[Html]:
    names = reference_names(case)
    for asset in case.meant.assets:
        of_file = card.cards[asset.pointer]
        name, hue = names.get(asset.pointer, ("", 0))
        use = next((each.name for each in of_file.uses if each.job == card.id), "")
        state = card.state_at(asset.pointer)
        preview = seen.get(of_file.asset.location) if asset.kind == "file" else None
        words = element(
            "span",
            element("b", name or use or ROLES[asset.role]),
            element("span", element("bdi", name_of(asset)), class_="name"),
            class_="words",
        )
        inner = (element("span", tiny(preview, ""), class_="stamp"), words, icon(state))
        colour = f" hue-{hue_of(hue)}" if hue else ""
        chip = element("a", *inner, href=f"#{of_file.id}", class_=f"chip is-{state}{colour}")
        yield element("li", chip)


def _parameters(case: Case) -> Html:
    said = [
        element("div", element("dt", name), element("dd", _short(value)))
        for name, value in case.meant.parameters.items()
    ]
    if not said:
        return Html()
    return element("dl", *said, class_="parameters", aria_label=plural(len(said), "parameter"))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\u2026"
