"""Run a flow on nonsense, refusals and outages, whatever it is for."""

from __future__ import annotations

import json
import re
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.errors import describe_error
from wanprep.plugins import (
    Accepted,
    Cancelled,
    HostedUrl,
    Refused,
    Request,
    Response,
    Status,
    Unclear,
)  # fmt: skip
from wanprep.plugins.flow import STATES
from wanprep.testing.replay import NONSENSE, REFUSALS, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from wanprep.plugins import Flow

_MOST_REQUESTS: Final = 60  # of one flow
# With these, a service speaks of the key, the account or itself, and not of a job.
_NOT_ABOUT_JOBS: Final = frozenset({401, 402, 403, 429, 503})
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

# Names in an answer in which a flow finds whatever it looks for, so that it goes on to its end.
_OBJECTS: Final = frozenset({"data", "job", "output", "prediction", "response", "result", "task"})
_ABSENT: Final = ("code", "detail", "err", "fail", "message", "msg")
_WORD: Final = "undocumented"  # for a state
_VALUES: Final = {"ok": True, "state": _WORD, "status": _WORD, "success": True}


class _UsualObject(dict[str, Any]):
    """A JSON object that has every key: objects, lists and strings as their names suggest."""

    def __missing__(self, key: str) -> Any:  # noqa: ANN401 - JSON
        name = key.lower()
        if name in _VALUES:
            return _VALUES[name]
        if any(part in name for part in _ABSENT):
            return None
        if name in _OBJECTS:
            return _UsualObject()
        if name.endswith("s"):
            return [_UsualObject()]
        return "https://example.com/a" if "url" in name else "job-1"

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self[key] is not None

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return a value for any key; the default only for those of errors."""
        return default if self[key] is None else self[key]


class _UsualResponse(Response):
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return _UsualObject()


_SIGNS: Final = "/a?b%2Fc"  # after the id of a job
_UNESCAPED: Final = {
    "/": re.compile(r"/a(\?|%3F)b"),
    "?": re.compile(r"a\?b"),
    "%": re.compile("b%2Fc"),
}

USUAL: Final[Response] = _UsualResponse(200, {}, b'{"id": "job-1"}')


def check_events(read: Callable[[str, str], object]) -> Iterator[str]:
    """Give the reader of an event stream what is none of its events."""
    for data in ("", "{", "null", "[]", "7", "{}", '{"id": []}', " "):
        try:
            read("message", data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            yield f"its reader raises {type(error).__name__} for {data!r}: return None instead."


@dataclass(frozen=True, slots=True)
class Run:
    """The requests of a flow, and the value or exception that it ended in."""

    requests: tuple[object, ...]
    result: object


class NeverEnds:
    """The result of a flow that yields more and more requests."""


def run_flow(
    flow: Generator[object, Any, Any], answer: Callable[[Request], Response | None]
) -> Run:
    """Run a flow until it ends, gets no answer, or has sent too many requests."""
    requests: list[object] = []
    response: Any = None
    try:
        while len(requests) < _MOST_REQUESTS:
            requests.append(request := flow.send(response))
            response = answer(request) if isinstance(request, Request) else None
            if response is None:
                break
    except StopIteration as end:
        return Run(tuple(requests), end.value)
    except Exception as error:  # noqa: BLE001 - another author's code may raise anything
        return Run(tuple(requests), error)
    finally:
        flow.close()
    return Run(tuple(requests), NeverEnds())


def _always(response: Response) -> Callable[[Request], Response]:
    return lambda _: response


def check_flow(
    name: str, start: Callable[[], Flow[Any]], bases: frozenset[str] | None
) -> Iterator[str]:
    """Run a flow on nonsense, refusals and an outage; `bases` are those of provider.json."""
    try:
        flow = start()
    except Exception as error:  # noqa: BLE001 - another author's code may raise anything
        why = describe_error(error)
        yield f"calling it raises {why}: it must be a generator, which starts later."
        return
    if not isinstance(flow, GeneratorType):
        yield "is not a generator: it must `yield` requests and be sent the responses."
        return
    flow.close()
    messages: set[str] = set()
    for kind, response in _RESPONSES.items():
        run = run_flow(start(), _always(response))
        for message in [
            *_check_requests(name, run, bases),
            *_check_result(name, kind, response, run),
            *(_check_repetition(kind, run) if name == "submit" and not response.ok else ()),
        ]:
            if message not in messages:
                messages.add(message)
                yield message
    usual = run_flow(start(), _always(USUAL))
    if isinstance(usual.result, Status) and usual.result.state not in STATES:
        yield (
            f"returns the service's own word ({usual.result.state!r}) as the state: translate it to"
            ' one of wanprep\'s, and any other word to "unknown", as `answers.read_status` does.'
        )


def _check_requests(name: str, run: Run, bases: frozenset[str] | None) -> Iterator[str]:
    if not run.requests and name != "upload":  # which may refuse a file at once
        yield "ends without a request to the service."
    for request in run.requests:
        if isinstance(request, Request):
            yield from _check_request(request, bases)
        else:
            yield f"yields {_type_name(request)} instead of a Request."
    if name != "submit" and any(isinstance(each, Request) and each.paid for each in run.requests):
        yield "only the one request of `submit` that costs money may be marked `paid=True`."


def _check_repetition(kind: str, run: Run) -> Iterator[str]:
    orders = [each for each in run.requests if isinstance(each, Request) and each.may_order]
    if len(orders) > 1:
        yield (
            f"given {kind}, it orders again, although a job may exist: raise `answers.refusal`;"
            " wanprep repeats what is safe to repeat."
        )


def usual_requests(flow: Flow[Any]) -> tuple[object, ...]:
    """List the requests of a flow that finds whatever it looks for."""
    return run_flow(flow, _always(USUAL)).requests


def check_escaping(start: Callable[[str], Flow[Any]], job: str) -> Iterator[str]:
    """Run a flow on a job whose id has signs with a meaning in URLs, and look for them there."""
    for request in usual_requests(start(job + _SIGNS)):
        url = request.url if isinstance(request, Request) else ""
        raw = [sign for sign, found in _UNESCAPED.items() if found.search(url)]
        if "/" in job:  # as in `models/clips/operations/1`, which is a path itself
            raw = [sign for sign in raw if sign != "/"]
        if raw:
            yield (
                f"{url.removesuffix(_SIGNS)}: an id with {' or '.join(raw)} leads to another path:"
                " escape it with `answers.path_segment`."
            )
            return


def check_order(found: Sequence[object], *, accepted: bool) -> Iterator[str]:
    """Check that `submit` makes exactly one request that may cost money."""
    requests = [each for each in found if isinstance(each, Request)]
    orders = [f"{each.method} {each.url}" for each in requests if each.may_order]
    if len(orders) > 1:
        yield (
            f"has {len(orders)} requests that may cost money ({', '.join(orders[:3])}), and only"
            " the first is sent: mark steps that order nothing with `paid=False`."
        )
    if not orders and accepted:
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
        yield (
            f"{where}: a URL must begin with / or https://. Read one of an answer with"
            " `answers.as_url`, which raises Unclear if there is none."
        )
    elif request.key:
        yield f"{where}: the key would be sent to another host: set key=False, or begin with /."
    if ".." in request.url:
        yield f"{where}: .. leads to another path: escape ids with `path_segment`."
    try:
        json.dumps(request.json)
    except (TypeError, ValueError, RecursionError):
        yield f"{where}: `json` cannot be written as JSON."


def _check_result(name: str, kind: str, response: Response, run: Run) -> Iterator[str]:
    match run.result:
        case NeverEnds():
            yield f"does not end: given {kind}, it has sent {len(run.requests)} requests."
        case Refused() | Unclear():
            yield from _check_rejection(name, kind, response, run)
        case Exception() as error:
            why = describe_error(error)
            yield f"given {kind}, it raises {why}: raise Unclear or Refused instead."
        case value if not isinstance(value, _RESULTS[name]):
            expected = " or ".join(each.__name__ for each in _RESULTS[name])
            yield f"given {kind}, it returns {_type_name(value)} instead of {expected}."
        case Accepted():
            yield f"given {kind}, it returns Accepted, although the response has no job."
        case HostedUrl() if run.requests and not response.ok:
            yield f"given {kind}, it returns HostedUrl, although the upload failed."
        case HostedUrl(url=url) if "://" not in url and not url.startswith("data:"):
            yield f"given {kind}, it returns HostedUrl({url!r}): read links with `answers.as_url`."
        case Status(state="failed" | "cancelled" | "expired" as state) if (
            response.status in _NOT_ABOUT_JOBS
        ):
            yield (
                f"given {kind}, it returns the state {state}, although the job goes on:"
                " raise `answers.refusal`."
            )
        case Status(state="succeeded" | "cancelled" as state):
            yield f"given {kind}, it returns the state {state}."
        case Cancelled(done=True) if not response.ok:
            yield f"given {kind}, it returns Cancelled(done=True)."


def _check_rejection(name: str, kind: str, response: Response, run: Run) -> Iterator[str]:
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


def _type_name(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
