"""The resolved job: the one JSON object to which a target's rules about jobs apply."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wanprep.job.roles import VOICE
from wanprep.rules.native_values import to_common
from wanprep.rules.slots import schema_at, split_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.job.model import Asset
    from wanprep.media.facts import Facts
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target

    FactsByPointer = Mapping[str, Facts | None]


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
        if isinstance(output, int | float) and not isinstance(output, bool) and output > 0:
            total["seconds_with_output"] = round(total["seconds"] + output, 3)
    if files and None not in sizes:
        total["bytes"] = sum(filter(None, sizes))
    return total


def _shots(shots: Sequence[object], output: object) -> dict[str, Any]:
    """Measure shots; `difference` is by how much they are longer than the result, if known."""
    entries = [each for each in shots if isinstance(each, dict)]
    texts = [each["prompt"] for each in entries if isinstance(each.get("prompt"), str)]
    lengths = [each["duration"] for each in entries if _is_number(each.get("duration"))]
    measured: dict[str, Any] = {"count": len(shots)}
    if texts:
        measured["longest_prompt"] = max(map(len, texts))
    if lengths:
        measured["shortest"] = min(lengths)
    if len(lengths) == len(shots) and isinstance(output, int | float) and _is_number(output):
        measured["difference"] = round(sum(lengths) - output, 3)
    return measured


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
