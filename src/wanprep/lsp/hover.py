"""What an editor shows about a file, the name of a reference, a key or a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types

from wanprep.fix.job.keys import schema_at
from wanprep.lsp.names import asset_at, asset_place, name_at, pointer_at
from wanprep.pointers import parent, steps
from wanprep.report.descriptions import details, headline, name_of
from wanprep.rules.bounds import bounds
from wanprep.rules.message import describe_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.check.inputs import Case
    from wanprep.job.documents.document import Place
    from wanprep.job.model import Asset
    from wanprep.lsp.checker import Analysis
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

    Thumbnail = Callable[[Facts], str | None] | None  # as a data: URI; None shows none

_SPECIAL: Final = r"\`*_{}[]<>()#+-!|"


def hover(
    analysis: Analysis, params: types.HoverParams, thumbnail: Thumbnail
) -> types.Hover | None:
    """Describe what is at a position."""
    positions = analysis.positions
    offset, at = positions.offset(params.position), positions.place_of(params.position)
    for case in analysis.cases:
        if asset := asset_at(case, at):
            text = "\n\n".join(_asset(analysis, asset, thumbnail))
            return _hover(analysis, text, asset_place(case, asset))
        if name := name_at(case, at):
            text = f"The job has no reference `{name.token.text}`."
            if name.asset:
                title = f"`{name.token.text}`: the file in `{name.asset.pointer[1:]}`"
                text = "\n\n".join([title, *_asset(analysis, name.asset, thumbnail)])
            return _hover(analysis, text, name.place)
        pointer = pointer_at(case.job.written, offset)
        if pointer and (text := "\n\n".join(_entry(analysis, case, pointer))):
            return _hover(analysis, text, case.job.written.key_place(pointer))
    return None


def _hover(analysis: Analysis, text: str, place: Place) -> types.Hover:
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, analysis.positions.range_of(place))


def escape(text: str) -> str:
    """Write a text in Markdown as it is."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)


def _asset(analysis: Analysis, asset: Asset, thumbnail: Thumbnail) -> Iterator[str]:
    """Show a file, its facts, and the limits that it breaks."""
    facts = analysis.facts_of(asset)
    name = escape(name_of(asset))
    if facts is None:
        yield f"**{name}** was not checked{_why_not(asset)}"
        return
    if thumbnail and asset.kind == "file" and (image := thumbnail(facts)):
        yield f"![{name}]({image})"
    known = headline(facts) if facts.readable else (facts.problem or "unreadable")
    yield f"**{name}**  \n{escape(known)}"
    yield "  \n".join(f"{label}: {escape(value)}" for label, value in details(facts))
    findings = analysis.report.findings if analysis.report else ()
    for each in findings:
        if each.pointer == asset.pointer:
            yield f"**{each.severity}** {escape(each.message)}{_source(each.source)}"


def _why_not(asset: Asset) -> str:
    return ": URLs are not requested while you type." if asset.kind == "url" else " yet."


def _source(source: Mapping[str, str]) -> str:
    """Name who says so."""
    says, url = source.get("says", ""), source.get("doc", "")
    quote = f"  \n“{escape(says)}”" if says else ""
    return f"{quote} [source]({url})" if url.startswith("https://") else quote


def _entry(analysis: Analysis, case: Case, pointer: str) -> Iterator[str]:
    """Describe a key, and what the targets allow there."""
    if pointer.startswith("/target"):
        yield from (_target(each) for each in case.targets)
        return
    schema = schema_at(analysis.targets.every.roles, pointer)
    if description := schema.get("description"):
        yield escape(description)
    if parent(pointer) == "/parameters":
        for target in case.targets:
            for limit, source in parameter_limits(target, steps(pointer)[1]):
                yield f"{escape(target.provider_title)}: {escape(limit)}{_source(source)}"


def _target(target: Target) -> str:
    docs = f"[documentation]({target.docs[0]})" if target.docs else ""
    return f"**{escape(target.title)}**  \n{escape(target.summary)} {docs}"


def parameter_limits(target: Target, name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """List what a target allows for a parameter, in words, and its sources."""
    described: set[str] = set()
    for bound in bounds(target.job):
        if bound.path == ("parameters", name):
            limit = describe_limit(bound.schema, bound.keyword, bound.path)
            if limit and limit not in described:
                described.add(limit)
                yield limit, bound.source
