"""Check a whole job against what a target allows: counts, prompt, parameters, native body."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.job.roles import VOICE
from wanprep.pointers import is_within, last, parent, pointer_to
from wanprep.rules.bounds import RANGE, JobViolation, Violation, narrowest, violation_of, violations
from wanprep.rules.message import describe_limit
from wanprep.schemas import load_schema
from wanprep.text import join_words
from wanprep.validity import is_valid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target

# The rule for what a provider's own schema rejects and no bound of ours explains.
_INVALID: Final = "parameter-invalid"
_NOTICE: Final = timedelta(days=60)  # before a target ends
_MISSING: Final = frozenset({"required", "minLength", "minItems"})  # our own rules explain it


def judge_job(
    resolved: Mapping[str, Any],
    intent: Intent,
    target: Target,
    body: Mapping[str, Any] | None = None,
) -> Iterator[JobViolation]:
    """List the bounds that a job violates, each place once.

    `body` is the native body that the job is written as, when it is one of this target's.
    """
    reported: set[tuple[str, str, Any]] = set()
    for each in _violations(resolved, intent, target, body):
        key = (each.violation.rule, each.pointer, each.span)
        unexplained = each.violation.rule == _INVALID and not each.violation.keyword
        if key in reported or (unexplained and _is_explained(each.pointer, reported)):
            continue
        reported.add(key)
        yield each


def _is_explained(pointer: str, reported: Iterable[tuple[str, str, Any]]) -> bool:
    """Whether something is reported at this place, or at one inside or around it."""
    return any(
        is_within(other, pointer) or is_within(pointer, other)
        for _, other, _ in reported
        if other != "/body"
    )


def _violations(
    resolved: Mapping[str, Any], intent: Intent, target: Target, body: Mapping[str, Any] | None
) -> Iterator[JobViolation]:
    for each in _without_wider(violations(resolved, target.job)):
        yield _placed(each, resolved, intent)
    yield from _prompt_styles(resolved, intent, target)
    if body is None:
        yield from _unknown_parameters(intent, target)
        return
    for each in violations(body, target.body):
        name = each.limit[0] if each.keyword == "required" else _last_key(each.path)
        yield JobViolation(each, pointer_to(("body", *each.path)), name)
    yield from _request_violations(body, target)


def _without_wider(found: Iterable[Violation]) -> Iterator[Violation]:
    """Leave out a limit on a number where a narrower one of the same rule is violated, too."""
    by_bound: dict[tuple[object, ...], list[Violation]] = {}
    for each in found:
        by_bound.setdefault((each.rule, each.path, each.keyword), []).append(each)
    for same in by_bound.values():
        yield from [narrowest(same)] if same[0].keyword in RANGE else same


def _placed(violation: Violation, resolved: Mapping[str, Any], intent: Intent) -> JobViolation:
    """Find the place in the document of a bound over the resolved job."""
    match violation.path:
        case ("prompt", "tokens", int(index), *_) if intent.prompt:
            start, end = resolved["prompt"]["tokens"][index]["span"]
            name = intent.prompt.text[start:end]
            violation = replace(violation, found=name)
            return JobViolation(violation, intent.prompt.pointer, name, (start, end))
        case ("prompt", "unused", *_) if intent.prompt:
            unused = resolved["prompt"]["unused"]
            numbered = (f"{each['kind'].capitalize()} {each['index']}" for each in unused)
            names = [each.get("name", name) for each, name in zip(unused, numbered, strict=True)]
            violation = replace(violation, found=names)
            return JobViolation(violation, intent.prompt.pointer, join_words(names, "and"))
        case ("prompt", "length" | "utf8_bytes" | "utf16_units") if intent.prompt:
            lost = _lost_tokens(violation, resolved)
            return JobViolation(violation, intent.prompt.pointer, "prompt", detail=lost)
        case ("negative_prompt", *_) if intent.negative_prompt:
            return JobViolation(violation, intent.negative_prompt.pointer, "negative_prompt")
        case ("parameters", str(name), *_):
            return JobViolation(violation, intent.places[name], last(intent.places[name]))
        case ("shots", *_):
            return JobViolation(violation, intent.places["shots"], last(intent.places["shots"]))
        case ("callback", *_):
            return JobViolation(violation, intent.places["callback_url"], "callback_url")
        case ("first_frame" | "frames", *_) if frames := intent.pointers_of("first_frame"):
            return JobViolation(violation, frames[0], "first_frame")
        case ("references", int(index), *_):
            name = _asset_name(intent, intent.references[index].pointer)
            return JobViolation(violation, intent.references[index].pointer, name)
        case ("totals", str(group), *_):
            pointer, name = _first_of_group(group, violation, intent)
            return JobViolation(violation, pointer, name)
        case ("references" | "images" | "videos" | "audios" | "voices" as field, *_):
            pointer = _first_excess(field, violation, intent)
            name = last(parent(pointer)) if violation.rule == _INVALID else field
            return JobViolation(violation, pointer, name)
    return JobViolation(violation, intent.root, ".".join(map(str, violation.path)) or "prompt")


def _asset_name(intent: Intent, pointer: str) -> str:
    return next((each.shown for each in intent.assets if each.pointer == pointer), "references")


def _first_of_group(group: str, violation: Violation, intent: Intent) -> tuple[str, str]:
    """Point at the first file that is too many, else at the first; and name all of them."""
    roles = intent.roles
    pointers = [
        asset.pointer
        for asset in intent.assets
        if group in {"all", asset.role, roles[asset.role].kind}
    ]
    name = f"{roles[group].title}s" if group in roles else f"{group}s".replace("alls", "files")
    is_over = violation.keyword.startswith("max") and _is_over(len(pointers), violation.limit)
    if violation.path[-1] == "count" and is_over:
        return pointers[int(violation.limit)], name
    return next(iter(pointers), intent.root), name


def _lost_tokens(violation: Violation, resolved: Mapping[str, Any]) -> str:
    """Name the tokens where the prompt will have been cut off."""
    prompt, limit = resolved["prompt"], violation.limit
    if violation.path[-1] != "length":
        return ""
    spans = [token["span"] for token in prompt["tokens"]]
    lost = [prompt["text"][start:end] for start, end in spans if _is_over(end, limit)]
    return f"What is cut off names {', '.join(dict.fromkeys(lost))}." if lost else ""


def _is_over(end: int, limit: object) -> bool:
    return isinstance(limit, int) and end > limit


def _first_excess(field: str, violation: Violation, intent: Intent) -> str:
    """Point at the first reference that is too many, or where one is missing."""
    if field == "voices":
        pointers = intent.pointers_of(VOICE)
    else:
        kind = None if field == "references" else field.removesuffix("s")
        pointers = [each.pointer for each in intent.references if kind in {None, each.kind}]
    if violation.keyword.startswith("max") and _is_over(len(pointers), violation.limit):
        return pointers[int(violation.limit)]
    return "/references" if intent.references and not intent.root else intent.root


def _prompt_styles(
    resolved: Mapping[str, Any], intent: Intent, target: Target
) -> Iterator[JobViolation]:
    """Report tokens in a syntax that the target does not document."""
    accepted = target.data.get("prompt_styles")
    if not intent.prompt or accepted is None:
        return
    for token in resolved["prompt"]["tokens"]:
        style = token["style"]
        if style in accepted or _bracketed_style(token, resolved["prompt"]["text"]) in accepted:
            continue
        note = target.data.get("doubtful_styles", {}).get(style) or target.data["style"]
        start, end = token["span"]
        name = intent.prompt.text[start:end]
        violation = violation_of(note, found=name, limit=accepted)
        detail = _odd_space(name, accepted)
        yield JobViolation(violation, intent.prompt.pointer, name, (start, end), detail)


def _odd_space(name: str, accepted: Iterable[str]) -> str:
    """Explain what is invisible: a space of another kind, or more than one."""
    from wanprep.job.references.find import find_tokens

    plain = " ".join(name.split())
    if name == plain or not any(token.style in accepted for token in find_tokens(plain)):
        return ""
    return "Write one ordinary space between the word and the number."


def _bracketed_style(token: Mapping[str, Any], prompt: str) -> str:
    """Return the style inside of square brackets, which serve as quotation marks."""
    from wanprep.job.references.find import find_tokens

    start, end = token["span"]
    inner = find_tokens(prompt[start + 1 : end - 1]) if token["style"] == "[Image 1]" else ()
    return inner[0].style if inner else ""


def _unknown_parameters(intent: Intent, target: Target) -> Iterator[JobViolation]:
    """Report parameters that the target has no field for; one that no target has is an error."""
    fields = target.data.get("fields")
    if fields is None:
        return
    common = load_schema("job")["properties"]["parameters"]["properties"]
    for name in intent.parameters:
        if name in fields["parameters"]:
            continue
        violation = violation_of(target.data["unknown_key"], found=name, limit=sorted(common))
        detail = "" if name in common else _suggestion(name, _spellings(common))
        violation = replace(violation, severity="warning" if name in common else "error")
        yield JobViolation(violation, intent.places[name], name, detail=detail)


def _spellings(common: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    others = {other: name for name, about in common.items() for other in about.get("x-also", ())}
    return {name: name for name in common} | others


def _suggestion(name: str, names: Mapping[str, str]) -> str:
    near = _nearest(name.lower(), tuple(names))
    return f"Did you mean `{names[near[0]]}`?" if near else ""


@lru_cache(maxsize=1024)
def _nearest(name: str, names: tuple[str, ...]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, names, 1, cutoff=0.6)


def _request_violations(body: Mapping[str, Any], target: Target) -> Iterator[JobViolation]:
    """Check a native body against the provider's own request schema."""
    if is_valid(body, target.request or {}):
        return
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(target.request or {}).iter_errors(body):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            keys = error.schema.get("properties", {})
            for name in sorted(set(error.instance) - set(keys)):
                note = target.data["unknown_key"]
                violation = violation_of(note, found=name, limit=sorted(keys))
                # Also by the name that we have for the field.
                ours = names_at(target, path)
                detail = _suggestion(name, {key: key for key in keys} | ours)
                pointer = pointer_to(("body", *path, name))
                yield JobViolation(violation, pointer, name, detail=detail)
        elif error.validator not in _MISSING and not error.context:
            found = error.instance if isinstance(error.instance, str | int | float) else None
            violation = violation_of(_note_of(error, path, target), found=found, limit=None)
            yield JobViolation(violation, pointer_to(("body", *path)), _last_key(path))


def names_at(target: Target, place: tuple[str | int, ...]) -> dict[str, str]:
    """Return the keys of the parameters at one place of a native body, by their common names."""
    from wanprep.rules.slots import split_path

    fields = target.data["fields"]["parameters"]
    paths = {name: split_path(each["name"])[0] for name, each in fields.items() if "in" not in each}
    return {name: str(path[-1]) for name, path in paths.items() if path[:-1] == place}


def _note_of(error: ValidationError, path: tuple[str | int, ...], target: Target) -> dict[str, Any]:
    """Cite the provider's own schema for what no bound of ours explains."""
    schema = cast("Mapping[str, Any]", error.schema)
    limit = describe_limit(schema, str(error.validator), tuple(map(str, path)))
    source = {
        "doc": target.docs[0],
        "says": limit or "see the documentation",
        "checked": target.data["unknown_key"]["x-source"]["checked"],
        "confidence": "documented",
    }
    return {"x-rule": _INVALID, "x-severity": "error", "x-source": source}


def _last_key(path: tuple[str | int, ...]) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "body")


def end_of_target(target: Target, today: date, pointer: str) -> JobViolation | None:
    """Report that a target ends soon, or has ended; the caller knows the day."""
    until = target.data.get("until")
    if until is None or today + _NOTICE < (last := date.fromisoformat(until)):
        return None
    has_ended = today > last
    note = {
        "x-rule": "target-ended",
        "x-severity": "error" if has_ended else "warning",
        "x-source": target.data["until_source"],
    }
    successor = target.data.get("replaced-by")
    detail = f"Use {successor} instead." if successor else ""
    words = f"ended on {until}" if has_ended else f"ends on {until}"
    violation = violation_of(note, found=words, limit=until)
    return JobViolation(violation, pointer, target.id, detail=detail)
