"""Values that a target refuses: what can only be meant, and else the nearest that it takes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.limits import allowed_values, common_name, limit_of, natively
from wanprep.fix.job.measures import nearest, surely
from wanprep.fix.job.operations import Put, at, with_what_holds_it
from wanprep.fix.job.proposal import Promise, Proposal
from wanprep.fix.job.shapes import shown
from wanprep.judge.bounds import bounds
from wanprep.pointers import below, last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.look import Found, Look
    from wanprep.fix.steps import Safety

_INVALID: Final = "parameter-invalid"
# Its neighbours mean nothing: without one, the provider chooses.
_CHOSEN_FREELY: Final = "seed"
_SECONDS: Final = re.compile(r"(?<=\d)\s{0,9}s(?:ec(?:ond)?s?)?\.?\s*\Z", re.IGNORECASE)


def sure_values(look: Look) -> Iterator[Proposal]:
    """Write what can only be meant: 5 for "5", true for "yes", 720P for 720p."""
    for found in look.about(_INVALID):
        value = at(look.value, found.pointer)
        name = common_name(look, found)
        if name == "duration" and isinstance(value, str):
            meant = surely(_SECONDS.sub("", value), limit_of(found))
        else:
            meant = surely(value, limit_of(found))
        meant = natively(look, name, meant)
        if meant is not None and (type(meant), meant) != (type(value), value):
            yield _put(look, found, meant, "safe", "worse-nowhere")


def spelt_parameters(look: Look) -> Iterator[Proposal]:
    """Write parameters in small letters, as they are matched: 1080P is 1080p."""
    if look.native or not look.case:
        return
    for name, meant in look.case.meant.parameters.items():
        pointer = below("/parameters", name)
        value = at(look.value, pointer)
        if not isinstance(value, str) or value == meant or name == "callback_url":
            continue
        if any(meant in bound for bound in _choices(look, name)):
            yield _written(pointer, value, meant)


def _choices(look: Look, name: str) -> Iterator[list[Any]]:
    for target in look.targets:
        for bound in bounds(target.job):
            if bound.path == ("parameters", name) and bound.keyword == "enum":
                yield bound.value


def nearest_values(look: Look) -> Iterator[Proposal]:
    """Ask for the nearest value that every target takes; a seed is left out instead."""
    for found in look.about(_INVALID):
        value, name = at(look.value, found.pointer), common_name(look, found)
        if name == _CHOSEN_FREELY and isinstance(value, int | float):
            yield _without(look, found)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            allowed = allowed_values(look, found)
            if isinstance(value, float):
                allowed += [math.floor(value), math.ceil(value)]
            for candidate in nearest(value, allowed):
                meant = natively(look, name, candidate)
                if meant != value:
                    yield _put(look, found, meant, "asks", "settled")


def _without(look: Look, found: Found) -> Proposal:
    value = at(look.value, found.pointer)
    return Proposal(
        pointer=found.pointer,
        operations=(with_what_holds_it(look.value, found.pointer),),
        words=f"leave out `{last(found.pointer)}`: {shown(value)} is not allowed, and without "
        "one the provider chooses",
        safety="asks",
        rules=(_INVALID,),
        before=shown(value),
    )


def _put(look: Look, found: Found, meant: object, safety: Safety, promise: Promise) -> Proposal:
    proposal = _written(found.pointer, at(look.value, found.pointer), meant)
    return replace(proposal, safety=safety, rules=(found.rule,), promise=promise)


def _written(pointer: str, value: object, meant: object) -> Proposal:
    return Proposal(
        pointer=pointer,
        operations=(Put(pointer, meant),),
        words=f"write {_told(value, meant)} for `{last(pointer)}`",
        safety="safe",
        rules=(),
        before=shown(value),
        after=shown(meant),
    )


def _told(value: object, meant: object) -> str:
    """Say both values so that a text and a number look different."""
    if isinstance(value, str) and not isinstance(meant, str):
        kind = "" if isinstance(meant, bool) else "the number "
        return f'{kind}{shown(meant)} instead of the text "{value}"'
    return f"{shown(meant)} instead of {shown(value)}"
