"""Values that a target refuses: what can only be meant, and else the nearest that it takes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import Promise, Proposal, Put, at, with_what_holds_it
from wanprep.fix.job.findings import allowed_values, common_name, limit_of, natively
from wanprep.fix.job.keys import shown
from wanprep.pointers import below, last
from wanprep.rules.bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.fix.job.findings import Found, Look
    from wanprep.fix.plan.plan import Safety


_RATIO: Final = re.compile(
    r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*[:/x\u00d7]\s*(\d{1,5}(?:\.\d{1,4})?)\s*", re.IGNORECASE
)


_LINES: Final = re.compile(r"\s*(\d{1,5})\s*([pik]?)\s*", re.IGNORECASE)


_WHOLE: Final = re.compile(r"\s*([-+]?\d{1,15})(?:\.0{1,15})?\s*")


_YES: Final = frozenset({"true", "yes", "on", "1"})


_NO: Final = frozenset({"false", "no", "off", "0"})


def surely(value: Any, limit: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the value that can only be meant, of the type that is wanted; None if none can."""
    wanted = limit.get("type")
    constant = limit.get("const")
    if wanted == "boolean":
        word = str(value).strip().lower()
        return word in _YES if word in _YES | _NO else None
    numeric = wanted == "integer" or (isinstance(constant, int) and not isinstance(constant, bool))
    if numeric and isinstance(value, str):
        whole = _WHOLE.fullmatch(value)
        return int(whole[1]) if whole else None
    names = [each for each in limit.get("enum", (constant,)) if isinstance(each, str)]
    alike = [name for name in names if _same(value, name)]
    return alike[0] if len(alike) == 1 else None


def _same(value: object, name: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value).strip().lower()
    if text == name.lower() or (text and f"{text}p" == name.lower()):
        return True
    return ":" in name and bool(text) and measure(text) == measure(name)


def measure(value: object) -> float | None:
    """Measure a value: a shape by the angle of its diagonal, a size by its lines."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if (ratio := _RATIO.fullmatch(text)) and float(ratio[1]) and float(ratio[2]):
        return math.log(float(ratio[1]) / float(ratio[2]))
    if (lines := _LINES.fullmatch(text)) and int(lines[1]):
        return math.log(int(lines[1]) * (540 if lines[2].lower() == "k" else 1))
    return None


def nearest(value: object, allowed: Iterable[Any]) -> list[Any]:
    """Sort allowed values by how near they are; of two that are equally near, the larger later.

    An only value is the nearest one, whatever was written.
    """
    listed = [*allowed]
    if len(listed) == 1:
        return listed
    here = measure(value)
    if here is None:
        return []
    alike = [each for each in listed if isinstance(each, str) == isinstance(value, str)]
    apart = [
        (abs(there - here), there, each) for each in alike if (there := measure(each)) is not None
    ]
    return [each for _, _, each in sorted(apart, key=lambda entry: (round(entry[0], 9), entry[1]))]


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
            intent = surely(_SECONDS.sub("", value), limit_of(found))
        else:
            intent = surely(value, limit_of(found))
        intent = natively(look, name, intent)
        if intent is not None and (type(intent), intent) != (type(value), value):
            yield _put(look, found, intent, "safe", "worse-nowhere")


def spelt_parameters(look: Look) -> Iterator[Proposal]:
    """Write parameters in small letters, as they are matched: 1080P is 1080p."""
    if look.native or not look.case:
        return
    for name, intent in look.case.intent.parameters.items():
        pointer = below("/parameters", name)
        value = at(look.value, pointer)
        if not isinstance(value, str) or value == intent or name == "callback_url":
            continue
        if any(intent in bound for bound in _choices(look, name)):
            yield _written(pointer, value, intent)


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
                intent = natively(look, name, candidate)
                if intent != value:
                    yield _put(look, found, intent, "asks", "settled")


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


def _put(look: Look, found: Found, intent: object, safety: Safety, promise: Promise) -> Proposal:
    proposal = _written(found.pointer, at(look.value, found.pointer), intent)
    return replace(proposal, safety=safety, rules=(found.rule,), promise=promise)


def _written(pointer: str, value: object, intent: object) -> Proposal:
    return Proposal(
        pointer=pointer,
        operations=(Put(pointer, intent),),
        words=f"write {_told(value, intent)} for `{last(pointer)}`",
        safety="safe",
        rules=(),
        before=shown(value),
        after=shown(intent),
    )


def _told(value: object, intent: object) -> str:
    """Say both values so that a text and a number look different."""
    if isinstance(value, str) and not isinstance(intent, str):
        kind = "" if isinstance(intent, bool) else "the number "
        return f'{kind}{shown(intent)} instead of the text "{value}"'
    return f"{shown(intent)} instead of {shown(value)}"
