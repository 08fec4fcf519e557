"""What is wrong with a plugin's code: how it registers, and each of its provider's flows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.flow import Accepted, Cancelled, HostedUrl, Refused, Request, Status, Unclear
from wanprep.testing.lint.plugin import Fault, loaded
from wanprep.testing.lint.samples import likely
from wanprep.testing.lint.targets import agreement_faults
from wanprep.testing.replay import NONSENSE, REFUSALS, answer, local_file, order, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.plugins.flow import Flow, Order, Response
    from wanprep.plugins.loading import Plugins
    from wanprep.plugins.provider import Provider
    from wanprep.testing.lint.plugin import Found


_PATIENCE: Final = 60  # requests of one flow


_ENDS: Final[Mapping[str, tuple[type, ...]]] = {
    "submit": (Accepted,),
    "poll": (Status,),
    "cancel": (Cancelled,),
    "find": (Accepted, type(None)),
    "upload": (HostedUrl,),
}


_OUTAGE: Final = "HTTP 503", answer(503, b"<html>down</html>")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a flow asked, and how it ended: in a value, or in an exception."""

    asked: tuple[object, ...]
    came_to: object


def flow_faults(
    name: str, start: Callable[[], Flow[Any]], bases: frozenset[str] | None
) -> Iterator[str]:
    """Give a flow nonsense and refusals, each time anew; `bases` where they are known."""
    try:
        flow = start()
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        yield f"calling it raises {_named(error)}: it must be a generator, which begins later."
        return
    if not isinstance(flow, GeneratorType):
        yield "it is no generator: it must `yield` requests and be sent the answers."
        return
    flow.close()
    said = set()
    for kind, response in [*NONSENSE.items(), *REFUSALS.items(), _OUTAGE]:
        ended = _performed(start(), response)
        for says in [*_asking(name, ended, bases), *_ending(name, kind, response, ended)]:
            if says not in said:
                said.add(says)
                yield says


def _performed(flow: Flow[Any], response: Response) -> Ended:
    """Answer every question alike, until it ends or has asked too often."""
    asked: list[object] = []
    try:
        asked.append(next(flow))
        while len(asked) < _PATIENCE and isinstance(asked[-1], Request):
            asked.append(flow.send(response))
    except StopIteration as end:
        return Ended(tuple(asked), end.value)
    except Exception as error:  # noqa: BLE001 - what it raises is what we want to know
        return Ended(tuple(asked), error)
    flow.close()
    return Ended(tuple(asked), _Endless())


class _Endless:
    """A flow that asks on and on."""


def _asking(name: str, ended: Ended, bases: frozenset[str] | None) -> Iterator[str]:
    if not ended.asked and name != "upload":  # which may refuse a file at once
        yield "it ends without asking the service anything."
    for request in ended.asked:
        if isinstance(request, Request):
            yield from _request_faults(request, bases)
        else:
            yield f"it yields {_kind(request)}, and not a Request."
    paid = sum(isinstance(each, Request) and each.paid for each in ended.asked)
    if name == "submit" and ended.asked and not paid and isinstance(ended.came_to, Accepted):
        yield "the order is not marked `paid=True`: it might be sent twice."
    if paid > (name == "submit"):
        yield "more is marked `paid=True` than the one order that costs money."


def _request_faults(request: Request, bases: frozenset[str] | None) -> Iterator[str]:
    where = f"{request.method} {request.url}"
    if request.url.startswith("/"):
        if bases is not None and request.base not in bases:
            yield f"{where}: provider.json has no base `{request.base}`."
    elif not request.url.startswith(("https://", "http://")):
        yield f"{where}: an address begins with / or is whole."
    elif request.key:
        yield f"{where}: a key would go to another place: say key=False, or begin with /."
    if ".." in request.url:
        yield f"{where}: .. leads astray: write ids with `segment`."
    try:
        json.dumps(request.json)
    except (TypeError, ValueError, RecursionError):
        yield f"{where}: its `json` cannot be written as JSON."


def _ending(name: str, kind: str, response: Response, ended: Ended) -> Iterator[str]:
    match ended.came_to:
        case _Endless():
            yield f"it does not end: given {kind}, it has asked {len(ended.asked)} times."
        case Refused() | Unclear():
            yield from _wrong_no(name, kind, response, ended)
        case Exception() as error:
            yield f"given {kind}, it raises {_named(error)}: raise Unclear or Refused instead."
        case value if not isinstance(value, _ENDS[name]):
            wanted = " or ".join(each.__name__ for each in _ENDS[name])
            yield f"given {kind}, it returns {_kind(value)}, and not {wanted}."
        case Accepted():
            yield f"given {kind}, it returns Accepted: there is no job, or none can be told of."
        case HostedUrl() if ended.asked and not response.ok:
            yield f"given {kind}, it returns HostedUrl, as if the file were there."
        case Status(state="succeeded" | "cancelled" as state):
            yield f"given {kind}, it says that the job has {state}."
        case Cancelled(done=True) if not response.ok:
            yield f"given {kind}, it says that the job is cancelled."


def _wrong_no(name: str, kind: str, response: Response, ended: Ended) -> Iterator[str]:
    """Hold the two ways of saying no apart where money is at stake: after the order."""
    if name != "submit" or not ended.asked:
        return
    refused = isinstance(ended.came_to, Refused)
    if refused and (response.ok or response.status >= 500):
        yield (
            f"given {kind}, it raises Refused, as if no job existed: nobody knows that."
            " Raise Unclear, or the job may be paid twice."
        )
    if not refused and 400 <= response.status < 500:
        yield f"given {kind}, it raises Unclear: the service says no, so raise Refused."


def _named(error: Exception) -> str:
    return f"{type(error).__name__} ({error})" if str(error) else type(error).__name__


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


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
