"""Make of a job the one JSON object that a target's rules speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wanprep.net.addresses import is_private

if TYPE_CHECKING:
    from wanprep.rules.intent import Intent


def resolve(intent: Intent) -> dict[str, Any]:
    """Count, measure and bind: what rules need to know is a plain value here."""
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
        resolved["callback"] = callback(intent.parameters["callback_url"])
    return resolved


def callback(address: object) -> dict[str, Any]:
    """Tell of a callback address what can be told without asking the network."""
    if not isinstance(address, str):
        return {"valid": False}
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return {"valid": False, "length": len(address)}
    return {
        "valid": bool(parts.scheme and host),
        "https": parts.scheme.lower() == "https",
        "login": parts.username is not None,
        "private": is_private(host),
        "length": len(address),
    }
