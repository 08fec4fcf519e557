"""Private and loopback hosts, the origin of a URL, and which URLs may be followed."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import SplitResult, urlsplit

from wanprep.net.addresses import is_public

Origin = tuple[str, str, int]

_INNER: Final = (".internal", ".lan", ".local", ".localdomain", ".localhost", ".home.arpa")
_NUMBER: Final = re.compile(r"\.(?:[0-9]+|0x[0-9a-f]*)\Z")
_HOST: Final = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_LONGEST: Final = 65_536
_PORTS: Final = {"http": 80, "https": 443}


def is_private(host: str) -> bool:
    """Whether a host is loopback, private or local, by its text: localhost, 10.x, *.local."""
    # Resolvers and services read full-width letters and dots as plain ones.
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        # A host of one word, or in these zones, exists only inside a private network; one that
        # ends in a number is another spelling of an IP address: 127.1, 0x7f.0.0.0x1.
        return "." not in name or name.endswith(_INNER) or bool(_NUMBER.search(name))
    return not is_public(address)


def url_problem(url: str) -> str:
    """Describe why a URL cannot be requested by anyone; empty if it can."""
    if hidden := next((letter for letter in url if not letter.isprintable()), ""):
        return f"it contains the invisible character U+{ord(hidden):04X}"
    if len(url) > _LONGEST:
        return f"it has {len(url):,} characters; servers accept fewer than {_LONGEST:,}"
    parts = _parts(url)
    if parts is None:
        return "it is not a valid URL"
    try:
        host = ascii_host(parts.hostname or "")
    except ValueError:
        host = "?"
    is_host = ":" in host if "[" in parts.netloc else not host or _HOST.fullmatch(host)
    return "" if is_host else "it has no valid host name"


def ascii_host(name: str) -> str:
    """Encode a host as the HTTP client does; ValueError if it is not a host name."""
    name = name.lower().rstrip(".")
    if name.isascii():
        return name
    import idna

    return idna.encode(name).decode("ascii")


def origin(url: str) -> Origin | None:
    """Return the scheme, host and port of an http(s) URL, else None."""
    parts = _parts(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def is_loopback(url: str) -> bool:
    """Whether a URL is on this machine."""
    parts = _parts(url)
    host = parts.hostname or "" if parts else ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_follow(url: str, *, plain: bool) -> bool:
    """Whether a URL is safe to follow: https, or plain http to this machine if allowed."""
    parts = origin(url)
    if parts is None:
        return False
    return parts[0] == "https" or (plain and is_loopback(url))


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
