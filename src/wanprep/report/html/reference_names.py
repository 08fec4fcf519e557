"""What a job's prompt calls its references, and the colours by which a page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.pointers import parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.cases import Case
    from wanprep.job.model import Asset

_HUES: Final = 8


def hue_of(place: int) -> int:
    """Take the colours one after the other, and again from the first."""
    return (place - 1) % _HUES + 1


def reference_names(case: Case) -> dict[str, tuple[str, int]]:
    """Tell what a prompt calls each reference, and its colour there, by its pointer."""
    names: dict[str, tuple[str, int]] = {}
    counts = {"image": 0, "video": 0}
    for hue, reference in enumerate(case.meant.references, start=1):
        counts[reference.kind] += 1
        name = f"{reference.kind.capitalize()} {counts[reference.kind]}"
        names[reference.pointer] = (name, hue)
    if case.meant.first_frame:
        names[case.meant.first_frame] = ("First frame", 0)
    return names


def voice_of(asset: Asset, names: Mapping[str, tuple[str, int]]) -> str:
    """Say whose voice it is, where both stand in one entry of the references."""
    entry = parent(asset.pointer)
    whose = next((name for at, (name, hue) in names.items() if hue and parent(at) == entry), "")
    return f"Voice of {whose}" if whose and entry.startswith("/references/") else "Voice"
