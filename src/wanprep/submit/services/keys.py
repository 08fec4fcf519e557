"""Find a provider's key in the environment, else in the system's keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError
from wanprep.net.secrets import HIDDEN, remember
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.services.service import Service

_KEYRING_SERVICE: Final = "wanprep"


class Key:
    """A key, which is hidden wherever it is printed or logged."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        remember(value)

    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._value}"

    def __repr__(self) -> str:
        return HIDDEN


def need_key(service: Service, environ: Mapping[str, str]) -> Key:
    """Find a key, or raise a UsageError that says where to put one."""
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
    """Search the provider's variables in their order, then the keyring; empty is none."""
    for name in service.keys:
        if value := environ.get(name):
            return _check_key(value, name)
    value = _from_keyring(service.name)
    return _check_key(value, f"the keyring's entry for {service.name}") if value else None


def _check_key(value: str, where: str) -> Key:
    if value.isascii() and value.isprintable() and " " not in value:
        return Key(value)
    raise UsageError(
        f"the key in {where} contains a space, a line break or a non-ASCII character: it was "
        "probably copied with something around it. Set it again."
    )


def _from_keyring(name: str) -> str | None:
    from importlib import import_module

    try:
        value = import_module("keyring").get_password(_KEYRING_SERVICE, name)
    except Exception:  # noqa: BLE001 - not installed, locked, no desktop: then there is no key
        return None
    return value if isinstance(value, str) else None
