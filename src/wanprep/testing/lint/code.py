"""Check a plugin's code: what it registers, and each of its provider's flows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins import Accepted, Cancelled, HostedUrl, Refused, Request, Status, Unclear
from wanprep.plugins.flow import STATES
from wanprep.testing.lint.fields import example_values
from wanprep.testing.lint.plugin import Problem, load_alone
from wanprep.testing.lint.targets import check_agreement
from wanprep.testing.lint.usual_answer import USUAL
from wanprep.testing.replay import NONSENSE, REFUSALS, answer, local_file, sent
from wanprep.testing.replay import order as make_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wanprep.plugins import Flow, Order, Provider, Response
    from wanprep.plugins.loading import Plugins
    from wanprep.testing.lint.plugin import PluginPackage

_MOST_REQUESTS: Final = 60  # of one flow
_RESULTS: Final[Mapping[str, tuple[type, ...]]] = {
    "submit": (Accepted,),
    "poll": (Status,),
    "cancel": (Cancelled,),
    "find": (Accepted, type(None)),
    "upload": (HostedUrl,),
}
_RESPONSES: Final[Mapping[str, Response]] = {
    **NONSENSE,
    **REFUSALS,
    "HTTP 503": answer(503, b"<html>down</html>"),
}
_KEY: Final = "0b8f1a52-7c1d-4e0f-9a3b-5d6c7e8f9a0b"
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def check_code(
    found: PluginPackage, service: Mapping[str, Any] | None, order: Order
) -> Iterator[Problem]:
    """Load the plugin's code and run its flows; `order` is one that it can be given."""
    if not found.has_code:
        if service is not None:
            yield Problem("__init__.py", "", "missing, so nothing can be submitted.")
        return
    if not found.modules:
        yield Problem(
            "pyproject.toml",
            "project.entry-points.wanprep",
            f'no entry point names the package: add `{found.package[8:]} = "{found.package}"`.',
        )
    with load_alone(found) as plugins:
        yield from _check_registration(found, plugins, service)
        for name, provider in plugins.providers.items():
            for flow, message in _check_provider(provider, service, order):
                yield Problem(_file_of(provider, flow, found), f"{name}.{flow}", message)


def _file_of(provider: Provider, flow: str, found: PluginPackage) -> str:
    """Name the file in which a flow is written, if that can be found."""
    code = getattr(getattr(provider, flow), "__code__", None)
    file = Path(code.co_filename) if code else found.folder
    return file.relative_to(found.folder).as_posix() if found.folder in file.parents else "code"


def _check_registration(
    found: PluginPackage, plugins: Plugins, service: Mapping[str, Any] | None
) -> Iterator[Problem]:
    for name, reason in plugins.broken.items():
        yield Problem("__init__.py", name, f"{reason}.")
    if plugins.broken:
        return
    if not plugins.providers and not plugins.hosts:
        message = "registers nothing: write a hook, marked @hookimpl."
        yield Problem("__init__.py", found.package, message)
    for name, provider in plugins.providers.items():
        if service is None:
            if not (found.folder / "provider.json").exists():
                yield Problem("provider.json", "", f"missing, and '{name}' needs one.")
        elif service["name"] != name:
            message = f"is '{service['name']}' here, and '{name}' in the code."
            yield Problem("provider.json", "name", message)
        else:
            messages = check_agreement(service, provider)
            yield from (Problem("provider.json", *each) for each in messages)
    if service is not None and plugins.hosts and not plugins.providers:
        message = f"does not register the provider '{service['name']}'."
        yield Problem("__init__.py", found.package, message)


def _check_provider(
    provider: Provider, service: Mapping[str, Any] | None, order: Order
) -> Iterator[tuple[str, str]]:
    bases = frozenset(service["bases"]) if service else None
    with TemporaryDirectory() as folder:
        file = Path(folder, "hero.png")
        file.write_bytes(_PIXEL)
        order = replace(order, settings=_needed_settings(service))
        for name, start in _flows(provider, order, file).items():
            yield from ((name, message) for message in check_flow(name, start, bases))
    if provider.events is not None:
        yield from (("events", message) for message in _check_events(provider.events.read))


def _flows(provider: Provider, order: Order, file: Path) -> dict[str, Callable[[], Flow[Any]]]:
    flows: dict[str, Callable[[], Flow[Any]]] = {
        "submit": lambda: provider.submit(order),
        "poll": lambda: provider.poll(sent(order)),
    }
    if (cancel := provider.cancel) is not None:
        flows["cancel"] = lambda: cancel(sent(order))
    if (find := provider.find) is not None:
        flows["find"] = lambda: find(sent(order, ""))
    if (upload := provider.upload) is not None:
        flows["upload"] = lambda: upload(local_file(file), order)
    return flows


def _needed_settings(service: Mapping[str, Any] | None) -> dict[str, Any]:
    """Invent values for the settings that uploads need."""
    from jsonschema import Draft202012Validator

    needed = ((service or {}).get("uploads") or {}).get("needs", ())
    schemas = (service or {}).get("settings", {})
    settings = {}
    for name in schemas.keys() & needed:
        values = example_values(schemas[name], schemas[name])
        is_valid = Draft202012Validator(schemas[name]).is_valid
        settings[name] = next((value for value in values if is_valid(value)), "x")
    return settings


def _check_events(read: Callable[[str, str], object]) -> Iterator[str]:
    for data in ("", "{", "null", "[]", "7", "{}", '{"id": []}', " "):
        try:
            read("message", data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            yield f"its reader raises {type(error).__name__} for {data!r}: return None instead."


@dataclass(frozen=True, slots=True)
class _Run:
    """The requests of a flow, and the value or exception that it ended in."""

    requests: tuple[object, ...]
    result: object


class _NeverEnds:
    """The result of a flow that yields more and more requests."""


def check_flow(
    name: str, start: Callable[[], Flow[Any]], bases: frozenset[str] | None
) -> Iterator[str]:
    """Run a flow on nonsense, refusals and an outage; `bases` are those of provider.json."""
    try:
        flow = start()
    except Exception as error:  # noqa: BLE001 - another author's code may raise anything
        yield f"calling it raises {_describe(error)}: it must be a generator, which starts later."
        return
    if not isinstance(flow, GeneratorType):
        yield "is not a generator: it must `yield` requests and be sent the responses."
        return
    flow.close()
    messages: set[str] = set()
    for kind, response in _RESPONSES.items():
        run = _run(start(), response)
        for message in [
            *_check_requests(name, run, bases),
            *_check_result(name, kind, response, run),
        ]:
            if message not in messages:
                messages.add(message)
                yield message
    usual = _run(start(), USUAL)
    if name == "submit":
        yield from _check_order(usual)
    if isinstance(usual.result, Status) and usual.result.state not in STATES:
        yield (
            f"returns the service's own word ({usual.result.state!r}) as the state: translate it to"
            ' one of wanprep\'s, and any other word to "unknown", as `answers.read_status` does.'
        )


def _run(flow: Flow[Any], response: Response) -> _Run:
    """Send the same response to every request, until the flow ends or has sent too many."""
    requests: list[object] = []
    try:
        requests.append(next(flow))
        while len(requests) < _MOST_REQUESTS and isinstance(requests[-1], Request):
            requests.append(flow.send(response))
    except StopIteration as end:
        return _Run(tuple(requests), end.value)
    except Exception as error:  # noqa: BLE001 - what it raises is to be checked
        return _Run(tuple(requests), error)
    flow.close()
    return _Run(tuple(requests), _NeverEnds())


def _check_requests(name: str, run: _Run, bases: frozenset[str] | None) -> Iterator[str]:
    if not run.requests and name != "upload":  # which may refuse a file at once
        yield "ends without a request to the service."
    for request in run.requests:
        if isinstance(request, Request):
            yield from _check_request(request, bases)
        else:
            yield f"yields {_type_name(request)} instead of a Request."
    if name != "submit" and any(isinstance(each, Request) and each.paid for each in run.requests):
        yield "only the one request of `submit` that costs money may be marked `paid=True`."


def _check_order(run: _Run) -> Iterator[str]:
    """Check that `submit` makes exactly one request that may cost money."""
    requests = [each for each in run.requests if isinstance(each, Request)]
    orders = [f"{each.method} {each.url}" for each in requests if each.may_order]
    if len(orders) > 1:
        yield (
            f"has {len(orders)} requests that may cost money ({', '.join(orders[:3])}), and only"
            " the first is sent: mark steps that order nothing with `paid=False`."
        )
    if not orders and isinstance(run.result, Accepted):
        yield (
            "has no request that costs money, so the order might be sent twice: leave out"
            " `paid=False` from it, or mark it `paid=True` if it is a GET."
        )


def _check_request(request: Request, bases: frozenset[str] | None) -> Iterator[str]:
    where = f"{request.method} {request.url}"
    if request.url.startswith("/"):
        if bases is not None and request.base not in bases:
            yield f"{where}: provider.json has no base `{request.base}`."
    elif not request.url.startswith(("https://", "http://")):
        yield f"{where}: a URL must begin with / or https://."
    elif request.key:
        yield f"{where}: the key would be sent to another host: set key=False, or begin with /."
    if ".." in request.url:
        yield f"{where}: .. leads to another path: escape ids with `path_segment`."
    try:
        json.dumps(request.json)
    except (TypeError, ValueError, RecursionError):
        yield f"{where}: `json` cannot be written as JSON."


def _check_result(name: str, kind: str, response: Response, run: _Run) -> Iterator[str]:
    match run.result:
        case _NeverEnds():
            yield f"does not end: given {kind}, it has sent {len(run.requests)} requests."
        case Refused() | Unclear():
            yield from _check_rejection(name, kind, response, run)
        case Exception() as error:
            yield f"given {kind}, it raises {_describe(error)}: raise Unclear or Refused instead."
        case value if not isinstance(value, _RESULTS[name]):
            expected = " or ".join(each.__name__ for each in _RESULTS[name])
            yield f"given {kind}, it returns {_type_name(value)} instead of {expected}."
        case Accepted():
            yield f"given {kind}, it returns Accepted, although the response has no job."
        case HostedUrl() if run.requests and not response.ok:
            yield f"given {kind}, it returns HostedUrl, although the upload failed."
        case Status(state="succeeded" | "cancelled" as state):
            yield f"given {kind}, it returns the state {state}."
        case Cancelled(done=True) if not response.ok:
            yield f"given {kind}, it returns Cancelled(done=True)."


def _check_rejection(name: str, kind: str, response: Response, run: _Run) -> Iterator[str]:
    """Check Refused against Unclear where the difference is money: after the order."""
    if name != "submit" or not run.requests:
        return
    is_refused = isinstance(run.result, Refused)
    if is_refused and (response.ok or response.status >= 500):
        yield (
            f"given {kind}, it raises Refused, although a job may exist:"
            " raise Unclear, or the job may be paid twice."
        )
    if not is_refused and 400 <= response.status < 500:
        yield f"given {kind}, it raises Unclear: the service refused, so raise Refused."


def _describe(error: Exception) -> str:
    return f"{type(error).__name__} ({error})" if str(error) else type(error).__name__


def _type_name(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def example_order(provider: str) -> Order:
    """Make an order for a plugin whose targets cannot be built yet."""
    return make_order(f"{provider}/example", model="example", idempotency_key=_KEY)


def with_idempotency_key(order: Order, service: Mapping[str, Any] | None) -> Order:
    """Add an idempotency key if the service uses one."""
    return replace(order, idempotency_key=_KEY) if (service or {}).get("idempotency") else order
