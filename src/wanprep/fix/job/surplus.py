"""References, voices and first frames that a target has no room for. Leaving them out is asked."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.fix.job.names import renumbered
from wanprep.fix.job.operations import Respell, at, with_what_holds_it
from wanprep.fix.job.proposal import Proposal
from wanprep.job.references.binding import bind, mentions
from wanprep.judge.judge_asset import lacks
from wanprep.judge.message import provider_name
from wanprep.pointers import last, parent
from wanprep.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.look import Look
    from wanprep.fix.job.operations import Operation
    from wanprep.fix.steps import Safety
    from wanprep.judge.target import Target

_KINDS: Final = {
    "too-many-references": {"image", "video"},
    "too-many-images": {"image"},
    "too-many-videos": {"video"},
}


def surplus_references(look: Look) -> Iterator[Proposal]:
    """Leave out a reference that is too many: from the last, and none that the prompt names."""
    for found in look.about(*_KINDS):
        if found.broken.broken.path == ("voices",):
            yield from _last_voice(look, found.rule)
            continue
        why = f"{provider_name(found.target)} takes no more"
        places = _places(look, found.rule)
        tried = (_dropped(look, place, why, found.rule) for place in places)
        limit = found.broken.broken.limit
        yield from islice((each for each in tried if each), max(0, len(places) - limit))


def _places(look: Look, rule: str) -> list[int]:
    references = look.case.meant.references if look.case else ()
    places = [place for place, each in enumerate(references) if each.kind in _KINDS[rule]]
    return places[::-1]


def _dropped(look: Look, place: int, why: str, rule: str) -> Proposal | None:
    case = look.case
    if case is None or (len(case.meant.references) == 1 and not case.meant.first_frame):
        return None
    prompt, order = case.meant.prompt, [each.kind for each in case.meant.references]
    text = prompt.text if prompt else ""
    pieces = renumbered(text, order, place)
    pointer = _entry(look, case.meant.references[place].pointer)
    if pieces is None or _named(look, place) or _bound_voices(look):
        return None
    operations: tuple[Operation, ...] = (with_what_holds_it(look.value, pointer),)
    if prompt and pieces:
        operations += (Respell(prompt.pointer, pieces),)
    told = f"{order[place].capitalize()} {order[: place + 1].count(order[place])}"
    written = at(look.value, case.meant.references[place].pointer)
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
    meant = look.case.meant if look.case else None
    if meant is None or meant.prompt is None:
        return False
    order = [each.kind for each in meant.references]
    kind = order[place]
    this = (kind, order[: place + 1].count(kind))
    bound = {each.reference for each in bind(meant.prompt.text, order).tokens}
    return this in bound or (order.count(kind) == 1 and mentions(meant.prompt.text, kind))


def _bound_voices(look: Look) -> bool:
    """Tell whether voices are bound, elsewhere in the body, to references by their numbers."""
    voices = [each for each in look.case.meant.assets if each.role == "voice"] if look.case else []
    apart = "bindings" in look.native.data["fields"].get("voice", {}) if look.native else False
    return apart and bool(voices)


def _entry(look: Look, pointer: str) -> str:
    """Point at the whole entry of a list of which a value is part."""
    while isinstance(at(look.value, parent(pointer)), dict) and pointer.count("/") > 2:
        pointer = parent(pointer)
    return pointer


def _last_voice(look: Look, rule: str) -> Iterator[Proposal]:
    assets = look.case.meant.assets if look.case else ()
    voices = [each for each in assets if each.role == "voice"]
    for voice in voices[-1:]:
        what = f"the voice {voice.written}: there are more than can be used"
        yield _out(look, voice.pointer, what, rule, "asks")


def surplus_voices(look: Look) -> Iterator[Proposal]:
    """Leave out voices that have no reference to belong to."""
    for found in look.about("parameter-invalid"):
        if found.broken.broken.path == ("voices",):
            yield from _last_voice(look, found.rule)


def voices_of_frames(look: Look) -> Iterator[Proposal]:
    """Leave out the voice of a first frame, which none can have."""
    for found in look.about("voice-unsupported"):
        if found.broken.broken.keyword == "not" and found.pointer.startswith("/body/"):
            what = f"the voice of `{last(found.pointer)}`: a first frame takes none"
            yield _out(look, found.pointer, what, found.rule, "lossy")


def lacking_roles(look: Look) -> Iterator[Proposal]:
    """Leave out what no target has a field for."""
    assets = look.case.meant.assets if look.case and look.targets else ()
    for asset in assets:
        if not all(lacks(target, asset.role) for target in look.targets):
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
    references = look.case.meant.references if look.case else ()
    places = [place for place, each in enumerate(references) if each.pointer == pointer]
    why = f"{_who(look.targets)} no field for it"
    return _dropped(look, places[0], why, "reference-kind-unsupported") if places else None


def _who(targets: Sequence[Target]) -> str:
    names = list(dict.fromkeys(provider_name(target) for target in targets))
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
