"""What an address in a body leads to: a file of ours, something elsewhere, or nowhere."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wanprep.emulator.jobs import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.emulator.state import State

_INTERNAL = (".internal", ".local", ".localhost")


def refusal(state: State, url: str) -> str | None:
    """Say what is wrong with an address at first sight."""
    if _ours(state, url) or _https_host(url):
        return None
    return "must be a public https URL"


def fetch(state: State, url: str) -> Path | Failure | None:
    """Return the file behind an address of ours; None for one elsewhere, which is not fetched."""
    if _ours(state, url):
        stored = state.shelf.at(url)
        return stored.path if stored else Failure("unreachable", f"404 Not Found for {url}")
    host = _https_host(url)
    if not host:
        return Failure("unreachable", f"{url[:200]} is no public https URL")
    if _is_internal(host):
        return Failure("unreachable", f"{url[:200]} is not on the public internet")
    return None


def may_be_called_back(url: str) -> bool:
    """Tell whether an address is fit for a callback: https, no internal host, 2048 characters."""
    host = _https_host(url)
    return bool(host) and len(url) <= 2048 and "@" not in url and not _is_internal(host)


def _https_host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme == "https" else ""


def _ours(state: State, url: str) -> bool:
    return url.startswith((f"{state.url}/", state.url.replace("127.0.0.1", "localhost") + "/"))


def _is_internal(host: str) -> bool:
    if host == "localhost" or host.endswith(_INTERNAL):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
