"""Where a link leads, and whether we follow it there."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

Origin = tuple[str, str, int]

_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> Origin | None:
    """Tell to whom a key would go: scheme, host and port together. None if to nobody."""
    parts = _parts(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def is_loopback(url: str) -> bool:
    """Tell whether a link leads to this very machine."""
    parts = _parts(url)
    host = parts.hostname or "" if parts else ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_follow(url: str, *, plain: bool) -> bool:
    """Tell whether a link is safe to follow: https, or plain http to this machine if allowed."""
    found = origin(url)
    if found is None:
        return False
    return found[0] == "https" or (plain and is_loopback(url))


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
