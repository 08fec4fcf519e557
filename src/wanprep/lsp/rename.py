"""Rename a reference in the prompt: it moves to the place that the new name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.fix.job.editor_actions import CannotMove, Move, dialect_of_case, move_reference
from wanprep.job.references.binding import bind
from wanprep.lsp.names import name_at

if TYPE_CHECKING:
    from lsprotocol import types

    from wanprep.check.cases import Case
    from wanprep.lsp.actions import AsEdit
    from wanprep.lsp.checker import Analysis


def rename(
    analysis: Analysis, params: types.RenameParams, as_edit: AsEdit
) -> types.WorkspaceEdit | None:
    """Move a reference to the place that its new name in the prompt stands for."""
    case, index = _renamed(analysis, params.position)
    if case is None or index is None:
        raise CannotMove("there is no name of a reference here, such as Image 1.")
    order = [each.name for each in case.intent.references]
    new = _index_of(case, params.new_name)
    if new is None or order[new] != order[index]:
        raise CannotMove(
            f"{params.new_name!r} names no reference of this kind: a reference is moved to the"
            " place of another one. Write its name, such as Image 1."
        )
    return as_edit(analysis, move_reference(case, Move(index, new)))


def _index_of(case: Case, name: str) -> int | None:
    """Find the place of the reference that a name stands for."""
    order = [each.name for each in case.intent.references]
    tokens = bind(name, order, dialect_of_case(case)).tokens
    reference = tokens[0].reference if len(tokens) == 1 else None
    if reference is None:
        return None
    places = [at for at, each in enumerate(order) if each == reference[0]]
    return places[reference[1] - 1] if reference[1] <= len(places) else None


def prepare_rename(analysis: Analysis, params: types.PrepareRenameParams) -> types.Range | None:
    """Return where the name of a reference stands; only these can be renamed."""
    offset = analysis.positions.offset(params.position)
    at = analysis.positions.source.place(offset, offset)
    for case in analysis.cases:
        name = name_at(case, at.line, at.column)
        if name and name.index is not None:
            return analysis.positions.range_of(name.place)
    return None


def _renamed(analysis: Analysis, position: types.Position) -> tuple[Case | None, int | None]:
    offset = analysis.positions.offset(position)
    at = analysis.positions.source.place(offset, offset)
    for case in analysis.cases:
        if (name := name_at(case, at.line, at.column)) and name.index is not None:
            return case, name.index
    return None, None
