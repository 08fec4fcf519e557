"""What is wrong with a plugin's code: how it registers, and each of its provider's flows."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugin_kit.fault import Fault
from wanprep.plugin_kit.flow_faults import flow_faults
from wanprep.plugin_kit.loaded import loaded
from wanprep.plugin_kit.sample_values import likely
from wanprep.plugin_kit.service_faults import agreement_faults
from wanprep.testing.orders import local_file, order, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.plugin_kit.find_plugin import Found
    from wanprep.submit.flow import Flow, Order
    from wanprep.submit.provider import Provider
    from wanprep.submit.services.plugins import Plugins

_KEY: Final = "0b8f1a52-7c1d-4e0f-9a3b-5d6c7e8f9a0b"
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def code_faults(found: Found, service: Mapping[str, Any] | None, bought: Order) -> Iterator[Fault]:
    """Load the plugin's code and try it; `bought` is an order that it may be given."""
    if not found.has_code:
        if service is not None:
            yield Fault("__init__.py", "", "it is missing, so nothing can be submitted.")
        return
    if not found.modules:
        yield Fault(
            "pyproject.toml",
            "project.entry-points.wanprep",
            f'no entry point names the package: add `{found.package[8:]} = "{found.package}"`.',
        )
    with loaded(found) as plugins:
        yield from _registered(found, plugins, service)
        for name, provider in plugins.providers.items():
            bases = frozenset(service["bases"]) if service else None
            for flow, says in _tried(provider, service, bought, bases):
                yield Fault(_file_of(provider, flow, found), f"{name}.{flow}", says)


def _file_of(provider: Provider, flow: str, found: Found) -> str:
    """Name the file in which a flow is written, as far as it can be known."""
    code = getattr(getattr(provider, flow), "__code__", None)
    file = Path(code.co_filename) if code else found.folder
    return file.relative_to(found.folder).as_posix() if found.folder in file.parents else "code"


def _registered(
    found: Found, plugins: Plugins, service: Mapping[str, Any] | None
) -> Iterator[Fault]:
    for name, why in plugins.broken.items():
        yield Fault("__init__.py", name, f"it {why}.")
    if plugins.broken:
        return
    if not plugins.providers and not plugins.hosts:
        yield Fault(
            "__init__.py", found.package, "it registers nothing: write a hook, marked @hookimpl."
        )
    for name, provider in plugins.providers.items():
        if service is None:
            if not (found.folder / "provider.json").exists():
                yield Fault("provider.json", "", f"it is missing, and '{name}' needs one.")
        elif service["name"] != name:
            says = f"it is called '{service['name']}' here, and '{name}' in the code."
            yield Fault("provider.json", "name", says)
        else:
            yield from (
                Fault("provider.json", *told) for told in agreement_faults(service, provider)
            )
    if service is not None and plugins.hosts and not plugins.providers:
        yield Fault("__init__.py", found.package, f"it registers no provider '{service['name']}'.")


def _tried(
    provider: Provider,
    service: Mapping[str, Any] | None,
    bought: Order,
    bases: frozenset[str] | None,
) -> Iterator[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        file = Path(folder, "hero.png")
        file.write_bytes(_PIXEL)
        for name, start in _flows(provider, bought, file, _settings(service)).items():
            yield from ((name, says) for says in flow_faults(name, start, bases))
    if provider.events is not None:
        yield from (("events", says) for says in _event_faults(provider.events.read))


def _flows(
    provider: Provider, bought: Order, file: Path, settings: Mapping[str, Any]
) -> dict[str, Callable[[], Flow[Any]]]:
    had, lost = sent(bought), sent(bought, "")
    flows: dict[str, Callable[[], Flow[Any]]] = {
        "submit": lambda: provider.submit(bought),
        "poll": lambda: provider.poll(had),
    }
    if (cancel := provider.cancel) is not None:
        flows["cancel"] = lambda: cancel(had)
    if (find := provider.find) is not None:
        flows["find"] = lambda: find(lost)
    if (upload := provider.upload) is not None:
        flows["upload"] = lambda: upload(local_file(file), settings)
    return flows


def _settings(service: Mapping[str, Any] | None) -> dict[str, Any]:
    """Make up the settings without which no file is taken."""
    needed = ((service or {}).get("uploads") or {}).get("needs", ())
    told = (service or {}).get("settings", {})
    return {name: _setting(told[name]) for name in needed if name in told}


def _setting(schema: Mapping[str, Any]) -> object:
    from jsonschema import Draft202012Validator

    check = Draft202012Validator(schema)
    return next((each for each in likely(schema, schema) if check.is_valid(each)), "x")


def _event_faults(read: Callable[[str, str], object]) -> Iterator[str]:
    for data in ("", "{", "null", "[]", "7", "{}", '{"id": []}', " "):
        try:
            read("message", data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            yield f"its reader raises {type(error).__name__} for {data!r}: return None instead."


def plain_order(provider: str) -> Order:
    """Make an order for a plugin whose targets cannot be built yet."""
    return order(f"{provider}/example", model="example", idempotency_key=_KEY)


def keyed(bought: Order, service: Mapping[str, Any] | None) -> Order:
    """Give an order the key that its service asks for, if it asks for one."""
    from dataclasses import replace

    wanted = (service or {}).get("idempotency")
    return replace(bought, idempotency_key=_KEY) if wanted else bought
