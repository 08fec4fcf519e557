"""Read from receipts what an earlier `wanprep fix` did to a file.

A receipt is untrusted: it may come from anywhere. A result and its original are shown as such
only if their SHA-256 is the one in the receipt.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.files.atomic import sha256_of
from wanprep.fix.receipt import RECEIPT, read_entries
from wanprep.media import probe_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.media.facts import Facts

_MOST_BYTES: Final = 64 * 2**20
_LEVELS: Final = 6  # folders upward in which a receipt is looked for
_CROP: Final = re.compile(r"\bcrop=(\d{1,6}):(\d{1,6}):(\d{1,6}):(\d{1,6})")
_SIMILARITY: Final = (("ssim", -1.0, 1.0), ("vmaf", 0.0, 100.0))

Box = tuple[float, float, float, float]  # left, top, width, height, of a whole of 1 by 1


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """What was done to a file, and the original if it is still there."""

    steps: tuple[str, ...]
    similarity: Mapping[str, float]
    cleared: tuple[str, ...]  # rules whose findings are gone
    original: str  # path of the original; empty if it is gone or changed
    window: tuple[int, int, int, int] | None  # kept by a crop: left, top, width, height
    is_padded: bool
    before: Facts | None = None
    cut: Box | None = None  # the window, as a part of the original
    padded: Box | None = None  # the part of the result that is not padding


class ReceiptReader:
    """Finds what earlier fixes did, and reads each receipt once."""

    def __init__(self) -> None:
        self._entries = cache(_entries)
        self._receipts = cache(lambda folder: tuple(_receipts(folder)))

    def find_applied_fixes(self, files: Iterable[Facts]) -> dict[str, AppliedFix]:
        """Find the receipts of files, in their folders and above; by path."""
        found = {
            facts.path: (fix, facts)
            for facts in files
            if (fix := next(self._fixes_of(facts.path), None))
        }
        originals = dict.fromkeys(fix.original for fix, _ in found.values() if fix.original)
        before = {facts.path: facts for facts in probe_many(originals)} if originals else {}
        return {
            path: _placed(fix, before.get(fix.original), after)
            for path, (fix, after) in found.items()
        }

    def _fixes_of(self, path: str) -> Iterator[AppliedFix]:
        for receipt in self._receipts(os.path.dirname(os.path.abspath(path))):
            for entry in self._entries(receipt):
                try:
                    if os.path.basename(entry["result"]) != os.path.basename(path):
                        continue
                    if entry["sha256"]["after"] == sha256_of(path):
                        yield _applied_fix(entry, receipt)
                except (LookupError, TypeError, ValueError, AttributeError, WanprepError):
                    continue


def _receipts(folder: str) -> Iterator[str]:
    for _ in range(_LEVELS):
        receipt = os.path.join(folder, RECEIPT)
        if os.path.isfile(receipt) and os.path.getsize(receipt) <= _MOST_BYTES:
            yield receipt
        folder = os.path.dirname(folder)


def _entries(receipt: str) -> list[dict[str, Any]]:
    return [each for each in read_entries(receipt)["assets"] if each.get("outcome") == "mended"]


def _applied_fix(entry: Mapping[str, Any], receipt: str) -> AppliedFix:
    findings = entry["findings"]
    rules = [{str(each["rule"]) for each in findings[when]} for when in ("before", "after")]
    return AppliedFix(
        steps=tuple(str(step["words"]) for step in entry["steps"]),
        similarity={
            name: float(entry["likeness"][name])
            for name, low, high in _SIMILARITY
            if low <= float(entry["likeness"].get(name, "nan")) <= high
        },
        cleared=tuple(sorted(rules[0] - rules[1])),
        original=_original(entry, receipt),
        window=_window(entry),
        is_padded=any(step["name"] == "pad" for step in entry["steps"]),
    )


def _original(entry: Mapping[str, Any], receipt: str) -> str:
    """Find the original: the receipt names it from where the fix ran, near or above the results."""
    source, size = str(entry["source"]), entry["facts"]["before"]["bytes"]
    folder = os.path.dirname(receipt)
    paths = [source]
    for _ in range(3):
        paths.append(os.path.join(folder, source))
        folder = os.path.dirname(folder)
    for path in paths:
        if not os.path.isfile(path) or os.path.getsize(path) != size:
            continue
        if sha256_of(path) == entry["sha256"]["before"]:
            return path
    return ""


def _placed(fix: AppliedFix, before: Facts | None, after: Facts) -> AppliedFix:
    """Compute where the crop lies in the original, and the image in its padding."""
    if before is None or not before.readable:
        return replace(fix, original="")
    whole, window, cut = _size(before), fix.window, None
    if window and whole and window[0] + window[2] <= whole[0] and window[1] + window[3] <= whole[1]:
        cut = (window[0] / whole[0], window[1] / whole[1],
               window[2] / whole[0], window[3] / whole[1])  # fmt: skip
    padded = None
    if fix.is_padded:
        part = (window[2], window[3]) if window and cut else whole
        padded = _inside(part, _size(after))
    return replace(fix, before=before, cut=cut, padded=padded)


def _size(facts: Facts) -> tuple[float, float] | None:
    """Return the size with square pixels."""
    if facts.kind == "video":
        from wanprep.fix.plan.sizes import square_size

        return square_size(facts)
    return (facts.width, facts.height) if facts.width and facts.height else None


def _window(entry: Mapping[str, Any]) -> tuple[int, int, int, int] | None:
    """Read the crop of an image from its settings, of a video from the ffmpeg command."""
    window = entry.get("settings", {}).get("window")
    if isinstance(window, list) and len(window) == 4:
        numbers = tuple(each for each in window if isinstance(each, int) and 0 <= each < 10**6)
        return numbers if len(numbers) == 4 and numbers[2] and numbers[3] else None
    words = " ".join(str(word) for command in entry.get("commands", ()) for word in command)
    if match := _CROP.search(words):
        width, height, left, top = (int(number) for number in match.groups())
        return (left, top, width, height) if width and height else None
    return None


def _inside(part: tuple[float, float] | None, canvas: tuple[float, float] | None) -> Box | None:
    """Center a part on a canvas, as large as fits."""
    if part is None or canvas is None:
        return None
    factor = min(canvas[0] / part[0], canvas[1] / part[1])
    width, height = part[0] * factor / canvas[0], part[1] * factor / canvas[1]
    return ((1 - width) / 2, (1 - height) / 2, width, height)
