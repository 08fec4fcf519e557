"""References, voices and first frames that a target has no room for. Leaving them out is asked."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.changes import Proposal, Respell, at, with_what_holds_it
from wanprep.job.references.binding import bind, mentions
from wanprep.job.references.writing import DIALECTS, rewrites
from wanprep.pointers import last, parent
from wanprep.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.findings import Look
    from wanprep.fix.plan.plan import Safety
    from wanprep.job.references.binding import Kind
    from wanprep.rules.target import Target


_STYLE: Final = "prompt-ref-style"


_NUMBER: Final = re.compile(r"\d+")


Pieces = tuple[tuple[tuple[int, int], str], ...]


def dialects(look: Look) -> Iterator[Proposal]:
    """Write names in a dialect that every target shows."""
    prompt = look.case.intent.prompt if look.case else None
    accepted = _accepted(look.targets)
    if not look.case or not prompt or not accepted:
        return
    order = [each.kind for each in look.case.intent.references]
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


_KINDS: Final = {
    "too-many-references": {"image", "video"},
    "too-many-images": {"image"},
    "too-many-videos": {"video"},
}


def surplus_references(look: Look) -> Iterator[Proposal]:
    """Leave out a reference that is too many: from the last, and none that the prompt names."""
    for found in look.about(*_KINDS):
        if found.broken.violation.path == ("voices",):
            yield from _last_voice(look, found.rule)
            continue
        why = f"{found.target.provider_title} takes no more"
        places = _places(look, found.rule)
        tried = (_dropped(look, place, why, found.rule) for place in places)
        limit = found.broken.violation.limit
        yield from islice((each for each in tried if each), max(0, len(places) - limit))


def _places(look: Look, rule: str) -> list[int]:
    references = look.case.intent.references if look.case else ()
    places = [place for place, each in enumerate(references) if each.kind in _KINDS[rule]]
    return places[::-1]


def _dropped(look: Look, place: int, why: str, rule: str) -> Proposal | None:
    case = look.case
    if case is None or (len(case.intent.references) == 1 and not case.intent.first_frame):
        return None
    prompt, order = case.intent.prompt, [each.kind for each in case.intent.references]
    text = prompt.text if prompt else ""
    pieces = renumbered(text, order, place)
    pointer = _entry(look, case.intent.references[place].pointer)
    if pieces is None or _named(look, place) or _bound_voices(look):
        return None
    operations: tuple[Operation, ...] = (with_what_holds_it(look.value, pointer),)
    if prompt and pieces:
        operations += (Respell(prompt.pointer, pieces),)
    told = f"{order[place].capitalize()} {order[: place + 1].count(order[place])}"
    written = at(look.value, case.intent.references[place].pointer)
    return Proposal(
        pointer=pointer,
        operations=operations,
        words=f"leave out {told}, {written}: {why}",
        safety="asks",
        rules=(rule,),
        before=str(written),
    )


def _named(look: Look, place: int) -> bool:
    """Tell whether the prompt speaks of a reference."""
    intent = look.case.intent if look.case else None
    if intent is None or intent.prompt is None:
        return False
    order = [each.kind for each in intent.references]
    kind = order[place]
    this = (kind, order[: place + 1].count(kind))
    bound = {each.reference for each in bind(intent.prompt.text, order).tokens}
    return this in bound or (order.count(kind) == 1 and mentions(intent.prompt.text, kind))


def _bound_voices(look: Look) -> bool:
    """Tell whether voices are bound, elsewhere in the body, to references by their numbers."""
    voices = [each for each in look.case.intent.assets if each.role == "voice"] if look.case else []
    apart = "bindings" in look.native.data["fields"].get("voice", {}) if look.native else False
    return apart and bool(voices)


def _entry(look: Look, pointer: str) -> str:
    """Point at the whole entry of a list of which a value is part."""
    while isinstance(at(look.value, parent(pointer)), dict) and pointer.count("/") > 2:
        pointer = parent(pointer)
    return pointer


def _last_voice(look: Look, rule: str) -> Iterator[Proposal]:
    assets = look.case.intent.assets if look.case else ()
    voices = [each for each in assets if each.role == "voice"]
    for voice in voices[-1:]:
        what = f"the voice {voice.written}: there are more than can be used"
        yield _out(look, voice.pointer, what, rule, "asks")


def surplus_voices(look: Look) -> Iterator[Proposal]:
    """Leave out voices that have no reference to belong to."""
    for found in look.about("parameter-invalid"):
        if found.broken.violation.path == ("voices",):
            yield from _last_voice(look, found.rule)


def voices_of_frames(look: Look) -> Iterator[Proposal]:
    """Leave out the voice of a first frame, which none can have."""
    for found in look.about("voice-unsupported"):
        if found.broken.violation.keyword == "not" and found.pointer.startswith("/body/"):
            what = f"the voice of `{last(found.pointer)}`: a first frame takes none"
            yield _out(look, found.pointer, what, found.rule, "lossy")


def lacking_roles(look: Look) -> Iterator[Proposal]:
    """Leave out what no target has a field for."""
    assets = look.case.intent.assets if look.case and look.targets else ()
    for asset in assets:
        if not all(not target.has_role(asset.role) for target in look.targets):
            continue
        why = f"{asset.written}: {_who(look.targets)} no field for it"
        if asset.role == "voice":
            yield _out(look, asset.pointer, f"the voice {why}", "voice-unsupported", "asks")
        elif asset.role == "first_frame":
            rule = "first-frame-unsupported"
            yield _out(look, asset.pointer, f"the first frame {why}", rule, "asks")
        elif proposal := _reference_at(look, asset.pointer):
            yield proposal


def _reference_at(look: Look, pointer: str) -> Proposal | None:
    references = look.case.intent.references if look.case else ()
    places = [place for place, each in enumerate(references) if each.pointer == pointer]
    why = f"{_who(look.targets)} no field for it"
    return _dropped(look, places[0], why, "reference-kind-unsupported") if places else None


def _who(targets: Sequence[Target]) -> str:
    names = list(dict.fromkeys(target.provider_title for target in targets))
    return f"{listed(names, 'and')} {'has' if len(names) == 1 else 'have'}"


def _out(look: Look, pointer: str, what: str, rule: str, safety: Safety) -> Proposal:
    return Proposal(
        pointer=pointer,
        operations=(with_what_holds_it(look.value, pointer),),
        words=f"leave out {what}",
        safety=safety,
        rules=(rule,),
        before=str(at(look.value, pointer)),
    )
