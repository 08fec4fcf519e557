"""The intent of a job, whether written in wanprep's keys or as a provider's request body.

`resolve` makes of it the one JSON object to which a target's rules about jobs apply.
"""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.job.roles import OWN_NAME, VOICE, common_roles
from wanprep.pointers import below, is_number
from wanprep.rules.native_values import to_common

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.job.model import Asset, Job
    from wanprep.job.roles import Roles
    from wanprep.media.facts import Facts
    from wanprep.rules.target import Target

    FactsByPointer = Mapping[str, Facts | None]


@dataclass(frozen=True, slots=True)
class Text:
    """A string and its place in the document."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class IntendedReference:
    """One reference, and the place of its image, video or recording."""

    role: str
    kind: str
    pointer: str
    voice: bool = False
    word: str = ""  # what prompts call it, where that is not its kind
    own_name: Text | None = None  # by which the prompt may call it: @anna

    @property
    def name(self) -> str:
        """What prompts call it, without its number."""
        return self.word or self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A job in common words, and the place of everything in the document it came from."""

    prompt: Text | None
    negative_prompt: Text | None
    references: tuple[IntendedReference, ...]
    parameters: Mapping[str, Any]
    places: Mapping[str, str]  # the pointer of each parameter
    assets: tuple[Asset, ...]
    root: str = ""  # the pointer of the object to which missing keys would be added
    roles: Roles = field(default_factory=common_roles)

    @property
    def own_names(self) -> tuple[tuple[tuple[str, int], str], ...]:
        """List the own names of references, each with what prompts call it otherwise."""
        kinds = [each.name for each in self.references]
        return tuple(
            ((each.name, kinds[: at + 1].count(each.name)), each.own_name.text)
            for at, each in enumerate(self.references)
            if each.own_name
        )

    def pointers_of(self, role: str) -> list[str]:
        """List the places of the files in a role."""
        return [asset.pointer for asset in self.assets if asset.role == role]


def intent_of(job: Job, native: Target | None = None) -> Intent:
    """Read a job in our own keys, or one whose `body` is the request of a native target.

    Our own values of parameters are matched without regard to case.
    """
    if native is not None:
        from wanprep.rules.native_body import intent_of_body

        return intent_of_body(job, native)
    return Intent(
        prompt=text_of(job.prompt, "/prompt"),
        negative_prompt=text_of(job.negative_prompt, "/negative_prompt"),
        references=tuple(
            IntendedReference(
                each.role.name,
                each.role.kind,
                each.media_pointer,
                each.voice is not None,
                each.role.key,
                text_of(each.own_name, below(each.pointer, OWN_NAME)),
            )
            for each in job.references
        ),
        # As everywhere in a job, a key without a value is the same as none.
        parameters={
            name: _folded(name, value)
            for name, value in job.parameters.items()
            if value is not None
        },
        places={name: below("/parameters", name) for name in job.parameters},
        assets=tuple(job.assets()),
        roles=job.roles,
    )


def text_of(value: object, pointer: str) -> Text | None:
    """Return a string that is not blank."""
    return Text(value, pointer) if isinstance(value, str) and value.strip() else None


def _folded(name: str, value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and name != "callback_url" else value


def resolve(
    intent: Intent, facts: FactsByPointer | None = None, target: Target | None = None
) -> dict[str, Any]:
    """Describe a job for a target; `facts` are those of its files, as far as they were probed."""
    kinds = [reference.kind for reference in intent.references]
    frames = len(intent.pointers_of("first_frame"))
    resolved: dict[str, Any] = {
        "references": list(_references(intent)),
        "images": kinds.count("image"),
        "videos": kinds.count("video"),
        "audios": kinds.count("audio"),
        "voices": len(intent.pointers_of(VOICE)),
        "first_frame": frames > 0,
        "frames": frames,
        "totals": _totals(intent, facts or {}, stated_parameter("duration", intent, target)),
        "parameters": dict(intent.parameters),
    }
    if isinstance(shots := intent.parameters.get("shots"), list):
        resolved["shots"] = _shots(shots, stated_parameter("duration", intent, target))
    if intent.prompt:
        from wanprep.job.references.binding import resolved_prompt
        from wanprep.job.references.dialects import PLAIN

        resolved["prompt"] = _measured(intent.prompt.text)
        names = [reference.name for reference in intent.references]
        dialect = target.dialect(intent) if target else PLAIN
        resolved["prompt"] |= resolved_prompt(intent.prompt.text, names, dialect)
    if intent.negative_prompt:
        resolved["negative_prompt"] = _measured(intent.negative_prompt.text)
    if "callback_url" in intent.parameters:
        resolved["callback"] = resolve_callback(intent.parameters["callback_url"])
    return resolved


def _references(intent: Intent) -> Iterator[dict[str, Any]]:
    """Describe each reference; one repeats if the same file is before it in its role."""
    locations = {
        asset.pointer: os.path.normpath(asset.location) if asset.kind == "file" else asset.location
        for asset in intent.assets
    }
    seen: set[tuple[str, str]] = set()
    for each in intent.references:
        file = (each.role, locations.get(each.pointer, each.pointer))
        yield {
            "kind": each.kind,
            "role": each.role,
            "voice": each.voice,
            "repeats": file in seen,
            **({"name": each.own_name.text} if each.own_name else {}),
        }
        seen.add(file)


def _totals(intent: Intent, facts: FactsByPointer, output: object) -> dict[str, Any]:
    """Sum up the files of each role, of each kind and of all; what is unknown has no sum."""
    groups: dict[str, list[Asset]] = {name: [] for name in ("all", "image", "video", "audio")}
    groups |= {name: [] for name in intent.roles}
    for asset in intent.assets:
        for name in ("all", intent.roles[asset.role].kind, asset.role):
            groups[name].append(asset)
    return {name: _total([facts.get(each.pointer) for each in files], output)
            for name, files in groups.items()}  # fmt: skip


def _total(files: Sequence[Facts | None], output: object) -> dict[str, Any]:
    total: dict[str, Any] = {"count": len(files)}
    lengths = [each.duration if each else None for each in files]
    sizes = [each.bytes if each else None for each in files]
    if files and None not in lengths:
        total["seconds"] = round(sum(filter(None, lengths)), 3)
        if is_number(output) and output > 0:
            total["seconds_with_output"] = round(total["seconds"] + output, 3)
    if files and None not in sizes:
        total["bytes"] = sum(filter(None, sizes))
    return total


def _shots(shots: Sequence[object], output: object) -> dict[str, Any]:
    """Measure shots; `difference` is by how much they are longer than the result, if known."""
    entries = [each for each in shots if isinstance(each, dict)]
    texts = [each["prompt"] for each in entries if isinstance(each.get("prompt"), str)]
    lengths = [each["duration"] for each in entries if is_number(each.get("duration"))]
    measured: dict[str, Any] = {"count": len(shots)}
    if texts:
        measured["longest_prompt"] = max(map(len, texts))
    if lengths:
        measured["shortest"] = min(lengths)
    if len(lengths) == len(shots) and is_number(output):
        measured["difference"] = round(sum(lengths) - output, 3)
    return measured


def _measured(text: str) -> dict[str, Any]:
    """Measure a text as providers count: code points, bytes of UTF-8, units of UTF-16."""
    return {
        "text": text,
        "length": len(text),
        "utf8_bytes": len(text.encode(errors="surrogatepass")),
        "utf16_units": len(text.encode("utf-16-le", errors="surrogatepass")) // 2,
    }


def stated_parameter(name: str, intent: Intent, target: Target | None) -> Any:  # noqa: ANN401 - JSON
    """Return a parameter in the job's words, or the service's default."""
    if name in intent.parameters:
        return intent.parameters[name]
    field = target.data.get("fields", {}).get("parameters", {}).get(name) if target else None
    if target is None or field is None:
        return None
    from wanprep.rules.slots import schema_at, split_path

    schema = schema_at(target.request or {}, split_path(field["name"])[0])
    return to_common(schema.get("default"), field)


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
