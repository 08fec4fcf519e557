"""The intent of a job, whether written in wanprep's keys or as a provider's request body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from wanprep.pointers import below, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.model import Asset, Job, Role
    from wanprep.rules.target import Target

    Fields = Mapping[str, Any]  # of a target: the table from our keys to those of the body

Kind = Literal["image", "video"]
_REFERENCE_ROLES: Final[tuple[tuple[Kind, Role], ...]] = (
    ("image", "reference_image"),
    ("video", "reference_video"),
)
_BINDING: Final = re.compile(r"(image|video)([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Text:
    """A string and its place in the document."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class IntendedReference:
    """One reference, and the place of its image or video."""

    kind: Kind
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
    places: Mapping[str, str]  # the pointer of each parameter
    assets: tuple[Asset, ...]
    root: str = ""  # the pointer of the object to which missing keys would be added


def intent_of(job: Job, native: Target | None = None) -> Intent:
    """Read a job in our own keys, or one whose `body` is the request of a native target.

    Our own values of parameters are matched without regard to case.
    """
    if native is not None:
        return _intent_of_body(job, native)
    return Intent(
        prompt=_text(job.prompt, "/prompt"),
        negative_prompt=_text(job.negative_prompt, "/negative_prompt"),
        references=tuple(
            IntendedReference(each.kind, f"{each.pointer}/{each.kind}", each.voice is not None)
            for each in job.references
        ),
        first_frame="/first_frame" if job.first_frame else None,
        # As everywhere in a job, a key without a value is the same as none.
        parameters={
            name: _folded(name, value)
            for name, value in job.parameters.items()
            if value is not None
        },
        places={name: below("/parameters", name) for name in job.parameters},
        assets=tuple(job.assets()),
    )


def _text(value: object, pointer: str) -> Text | None:
    return Text(value, pointer) if isinstance(value, str) and value.strip() else None


def _folded(name: str, value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and name != "callback_url" else value


def _intent_of_body(job: Job, target: Target) -> Intent:
    """Read a body. Values of the wrong type are left to the provider's own schema."""
    body: Mapping[str, Any] = job.body or {}
    fields: Fields = target.data["fields"]
    voices = list(_separate_voices(body, fields))
    voiced = {place for place, _ in voices}
    references: list[IntendedReference] = []
    assets: list[Asset] = []
    for kind, role in _REFERENCE_ROLES:
        for index, (media, voice) in enumerate(_entries(body, fields.get(role)), 1):
            has_voice = voice is not None or (kind, index) in voiced
            references.append(IntendedReference(kind, media.pointer, has_voice))
            assets.append(job.asset(role, media.text, media.pointer))
            assets += [job.asset("voice", voice.text, voice.pointer)] if voice else []
    assets += (job.asset("voice", voice.text, voice.pointer) for _, voice in voices)
    first_frame = _body_text(body, fields.get("first_frame"))
    if first_frame:
        assets.append(job.asset("first_frame", first_frame.text, first_frame.pointer))
    parameters = {
        name: entry for name, entry in fields.get("parameters", {}).items() if entry["name"] in body
    }
    return Intent(
        prompt=_prompt(body, fields.get("prompt")),
        negative_prompt=_body_text(body, fields.get("negative_prompt")),
        references=tuple(references),
        first_frame=first_frame.pointer if first_frame else None,
        parameters={
            name: _common_value(entry, body[entry["name"]]) for name, entry in parameters.items()
        },
        places={name: _place(entry["name"]) for name, entry in parameters.items()},
        assets=tuple(assets),
        root="/body",
    )


def _body_text(body: Mapping[str, Any], field: str | None) -> Text | None:
    return _text(body.get(field), _place(field)) if field else None


def _prompt(body: Mapping[str, Any], field: str | None) -> Text | None:
    """Read the prompt; one of another type is wrong, but not missing."""
    value = body.get(field) if field else None
    return _text(value if isinstance(value, str) else str(value or ""), _place(field or ""))


def _place(*parts: str | int) -> str:
    return pointer_to(("body", *parts))


def _entries(
    body: Mapping[str, Any], field: Mapping[str, Any] | None
) -> Iterator[tuple[Text, Text | None]]:
    """List a field's media, each with the voice in the same object."""
    name, item = (field or {}).get("name", ""), (field or {}).get("item") or {}
    value, url_key, voice_key = body.get(name), item.get("url", ""), item.get("voice", "")
    for index, entry in enumerate(value if isinstance(value, list) else [value]):
        at = (name, index) if isinstance(value, list) else (name,)
        if media := _text(entry, _place(*at)):
            yield media, None
        elif isinstance(entry, dict) and isinstance(entry.get(url_key), str):
            voice = entry.get(voice_key)
            yield (
                Text(entry[url_key], _place(*at, url_key)),
                Text(voice, _place(*at, voice_key)) if isinstance(voice, str) else None,
            )


def _separate_voices(
    body: Mapping[str, Any], fields: Fields
) -> Iterator[tuple[tuple[str, int], Text]]:
    """List voices in fields of their own, and the kind and number of the reference of each.

    They are bound by name ("image1"), or by position.
    """
    voice: Mapping[str, Any] = fields.get("voice") or {}
    path = str(voice.get("bindings", "")).split(".")
    bindings: Any = body
    for part in path:
        bindings = bindings.get(part) if isinstance(bindings, dict) else None
    if isinstance(bindings, dict):
        for name, written in bindings.items():
            match = _BINDING.fullmatch(name)
            if match and isinstance(written, str):
                yield (match[1], int(match[2])), Text(written, _place(*path, name))
        return
    voices = body.get(voice.get("positional", ""))
    order = [
        (role.removeprefix("reference_"), index)
        for role in voice.get("positional_order", ())
        for index, _ in enumerate(_entries(body, fields.get(role)), 1)
    ]
    for place, written in enumerate(voices if isinstance(voices, list) else ()):
        if isinstance(written, str):
            reference = order[place] if place < len(order) else ("", 0)
            yield reference, Text(written, _place(voice["positional"], place))


def _common_value(entry: Mapping[str, Any], value: object) -> object:
    common = {native: common for common, native in entry.get("values", {}).items()}
    return common.get(value, value) if isinstance(value, str) else value


def resolve(intent: Intent) -> dict[str, Any]:
    """Return the one JSON object to which a target's rules about jobs apply."""
    from wanprep.job.references.binding import resolved_prompt

    kinds = [reference.kind for reference in intent.references]
    resolved: dict[str, Any] = {
        "references": [{"kind": each.kind, "voice": each.voice} for each in intent.references],
        "images": kinds.count("image"),
        "videos": kinds.count("video"),
        "voices": sum(asset.role == "voice" for asset in intent.assets),
        "first_frame": intent.first_frame is not None,
        "frames": int(intent.first_frame is not None),
        "parameters": dict(intent.parameters),
    }
    if intent.prompt:
        resolved["prompt"] = resolved_prompt(intent.prompt.text, kinds)
    if intent.negative_prompt:
        text = intent.negative_prompt.text
        resolved["negative_prompt"] = {"text": text, "length": len(text)}
    if "callback_url" in intent.parameters:
        resolved["callback"] = resolve_callback(intent.parameters["callback_url"])
    return resolved


def resolve_callback(url: object) -> dict[str, Any]:
    """Describe a callback URL as far as its text allows, without the network."""
    from wanprep.net.urls import is_private

    if not isinstance(url, str):
        return {"valid": False}
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return {"valid": False, "length": len(url)}
    return {
        "valid": bool(parts.scheme and host),
        "https": parts.scheme.lower() == "https",
        "login": parts.username is not None,
        "private": is_private(host),
        "length": len(url),
    }
