"""References, voices and first frames that a target does not take, and the styles of prompts.

Media are left out only if the author agrees.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import (
    Add,
    Change,
    Drop,
    Put,
    Rename,
    Respell,
    drop_with_empty_parent,
    format_value,
    propose_key,
    propose_removal,
    value_at,
)
from wanprep.job.references.binding import bind, names_of, replacements
from wanprep.job.references.dialects import PLAIN
from wanprep.job.references.find import find_tokens
from wanprep.job.roles import VOICE
from wanprep.pointers import below, last, parent
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.judged_document import JudgedDocument
    from wanprep.job.references.binding import Replacement
    from wanprep.job.references.dialects import Dialect, ReferenceName
    from wanprep.rules.target import Target

Replacements = tuple["Replacement", ...]

_STYLE: Final = "prompt-ref-style"
_NUMBER: Final = re.compile(r"\d+")
_KINDS: Final = {
    "too-many-references": {"image", "video", "audio"},
    "too-many-images": {"image"},
    "too-many-videos": {"video"},
    "too-many-audios": {"audio"},
}


def prompt_styles(judged: JudgedDocument) -> Iterator[Change]:
    """Write tokens in a style that every target shows."""
    prompt = judged.case.intent.prompt if judged.case else None
    dialect = judged.dialect
    if not prompt or not any(map(dialect.can_write, dialect.styles)):
        return
    reported = {finding.details.span for finding in judged.findings_of(_STYLE)}
    tokens = (each.token for each in bind(prompt.text, judged.kinds, dialect).tokens)
    shown = {token.span for token in tokens if _is_documented(token.style, judged.targets)}
    all_of_them = replacements(prompt.text, judged.kinds, dialect)
    for certain in (True, False):
        chosen = tuple(
            each for each in all_of_them
            if each[0] in reported and certain is (each[0] not in shown)
        )  # fmt: skip
        if chosen:
            yield _respelling(prompt.pointer, prompt.text, chosen, certain=certain)


def _is_documented(style: str, targets: Sequence[Target]) -> bool:
    """Whether a provider's own pages show a style too, so that it may be the better one."""
    notes = (target.data.get("doubtful_styles", {}).get(style) for target in targets)
    return any(note and note["x-source"]["confidence"] == "documented" for note in notes)


def _respelling(pointer: str, prompt: str, chosen: Replacements, *, certain: bool) -> Change:
    pairs = dict.fromkeys((prompt[start:end], text.strip()) for (start, end), text in chosen)
    words = ", ".join(f"{after} instead of {before}" for before, after in pairs)
    return Change(
        pointer, (Respell(pointer, chosen),), f"write {words}",
        before=", ".join(before for before, _ in pairs),
        after=", ".join(after for _, after in pairs),
        rules=(_STYLE,), safety="safe" if certain else "asks",
    )  # fmt: skip


def excess_references(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out references beyond a limit: from the last, and none that the prompt names."""
    for finding in judged.findings_of(*_KINDS):
        if finding.bound.path == ("voices",):
            yield from _last_voice(judged, finding.rule)
            continue
        group = finding.bound.path[1] if finding.bound.path[:1] == ("totals",) else "all"
        places = [
            at
            for at, each in enumerate(judged.references)
            if each.kind in _KINDS[finding.rule] and group in {"all", each.kind, each.role}
        ]
        reason = f"{finding.target.provider_title} takes at most {finding.bound.limit}"
        proposals = (_removal(judged, at, reason, finding.rule) for at in reversed(places))
        excess = max(0, len(places) - finding.bound.limit)
        yield from islice((each for each in proposals if each), excess)


def repeated_references(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out a reference to a file that is there before."""
    for finding in judged.findings_of("duplicate-reference"):
        for at, each in enumerate(judged.references):
            if each.pointer == finding.pointer:
                proposal = _removal(judged, at, "it is listed twice", finding.rule)
                yield from [proposal] if proposal else []


def _removal(judged: JudgedDocument, at: int, reason: str, rule: str) -> Change | None:
    """Leave out a reference and renumber the prompt; None if the job would mean something else."""
    intent = judged.case.intent if judged.case else None
    if not intent or sum(asset.role != VOICE for asset in intent.assets) == 1:
        return None
    kinds, prompt, dialect = judged.kinds, intent.prompt, judged.dialect
    text = prompt.text if prompt else ""
    kind, number = name = _name(kinds, at)
    renumbered = renumber(text, kinds, at, dialect)
    binding = bind(text, kinds, dialect)
    is_named = any(each.reference == name for each in binding.tokens)
    is_mentioned = name in names_of(kinds, dialect) and name not in binding.unnamed
    if renumbered is None or is_named or is_mentioned or _has_numbered_voices(judged):
        return None
    pointer = intent.references[at].pointer
    written = value_at(judged.value, pointer)
    if not isinstance(written, str):  # not even an entry with a file or a URL
        return None
    while isinstance(value_at(judged.value, parent(pointer)), dict) and pointer.count("/") > 2:
        pointer = parent(pointer)  # the whole entry of the list
    operations: tuple[Operation, ...] = (drop_with_empty_parent(judged.value, pointer),)
    if prompt and renumbered:
        operations += (Respell(prompt.pointer, renumbered),)
    words = f"leave out {kind.capitalize()} {number}, {written}: {reason}"
    return Change(pointer, operations, words, before=written, rules=(rule,), safety="asks")


def _name(kinds: Sequence[str], at: int) -> ReferenceName:
    return kinds[at], kinds[: at + 1].count(kinds[at])


def renumber(
    prompt: str, kinds: Sequence[str], removed: int, dialect: Dialect = PLAIN
) -> Replacements | None:
    """Renumber the references behind a removed one; None if the prompt cannot stay the same."""
    gone, order = _name(kinds, removed), names_of(kinds, dialect)
    chosen: dict[tuple[int, int], str] = {}
    tokens = bind(prompt, kinds, dialect).tokens
    for each in tokens:
        token, reference = each.token, each.reference
        row = dialect.row(token.style, token.kind, order)
        if reference == gone:
            return None
        if reference is None or dialect.is_own(token, reference):
            continue
        if gone not in row or row.index(reference) < row.index(gone):
            continue
        text, count = _NUMBER.subn(str(token.index - 1), token.text)
        if count != 1 or token.span in chosen:
            return None
        chosen[token.span] = text
    result = tuple(sorted(chosen.items()))
    left = [*kinds[:removed], *kinds[removed + 1 :]]
    after = bind(Respell("", result).apply(prompt), left, dialect.without(gone)).tokens
    same = [each.reference is None for each in tokens] == [each.reference is None for each in after]
    return result if same else None


def _has_numbered_voices(judged: JudgedDocument) -> bool:
    """Whether voices are bound, elsewhere in the body, to references by their numbers."""
    has_voices = any(asset.role == VOICE for asset in judged.assets)
    return has_voices and "bindings" in judged.fields.get("voices", {})


def excess_voices(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out voices that have no reference to belong to."""
    for finding in judged.findings_of("parameter-invalid"):
        if finding.bound.path == ("voices",):
            yield from _last_voice(judged, finding.rule)


def _last_voice(judged: JudgedDocument, rule: str) -> Iterator[Change]:
    voices = [asset for asset in judged.assets if asset.role == VOICE]
    for voice in voices[-1:]:
        what = f"the voice {voice.shown}: there are more voices than references"
        yield propose_removal(judged, voice.pointer, what, (rule,), "asks")


def first_frame_voices(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out the voice of a first frame, which cannot have one."""
    for finding in judged.findings_of("voice-unsupported"):
        if finding.bound.keyword == "not" and finding.pointer.startswith("/body/"):
            what = f"the voice of `{last(finding.pointer)}`: a first frame takes none"
            yield propose_removal(judged, finding.pointer, what, (finding.rule,), "lossy")


def unsupported_roles(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out what no target has a field for."""
    targets = judged.targets
    providers = list(dict.fromkeys(target.provider_title for target in targets))
    reason = (
        f"{join_words(providers, 'and')} {'has' if len(providers) == 1 else 'have'} no field for it"
    )
    for asset in judged.assets if targets else ():
        if any(target.has_role(asset.role) for target in targets):
            continue
        role = judged.roles[asset.role]
        if not role.is_reference:
            what = f"the {role.title} {asset.shown}: {reason}"
            yield propose_removal(judged, asset.pointer, what, (role.unsupported,), "asks")
            continue
        places = [at for at, each in enumerate(judged.references)
                  if each.pointer == asset.pointer]  # fmt: skip
        for at in places[:1]:
            if proposal := _removal(judged, at, reason, role.unsupported):
                yield proposal


def voice_names(judged: JudgedDocument) -> Iterator[Change]:
    """Write `image1` for `Image 1`, `image01` and the like, where voices are bound by name."""
    for finding in judged.findings_of("parameter-invalid") if judged.native else ():
        key = last(finding.pointer)
        tokens = find_tokens(key) if finding.bound.keyword == "additionalProperties" else ()
        if len(tokens) != 1 or tokens[0].span != (0, len(key)):
            continue
        name = f"{tokens[0].kind}{tokens[0].index}"
        patterns = finding.bound.schema.get("patternProperties", ())
        is_valid = any(re.search(pattern, name) for pattern in patterns)
        if is_valid and name not in value_at(judged.value, parent(finding.pointer)):
            yield propose_key(finding.pointer, name, finding.rule, certain=True)


def positional_voices(judged: JudgedDocument) -> Iterator[Change]:
    """Bind voices by the names of their references instead of by their position."""
    voice = judged.fields.get("voices", {})
    key, path = voice.get("positional"), str(voice.get("bindings", ""))
    outer, _, inner = path.partition(".")
    body = judged.value["body"] if judged.native else {}
    voices = body.get(key)
    if not (voices and inner and _is_list_of_strings(voices)):
        return
    kinds = [judged.roles[role].kind for role in voice["positional_order"]]
    owners = [f"{kind}{number}" for kind in kinds
              for number in range(1, judged.kinds.count(kind) + 1)]  # fmt: skip
    bound = dict(zip(owners, voices, strict=False))
    pointer, group = below("/body", key), body.get(outer)
    operations: tuple[Operation, ...] = (Add(below("/body", outer), inner, bound), Drop(pointer))
    if outer not in body:
        operations = (Put(pointer, {inner: bound}), Rename(pointer, outer))
    elif not isinstance(group, dict) or inner in group:
        return
    if len(bound) == len(voices):
        words = f"write the voices of `{key}` with their names into `{path}`"
        before, after = format_value(voices), format_value(bound)
        yield Change(pointer, operations, words, before=before, after=after)


def _is_list_of_strings(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
