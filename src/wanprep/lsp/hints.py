"""What an editor adds to a job: the file behind each name, lengths, the price, links, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types

from wanprep.lsp.documents import uri_of
from wanprep.lsp.names import asset_place, names_in_prompt
from wanprep.report.descriptions import name_of
from wanprep.submit.request.price import Estimate, estimate_price, price_text
from wanprep.text import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.check.inputs import Case
    from wanprep.job.documents.document import Place
    from wanprep.lsp.checker import Analysis

_LENSES: Final = {
    "wanprep.check": "Check",
    "wanprep.compare": "Compare targets",
    "wanprep.dryRun": "Dry run",
}


def inlay_hints(analysis: Analysis, params: types.InlayHintParams) -> list[types.InlayHint]:
    """List the hints of all jobs within a range."""
    hints = (
        types.InlayHint(
            analysis.positions.position(place.end_line, place.end_column), label, padding_left=True
        )
        for case in analysis.cases
        for place, label in _hints(analysis, case)
    )
    lines = range(params.range.start.line, params.range.end.line + 1)
    return [hint for hint in hints if hint.position.line in lines]


def _hints(analysis: Analysis, case: Case) -> Iterator[tuple[Place, str]]:
    for name in names_in_prompt(case):
        if name.asset:
            yield name.place, name_of(name.asset)
    for asset in case.intent.assets:
        facts = analysis.facts_of(asset)
        if facts and facts.duration is not None and facts.kind in {"video", "audio"}:
            yield asset_place(case, asset), seconds(facts.duration)
    facts_of_job = analysis.facts_by_pointer(case)
    for target in case.targets:
        price = estimate_price(target, case.intent, facts_of_job)
        pointer = case.job.targets.get(target.id)
        if pointer and isinstance(price, Estimate):
            yield case.job.document.place(pointer), price_text(price)


def document_links(
    analysis: Analysis,
    params: types.DocumentLinkParams,  # noqa: ARG001 - the same for all features
) -> list[types.DocumentLink]:
    """Lead from each file or URL to what is there."""
    links = []
    for case in analysis.cases:
        for asset in case.intent.assets:
            if asset.kind in {"file", "url"}:
                is_file = asset.kind == "file"
                target = uri_of(asset.location) if is_file else asset.location
                place = analysis.positions.range_of(asset_place(case, asset))
                links.append(types.DocumentLink(place, target))
    return links


def code_lenses(
    analysis: Analysis,
    params: types.CodeLensParams,  # noqa: ARG001 - the same for all features
) -> list[types.CodeLens]:
    """Offer the commands above each job."""
    lenses = []
    for case in analysis.cases:
        place = analysis.positions.span(*[case.job.written.root.span[0]] * 2)
        for name, title in _LENSES.items():
            command = types.Command(title, name, arguments=[analysis.document.uri, case.job.number])
            lenses.append(types.CodeLens(place, command))
    return lenses
