"""The providers: whose key is there, where requests go, and which plugins can be used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.doctor.line import Line
from wanprep.errors import WanprepError
from wanprep.submit.secrets import redact
from wanprep.submit.services.base_address import variables
from wanprep.submit.services.keys import find_key
from wanprep.submit.services.services import Services
from wanprep.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.config import Config
    from wanprep.submit.services.service import Service

_key: Final = partial(Line, "Keys")
_place: Final = partial(Line, "Addresses")
_PROXIES: Final = ("http", "https", "all", "no")


def services(config: Config, environ: Mapping[str, str]) -> Iterator[Line]:
    """Look at each provider that has a target, without asking it anything."""
    from wanprep.judge.target import all_targets

    known = all_targets(config.target_folders)
    told = Services(config)
    found: list[Service] = []
    for name in dict.fromkeys(target.partition("/")[0] for target in known):
        try:
            found.append(told.service(name))
            told.settings(name)
        except WanprepError as error:
            if name != "wan":  # which is nobody's, but what several share
                yield _key(name, "trouble", redact(str(error)))
    yield from (_of_key(service, environ) for service in found)
    for service in found:
        yield from _of_addresses(service, environ)
    yield from _proxies()
    yield from _plugins()


def _of_key(service: Service, environ: Mapping[str, str]) -> Line:
    try:
        key = find_key(service, environ)
    except WanprepError as error:
        return _key(service.title, "trouble", str(error))
    where = next((name for name in service.keys if environ.get(name)), "the system's keyring")
    if key:
        return _key(service.title, "fine", f"in {where}")
    names = listed(service.keys, "or")
    return _key(service.title, "note", f"none: set {names} to submit there")


def _of_addresses(service: Service, environ: Mapping[str, str]) -> Iterator[Line]:
    for name in service.bases:
        title = service.title if len(service.bases) == 1 else f"{service.title}, {name}"
        try:
            address = redact(service.base(name, environ))
        except WanprepError as error:
            yield _place(title, "trouble", str(error))
            continue
        override = next(
            (each for each in variables(service.name, name) if environ.get(each, "").strip()), None
        )
        if override:
            yield _place(title, "note", f"{address}, as {override} says")
        else:
            yield _place(title, "fine", address)


def _proxies() -> Iterator[Line]:
    from urllib.request import getproxies

    found = getproxies()
    for name in _PROXIES:
        if address := found.get(name):
            yield _place(f"{name} proxy", "note", redact(address))
    if not found:
        yield _place("proxy", "fine", "none")


def _plugins() -> Iterator[Line]:
    from wanprep.submit.services.plugins import installed

    plugins = installed()
    yield Line("Plugins", "can submit to", "fine", ", ".join(sorted(plugins.providers)))
    if plugins.hosts:
        yield Line("Plugins", "host files at", "fine", ", ".join(sorted(plugins.hosts)))
    for name, why in plugins.broken.items():
        says = f"{redact(why)}. Update it, or uninstall it."
        yield Line("Plugins", name, "trouble", says)
