"""Where a service is: its own address, or the one to which the environment points."""

from __future__ import annotations

from urllib.parse import urlsplit

from wanprep.errors import WrongUse
from wanprep.submit.links import is_loopback


def variables(provider: str, base: str) -> list[str]:
    """Name the variables that point a base elsewhere; the plain one serves all others, too."""
    stem = f"WANPREP_{provider.upper().replace('-', '_')}"
    return [f"{stem}_{base.upper()}_BASE_URL", f"{stem}_BASE_URL"]


def checked(address: str, variable: str) -> str:
    """Refuse what cannot be meant, and any place to which a key would travel in the open."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        raise WrongUse(f"{variable} must be an address such as https://api.example.com.")
    if parts.scheme == "http" and not is_loopback(address):
        raise WrongUse(
            f"{variable} must begin with https://: a key would travel in the open. "
            "Plain http is taken for this very machine only."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise WrongUse(f"{variable} must be a plain address, without a login, ? or #.")
    return address.rstrip("/")
