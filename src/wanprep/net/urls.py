"""Private and loopback hosts, the origin of a URL, which URLs may be followed, and how soon again.

Which IP addresses are public is wanprep's own table: Python's `is_global` changes between its
versions, and accepts addresses that lead into a private network: multicast, those that embed a
private IPv4 address, and services of cloud hosts.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network: 0.0.0.0 is this machine
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a provider
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's services for its virtual machines
        "169.254.0.0/16",  # link-local, and the metadata of cloud hosts
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # former 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Everything outside of it is loopback, link-local, private, multicast or unassigned.
_UNICAST_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, and Teredo, which embeds an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds an IPv4 address
        "3fff::/20",  # documentation
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
# Of networks without IPv4, where the names of all IPv4 hosts resolve to such addresses. Those of
# 64:ff9b:1::/48 are for use inside a network.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = 0x5EFE
_UNIVERSAL: Final = 0x02000000  # a bit that may be set in front of it


def is_public(address: Address) -> bool:
    """Whether everybody on the internet reaches the same host at an address."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        return is_public(last)
    if (int(address) >> 32 & 0xFFFFFFFF & ~_UNIVERSAL) == _ISATAP and not is_public(last):
        return False
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def is_loopback_address(address: Address) -> bool:
    """Whether an address is on this machine."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


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


def retry_after(header: str) -> float | None:
    """Read the seconds or the date of a Retry-After header (RFC 9110, 10.2.3)."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    text = header.strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
