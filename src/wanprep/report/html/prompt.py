"""A prompt with its tokens in the colors of the references that they name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.job.references.binding import bind
from wanprep.job.references.dialects import PLAIN
from wanprep.job.roles import VOICE
from wanprep.pointers import parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.inputs import Case
    from wanprep.job.model import Asset

LONGEST_PROMPT: Final = 12_000
_HUES: Final = 8


@dataclass(frozen=True, slots=True)
class ReferenceName:
    """What the prompt calls a reference, and its color: 1 to 8, or 0 for none."""

    name: str
    hue: int = 0


def name_references(case: Case) -> dict[str, ReferenceName]:
    """Name each asset as prompts do, by its pointer; the colors repeat after the eighth."""
    names: dict[str, ReferenceName] = {}
    counts: Counter[str] = Counter()
    for place, reference in enumerate(case.intent.references):
        counts[reference.name] += 1
        name = f"{reference.name.capitalize()} {counts[reference.name]}"
        names[reference.pointer] = ReferenceName(name, place % _HUES + 1)
    for asset in case.intent.assets:
        if asset.pointer not in names:
            names[asset.pointer] = ReferenceName(_other_name(asset, names))
    return names


def _other_name(asset: Asset, names: Mapping[str, ReferenceName]) -> str:
    """Name a voice after the reference in the same entry, all else by its role."""
    if asset.role != VOICE:
        return asset.role.replace("_", " ").capitalize()
    entry = parent(asset.pointer)
    owner = next((each.name for at, each in names.items() if each.hue and parent(at) == entry), "")
    return f"Voice of {owner}" if owner and entry.startswith("/references/") else "Voice"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt: plain text, or a token with the pointer of its reference."""

    text: str
    is_token: bool = False
    pointer: str = ""  # empty if the token names no reference of the job


def split_prompt(case: Case) -> Iterator[Piece]:
    """Split the prompt of a job into text and tokens."""
    assert case.intent.prompt  # noqa: S101 - the template asks before
    text = case.intent.prompt.text[:LONGEST_PROMPT]
    kinds = [reference.name for reference in case.intent.references]
    dialect = case.targets[0].dialect(case.intent) if case.targets else PLAIN
    pointers = {
        (kind, kinds[: place + 1].count(kind)): case.intent.references[place].pointer
        for place, kind in enumerate(kinds)
    }
    at = 0
    for bound in bind(text, kinds, dialect).tokens:
        begin, end = bound.token.span
        if begin < at:  # the members of a range, "Images 1-3", share their words
            continue
        yield Piece(text[at:begin])
        pointer = pointers.get(bound.reference, "") if bound.reference else ""
        yield Piece(text[begin:end], is_token=True, pointer=pointer)
        at = end
    yield Piece(text[at:])
