"""A prompt with its tokens in the colours of what they name, each a link to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.job.references.binding import bind
from wanprep.report.html.markup import Html, element, joined
from wanprep.report.html.reference_names import hue_of
from wanprep.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.job.references.binding import BoundToken
    from wanprep.report.html.cards import JobCard

_LONGEST: Final = 12_000


def marked_prompt(card: JobCard, text: str) -> Html:
    """Write a prompt; what names nothing is marked as such."""
    assert card.case  # noqa: S101 - there is no prompt without a job
    kinds = [reference.kind for reference in card.case.meant.references]
    shown, rest = text[:_LONGEST], text[_LONGEST:]
    pieces = list(_pieces(card, shown, bind(shown, kinds).tokens))
    if rest:
        pieces.append(element("span", f" \u2026 and {plural(len(rest), 'character')} more",
                              class_="more"))  # fmt: skip
    return joined(pieces)


def _pieces(card: JobCard, text: str, tokens: tuple[BoundToken, ...]) -> Iterator[Html]:
    assert card.case  # noqa: S101 - as above
    references = card.case.meant.references
    counts: dict[tuple[str, int], tuple[int, str]] = {}
    for place, each in enumerate(references, start=1):
        number = sum(other.kind == each.kind for other in references[:place])
        counts[each.kind, number] = (place, each.pointer)
    at = 0
    for bound in tokens:
        begin, end = bound.token.span
        if begin < at:  # the members of a range, "Images 1-3", share their words
            continue
        yield _lines(text[at:begin])
        hue, pointer = counts.get(bound.reference, (0, "")) if bound.reference else (0, "")
        yield _token(text[begin:end], hue, card, pointer)
        at = end
    yield _lines(text[at:])


def _token(words: str, hue: int, card: JobCard, pointer: str) -> Html:
    if not hue:
        return element("mark", words, class_="token unbound", title="names no reference")
    of_file = card.cards.get(pointer)
    kind = f"token hue-{hue_of(hue)}"
    if of_file is None:
        return element("span", words, class_=kind)
    return element("a", words, class_=kind, href=f"#{of_file.id}")


def _lines(text: str) -> Html:
    lines = text.replace("\r\n", "\n").split("\n")
    return Html("\n".join(joined([line]) for line in lines))
