"""Find a provider's key: in the environment, else in the system's keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wanprep.errors import UsageError
from wanprep.net.addresses import is_loopback
from wanprep.net.secrets import HIDDEN, remember
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.services.service import Service


_KEYRING_SERVICE: Final = "wanprep"


class Key:
    """A key that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        remember(value)

    def header(self) -> str:
        """Write it as the services want it."""
        return f"Bearer {self._value}"

    def __repr__(self) -> str:
        return HIDDEN


def need_key(service: Service, environ: Mapping[str, str]) -> Key:
    """Find a key, or say where one would be found."""
    key = find_key(service, environ)
    if key is not None:
        return key
    names = join_words(service.keys, "or")
    raise UsageError(
        f"there is no key for {service.title}: set {names} in the environment, or store it in the "
        f"system's keyring with `keyring set {_KEYRING_SERVICE} {service.name}`. "
        f"Keys come from: {service.keys_from}"
    )


def find_key(service: Service, environ: Mapping[str, str]) -> Key | None:
    """Look where keys lie, in the provider's own order; an empty variable counts as none."""
    for name in service.keys:
        if value := environ.get(name):
            return _sound(value, name)
    value = _from_keyring(service.name)
    return _sound(value, f"the keyring's entry for {service.name}") if value else None


def _sound(value: str, where: str) -> Key:
    if value.isascii() and value.isprintable() and " " not in value:
        return Key(value)
    raise UsageError(
        f"the key in {where} holds a blank, a line break or a letter that no key has: "
        "most often it was copied with something around it. Set it again."
    )


def _from_keyring(name: str) -> str | None:
    from importlib import import_module

    try:
        value = import_module("keyring").get_password(_KEYRING_SERVICE, name)
    except Exception:  # noqa: BLE001 - not installed, locked, no desktop: then there is no key
        return None
    return value if isinstance(value, str) else None


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
        raise UsageError(f"{variable} must be an address such as https://api.example.com.")
    if parts.scheme == "http" and not is_loopback(address):
        raise UsageError(
            f"{variable} must begin with https://: a key would travel in the open. "
            "Plain http is taken for this very machine only."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{variable} must be a plain address, without a login, ? or #.")
    return address.rstrip("/")
