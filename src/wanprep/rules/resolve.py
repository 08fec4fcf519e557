"""Make of a job the one JSON object that a target's rules speak of."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from wanprep.rules.intent import Intent


_INNER: Final = (".internal", ".lan", ".local", ".localdomain", ".localhost", ".home.arpa")


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


def is_private(host: str) -> bool:
    """Tell whether a name or number leads no stranger anywhere: localhost, 10.x, *.local."""
    name = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        # A host of one word, or in these zones, exists only inside somebody's network; one that
        # ends in a number is an address in disguise: 127.1, 0x7f.0.0.1.
        return "." not in name or name.endswith(_INNER) or name.rpartition(".")[2].isdecimal()
    return not address.is_global
