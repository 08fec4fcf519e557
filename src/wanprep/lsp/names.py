"""What stands at a place of a job: a file, a name of a reference, a key or a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.dataclass import dataclass
from wanprep.fix.job.editor_actions import dialect_of_case
from wanprep.job.references.binding import bind
from wanprep.job.references.dialects import FRAME
from wanprep.lsp.documents import contains
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.inputs import Case
    from wanprep.job.documents.document import Document, Member, Node, Place
    from wanprep.job.model import Asset
    from wanprep.job.references.dialects import ReferenceName
    from wanprep.job.references.styles import Token


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name of a reference in a prompt, where it stands, and the file behind it."""

    token: Token
    place: Place
    index: int | None  # of the reference in the list
    asset: Asset | None


def names_in_prompt(case: Case) -> Iterator[PlacedName]:
    """List the names in a prompt, in the order of the text."""
    prompt = case.intent.prompt
    if prompt is None:
        return
    order = [each.name for each in case.intent.references]
    for bound in bind(prompt.text, order, dialect_of_case(case)).tokens:
        place = case.job.document.place_within(prompt.pointer, *bound.token.span)
        index = index_of(bound.reference, order) if bound.reference else None
        asset = asset_of_name(case, bound.reference) if bound.reference else None
        yield PlacedName(bound.token, place, index, asset)


def index_of(name: ReferenceName, order: list[str]) -> int | None:
    """Find the place in the list of the reference with a name."""
    kind, number = name
    places = [at for at, each in enumerate(order) if each == kind]
    return places[number - 1] if number <= len(places) else None


def asset_of_name(case: Case, name: ReferenceName) -> Asset | None:
    """Find the file behind the name of a reference or of a frame."""
    index = index_of(name, [each.name for each in case.intent.references])
    pointers = case.intent.pointers_of("first_frame")[name[1] - 1 :] if name[0] == FRAME else []
    if index is not None:
        pointers = [case.intent.references[index].pointer]
    assets = {asset.pointer: asset for asset in case.intent.assets}
    return next((assets[pointer] for pointer in pointers if pointer in assets), None)


def name_at(case: Case, at: Place) -> PlacedName | None:
    """Find the name of a reference at a place."""
    names = names_in_prompt(case)
    return next((each for each in names if contains(each.place, at)), None)


def asset_place(case: Case, asset: Asset) -> Place:
    """Return where a file is named."""
    return case.job.document.place(asset.pointer)


def asset_at(case: Case, at: Place) -> Asset | None:
    """Find the file that is named at a place."""
    assets = case.intent.assets
    return next((each for each in assets if contains(asset_place(case, each), at)), None)


def pointer_at(document: Document, offset: int) -> str | None:
    """Find the innermost entry whose key or value is at an offset."""
    found = None
    for pointer, member in _members(document.root, ""):
        if any(start <= offset <= end for start, end in (member.key, member.node.span)):
            found = pointer
    return found


def _members(node: Node, pointer: str) -> Iterator[tuple[str, Member]]:
    from collections.abc import Mapping

    from wanprep.job.documents.document import Member

    if isinstance(node.content, Mapping):
        members: Mapping[str, Member] = node.content
    elif isinstance(node.content, tuple):
        members = {str(at): Member(item.span, item) for at, item in enumerate(node.content)}
    else:
        return
    for name, member in members.items():
        yield below(pointer, name), member
        yield from _members(member.node, below(pointer, name))
