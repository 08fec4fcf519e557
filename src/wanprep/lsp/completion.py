"""What may be written at a position: keys, targets, values, paths, names of references."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types

from wanprep.check.listing import leads_on
from wanprep.dataclass import dataclass
from wanprep.fix.job.editor_actions import dialect_of_case
from wanprep.fix.job.text import literal
from wanprep.job.references.binding import names_of
from wanprep.lsp.context import context_at
from wanprep.lsp.names import asset_of_name
from wanprep.media.facts import extension_format, usual_kind
from wanprep.report.descriptions import name_of
from wanprep.rules.bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case
    from wanprep.job.roles import Role
    from wanprep.lsp.checker import Analysis
    from wanprep.lsp.context import Context
    from wanprep.rules.target import Target

_MOST_FILES: Final = 500
_KIND: Final = types.CompletionItemKind
_ANY: Final = frozenset({"image", "video", "audio"})


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something to write, and what is said about it."""

    text: str
    kind: types.CompletionItemKind
    about: str = ""
    more: str = ""
    start: int = -1  # where it begins, if not with all that is typed
    rank: int = 0


def completion(
    analysis: Analysis, params: types.CompletionParams, cases: Sequence[Case]
) -> types.CompletionList:
    """Offer what may be written; `cases` are the jobs of the last text that could be read."""
    positions, is_json = analysis.positions, analysis.document.path.lower().endswith(".json")
    offset = positions.offset(params.position)
    text = positions.source.text
    context = context_at(text, offset, is_json=is_json)
    typed_space = params.context is not None and params.context.trigger_character == " "
    if typed_space and not text[:offset].endswith((": ", "- ")):  # between words it offers nothing
        context = None
    items = []
    for offer in _offers(analysis, context, cases) if context else ():
        start = context.start if context and offer.start < 0 else offer.start
        place = positions.span(start, offset)
        written = offer.text if context and context.is_block else _written(offer, context, is_json)
        if text[start - 1 : start] == ":" and not is_json:  # "target:", without its space
            written = f" {written}"
        items.append(
            types.CompletionItem(
                label=offer.text,
                kind=offer.kind,
                detail=offer.about or None,
                documentation=offer.more or None,
                sort_text=f"{offer.rank:04}{offer.text}",
                text_edit=types.TextEdit(place, written),
            )
        )
    # A folder or a first letter leads to others.
    return types.CompletionList(is_incomplete=True, items=items)


def _written(offer: _Offer, context: Context | None, is_json: bool) -> str:
    """Spell an offer in the quotes that are open, or that it needs."""
    if context is None or offer.start >= 0:
        return offer.text
    if context.is_key and offer.kind == _KIND.Property:
        if context.quote:
            return offer.text
        return f'"{offer.text}": ' if is_json else f"{offer.text}: "
    if context.quote or (not is_json and offer.kind in {_KIND.Folder, _KIND.Value}):
        return offer.text
    is_text = offer.kind != _KIND.Value
    return literal(offer.text, "json" if is_json else "yaml") if is_text else offer.text


def _offers(analysis: Analysis, context: Context, cases: Sequence[Case]) -> Iterator[_Offer]:
    schema: Mapping[str, Any] = analysis.targets.every.roles.schema["properties"]
    targets = list(dict.fromkeys(target for case in cases for target in case.targets))
    match context.path:
        case () if context.is_key:
            yield from _keys(schema, context)
        case ("target",) | ("target", "*"):
            every = analysis.targets.every
            for rank, name in enumerate(every):
                yield _Offer(name, _KIND.EnumMember, every.titles[name], rank=rank)
        case ("references", "*") if context.is_key:
            yield from _keys(schema["references"]["items"]["properties"], context)
        case ("parameters",) if context.is_key:
            known = schema["parameters"]["properties"]
            names = [*filter(None, (_parameters(target) for target in targets))]
            taken = {key: known.get(key, {}) for key in dict.fromkeys([*known, *_all(names)])}
            fits = {key: about for key, about in taken.items()
                    if not names or any(key in each for each in names)}  # fmt: skip
            yield from _keys(fits, context)
        case ("parameters", name):
            yield from _values(schema["parameters"]["properties"].get(name, {}), name, targets)
        case (*_, "prompt"):
            for case in cases[:1]:
                yield from _names(case, context)
        case (*_, key):
            yield from _files(analysis, context, _kinds(analysis, context.path, key))


def _all(names: Iterable[Iterable[str]]) -> list[str]:
    return [name for each in names for name in each]


def _keys(schema: Mapping[str, Any], context: Context) -> Iterator[_Offer]:
    for rank, (key, about) in enumerate(schema.items()):
        if key not in context.siblings or key == context.typed:
            title, more = about.get("title", ""), about.get("description", "")
            yield _Offer(key, _KIND.Property, title, more, rank=rank)


def _parameters(target: Target) -> list[str]:
    """Name the parameters that a target has a field for."""
    return list(target.data.get("fields", {}).get("parameters", ()))


def _values(about: Mapping[str, Any], name: str, targets: Iterable[Target]) -> Iterator[_Offer]:
    """Offer what the targets allow, or what the schema of jobs shows."""
    allowed: dict[str, list[str]] = {}
    for target in targets:
        for bound in bounds(target.job):
            if bound.path == ("parameters", name) and bound.keyword == "enum":
                for value in bound.value:
                    titles = allowed.setdefault(_json(value), [])
                    titles += [] if target.provider_title in titles else [target.provider_title]
    examples = about.get("examples", ())
    if any(isinstance(each, bool) for each in examples):
        examples = (True, False)
    if not allowed:
        allowed = {_json(value): [] for value in examples}
    for rank, (text, titles) in enumerate(allowed.items()):
        kind = _KIND.Value if text in {"true", "false"} or _is_number(text) else _KIND.EnumMember
        yield _Offer(text, kind, ", ".join(titles), rank=rank)


def _json(value: object) -> str:
    return value if isinstance(value, str) else literal(value, "json")


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _names(case: Case, context: Context) -> Iterator[_Offer]:
    """Offer the names of references as the first target writes them, with their files."""
    dialect = dialect_of_case(case)
    order = names_of([each.name for each in case.intent.references], dialect)
    styles = [name for name in dialect.styles if dialect.can_write(name)] or ["Image 1"]
    for rank, name in enumerate(order):
        asset = asset_of_name(case, name)
        about = name_of(asset) if asset else ""
        for style in styles:
            text = dialect.write(name, style, order)
            start = _start_of_name(context, text)
            yield _Offer(text, _KIND.Reference, about, start=start, rank=rank)


def _start_of_name(context: Context, text: str) -> int:
    """Find where a name begins that is half typed: "Im" or "Image "; else at the position."""
    for at in range(max(0, len(context.typed) - len(text)), len(context.typed)):
        part = context.typed[at:]
        follows = at > 0 and context.typed[at - 1].isalnum() and context.typed[at - 1].isascii()
        if not follows and text.lower().startswith(part.lower()):
            return context.start + at
    return context.start + len(context.typed)


def _kinds(analysis: Analysis, path: tuple[str, ...], key: str) -> frozenset[str]:
    """Return the kinds of files that a key takes; none for one that takes no file."""
    if path[0] == "body":
        return _ANY
    name = path[-2] if key == "*" and len(path) > 1 else key
    roles: Iterable[Role] = analysis.targets.every.roles.values()
    in_references = path[0] == "references"
    if path == ("references", "*"):
        return _ANY
    return frozenset(
        role.kind for role in roles if role.key == name and role.in_references == in_references
    )


def _files(analysis: Analysis, context: Context, kinds: frozenset[str]) -> Iterator[_Offer]:
    """Offer the files and folders in the folder that is typed so far."""
    folder, _, _ = context.typed.rpartition("/")
    if not kinds or "://" in context.typed:
        return
    place = os.path.join(os.path.dirname(analysis.document.path), folder or os.curdir)
    if context.typed.startswith("/") and not folder:
        place = os.sep
    before = context.typed[: len(context.typed) - len(context.typed.rpartition("/")[2])]
    try:
        with os.scandir(place) as found:
            entries = sorted(islice(found, 10 * _MOST_FILES), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return
    for entry in entries[:_MOST_FILES]:
        if entry.name.startswith("."):
            continue
        if leads_on(entry):
            yield _Offer(f"{before}{entry.name}/", _KIND.Folder, rank=1)
        elif (kind := usual_kind(extension_format(entry.name) or "")) in kinds:
            yield _Offer(f"{before}{entry.name}", _KIND.File, kind)
