"""Code actions: what `wanprep fix` does to a job, one change or all; ignores, moves, renames."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from wanprep.fix.job.editor_actions import (
    CannotMove,
    Move,
    dialect_of_case,
    ignore_finding,
    move_reference,
    rename_reference,
)
from wanprep.fix.job.fix_job import fix_job, possible_fixes
from wanprep.fix.job.text import Edit
from wanprep.fix.plan.plan import Options
from wanprep.job.references.binding import bind
from wanprep.lsp.diagnostics import diagnostics_of
from wanprep.lsp.names import asset_at, index_of, name_at
from wanprep.pointers import is_within, parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wanprep.check.inputs import Case
    from wanprep.fix.job.changes import Change
    from wanprep.lsp.checker import Analysis
    from wanprep.lsp.names import PlacedName
    from wanprep.rules.finding import Finding

    Found = tuple[Finding, types.Diagnostic]
    AsEdit = Callable[[Analysis, Sequence[Edit]], types.WorkspaceEdit]

FIX_ALL: Final = "source.fixAll.wanprep"
MOVE: Final = "refactor.move"
_ASKS: Final = " (changes the job: your decision)"


def code_actions(
    analysis: Analysis, params: types.CodeActionParams, as_edit: AsEdit
) -> list[types.CodeAction]:
    """List what can be done about a range."""
    wanted = params.context.only

    def is_wanted(kind: str) -> bool:
        return wanted is None or any(
            kind == each or kind.startswith(f"{_name(each)}.") for each in wanted
        )

    actions: list[types.CodeAction] = []
    if is_wanted(types.CodeActionKind.QuickFix):
        found = [
            (finding, diagnostic)
            for finding, diagnostic in zip(
                analysis.report.findings if analysis.report else (),
                diagnostics_of(analysis),
                strict=True,
            )
            if _overlap(diagnostic.range, params.range)
        ]
        actions += _fixes(analysis, found, as_edit)
        actions += _ignores(analysis, found, as_edit)
    if is_wanted(FIX_ALL):
        actions += _fix_all(analysis, as_edit)
    if is_wanted(MOVE):
        actions += _moves(analysis, params.range.start, as_edit)
    return actions


def _name(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _overlap(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a line: a finding about a key is at its value."""
    return one.start.line <= other.end.line and other.start.line <= one.end.line


def _ignored(analysis: Analysis) -> set[str]:
    return analysis.config.ignored_rules(analysis.document.path)


def _fixes(
    analysis: Analysis, found: Sequence[Found], as_edit: AsEdit
) -> Iterator[types.CodeAction]:
    """Offer the changes that are about some findings."""
    if not found:
        return
    file, cases = analysis.file, analysis.cases
    for possible in possible_fixes(file, cases, ignored=_ignored(analysis)):
        change = possible.change
        about = [diagnostic for finding, diagnostic in found if _is_about(change, finding)]
        if about:
            words = change.words[:1].upper() + change.words[1:]
            asks = change.safety == "asks"
            yield types.CodeAction(
                title=f"{words}{_ASKS if asks else ''}",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=about,
                is_preferred=not asks,
                edit=as_edit(analysis, possible.edits),
            )


def _is_about(change: Change, finding: Finding) -> bool:
    if change.rules and finding.rule not in change.rules:
        return False
    one, other = change.pointer, finding.pointer
    return is_within(one, other) if other else one == other or bool(change.rules)


def _ignores(
    analysis: Analysis, found: Sequence[Found], as_edit: AsEdit
) -> Iterator[types.CodeAction]:
    """Offer to accept findings, by a comment."""
    done: set[tuple[str, int | None]] = set()
    for finding, diagnostic in found:
        key = (finding.rule, finding.line)
        job = _job_of(analysis, finding)
        if key in done or job is None:
            continue
        done.add(key)
        if edits := ignore_finding(job.job, finding):
            yield types.CodeAction(
                title=f"Ignore {finding.rule} here",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                edit=as_edit(analysis, edits),
            )


def _job_of(analysis: Analysis, finding: Finding) -> Case | None:
    """Find the document of a file in which a finding is."""
    source = analysis.file.source
    begun = [
        case
        for case in analysis.cases
        if source.place(*case.job.written.root.span).line <= (finding.line or 0)
    ]
    return begun[-1] if begun else None


def _fix_all(analysis: Analysis, as_edit: AsEdit) -> Iterator[types.CodeAction]:
    """Offer all that needs no answer, as `wanprep fix` does it."""
    file, options = analysis.file, Options(**analysis.config.fix)
    fixed = fix_job(
        file, analysis.cases, options=replace(options, yes=False), ignored=_ignored(analysis)
    )
    if edits := _line_edits(file.source.text, fixed.text):
        yield types.CodeAction(
            title="Fix all with wanprep", kind=FIX_ALL, edit=as_edit(analysis, edits)
        )


def _line_edits(before: str, after: str) -> list[Edit]:
    """Return the lines that differ, so that the cursor and folds in all others stay."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(starts[first], starts[last], "".join(new[start:end]))
        for tag, first, last, start, end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _moves(
    analysis: Analysis, position: types.Position, as_edit: AsEdit
) -> Iterator[types.CodeAction]:
    """Offer to move the reference at a position up or down."""
    at = analysis.positions.place_of(position)
    for case in analysis.cases:
        asset = asset_at(case, at)
        places = [
            index
            for index, each in enumerate(case.intent.references)
            if asset and parent(each.pointer) == parent(asset.pointer)
        ]
        for start, (end, where) in ((each, way) for each in places[:1] for way in _ways(each)):
            if 0 <= end < len(case.intent.references):
                try:
                    edits = move_reference(case, Move(start, end))
                except CannotMove:
                    continue
                title = f"Move this reference {where}, and renumber the prompt"
                yield types.CodeAction(title, MOVE, edit=as_edit(analysis, edits))


def _ways(start: int) -> tuple[tuple[int, str], tuple[int, str]]:
    return (start - 1, "up"), (start + 1, "down")


def rename(
    analysis: Analysis, params: types.RenameParams, as_edit: AsEdit
) -> types.WorkspaceEdit | None:
    """Give a reference another own name, or move it to the place that a number stands for."""
    found = _name_of_reference(analysis, params.position)
    if found is None:
        raise CannotMove("there is no name of a reference here, such as Image 1.")
    case, _, index = found
    order = [each.name for each in case.intent.references]
    new = _place_named(case, params.new_name)
    if new is None and (params.new_name.startswith("@") or case.intent.references[index].own_name):
        return as_edit(analysis, rename_reference(case, index, params.new_name))
    if new is None or order[new] != order[index]:
        raise CannotMove(
            f"{params.new_name!r} names no reference of this kind: a reference is moved to the"
            " place of another one. Write its name, such as Image 1."
        )
    return as_edit(analysis, move_reference(case, Move(index, new)))


def _place_named(case: Case, name: str) -> int | None:
    """Find the place of the reference that a name stands for."""
    order = [each.name for each in case.intent.references]
    tokens = bind(name, order, dialect_of_case(case)).tokens
    reference = tokens[0].reference if len(tokens) == 1 else None
    return index_of(reference, order) if reference else None


def prepare_rename(analysis: Analysis, params: types.PrepareRenameParams) -> types.Range | None:
    """Return where the name of a reference stands; only these can be renamed."""
    found = _name_of_reference(analysis, params.position)
    return analysis.positions.range_of(found[1].place) if found else None


def _name_of_reference(
    analysis: Analysis, position: types.Position
) -> tuple[Case, PlacedName, int] | None:
    at = analysis.positions.place_of(position)
    for case in analysis.cases:
        if (name := name_at(case, at)) and name.index is not None:
            return case, name, name.index
    return None
