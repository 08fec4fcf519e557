"""What an earlier `wanprep fix` did to a file, by its receipt, where that can be believed.

A receipt is a file like any other, perhaps a stranger's. Files are recognised by their content:
what a receipt says of a result is shown beside exactly that result, and a picture that it calls
the original only if it is that one to the bit.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import WanprepError
from wanprep.fix.hands import sha256
from wanprep.fix.receipt import RECEIPT
from wanprep.probe import probe_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wanprep.probe.facts import Facts

_MOST_BYTES: Final = 64 * 2**20
_LEVELS: Final = 6  # folders upward in which a receipt is looked for
_CROP: Final = re.compile(r"\bcrop=(\d{1,6}):(\d{1,6}):(\d{1,6}):(\d{1,6})")
_LIKENESS: Final = (("ssim", -1.0, 1.0), ("vmaf", 0.0, 100.0))

Box = tuple[float, float, float, float]  # left, top, width, height, of a whole of 1 by 1


@dataclass(frozen=True, slots=True)
class Mending:
    """How a file came to be what it is."""

    steps: tuple[str, ...]
    likeness: Mapping[str, float]
    cleared: tuple[str, ...]  # rules of the findings that it made go away
    original: str  # the path of the original; empty where it is not there any more
    window: tuple[int, int, int, int] | None  # that was kept of it: left, top, width, height
    is_padded: bool
    before: Facts | None = None
    cut: Box | None = None  # the window, of the original as a whole
    padded: Box | None = None  # of the result, the part that is not padding


def find_mendings(files: Iterable[Facts]) -> dict[str, Mending]:
    """Find what receipts nearby say of files, by their paths."""
    entries = cache(_entries)
    known = list(files)
    found = {
        facts.path: told for facts in known if (told := next(_told_of(facts.path, entries), None))
    }
    originals = dict.fromkeys(told.original for told in found.values() if told.original)
    before = {facts.path: facts for facts in probe_many(originals)}
    return {
        facts.path: _placed(found[facts.path], before.get(found[facts.path].original), facts)
        for facts in known
        if facts.path in found
    }


def _told_of(path: str, entries: Callable[[str], list[dict[str, Any]]]) -> Iterator[Mending]:
    for receipt in _receipts(path):
        for told in entries(receipt):
            try:
                if os.path.basename(told["result"]) != os.path.basename(path):
                    continue
                if told["sha256"]["after"] == sha256(path):
                    yield _mending(told, receipt)
            except (LookupError, TypeError, ValueError, AttributeError, WanprepError):
                continue


def _receipts(path: str) -> Iterator[str]:
    folder = os.path.dirname(os.path.abspath(path))
    for _ in range(_LEVELS):
        receipt = os.path.join(folder, RECEIPT)
        if os.path.isfile(receipt) and os.path.getsize(receipt) <= _MOST_BYTES:
            yield receipt
        folder = os.path.dirname(folder)


def _entries(receipt: str) -> list[dict[str, Any]]:
    try:
        with open(receipt, encoding="utf-8") as file:
            assets = json.load(file)["assets"]
        return [each for each in assets if each["outcome"] == "mended"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


def _mending(told: Mapping[str, Any], receipt: str) -> Mending:
    findings = told["findings"]
    rules = [{str(each["rule"]) for each in findings[when]} for when in ("before", "after")]
    return Mending(
        steps=tuple(str(step["words"]) for step in told["steps"]),
        likeness={
            name: float(told["likeness"][name])
            for name, low, high in _LIKENESS
            if low <= float(told["likeness"].get(name, "nan")) <= high
        },
        cleared=tuple(sorted(rules[0] - rules[1])),
        original=_original(told, receipt),
        window=_window(told),
        is_padded=any(step["name"] == "pad" for step in told["steps"]),
    )


def _original(told: Mapping[str, Any], receipt: str) -> str:
    """Find the original, named from where the fix was started: from here, or above its results."""
    source, size = str(told["source"]), told["facts"]["before"]["bytes"]
    folder = os.path.dirname(receipt)
    places = [source]
    for _ in range(3):
        places.append(os.path.join(folder, source))
        folder = os.path.dirname(folder)
    for place in places:
        if not os.path.isfile(place) or os.path.getsize(place) != size:
            continue
        if sha256(place) == told["sha256"]["before"]:
            return place
    return ""


def _placed(mending: Mending, before: Facts | None, after: Facts) -> Mending:
    """Say where the window lies in the original, and the picture in its padding."""
    if before is None or not before.readable:
        return replace(mending, original="")
    whole, window, cut = _shown(before), mending.window, None
    if window and whole and window[0] + window[2] <= whole[0] and window[1] + window[3] <= whole[1]:
        cut = (window[0] / whole[0], window[1] / whole[1],
               window[2] / whole[0], window[3] / whole[1])  # fmt: skip
    padded = None
    if mending.is_padded:
        part = (window[2], window[3]) if window and cut else whole
        padded = _inside(part, _shown(after))
    return replace(mending, before=before, cut=cut, padded=padded)


def _shown(facts: Facts) -> tuple[float, float] | None:
    """Tell the size with square pixels."""
    if facts.kind == "video":
        from wanprep.fix.film.shapes import square_size

        return square_size(facts)
    return (facts.width, facts.height) if facts.width and facts.height else None


def _window(told: Mapping[str, Any]) -> tuple[int, int, int, int] | None:
    """Read the window of a picture out of its settings, a clip's out of how ffmpeg ran."""
    window = told.get("settings", {}).get("window")
    if isinstance(window, list) and len(window) == 4:
        numbers = tuple(each for each in window if isinstance(each, int) and 0 <= each < 10**6)
        return numbers if len(numbers) == 4 and numbers[2] and numbers[3] else None
    words = " ".join(str(word) for command in told.get("commands", ()) for word in command)
    if match := _CROP.search(words):
        width, height, left, top = (int(number) for number in match.groups())
        return (left, top, width, height) if width and height else None
    return None


def _inside(part: tuple[float, float] | None, canvas: tuple[float, float] | None) -> Box | None:
    """Place a picture in the middle of a canvas, as large as fits."""
    if part is None or canvas is None:
        return None
    factor = min(canvas[0] / part[0], canvas[1] / part[1])
    width, height = part[0] * factor / canvas[0], part[1] * factor / canvas[1]
    return ((1 - width) / 2, (1 - height) / 2, width, height)
