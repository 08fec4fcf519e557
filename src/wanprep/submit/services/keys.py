"""Find a provider's key in the environment, else in the system's keyring."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError
from wanprep.net.secrets import HIDDEN, remember
from wanprep.submit.services.service import KeyScheme
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.provider import Settings
    from wanprep.submit.services.service import Service

_KEYRING_SERVICE: Final = "wanprep"
_CLOCKS_DIFFER: Final = 5  # seconds by which this machine's clock may be fast


class Key:
    """A key, which is hidden wherever it is printed or logged."""

    __slots__ = ("_more", "_scheme", "_value")

    def __init__(
        self, value: str, scheme: KeyScheme | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        self._value = value
        self._scheme = scheme or KeyScheme()
        self._more = more or {}
        remember(value)

    def headers(self, now: float | None = None) -> dict[str, str]:
        """Return the headers that send it; `now` is the time at which a token is signed."""
        value = self._value
        if self._scheme.lifetime is not None:
            value = _signed(value, time.time() if now is None else now, self._scheme.lifetime)
            remember(value)
        return {self._scheme.header: f"{self._scheme.prefix} {value}".strip(), **self._more}

    def __repr__(self) -> str:
        return HIDDEN


def _signed(pair: str, now: float, lifetime: int) -> str:
    """Sign a JSON Web Token (HS256) by the secret of a pair, issued by its id."""
    issuer, _, secret = pair.partition(":")
    claims = {"iss": issuer, "exp": int(now) + lifetime, "nbf": int(now) - _CLOCKS_DIFFER}
    parts = [
        _base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    signature = hmac.digest(secret.encode(), ".".join(parts).encode(), "sha256")
    return ".".join([*parts, _base64(signature)])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def need_key(service: Service, environ: Mapping[str, str], settings: Settings | None = None) -> Key:
    """Find a key, or raise a UsageError that says where to put one."""
    key = find_key(service, environ, settings)
    if key is not None:
        return key
    names = join_words(service.keys, "or")
    if service.key_pair:
        names = f"{names}, or both {' and '.join(service.key_pair)},"
    raise UsageError(
        f"there is no key for {service.title}: set {names} in the environment, or store it in the "
        f"system's keyring with `keyring set {_KEYRING_SERVICE} {service.name}`. "
        f"Keys come from: {service.keys_from}"
    )


def find_key(
    service: Service, environ: Mapping[str, str], settings: Settings | None = None
) -> Key | None:
    """Search the provider's variables in their order, then the keyring; empty is none."""
    value, where = _find_value(service, environ)
    if not value:
        return None
    if service.key_scheme.lifetime is not None and ":" not in value:
        raise UsageError(f"the key in {where} must be an id and a secret, with a colon between.")
    more = setting_headers(service, settings or {})
    return _check_key(value, where, service.key_scheme, more)


def setting_headers(service: Service, settings: Settings) -> dict[str, str]:
    """Return the headers beside the key that have settings as their values."""
    names = service.key_headers.items()
    return {header: str(settings[name]) for header, name in names if name in settings}


def _find_value(service: Service, environ: Mapping[str, str]) -> tuple[str | None, str]:
    for name in service.keys:
        if value := environ.get(name):
            return value, name
    pair = [environ.get(name, "") for name in service.key_pair]
    if pair and all(pair):
        return ":".join(pair), " and ".join(service.key_pair)
    return _from_keyring(service.name), f"the keyring's entry for {service.name}"


def _check_key(value: str, where: str, scheme: KeyScheme, more: Mapping[str, str]) -> Key:
    if value.isascii() and value.isprintable() and " " not in value:
        return Key(value, scheme, more)
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
