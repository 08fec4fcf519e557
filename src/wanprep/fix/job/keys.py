"""Unknown keys: written as the intended ones, moved where they belong, or left out."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.fix.job.changes import (
    Add,
    Change,
    Drop,
    Put,
    Rename,
    propose_key,
    propose_removal,
    value_at,
)
from wanprep.job.roles import VOICE
from wanprep.pointers import last, parent, steps
from wanprep.rules.judge_job import names_at
from wanprep.rules.slots import URL, slot_of
from wanprep.rules.slots import schema_at as schema_in
from wanprep.schemas import letters, load_schema
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.judged_document import JudgedDocument, TargetFinding
    from wanprep.fix.plan.plan import Safety
    from wanprep.job.roles import Roles
    from wanprep.rules.slots import Slot
    from wanprep.rules.target import Target

Names = Mapping[str, str]  # the words that people write, and the key that each means

# From this similarity on it is surely a typing mistake; below, the user decides.
_CERTAIN: Final = 0.85
_USELESS: Final = ("parameter-unknown", "parameter-ignored")


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """The key that a word most likely means."""

    key: str
    certain: bool


def match_key(word: str, names: Names, least: float) -> KeyMatch | None:
    """Find the key with the most similar name, if that is similar enough."""
    written = letters(word)
    similarity = {name: _similarity(written, letters(name)) for name in names}
    best = max(similarity, key=similarity.__getitem__, default="")
    if not best or similarity[best] < least:
        return None
    certain = similarity[best] >= _CERTAIN and not _extends(written, letters(best))
    return KeyMatch(names[best], certain)


def exact_key(word: str, names: Names) -> str | None:
    """Find the key that has this name, whatever its case and separators."""
    written = letters(word)
    return next((key for name, key in names.items() if letters(name) == written), None)


@lru_cache(maxsize=4096)
def _similarity(one: str, other: str) -> float:
    return 1.0 if one == other else min(0.999, SequenceMatcher(None, one, other).ratio())


def _extends(one: str, other: str) -> bool:
    """Whether one key is the other plus a word, and so a different key."""
    return abs(len(one) - len(other)) > 1 and (one in other or other in one)


def schema_at(roles: Roles, pointer: str) -> Mapping[str, Any]:
    """Find the schema of a value in a job."""
    schema: Mapping[str, Any] = roles.schema
    for name in steps(pointer):
        schema = schema.get("items" if name.isdecimal() else "properties", {})
        schema = schema if name.isdecimal() else schema.get(name, {})
    return schema


def names_of(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """List the keys of a schema under all their names."""
    also = {word: name for name, schema in properties.items() for word in schema.get("x-also", ())}
    return also | {name: name for name in properties}


def _job_keys(roles: Roles) -> Mapping[str, Any]:
    """Return the schemas of the keys of a job."""
    return roles.schema["properties"]  # type: ignore[no-any-return]  # JSON


@lru_cache(maxsize=64)
def reference_names(roles: Roles) -> dict[str, str]:
    """List the keys of a reference under all their names."""
    return names_of(_job_keys(roles)["references"]["items"]["properties"])


@cache
def parameter_names() -> dict[str, str]:
    """List the parameters of jobs under all their names."""
    return names_of(load_schema("job")["properties"]["parameters"]["properties"])


def body_names(target: Target, roles: Roles, place: tuple[str, ...]) -> dict[str, str]:
    """List the keys at one place of a native body under their own names and those of a job."""
    fields, keys = target.data["fields"], _job_keys(roles)
    names = _translated(parameter_names() | names_of(keys), names_at(target, place))
    texts = {name: fields[name] for name in ("prompt", "negative_prompt") if name in fields}
    slots = {name: slot_of(each) for name, each in (texts | fields.get("roles", {})).items()}
    entry = keys["references"]["items"]["properties"]
    for name, slot in slots.items():
        key = roles[name].key if name in roles else name
        about = entry if name in roles and roles[name].in_references else keys
        if slot.path[:-1] == place and not slot.constants:
            names |= _translated(names_of({key: about[key]}), {key: str(slot.path[-1])})
    own = schema_in(target.request or {}, place).get("properties", ())
    return names | {name: name for name in own}


def item_names(slot: Slot, roles: Roles) -> dict[str, str]:
    """List the keys of an entry in a native body under their own names and those of a job."""
    url, voice = slot.key_of(URL), slot.key_of(f"${VOICE}")
    native = dict.fromkeys(roles.references(), url) if url else {}
    native |= {VOICE: voice} if voice else {}
    names = {key: name for key, name in native.items() if name}
    return _translated(reference_names(roles), names) | {name: name for name in names.values()}


def _translated(names: Names, native: Names) -> dict[str, str]:
    return {word: native[name] for word, name in names.items() if name in native}


def misspelt_keys(judged: JudgedDocument) -> Iterator[Change]:
    """Write the keys of a job as they are spelt."""
    for problem in judged.problems:
        home, key = parent(problem.pointer), last(problem.pointer)
        properties = schema_at(judged.roles, home).get("properties", {})
        members = value_at(judged.value, home)
        if not properties or key in properties or not isinstance(members, dict):
            continue
        match = match_key(key, names_of(properties), 0.75)
        if match and match.key not in members and _is_first(judged.roles, key, match.key, members):
            yield propose_key(problem.pointer, match.key, problem.rule, certain=match.certain)


def _is_first(roles: Roles, key: str, intent: str, members: Mapping[str, Any]) -> bool:
    """Whether no key before this one means the same: the others are left to the author."""
    names = names_of(_job_keys(roles))
    matches = {other: match_key(other, names, 0.75) for other in members}
    rivals = [other for other, match in matches.items() if match and match.key == intent]
    return rivals[:1] in ([], [key])


def misplaced_keys(judged: JudgedDocument) -> Iterator[Change]:
    """Move parameters from the top of a job to `parameters`, and prompts out of there."""
    value = judged.value
    if not isinstance(value, dict) or "body" in value:
        return
    for problem in judged.problems:
        key = last(problem.pointer)
        if parent(problem.pointer) or key not in value or key in _job_keys(judged.roles):
            continue
        name = exact_key(key, parameter_names())
        if name and (operations := _into_parameters(value, key, name)):
            yield _move(problem.pointer, operations, f"`{name}` into `parameters`", problem.rule)
    yield from _out_of_parameters(judged.roles, value)


def _into_parameters(value: Mapping[str, Any], key: str, name: str) -> tuple[Operation, ...]:
    pointer, entry = f"/{key}", {name: value[key]}
    parameters = value.get("parameters", {})
    if isinstance(value[key], dict | list) or "~" in key or "/" in key:
        return ()
    if "parameters" not in value:
        return (Put(pointer, entry), Rename(pointer, "parameters"))
    if parameters is None:
        return (Put("/parameters", entry), Drop(pointer))
    names = parameter_names()
    if isinstance(parameters, dict) and not any(exact_key(each, names) == name
                                                for each in parameters):  # fmt: skip
        return (Add("/parameters", name, value[key]), Drop(pointer))
    return ()


def _out_of_parameters(roles: Roles, value: Mapping[str, Any]) -> Iterator[Change]:
    parameters: Any = value.get("parameters")
    names = _names_outside_parameters(roles)
    for key, text in parameters.items() if isinstance(parameters, dict) else ():
        name, pointer = exact_key(key, names), f"/parameters/{key}"
        if name and name not in value and isinstance(text, str) and len(parameters) > 1:
            operations = (Add("", name, text), Drop(pointer))
            yield _move(pointer, operations, f"`{name}` out of `parameters`", "parameter-unknown")


@lru_cache(maxsize=64)
def _names_outside_parameters(roles: Roles) -> Names:
    keys = ("prompt", "negative_prompt", *(role.key for role in roles.others()))
    return names_of({key: _job_keys(roles)[key] for key in keys})


def _move(pointer: str, operations: tuple[Operation, ...], what: str, rule: str) -> Change:
    before, after = last(pointer), what.replace("`", "")
    return Change(
        pointer, operations, f"move {what}",
        before=before, after=after, rules=(rule,), keep_if="always",
    )  # fmt: skip


def unknown_parameters(judged: JudgedDocument) -> Iterator[Change]:
    """Write a misspelt key as the intended one; leave out what no target accepts."""
    for finding in judged.findings_of("parameter-unknown"):
        pointer = finding.pointer
        key, members = last(pointer), value_at(judged.value, parent(pointer))
        names = _possible_names(judged, pointer)
        match = None if _is_for_elsewhere(judged.roles, key, names) else match_key(key, names, 0.7)
        if match and match.key not in members:
            yield propose_key(pointer, match.key, finding.rule, certain=match.certain)
        elif not _is_used(judged, pointer):
            safety: Safety = "asks" if _holds_media(judged.roles, key, members, match) else "lossy"
            yield _useless_removal(
                judged, finding, safety, "does not accept it", "do not accept it"
            )


def ignored_parameters(judged: JudgedDocument) -> Iterator[Change]:
    """Leave out what has no effect here."""
    for finding in judged.findings_of("parameter-ignored"):
        if not _is_used(judged, finding.pointer):
            yield _useless_removal(judged, finding, "lossy", "ignores it here", "ignore it here")


def _possible_names(judged: JudgedDocument, pointer: str) -> Names:
    """List the keys that are possible in this place, under all their names."""
    if judged.native is None or not pointer.startswith("/body"):
        return parameter_names()
    place = tuple(steps(pointer)[1:-1])
    if not any(name.isdecimal() for name in place):
        return body_names(judged.native, judged.roles, place)
    at = place[: next(at for at, name in enumerate(place) if name.isdecimal())]
    slots = [slot for _, slot in judged.slots() if slot.path == at and slot.key_of(URL)]
    return {key: name for slot in slots for key, name in item_names(slot, judged.roles).items()}


@lru_cache(maxsize=64)
def _other_names(roles: Roles) -> Names:
    """List the keys of a job and of its references under all their names."""
    return names_of(_job_keys(roles)) | reference_names(roles)


def _is_for_elsewhere(roles: Roles, key: str, names: Names) -> bool:
    """Whether a key is spelled correctly but belongs elsewhere in a job."""
    all_names = {**_other_names(roles), **parameter_names()}
    return exact_key(key, all_names) is not None and exact_key(key, names) is None


def _holds_media(
    roles: Roles, key: str, members: Mapping[str, Any], match: KeyMatch | None
) -> bool:
    """Whether more than a setting would be lost."""
    is_list = match is not None and isinstance(members[match.key], list)
    return is_list or exact_key(key, _other_names(roles)) is not None


def _is_used(judged: JudgedDocument, pointer: str) -> bool:
    """Whether some target uses a parameter."""
    if not judged.case or (judged.native and pointer not in judged.case.intent.places.values()):
        return False
    useless = {each.target.id for each in _useless(judged, pointer)}
    return any(target.id not in useless for target in judged.targets)


def _useless(judged: JudgedDocument, pointer: str) -> list[TargetFinding]:
    return [each for each in judged.findings_of(*_USELESS) if each.pointer == pointer]


def _useless_removal(
    judged: JudgedDocument, finding: TargetFinding, safety: Safety, why: str, why_plural: str
) -> Change:
    useless = _useless(judged, finding.pointer)
    providers = list(dict.fromkeys(each.target.provider_title for each in useless))
    reason = f"{join_words(providers, 'and')} {why_plural if len(providers) > 1 else why}"
    rules = tuple(dict.fromkeys(each.rule for each in useless))
    what = f"`{last(finding.pointer)}`: {reason}"
    return propose_removal(judged, finding.pointer, what, rules, safety)
