"""A job that is written as a provider's request body, read by the target's table of fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.roles import VOICE
from wanprep.pointers import pointer_to
from wanprep.rules.intent import IntendedReference, Intent, Text, text_of
from wanprep.rules.native_values import to_common
from wanprep.rules.slots import NAME, URL, read, slot_of, split_path, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.model import Asset, Job
    from wanprep.job.roles import Roles
    from wanprep.rules.slots import Found
    from wanprep.rules.target import Target

    Fields = Mapping[str, Any]  # of a target: the table from our keys to those of the body

_BINDING: Final = re.compile(r"([a-z]+)([1-9]\d*)")
_VOICE_VALUE: Final = "$voice"
_ABSENT: Final = object()


def intent_of_body(job: Job, target: Target) -> Intent:
    """Read a body. Values of the wrong type are left to the provider's own schema."""
    body: Mapping[str, Any] = job.body or {}
    fields: Fields = target.data["fields"]
    roles = job.roles.beside([target.data.get("places", {})])
    media = _media(body, fields)
    voices = list(_separate_voices(body, fields, media, roles))
    voiced = {place for place, _ in voices}
    references: list[IntendedReference] = []
    assets: list[Asset] = []
    others: list[Asset] = []
    for role_name, found in media:
        role, voice = roles[role_name], _text_in(found, _VOICE_VALUE)
        of_role = assets if role.is_reference else others
        of_role.append(job.asset(role_name, found.values[URL][0], found.pointer(URL)))
        of_role += [job.asset(VOICE, voice.text, voice.pointer)] if voice else []
        if role.is_reference:
            number = 1 + sum(each.kind == role.kind for each in references)
            has_voice = voice is not None or (role.kind, number) in voiced
            references.append(
                IntendedReference(
                    role_name,
                    role.kind,
                    found.pointer(URL),
                    has_voice,
                    role.key,
                    _text_in(found, NAME),
                )
            )
    assets += (job.asset(VOICE, voice.text, voice.pointer) for _, voice in voices)
    parameters = dict(_parameters(body, fields))
    return Intent(
        prompt=_prompt(body, fields),
        negative_prompt=_first_text(body, fields, "negative_prompt"),
        references=tuple(references),
        parameters={name: value for name, (value, _) in parameters.items()},
        places={name: place for name, (_, place) in parameters.items()},
        assets=(*assets, *others),
        root="/body",
        roles=roles,
    )


def _media(body: Mapping[str, Any], fields: Fields) -> list[tuple[str, Found]]:
    """List the media of a body by role, those of one list in its order.

    Of several roles in one list, the one with the most constants that match is meant.
    """
    slots = {role: slot_of(written) for role, written in fields.get("roles", {}).items()}
    order = list(dict.fromkeys(slot.path for slot in slots.values()))
    found: dict[tuple[object, ...], tuple[str, Found]] = {}
    for role, slot in sorted(slots.items(), key=lambda each: -each[1].constants):
        for entry in read(body, slot):
            if _text_in(entry, URL):
                found.setdefault((order.index(slot.path), entry.at), (role, entry))
    return [found[place] for place in sorted(found)]


def _text_in(found: Found, name: str) -> Text | None:
    value, _ = found.values.get(name, (None, ()))
    return text_of(value, found.pointer(name)) if isinstance(value, str) else None


def _first_text(body: Mapping[str, Any], fields: Fields, name: str) -> Text | None:
    slot = slot_of(fields[name], f"${name}") if name in fields else None
    entries = read(body, slot) if slot else ()
    right = (found for found in entries if slot and slot.many is (found.at != slot.path))
    texts = (_text_in(found, f"${name}") for found in right)
    return next(filter(None, texts), None)


def _prompt(body: Mapping[str, Any], fields: Fields) -> Text | None:
    """Read the prompt; one of another type is wrong, but not missing."""
    if text := _first_text(body, fields, "prompt"):
        return text
    path, many = split_path(fields["prompt"]) if isinstance(fields.get("prompt"), str) else ((), 0)
    value = value_at(body, path) if path and not many else None
    return text_of(str(value or ""), _place(*path))


def _place(*parts: str | int) -> str:
    return pointer_to(("body", *parts))


def _parameters(body: Mapping[str, Any], fields: Fields) -> Iterator[tuple[str, tuple[Any, str]]]:
    for name, entry in fields.get("parameters", {}).items():
        path, _ = split_path(entry["name"])
        value = value_at(body, path, _ABSENT)
        if value is not _ABSENT and entry.get("in") != "query":
            yield name, (to_common(value, entry), _place(*path))


def _separate_voices(
    body: Mapping[str, Any], fields: Fields, media: list[tuple[str, Found]], roles: Roles
) -> Iterator[tuple[tuple[str, int], Text]]:
    """List voices in fields of their own, and the kind and number of the reference of each.

    They are bound by name ("image1"), or by position.
    """
    voice: Mapping[str, Any] = fields.get("voices") or {}
    path, _ = split_path(voice.get("bindings", ""))
    bindings = value_at(body, path)
    if isinstance(bindings, dict):
        for name, written in bindings.items():
            match = _BINDING.fullmatch(name)
            if match and isinstance(written, str):
                yield (match[1], int(match[2])), Text(written, _place(*path, name))
        return
    listed = body.get(voice.get("positional", ""))
    order = [
        (roles[role].kind, number)
        for role in voice.get("positional_order", ())
        for number, _ in enumerate((each for each in media if each[0] == role), 1)
    ]
    for place, written in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(written, str):
            reference = order[place] if place < len(order) else ("", 0)
            yield reference, Text(written, _place(voice["positional"], place))
