"""Guess which field of a published request is which part of a job."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.job.roles import VOICE, common_roles
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.roles import Role

Schema = Any  # a mapping, or true or false

_KINDS: Final = (
    ("audio", re.compile(r"audio|voice|sound|music|speech", re.IGNORECASE)),
    ("image", re.compile(r"image|img|frame|photo|picture|portrait", re.IGNORECASE)),
    ("video", re.compile(r"video|clip|footage", re.IGNORECASE)),
)
_FRAME: Final = re.compile(r"(first|start|last|end).frame", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+")
# Words in the names of fields, and in those of roles, that tell no role from another.
_USUAL: Final = frozenset(
    "audio clip file frame image images img list media photo picture uri uris url urls video videos"
    " reference input".split()
)
_LINK: Final = re.compile(r"\bURLs?\b|\bURIs?\b|base64|link to", re.IGNORECASE)
_VOICE: Final = re.compile(r"voice|audio", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"[a-z][a-z0-9_]*")
_MORE_NAMES: Final = {
    "enhance_prompt": "prompt_extend",
    "prompt_enhance": "prompt_extend",
    "prompt_optimizer": "prompt_extend",
    "video_length": "duration",
}
_SCALARS: Final = frozenset({"boolean", "integer", "number", "string"})


@dataclass(slots=True)
class Mapped:
    """The parts of a job that have a field, and the fields that somebody must look at."""

    prompts: dict[str, str] = field(default_factory=dict)  # by our name
    media: dict[str, str] = field(default_factory=dict)  # the field of each role
    parameters: dict[str, str] = field(default_factory=dict)  # by our name
    constants: dict[str, Any] = field(default_factory=dict)
    unmapped: dict[str, str] = field(default_factory=dict)  # by field: why


def map_fields(request: Mapping[str, Any]) -> Mapped:
    """Find a place for each field."""
    mapped = Mapped()
    # Lists first: a single image beside a list of them is not a reference.
    lists_first = sorted(request["properties"].items(), key=lambda each: _is_single(each[1]))
    for name, schema in lists_first:
        if name in {"prompt", "negative_prompt"}:
            mapped.prompts[name] = name
        elif is_constant(name, schema):
            mapped.constants[name] = schema.get("const", (schema.get("enum") or [None])[0])
        elif kind := media_kind(name, schema):
            _map_media(mapped, name, schema, kind)
        else:
            _map_parameter(mapped, name, schema)
    return mapped


def _is_single(schema: Schema) -> bool:
    return not isinstance(schema, dict) or items_of(schema) is None


def is_constant(name: str, schema: Schema) -> bool:
    """Whether a field has one value, as that of the model has."""
    if not isinstance(schema, dict):
        return False
    return "const" in schema or (name == "model" and len(schema.get("enum", ())) == 1)


def types_of(schema: Schema) -> set[str]:
    """Return the types that a field may have, without null."""
    if not isinstance(schema, dict):
        return set()
    kinds = schema.get("type", ())
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            found |= types_of(each)
    return found - {"null"}


def items_of(schema: Mapping[str, Any]) -> Schema | None:
    """Return the schema of a list's entries; None for what is no list."""
    if "items" in schema:
        return schema["items"]
    lists = (each for key in ("anyOf", "oneOf") for each in schema.get(key, ()) if "items" in each)
    return next((each["items"] for each in lists), None)


def media_kind(name: str, schema: Schema) -> str | None:
    """Return the kind of the media that a field takes the URLs of; None for other fields."""
    if not isinstance(schema, dict) or "enum" in schema or "const" in schema:
        return None
    entry = items_of(schema)
    one = entry if isinstance(entry, dict) else schema
    is_link = (
        one.get("format") == "uri"
        or re.search(r"ur[li]s?$", name, re.IGNORECASE)
        or _LINK.search(f"{schema.get('description', '')} {one.get('description', '')}")
        or (types_of(one) == {"object"} and url_key(one))
    )
    if not is_link or not types_of(one) <= {"string", "object"}:
        return None
    if re.search(r"callback|webhook", name, re.IGNORECASE):
        return None
    return kind_in(name)


def kind_in(name: str) -> str | None:
    """Return the kind of media that a name speaks of, if any."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), None)


def url_key(entry: Mapping[str, Any]) -> str | None:
    """Return the key of an entry that has its URL."""
    properties = entry.get("properties", {})
    names = [name for name in properties if re.search(r"ur[li]$", name, re.IGNORECASE)]
    links = [name for name in properties if properties[name].get("format") == "uri"]
    found = [name for name in names or links if not _VOICE.search(name)]
    return found[0] if found else None


def voice_key(entry: Mapping[str, Any]) -> str | None:
    """Return the key of an entry that has the URL of a voice."""
    return next((name for name in entry.get("properties", {}) if _VOICE.search(name)), None)


def _map_media(mapped: Mapped, name: str, schema: Mapping[str, Any], kind: str) -> None:
    role = _role(name, schema, kind)
    if role == "reference_image" and role in mapped.media and _is_single(schema):
        role = "first_frame"
    if role in mapped.media:
        mapped.unmapped[name] = f"`{mapped.media[role]}` is already the field of {role}"
    else:
        mapped.media[role] = name


def _role(name: str, schema: Mapping[str, Any], kind: str) -> str:
    """Return the role of a kind that has most words of a field's name, else the usual one."""
    words = {word.lower() for word in _WORD.findall(name)} - _USUAL
    if not words:  # the name alone says nothing
        about = _FRAME.search(str(schema.get("description", "")))
        words = {about[1].lower()} if about else set()
    is_list = items_of(schema) is not None
    roles = [each for each in common_roles().of_kind(kind) if each.name != VOICE]
    usual = [each for each in roles if each.is_reference is (is_list or kind != "audio")]
    ordered = dict.fromkeys([*usual, *roles])  # of several that fit as well, the first is taken
    return max(ordered, key=lambda role: len(words & _words_of(role))).name


def _words_of(role: Role) -> set[str]:
    """List the words for a role: those of its name, and of the other names for its key."""
    schema = common_roles().schema["properties"]
    keys = schema["references"]["items"]["properties"] if role.in_references else schema
    names = [role.name, role.key, *keys[role.key].get("x-also", ())]
    return {word.lower() for each in names for word in _WORD.findall(each)} - _USUAL


def _map_parameter(mapped: Mapped, name: str, schema: Schema) -> None:
    ours = _common_names().get(name.lower(), name)
    kinds = types_of(schema)
    if not kinds or not kinds <= _SCALARS:
        mapped.unmapped[name] = "neither text, number nor true/false: write it in `body` of a job"
    elif not _PARAMETER.fullmatch(ours):
        mapped.unmapped[name] = "give it a name of lower-case letters under fields.parameters"
    elif ours in mapped.parameters:
        mapped.unmapped[name] = f"`{mapped.parameters[ours]}` is already the field of {ours}"
    elif ours == "duration" and kinds == {"string"}:
        mapped.unmapped[name] = "a duration as text: a job writes a number"
    else:
        mapped.parameters[ours] = name


def _common_names() -> dict[str, str]:
    common = load_schema("job")["properties"]["parameters"]["properties"]
    pairs: Iterator[tuple[str, str]] = (
        (other, name) for name, about in common.items() for other in about.get("x-also", ())
    )
    return {**{name: name for name in common}, **dict(pairs), **_MORE_NAMES}
