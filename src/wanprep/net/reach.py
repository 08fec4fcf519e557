"""Which hosts a client may connect to: public ones, this machine, and hosts of the user's own."""

from __future__ import annotations

import socket
import threading
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.dataclass import dataclass
from wanprep.errors import UsageError
from wanprep.net.urls import ascii_host, is_loopback_address, is_private, is_public, origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wanprep.net.urls import Address

VARIABLE: Final = "WANPREP_ALLOW_HOSTS"
_PATIENCE: Final = 2.0  # seconds
_OF_URLS: Final = frozenset("/?#@ ")
_AWAY: Final = "it leads away from this machine"
_PRIVATE: Final = "it leads to a private network"


Hosts = frozenset[tuple[str, int | None]]


class UnsafeAddress(Exception):
    """A host leads to an address to which the client may not connect; nothing was sent to it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts to which a client may connect."""

    public: bool = True
    loopback: bool = False
    # Hosts and networks of the user's own; with the port None on every port.
    hosts: Hosts = frozenset()

    def addresses(self, host: str, port: int) -> list[str]:
        """Resolve a host once; raise UnsafeAddress if one of its addresses is out of reach.

        A name with a public and a private address is refused: which of them is used, is chance.
        """
        if not self.public and host != "localhost" and not _address(host):
            raise UnsafeAddress(_AWAY)  # to resolve a name is a request, too
        # As bytes, because Python would apply an older version of IDNA than the rest does.
        entries = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        if not is_allowed(host, port, self.hosts):
            for each in found:
                self._check(ip_address(each.partition("%")[0]))
        return found

    def check_for_proxy(self, host: str, port: int) -> None:
        """Raise UnsafeAddress for a host that is private as far as this machine can tell.

        The proxy resolves the name again, and some names it alone can resolve.
        """
        if is_allowed(host, port, self.hosts):
            return
        if is_private(host):
            raise UnsafeAddress(_PRIVATE)
        found: list[UnsafeAddress] = []
        check = partial(self._find_unsafe, host, port, found)
        # Where a proxy is needed, this machine may have to wait long to learn nothing.
        thread = threading.Thread(target=check, daemon=True)
        thread.start()
        thread.join(_PATIENCE)
        if found:
            raise found[0]

    def _find_unsafe(self, host: str, port: int, found: list[UnsafeAddress]) -> None:
        try:
            self.addresses(host, port)
        except UnsafeAddress as error:
            found.append(error)
        except (OSError, UnicodeError):
            return

    def _check(self, address: Address) -> None:
        if self.loopback and is_loopback_address(address):
            return
        if not self.public:
            raise UnsafeAddress(_AWAY)
        if not (is_public(address) or _is_in_networks(address, self.hosts)):
            raise UnsafeAddress(_PRIVATE)


def _address(host: str) -> Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_in_networks(address: Address, hosts: Hosts) -> bool:
    return any(address in ip_network(name) for name, _ in hosts if "/" in name)


def is_allowed(host: str, port: int, hosts: Hosts) -> bool:
    """Whether a host, as it is connected to, is among hosts of the user's own."""
    name = host.lower().rstrip(".")
    if (name, None) in hosts or (name, port) in hosts:
        return True
    address = _address(name)
    return address is not None and _is_in_networks(address, hosts)


def is_allowed_url(url: str, hosts: Hosts) -> bool:
    """Whether a URL is on one of the user's own hosts."""
    try:
        place = origin(url)
        return place is not None and is_allowed(ascii_host(place[1]), place[2], hosts)
    except ValueError:
        return False


def allowed_hosts(environ: Mapping[str, str], configured: Iterable[str] = ()) -> Hosts:
    """Read the hosts that the environment and the configuration exempt from the check."""
    named = filter(None, map(str.strip, environ.get(VARIABLE, "").split(",")))
    return frozenset(
        _host_and_port(text, where)
        for texts, where in ((named, VARIABLE), (configured, "[network] allow-hosts"))
        for text in texts
    )


def _host_and_port(text: str, where: str) -> tuple[str, int | None]:
    try:
        if "/" in text:
            return str(ip_network(text)), None
        parts = urlsplit(f"//{text}")
        name, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        name, port = "", None
    if not name or _OF_URLS & {*text}:
        raise UsageError(
            f"{where}: {text!r} is not a host. Write host, host:port, or a network such as"
            " 10.0.0.0/8; not a URL."
        )
    return name, port
