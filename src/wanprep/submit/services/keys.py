"""Find a provider's key: in the environment, else in the system's keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.errors import WrongUse
from wanprep.submit.secrets import HIDDEN, remember
from wanprep.text import listed

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
    names = listed(service.keys, "or")
    raise WrongUse(
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
    raise WrongUse(
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
