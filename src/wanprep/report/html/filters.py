"""Filters that need no script: radio buttons, and rules of style that follow from them.

Whoever opens the page in a browser that does not know `:has` sees everything and no filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.report.html.markup import Html, element, icon, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHOWN: Final = {
    "error": "Errors",
    "warning": "Warnings",
    "note": "Notes",
    "unknown": "Not looked at",
    "fine": "Nothing found",
}
_EMPTY: Final = {
    "any": "Nothing here was checked for {whom}.",
    "error": "No errors for {whom}.",
    "warning": "No warnings for {whom}.",
    "note": "No notes for {whom}.",
    "unknown": "Everything was looked at for {whom}.",
    "fine": "There is something to be said of every file and job for {whom}.",
}

States = frozenset[tuple[str, str]]


def bar(targets: Mapping[str, str], states: Iterable[States]) -> Html:
    """Write the buttons; only those that would show something."""
    each = list(states)
    kinds = [name for name in _SHOWN if any(name == kind for of in each for kind, _ in of)]
    groups = []
    if len(kinds) > 1:
        counts = {name: sum(any(name == kind for kind, _ in of) for of in each) for name in kinds}
        buttons = [_button("show", "all", Html("Everything"), checked=True)]
        buttons += [_button("show", name, _counted(name, counts[name])) for name in kinds]
        groups.append(_group("Show", buttons))
    if len(targets) > 1:
        buttons = [_button("for", "all", Html("All targets"), checked=True)]
        buttons += [
            _button("for", f"t{number}", joined([name]))
            for number, name in enumerate(targets.values(), start=1)
        ]
        groups.append(_group("For", buttons))
    return element("form", *groups, class_="filters", autocomplete="off") if groups else Html()


def _counted(name: str, count: int) -> Html:
    number = element("span", str(count), class_="count")
    return joined([icon(name), _SHOWN[name], " ", number])


def _group(legend: str, buttons: Iterable[Html]) -> Html:
    return element("fieldset", element("legend", legend), *buttons)


def _button(group: str, value: str, words: Html, *, checked: bool = False) -> Html:
    field = element("input", type="radio", name=group, value=value, id=f"{group}-{value}",
                    checked=checked)  # fmt: skip
    return element("label", field, element("span", words))


def style_of_filters(targets: Mapping[str, str]) -> str:
    """Write the rules that hide what is not asked for; a card that a link leads to stays."""
    return "@supports selector(:has(*)){.filters{display:flex}" + "".join(_rules(targets)) + "}"


def _rules(targets: Mapping[str, str]) -> Iterator[str]:
    numbers = range(1, len(targets) + 1) if len(targets) > 1 else range(0)
    kept = ":not(:target)"
    for name in _SHOWN:
        asked = f":root:has(#show-{name}:checked)"
        yield f"{asked} .card:not(.any-{name}){kept},{asked} .finding:not(.{name}){{display:none}}"
        yield f"{asked} .group:not(.any-{name}){{display:none}}"
        for number in numbers:
            both = f"{asked}:has(#for-t{number}:checked)"
            yield f"{both} :is(.card{kept},.group):not(.{name}-t{number}){{display:none}}"
            yield f"{both} .empty-{name}-t{number}{{display:block}}"
    for number in numbers:
        asked = f":root:has(#for-t{number}:checked)"
        hidden = f":is(.card{kept},.group,.finding,.variant,.rulers>.ruler,.verdict)"
        yield f"{asked} {hidden}:not(.t{number}){{display:none}}"
        yield f":root:has(#show-all:checked):has(#for-t{number}:checked) .empty-any-t{number}"
        yield "{display:block}"


def empties(targets: Mapping[str, str], states: Iterable[States]) -> Html:
    """Say it where a choice leaves nothing to show."""
    there = {pair for of in states for pair in of}
    offered = {"any", *(kind for kind, _ in there)}
    missing = []
    for number, (target, whom) in enumerate(targets.items(), start=1):
        for name, words in _EMPTY.items():
            if name in offered and not any(
                target in {whose, ""} and name in {kind, "any"} for kind, whose in there
            ):
                missing.append(element("p", words.format(whom=whom),
                                       class_=f"empty empty-{name}-t{number}"))  # fmt: skip
    return joined(missing) if len(targets) > 1 else Html()
