"""Parameters that a target does not know, or does not use here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.fix.job.changes import Proposal, at, with_what_holds_it
from wanprep.fix.job.keys import (
    body_names,
    guess,
    item_names,
    job_properties,
    parameter_names,
    renamed,
    shown,
    words_for,
)
from wanprep.pointers import last, parent, steps
from wanprep.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.findings import Found, Look
    from wanprep.fix.job.keys import Guess, Names
    from wanprep.fix.plan.plan import Safety

_USELESS = ("parameter-unknown", "parameter-ignored")


def unknown_parameters(look: Look) -> Iterator[Proposal]:
    """Write a misspelt key as the one that is meant; leave out what nobody here knows."""
    for found in look.about("parameter-unknown"):
        key, members = last(found.pointer), at(look.value, parent(found.pointer))
        names = _names(look, found)
        intent = None if _taken_nowhere(key, names) else guess(key, names, 0.7)
        if intent and intent.key not in members:
            yield renamed(found.pointer, intent.key, certain=intent.certain, rule=found.rule)
        elif not _used(look, found.pointer):
            safety: Safety = "asks" if _carries_media(key, members, intent) else "lossy"
            yield _left_out(look, found, safety, "does not know it")


def _taken_nowhere(key: str, names: Names) -> bool:
    """Tell whether a key is one of ours, so that it is no slip, but has no place here."""
    ours = {**_ours(), **parameter_names()}
    return guess(key, ours, 1.0) is not None and guess(key, names, 1.0) is None


def _ours() -> Names:
    """List what jobs know beside parameters, under all its names."""
    job = job_properties()
    return words_for(job) | words_for(job["references"]["items"]["properties"])


def _carries_media(key: str, members: Mapping[str, Any], intent: Guess | None) -> bool:
    """Tell whether more than a setting would be lost."""
    return guess(key, _ours(), 1.0) is not None or (
        intent is not None and isinstance(members[intent.key], list)
    )


def ignored_parameters(look: Look) -> Iterator[Proposal]:
    """Leave out what has no effect here."""
    for found in look.about("parameter-ignored"):
        if not _used(look, found.pointer):
            yield _left_out(look, found, "lossy", "ignores it here")


def _names(look: Look, found: Found) -> Names:
    """List what a key in this place may mean."""
    if look.native is None or not found.pointer.startswith("/body"):
        return parameter_names()
    place = steps(found.pointer)
    if len(place) == 2:
        return body_names(look.native)
    fields = look.native.data["fields"]
    media = (fields.get("reference_image") or {}, fields.get("reference_video") or {})
    item = next((each["item"] for each in media if each.get("name") == place[1]), None)
    return item_names(item) if item else {}


def _used(look: Look, pointer: str) -> bool:
    """Tell whether some target does something with a parameter."""
    useless = {each.target.id for each in look.about(*_USELESS) if each.pointer == pointer}
    return any(target.id not in useless and _takes(look, pointer) for target in look.targets)


def _takes(look: Look, pointer: str) -> bool:
    return look.case is not None and (
        look.native is None or pointer in look.case.intent.places.values()
    )


def _left_out(look: Look, found: Found, safety: Safety, why: str) -> Proposal:
    useless = [each for each in look.about(*_USELESS) if each.pointer == found.pointer]
    names = list(dict.fromkeys(each.target.provider_title for each in useless))
    who = listed(names, "and")
    return Proposal(
        pointer=found.pointer,
        operations=(with_what_holds_it(look.value, found.pointer),),
        words=f"leave out `{last(found.pointer)}`: {who} {_many(why) if len(names) > 1 else why}",
        safety=safety,
        rules=tuple(dict.fromkeys(each.rule for each in useless)),
        before=shown(at(look.value, found.pointer)),
    )


def _many(why: str) -> str:
    return why.replace("does not", "do not").replace("ignores", "ignore")
