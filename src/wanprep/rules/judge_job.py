"""Hold a whole job against what a target allows: counts, prompt, parameters, native body."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from wanprep.pointers import is_within, last, parent, pointer_to
from wanprep.rules.broken import Broken, JobBroken, broken_bounds
from wanprep.rules.message import allowed_by
from wanprep.schemas import load_schema
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    from wanprep.rules.finding import Severity
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target

# What a provider's own schema refuses and no bound of ours explains.
_OWN: Final = "parameter-invalid"
_LACKING: Final = frozenset({"required", "minLength", "minItems"})  # our own rules say it better


def judge_job(
    resolved: Mapping[str, Any],
    intent: Intent,
    target: Target,
    body: Mapping[str, Any] | None = None,
) -> Iterator[JobBroken]:
    """Tell each bound that a job breaks, each place once.

    `body` is the native body that the job is written as, when it is one of this target's.
    """
    seen: set[tuple[str, str, Any]] = set()
    for found in _all(resolved, intent, target, body):
        key = (found.broken.rule, found.pointer, found.span)
        own = found.broken.rule == _OWN and not found.broken.keyword
        if key not in seen and not (own and _said(found.pointer, seen)):
            seen.add(key)
            yield found


def _said(pointer: str, seen: set[tuple[str, str, Any]]) -> bool:
    """Tell whether something was said of this place already, or of one inside or around it."""
    return any(
        is_within(known, pointer) or is_within(pointer, known)
        for _, known, _ in seen
        if known != "/body"
    )


def _all(
    resolved: Mapping[str, Any], intent: Intent, target: Target, body: Mapping[str, Any] | None
) -> Iterator[JobBroken]:
    for broken in broken_bounds(resolved, target.job):
        yield _placed(broken, resolved, intent)
    yield from _styles(resolved, intent, target)
    if body is None:
        yield from _unknown(intent, target)
        return
    for broken in broken_bounds(body, target.body):
        name = broken.limit[0] if broken.keyword == "required" else _last(broken.path)
        yield JobBroken(broken, pointer_to(("body", *broken.path)), name)
    yield from _requested(body, target)


def _placed(broken: Broken, resolved: Mapping[str, Any], intent: Intent) -> JobBroken:
    """Find the place in the job of a bound over the resolved job."""
    match broken.path:
        case ("prompt", "tokens", int(index), *_) if intent.prompt:
            token = resolved["prompt"]["tokens"][index]
            start, end = token["span"]
            name = intent.prompt.text[start:end]
            broken = replace(broken, found=name)
            return JobBroken(broken, intent.prompt.pointer, name, (start, end))
        case ("prompt", "unused", *_) if intent.prompt:
            names = [_called(each) for each in resolved["prompt"]["unused"]]
            broken = replace(broken, found=names)
            return JobBroken(broken, intent.prompt.pointer, join_words(names, "and"))
        case ("prompt", "length") if intent.prompt:
            return JobBroken(
                broken, intent.prompt.pointer, "prompt", detail=_beyond(broken, resolved)
            )
        case ("negative_prompt", *_) if intent.negative_prompt:
            return JobBroken(broken, intent.negative_prompt.pointer, "negative_prompt")
        case ("parameters", str(name), *_):
            pointer = intent.places[name]
            return JobBroken(broken, pointer, last(pointer))
        case ("callback", *_):
            return JobBroken(broken, intent.places["callback_url"], "callback_url")
        case ("first_frame" | "frames", *_) if intent.first_frame:
            return JobBroken(broken, intent.first_frame, "first_frame")
        case ("references" | "images" | "videos" | "voices" as what, *_):
            pointer = _superfluous(what, broken, intent)
            return JobBroken(
                broken, pointer, last(parent(pointer)) if broken.rule == _OWN else what
            )
    return JobBroken(broken, intent.root, ".".join(map(str, broken.path)) or "prompt")


def _called(reference: Mapping[str, Any]) -> str:
    return f"{reference['kind'].capitalize()} {reference['index']}"


def _beyond(broken: Broken, resolved: Mapping[str, Any]) -> str:
    """Name the tokens that stand where the prompt will have been cut off."""
    prompt, limit = resolved["prompt"], broken.limit
    lost = [
        prompt["text"][start:end]
        for start, end in (token["span"] for token in prompt["tokens"])
        if isinstance(limit, int) and end > limit
    ]
    return f"What is cut off names {', '.join(dict.fromkeys(lost))}." if lost else ""


def _superfluous(what: str, broken: Broken, intent: Intent) -> str:
    """Point at the first reference that is too many, or where one should be."""
    if what == "voices":
        pointers = [asset.pointer for asset in intent.assets if asset.role == "voice"]
    else:
        kind = {"images": "image", "videos": "video"}.get(what)
        pointers = [each.pointer for each in intent.references if kind in {None, each.kind}]
    limit = broken.limit
    if broken.keyword.startswith("max") and isinstance(limit, int) and limit < len(pointers):
        return pointers[limit]
    return "/references" if intent.references and not intent.root else intent.root


def _styles(resolved: Mapping[str, Any], intent: Intent, target: Target) -> Iterator[JobBroken]:
    """Report tokens in a dialect that the target does not show."""
    shown = target.data.get("prompt_styles")
    if not intent.prompt or shown is None:
        return
    for token in resolved["prompt"]["tokens"]:
        style = token["style"]
        if style in shown or _hugged(token, resolved["prompt"]["text"]) in shown:
            continue
        note = target.data.get("doubtful_styles", {}).get(style) or target.data["style"]
        start, end = token["span"]
        name = intent.prompt.text[start:end]
        broken = annotated_break(note, found=name, limit=shown)
        yield JobBroken(broken, intent.prompt.pointer, name, (start, end), _gap(name, shown))


def _gap(name: str, shown: Iterable[str]) -> str:
    """Explain what nobody can see: a blank of another kind, or more than one."""
    from wanprep.job.references.find import find_tokens

    plain = " ".join(name.split())
    alike = name != plain and any(token.style in shown for token in find_tokens(plain))
    return "Between word and number stands something else than one ordinary space." if alike else ""


def _hugged(token: Mapping[str, Any], prompt: str) -> str:
    """Name the style inside of square brackets, which hug a name as quotation marks do."""
    from wanprep.job.references.find import find_tokens

    start, end = token["span"]
    inner = find_tokens(prompt[start + 1 : end - 1]) if token["style"] == "[Image 1]" else ()
    return inner[0].style if inner else ""


def _unknown(intent: Intent, target: Target) -> Iterator[JobBroken]:
    """Report parameters that the target has no field for; what nobody knows is a mistake."""
    fields = target.data.get("fields")
    if fields is None:
        return
    common = load_schema("job")["properties"]["parameters"]["properties"]
    for name in intent.parameters:
        if name in fields["parameters"]:
            continue
        broken = annotated_break(target.data["unknown_key"], found=name, limit=sorted(common))
        if name not in common:
            broken = replace(broken, severity="error")
            yield JobBroken(broken, intent.places[name], name, detail=_intent(name, common))
        else:
            yield JobBroken(replace(broken, severity="warning"), intent.places[name], name)


def _intent(name: str, common: Mapping[str, Mapping[str, Any]]) -> str:
    names = {name: name for name in common}
    for known, about in common.items():
        names |= dict.fromkeys(about.get("x-also", ()), known)
    return _nearest(name, names)


def _nearest(name: str, names: Mapping[str, str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), names, 1, cutoff=0.6)
    return f"Did you mean `{names[near[0]]}`?" if near else ""


def _requested(body: Mapping[str, Any], target: Target) -> Iterator[JobBroken]:
    """Hold a native body against the provider's own request schema."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(target.request or {}).iter_errors(body):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for name in sorted(set(error.instance) - set(known)):
                note = target.data["unknown_key"]
                broken = annotated_break(note, found=name, limit=sorted(known))
                hint = _intent_key(name, known, target)
                yield JobBroken(broken, pointer_to(("body", *path, name)), name, detail=hint)
        elif error.validator not in _LACKING and not error.context:
            found = error.instance if isinstance(error.instance, str | int | float) else None
            broken = annotated_break(_own(error, path, target), found=found, limit=None)
            yield JobBroken(broken, pointer_to(("body", *path)), _last(path))


def _own(error: ValidationError, path: tuple[str | int, ...], target: Target) -> dict[str, Any]:
    """Cite the provider's own schema for what no bound of ours explains."""
    schema = cast("Mapping[str, Any]", error.schema)
    limit = allowed_by(schema, str(error.validator), tuple(map(str, path)))
    source = {
        "doc": target.docs[0],
        "says": limit or "this is not as its documentation shows it",
        "checked": target.data["unknown_key"]["x-source"]["checked"],
        "confidence": "documented",
    }
    return {"x-rule": _OWN, "x-severity": "error", "x-source": source}


def _intent_key(name: str, known: Iterable[str], target: Target) -> str:
    """Guess which field of a native body is meant, also by the name that we have for it."""
    fields = target.data["fields"]["parameters"]
    names = {ours: field["name"] for ours, field in fields.items() if "in" not in field}
    return _nearest(name, {key: key for key in known} | names)


def _last(path: tuple[str | int, ...]) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "body")


def annotated_break(note: Mapping[str, Any], *, found: object, limit: object) -> Broken:
    """Make a break of an annotation whose question the core itself answered."""
    return Broken(
        rule=note["x-rule"],
        severity=cast("Severity", note["x-severity"]),
        path=(),
        keyword="",
        found=found,
        limit=limit,
        source=note["x-source"],
        schema={},
    )
