"""What a job means, whichever way it is written: our own words or a provider's native body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.pointers import below, pointer_to, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.model import Asset, Job
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt and where it stands."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class IntendedReference:
    """One reference, and where its image or clip stands."""

    kind: Literal["image", "video"]
    pointer: str
    voice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A job in common words, and the place of everything in the document it came from."""

    prompt: Text | None
    negative_prompt: Text | None
    references: tuple[IntendedReference, ...]
    first_frame: str | None  # its pointer
    parameters: Mapping[str, Any]
    places: Mapping[str, str]  # of each parameter
    assets: tuple[Asset, ...]
    root: str = ""  # where what is missing would stand
    unknown: Mapping[str, str] = field(default_factory=dict)  # keys that are no parameters


def intent_by(job: Job) -> Intent:
    """Read a job in our own words. Values of parameters are matched without regard to case."""
    return Intent(
        prompt=_text(job.prompt, "/prompt"),
        negative_prompt=_text(job.negative_prompt, "/negative_prompt"),
        references=tuple(
            IntendedReference(each.kind, f"{each.pointer}/{each.kind}", each.voice is not None)
            for each in job.references
        ),
        first_frame="/first_frame" if job.first_frame else None,
        # As everywhere in a job, a key with nothing behind it says nothing.
        parameters={
            name: _folded(name, value)
            for name, value in job.parameters.items()
            if value is not None
        },
        places={name: below("/parameters", name) for name in job.parameters},
        assets=tuple(job.assets()),
    )


def _text(text: str | None, pointer: str) -> Text | None:
    return Text(text, pointer) if text and text.strip() else None


def _folded(name: str, value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and name != "callback_url" else value


_ROOT: Final = "/body"


_BINDING: Final = re.compile(r"(image|video)([1-9]\d*)")


def intent_by_body(job: Job, target: Target) -> Intent:
    """Read what a body says. What has the wrong type is left to the provider's own schema."""
    body: Mapping[str, Any] = job.body or {}
    fields: Mapping[str, Any] = target.data["fields"]
    references = tuple(_references(body, fields))
    first_frame = _body_text(body, fields.get("first_frame"))
    assets = [*_media(job, body, fields), *_voices(job, body, fields)]
    if first_frame:
        assets.append(job.asset("first_frame", first_frame.text, first_frame.pointer))
    parameters = dict(_parameters(body, fields))
    return Intent(
        prompt=_prompt(body, fields.get("prompt")),
        negative_prompt=_body_text(body, fields.get("negative_prompt")),
        references=references,
        first_frame=first_frame.pointer if first_frame else None,
        parameters={name: value for name, (value, _) in parameters.items()},
        places={name: pointer for name, (_, pointer) in parameters.items()},
        assets=tuple(assets),
        root=_ROOT,
    )


def _body_text(body: Mapping[str, Any], field: str | None) -> Text | None:
    value = body.get(field) if field else None
    return Text(value, _place(field or "")) if isinstance(value, str) and value.strip() else None


def _prompt(body: Mapping[str, Any], field: str | None) -> Text | None:
    """Read the prompt; one that is no text is wrong, but not missing."""
    value = body.get(field) if field else None
    return _body_text({str(field): value if isinstance(value, str) else str(value or "")}, field)


def _place(*parts: str | int) -> str:
    return pointer_to(("body", *parts))


def _entries(
    body: Mapping[str, Any], field: Mapping[str, Any]
) -> Iterator[tuple[str, str, str | None]]:
    """List a field's media: address, its place, and the place of a voice given beside it."""
    given, item = body.get(field["name"]), field.get("item") or {}
    many = given if isinstance(given, list) else [given]
    for index, entry in enumerate(many):
        at = (field["name"], index) if isinstance(given, list) else (field["name"],)
        if isinstance(entry, str) and entry.strip():
            yield entry, _place(*at), None
        elif isinstance(entry, dict) and isinstance(entry.get(item.get("url")), str):
            voice = item.get("voice", "")
            beside = _place(*at, voice) if isinstance(entry.get(voice), str) else None
            yield entry[item["url"]], _place(*at, item["url"]), beside


def _references(body: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[IntendedReference]:
    voiced = {(kind, index) for kind, index, _, _ in _bound_voices(body, fields)}
    for kind, role in (("image", "reference_image"), ("video", "reference_video")):
        for index, (_, pointer, voice) in enumerate(_entries(body, fields.get(role) or _NONE), 1):
            has_voice = voice is not None or (kind, index) in voiced
            yield IntendedReference("image" if kind == "image" else "video", pointer, has_voice)


_NONE: Final[Mapping[str, Any]] = {"name": ""}


def _media(job: Job, body: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Asset]:
    for written, pointer, voice in _entries(body, fields.get("reference_image") or _NONE):
        yield job.asset("reference_image", written, pointer)
        yield from _voice_beside(job, body, voice)
    for written, pointer, voice in _entries(body, fields.get("reference_video") or _NONE):
        yield job.asset("reference_video", written, pointer)
        yield from _voice_beside(job, body, voice)


def _voice_beside(job: Job, body: Mapping[str, Any], pointer: str | None) -> Iterator[Asset]:
    if pointer is None:
        return
    value: Any = body
    for part in steps(pointer)[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    yield job.asset("voice", value, pointer)


def _voices(job: Job, body: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Asset]:
    for _, _, written, pointer in _bound_voices(body, fields):
        yield job.asset("voice", written, pointer)


def _bound_voices(
    body: Mapping[str, Any], fields: Mapping[str, Any]
) -> Iterator[tuple[str, int, str, str]]:
    """List voices given apart from the references: by name, or by place where no name is."""
    voice: Mapping[str, Any] = fields.get("voice") or {}
    path = str(voice.get("bindings", "")).split(".")
    bindings: Any = body
    for part in path:
        bindings = bindings.get(part) if isinstance(bindings, dict) else None
    if isinstance(bindings, dict):
        for name, written in bindings.items():
            match = _BINDING.fullmatch(name)
            if match and isinstance(written, str):
                yield match[1], int(match[2]), written, _place(*path, name)
        return
    listed = body.get(voice.get("positional", ""))
    order = [
        (role.removeprefix("reference_"), index)
        for role in voice.get("positional_order", ())
        for index, _ in enumerate(_entries(body, fields.get(role) or _NONE), 1)
    ]
    if isinstance(listed, list):
        for place, written in enumerate(listed):
            if isinstance(written, str):
                kind, index = order[place] if place < len(order) else ("", 0)
                yield kind, index, written, _place(voice["positional"], place)


def _parameters(
    body: Mapping[str, Any], fields: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, str]]]:
    for name, entry in fields.get("parameters", {}).items():
        if entry["name"] in body:
            value = body[entry["name"]]
            common = {native: common for common, native in entry.get("values", {}).items()}
            plain = common.get(value, value) if isinstance(value, str) else value
            yield name, (plain, _place(entry["name"]))
