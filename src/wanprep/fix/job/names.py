"""What a prompt calls its references: in the target's dialect, and renumbered where one goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.operations import Respell
from wanprep.fix.job.proposal import Proposal
from wanprep.job.references.binding import bind
from wanprep.job.references.writing import DIALECTS, rewrites

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.look import Look
    from wanprep.job.references.binding import Kind
    from wanprep.judge.target import Target

_STYLE: Final = "prompt-ref-style"
_NUMBER: Final = re.compile(r"\d+")

Pieces = tuple[tuple[tuple[int, int], str], ...]


def dialects(look: Look) -> Iterator[Proposal]:
    """Write names in a dialect that every target shows."""
    prompt = look.case.meant.prompt if look.case else None
    accepted = _accepted(look.targets)
    if not look.case or not prompt or not accepted:
        return
    order = [each.kind for each in look.case.meant.references]
    said = {each.broken.span for each in look.about(_STYLE)}
    doubted = {each.token.span for each in bind(prompt.text, order).tokens
               if _shown_too(each.token.style, look.targets)}  # fmt: skip
    pieces = [each for each in rewrites(prompt.text, order, accepted) if each[0] in said]
    for certain in (True, False):
        some = tuple(each for each in pieces if certain is (each[0] not in doubted))
        if some:
            yield _written(prompt.pointer, prompt.text, some, certain=certain)


def _accepted(targets: Sequence[Target]) -> list[str]:
    """List the dialects, beginning with the first target's favourite, that all targets show."""
    shown = [target.data["prompt_styles"] for target in targets if "prompt_styles" in target.data]
    common = [each for each in shown[0] if all(each in more for more in shown)] if shown else []
    return common if any(each in DIALECTS for each in common) else []


def _shown_too(style: str, targets: Sequence[Target]) -> bool:
    """Tell whether a provider's own pages show a dialect too, so that it may be the better one."""
    notes = (target.data.get("doubtful_styles", {}).get(style) for target in targets)
    return any(note and note["x-source"]["confidence"] == "documented" for note in notes)


def _written(pointer: str, prompt: str, pieces: Pieces, *, certain: bool) -> Proposal:
    pairs = dict.fromkeys((prompt[start:end], text.strip()) for (start, end), text in pieces)
    told = ", ".join(f"{after} instead of {before}" for before, after in pairs)
    return Proposal(
        pointer=pointer,
        operations=(Respell(pointer, pieces),),
        words=f"write {told}",
        safety="safe" if certain else "asks",
        rules=(_STYLE,),
        before=", ".join(before for before, _ in pairs),
        after=", ".join(after for _, after in pairs),
    )


def renumbered(prompt: str, order: Sequence[Kind], gone: int) -> Pieces | None:
    """Give those behind a reference that goes their new numbers; None if that cannot be done."""
    left = [kind for place, kind in enumerate(order) if place != gone]
    number = order[: gone + 1].count(order[gone])
    pieces: dict[tuple[int, int], str] = {}
    for each in bind(prompt, order).tokens:
        if each.reference is None:
            continue
        if each.token.kind == "character":
            later = each.token.index - 1 > gone
        else:
            later = each.reference[0] == order[gone] and each.reference[1] > number
        if not later:
            continue
        text, count = _NUMBER.subn(str(each.token.index - 1), each.token.text)
        if count != 1 or each.token.span in pieces:
            return None
        pieces[each.token.span] = text
    written = tuple(sorted(pieces.items()))
    return written if _as_many(prompt, order, left, written) else None


def _as_many(prompt: str, order: Sequence[Kind], left: Sequence[Kind], pieces: Pieces) -> bool:
    """Tell whether as many names as before mean a reference."""
    after = bind(Respell("", pieces).text(prompt), left).tokens
    before = bind(prompt, order).tokens
    return [each.reference is None for each in after] == [each.reference is None for each in before]
