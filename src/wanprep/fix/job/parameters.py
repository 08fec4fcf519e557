"""Parameters that a target does not know, or does not use here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.fix.job.changes import propose_key, propose_removal, value_at
from wanprep.fix.job.keys import (
    body_names,
    exact_key,
    item_names,
    job_properties,
    match_key,
    names_of,
    parameter_names,
    reference_names,
)
from wanprep.pointers import last, parent, steps
from wanprep.rules.message import provider_name
from wanprep.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.fix.job.changes import Proposal
    from wanprep.fix.job.judged_document import JudgedDocument, TargetFinding
    from wanprep.fix.job.keys import KeyMatch, Names
    from wanprep.fix.plan.plan import Safety

_RULES = ("parameter-unknown", "parameter-ignored")


def unknown_parameters(judged: JudgedDocument) -> Iterator[Proposal]:
    """Write a misspelt key as the intended one; leave out what no target knows."""
    for finding in judged.findings_of("parameter-unknown"):
        pointer = finding.pointer
        key, members = last(pointer), value_at(judged.value, parent(pointer))
        names = _names(judged, pointer)
        match = None if _is_for_elsewhere(key, names) else match_key(key, names, 0.7)
        if match and match.key not in members:
            yield propose_key(pointer, match.key, finding.rule, certain=match.certain)
        elif not _is_used(judged, pointer):
            safety: Safety = "asks" if _holds_media(key, members, match) else "lossy"
            yield _removal(judged, finding, safety, "does not know it", "do not know it")


def ignored_parameters(judged: JudgedDocument) -> Iterator[Proposal]:
    """Leave out what has no effect here."""
    for finding in judged.findings_of("parameter-ignored"):
        if not _is_used(judged, finding.pointer):
            yield _removal(judged, finding, "lossy", "ignores it here", "ignore it here")


def _names(judged: JudgedDocument, pointer: str) -> Names:
    """List the keys that are possible in this place, under all their names."""
    if judged.native is None or not pointer.startswith("/body"):
        return parameter_names()
    place = steps(pointer)
    if len(place) == 2:
        return body_names(judged.native)
    for role in ("reference_image", "reference_video"):
        field = judged.fields.get(role) or {}
        if field.get("name") == place[1]:
            return item_names(field["item"]) if field["item"] else {}
    return {}


def _other_names() -> Names:
    """List the keys of a job and of its references under all their names."""
    return names_of(job_properties()) | reference_names()


def _is_for_elsewhere(key: str, names: Names) -> bool:
    """Whether a key is no slip, but a key of jobs that has no place here."""
    known = {**_other_names(), **parameter_names()}
    return exact_key(key, known) is not None and exact_key(key, names) is None


def _holds_media(key: str, members: Mapping[str, Any], match: KeyMatch | None) -> bool:
    """Whether more than a setting would be lost."""
    is_list = match is not None and isinstance(members[match.key], list)
    return is_list or exact_key(key, _other_names()) is not None


def _is_used(judged: JudgedDocument, pointer: str) -> bool:
    """Whether some target uses a parameter."""
    if not judged.case or (judged.native and pointer not in judged.case.intent.places.values()):
        return False
    useless = {each.target.id for each in _useless(judged, pointer)}
    return any(target.id not in useless for target in judged.targets)


def _useless(judged: JudgedDocument, pointer: str) -> list[TargetFinding]:
    return [each for each in judged.findings_of(*_RULES) if each.pointer == pointer]


def _removal(
    judged: JudgedDocument, finding: TargetFinding, safety: Safety, why: str, why_plural: str
) -> Proposal:
    useless = _useless(judged, finding.pointer)
    providers = list(dict.fromkeys(provider_name(each.target) for each in useless))
    reason = f"{listed(providers, 'and')} {why_plural if len(providers) > 1 else why}"
    rules = tuple(dict.fromkeys(each.rule for each in useless))
    what = f"`{last(finding.pointer)}`: {reason}"
    return propose_removal(judged, finding.pointer, what, rules, safety)
