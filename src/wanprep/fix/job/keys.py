"""Keys that do not exist: written as the ones that are meant, or moved to where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.job.changes import Add, Drop, Proposal, Put, Rename, at
from wanprep.fix.job.text import member_at
from wanprep.media.facts import extension_format, usual_kind
from wanprep.pointers import last, parent, steps
from wanprep.schema_errors import letters
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.changes import Operation
    from wanprep.fix.job.findings import Look
    from wanprep.rules.target import Target


Names = Mapping[str, str]  # what people write, and the key that it means


# From here on a slip of the pen is the only reading; below, the author is asked.
_CERTAIN: Final = 0.85


@dataclass(frozen=True, slots=True)
class Guess:
    """A key, and whether it is surely the one."""

    key: str
    certain: bool


def guess(key: str, names: Names, least: float) -> Guess | None:
    """Find the key that is meant, if any word for it is at least so much like this one."""
    wanted = letters(key)
    similarity = {word: _similarity(wanted, letters(word)) for word in names}
    best = max(similarity, key=similarity.__getitem__, default="")
    if not best or similarity[best] < least:
        return None
    certain = similarity[best] >= _CERTAIN and not _extends(wanted, letters(best))
    return Guess(names[best], certain)


def _extends(one: str, other: str) -> bool:
    """Tell whether one key is the other and a word more, which makes it another key."""
    return abs(len(one) - len(other)) > 1 and (one in other or other in one)


def _similarity(one: str, other: str) -> float:
    return 1.0 if one == other else min(0.999, SequenceMatcher(None, one, other).ratio())


def words_for(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """List the keys of a schema under all their names."""
    also = {word: name for name, about in properties.items() for word in about.get("x-also", ())}
    return also | {name: name for name in properties}


def job_properties() -> Mapping[str, Any]:
    """Return the keys of a job."""
    found: Mapping[str, Any] = load_schema("job")["properties"]
    return found


def parameter_names() -> dict[str, str]:
    """List the parameters that jobs know, under all their names."""
    return words_for(job_properties()["parameters"]["properties"])


def body_names(target: Target) -> dict[str, str]:
    """List the fields of a native body under their own names and under ours."""
    fields, job = target.data["fields"], job_properties()
    entry = job["references"]["items"]["properties"]
    ours = {name: each["name"] for name, each in fields["parameters"].items() if "in" not in each}
    ours |= {name: fields[name] for name in ("prompt", "negative_prompt", "first_frame")
             if name in fields}  # fmt: skip
    found = _renamed(parameter_names() | words_for(job), ours)
    for kind in ("image", "video"):
        if field := fields.get(f"reference_{kind}"):
            found |= _renamed(words_for({kind: entry[kind]}), {kind: field["name"]})
    return found | {name: name for name in (target.request or {}).get("properties", ())}


def item_names(item: Mapping[str, str]) -> dict[str, str]:
    """List the keys of a reference in a native body under their own names and under ours."""
    entry = words_for(job_properties()["references"]["items"]["properties"])
    ours = {"image": item["url"], "video": item["url"]}
    ours |= {"voice": item["voice"]} if "voice" in item else {}
    return _renamed(entry, ours) | {name: name for name in item.values()}


def _renamed(words: Names, keys: Names) -> dict[str, str]:
    return {word: keys[name] for word, name in words.items() if name in keys}


def misspelt_keys(look: Look) -> Iterator[Proposal]:
    """Write the keys of a job as they are spelt."""
    for problem in look.problems:
        home, key = parent(problem.pointer), last(problem.pointer)
        known = shape_of(home).get("properties", {})
        members = at(look.value, home)
        if not known or key in known or not isinstance(members, dict):
            continue
        intent = guess(key, words_for(known), 0.75)
        if intent and intent.key not in members and _nobody_nearer(key, intent.key, members):
            yield renamed(problem.pointer, intent.key, certain=intent.certain, rule=problem.rule)


def _nobody_nearer(key: str, intent: str, members: Mapping[str, Any]) -> bool:
    """Take the first of several keys that mean the same; the others stay for their author."""
    known = words_for(job_properties())
    rivals = [other for other in members if (found := guess(other, known, 0.75))
              and found.key == intent]  # fmt: skip
    return rivals[:1] in ([], [key])


def renamed(pointer: str, key: str, *, certain: bool, rule: str) -> Proposal:
    """Propose another key; what its value then means must be judged anew."""
    before = last(pointer)
    return Proposal(
        pointer=pointer,
        operations=(Rename(pointer, key),),
        words=f"write the key `{key}` instead of `{before}`",
        safety="safe" if certain else "asks",
        rules=(rule,),
        before=before,
        after=key,
        promise="anything",
    )


def misplaced_keys(look: Look) -> Iterator[Proposal]:
    """Move a parameter from the top of a job to the others."""
    if not isinstance(look.value, dict) or "body" in look.value:
        return
    for problem in look.problems:
        key = last(problem.pointer)
        if parent(problem.pointer) or key not in look.value or key in job_properties():
            continue
        intent = guess(key, parameter_names(), 0.999)
        if intent and (operations := _moved(look.value, key, intent.key)):
            yield _move(problem.pointer, operations, f"`{intent.key}` into `parameters`")
    yield from _among_parameters(look)


def _moved(value: Mapping[str, Any], key: str, name: str) -> tuple[Operation, ...]:
    pointer, moved = f"/{key}", {name: value[key]}
    given = value.get("parameters", {})
    if isinstance(value[key], dict | list) or "~" in key or "/" in key:
        return ()
    if "parameters" not in value:
        return (Put(pointer, moved), Rename(pointer, "parameters"))
    if given is None:
        return (Put("/parameters", moved), Drop(pointer))
    if isinstance(given, dict) and not any(_means(each, name) for each in given):
        return (Add("/parameters", name, value[key]), Drop(pointer))
    return ()


def _means(key: str, name: str) -> bool:
    intent = guess(key, parameter_names(), 0.999)
    return intent is not None and intent.key == name


def _among_parameters(look: Look) -> Iterator[Proposal]:
    """Move what is no parameter but a text of the job itself."""
    given = look.value.get("parameters")
    texts = ("prompt", "negative_prompt", "first_frame")
    names = words_for({name: job_properties()[name] for name in texts})
    for key, value in given.items() if isinstance(given, dict) else ():
        intent = guess(key, names, 0.999)
        pointer = f"/parameters/{key}"
        if intent and intent.key not in look.value and isinstance(value, str) and len(given) > 1:
            operations = (Add("", intent.key, value), Drop(pointer))
            yield _move(pointer, operations, f"`{intent.key}` out of `parameters`")


def _move(pointer: str, operations: tuple[Operation, ...], words: str) -> Proposal:
    return Proposal(
        pointer=pointer,
        operations=operations,
        words=f"move {words}",
        safety="safe",
        rules=("job-invalid",) if parent(pointer) == "" else ("parameter-unknown",),
        before=last(pointer),
        after=words.replace("`", ""),
        promise="anything",
    )


def shape_of(pointer: str) -> Mapping[str, Any]:
    """Find what the schema of jobs says of a value."""
    schema: Mapping[str, Any] = load_schema("job")
    for name in steps(pointer):
        schema = schema.get("items" if name.isdecimal() else "properties", {})
        schema = schema if name.isdecimal() else schema.get(name, {})
    return schema


def other_shapes(look: Look) -> Iterator[Proposal]:
    """Write values in the shape that is surely meant."""
    for problem in look.problems:
        shape = shape_of(problem.pointer)
        types = shape.get("type", ())
        types = (types,) if isinstance(types, str) else types
        value = at(look.value, problem.pointer)
        found = _intent(look, problem.pointer, value, types, splits="oneOf" in shape)
        if found:
            intent, words = found
            yield Proposal(
                pointer=problem.pointer,
                operations=(Put(problem.pointer, intent),),
                words=words,
                safety="safe",
                rules=(problem.rule,),
                before=shown(value),
                after=shown(intent),
                promise="anything",
            )


def _intent(
    look: Look, pointer: str, value: object, types: tuple[str, ...], *, splits: bool
) -> tuple[Any, str] | None:
    name = last(pointer)
    match value:
        case bool() | int() | float() if "string" in types:
            member = member_at(look.document, pointer)
            written = look.document.source.text[slice(*member.node.span)] if member else ""
            return written, f"put quotes around {written}"
        case [str(only)] if "string" in types and "array" not in types:
            return only, f"write `{name}` as text"
        case str() | dict() if types and "array" in types and "string" not in types:
            return [value], f"make a list of `{name}`"
        case str(path) if splits and (kind := _kind(path)):
            return {kind: path}, f"say that {path} is the reference's {kind}"
    return None


def _kind(path: str) -> str | None:
    kind = usual_kind(extension_format(path.partition("?")[0]) or "")
    return kind if kind in {"image", "video"} else None


def shown(value: object) -> str:
    """Show a value before or after a change."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
