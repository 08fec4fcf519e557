"""Flows with typical mistakes, and the message for each."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from wanprep.plugins import Accepted, Cancelled, HostedUrl, Refused, Request, Status, Unclear
from wanprep.testing.lint.flow import check_flow, check_order, usual_requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.plugins import Flow, Response


def ask(**more: Any) -> Request:
    return Request(**({"method": "POST", "url": "/v1/jobs"} | more))


def ends(request: object, read: Callable[[Response], object]) -> Callable[[], Flow[Any]]:
    def flow() -> Flow[Any]:
        response = yield request  # type: ignore[misc]
        return read(response)

    return flow


def valid(response: Response) -> object:
    if 400 <= response.status < 500:
        raise Refused("no")
    raise Unclear("what?")


def silent() -> Flow[Any]:
    return None
    yield


def endless() -> Flow[Any]:
    while True:
        yield ask(paid=False)


def twice() -> Flow[Any]:
    yield ask(paid=True)
    return valid((yield ask(paid=True)))


def twice_unmarked() -> Flow[Any]:
    answer = yield ask(url="/v1/quotes")
    if not answer.ok:
        raise Refused("no")
    if not isinstance(answer.json(), dict) or not answer.json().get("quoteRef"):
        raise Unclear("what?")
    return valid((yield ask(url=f"/v1/jobs/{answer.json()['quoteRef']}")))


def unpaid() -> Flow[Any]:
    answer = yield ask(paid=False)
    if isinstance(answer.json(), dict) and (jobs := answer.json().get("data", {}).get("jobs")):
        return Accepted(provider_id=jobs[0]["jobRef"])
    return valid(answer)


def late(response: Response) -> object:
    raise Refused(str(response.status))


def vague(response: Response) -> object:
    raise Unclear(str(response.status))


def careless(response: Response) -> object:
    return Accepted(provider_id=response.json()["id"])


def hopeful(_: Response) -> object:
    return Accepted(provider_id="x")


def status(state: Any) -> Callable[[Response], object]:
    return lambda _: Status(state=state, word="x")


def copied(response: Response) -> object:
    job = response.json() if response.ok else None
    if not isinstance(job, dict) or job.get("status") in {None, "running"}:
        raise Unclear("what?")
    return Status(state=job["status"], word="x")


PAID = ask(paid=True)


@pytest.mark.parametrize(
    ("name", "start", "message"),
    [
        pytest.param("submit", lambda: None, "not a generator", id="a plain function"),
        pytest.param("submit", lambda: 1 / 0, "calling it raises ZeroDivisionError", id="a crash"),
        pytest.param("submit", silent, "without a request", id="no request"),
        pytest.param("poll", endless, "has sent 60 requests", id="no end"),
        pytest.param("poll", ends("/v1", valid), "yields a str", id="a string"),
        pytest.param("submit", ends(PAID, careless), "raises KeyError ('id')", id="careless"),
        pytest.param(
            "submit", ends(PAID, late), "raise Unclear, or the job", id="refused for nonsense"
        ),
        pytest.param("submit", ends(PAID, late), "given HTTP 503, it raises Refused", id="outage"),
        pytest.param("submit", ends(PAID, vague), "so raise Refused", id="unclear for a refusal"),
        pytest.param("submit", ends(PAID, hopeful), "it returns Accepted", id="always accepted"),
        pytest.param("submit", ends(ask(paid=False), hopeful), "has no request that costs money",
                     id="not paid"),
        pytest.param("submit", unpaid, "has no request that costs money", id="not paid, in depth"),
        pytest.param("submit", ends(ask(method="GET"), hopeful), "mark it `paid=True`", id="a GET"),
        pytest.param("submit", twice, "2 requests that may cost money", id="paid twice"),
        pytest.param("submit", twice_unmarked, "(POST /v1/quotes, POST /v1/jobs/job-1)",
                     id="paid twice, unmarked"),
        pytest.param("poll", ends(PAID, valid), "only the one request", id="a paid poll"),
        pytest.param(
            "poll", ends(ask(), lambda _: 7), "returns a int instead of Status", id="type"
        ),
        pytest.param("poll", ends(ask(), lambda _: None), "returns None", id="None"),
        pytest.param("poll", ends(ask(), status("succeeded")), "the state succeeded", id="done"),
        pytest.param("poll", ends(ask(), copied), "own word ('undocumented')", id="a copied word"),
        pytest.param("find", ends(ask(), hopeful), "it returns Accepted", id="found"),
        pytest.param(
            "cancel",
            ends(ask(), lambda _: Cancelled(done=True, message="x")),
            "returns Cancelled(done=True)",
            id="cancelled",
        ),
        pytest.param(
            "upload",
            ends(ask(), lambda _: HostedUrl("https://x")),
            "the upload failed",
            id="hosted",
        ),
        pytest.param("poll", ends(ask(url="v1"), valid), "must begin with /", id="a relative URL"),
        pytest.param(
            "poll",
            ends(ask(url="https://x.org/"), valid),
            "key=False",
            id="the key is sent elsewhere",
        ),
        pytest.param("poll", ends(ask(url="/v1/../x"), valid), "leads to another path", id="dots"),
        pytest.param("poll", ends(ask(base="files"), valid), "no base `files`", id="no base"),
        pytest.param("poll", ends(ask(json={1, 2}), valid), "written as JSON", id="no JSON"),
    ],
)  # fmt: skip
def test_mistakes_are_reported(name: str, start: Callable[[], Any], message: str) -> None:
    found = list(check_flow(name, start, frozenset({"api"})))
    if name == "submit" and inspect.isgeneratorfunction(start):
        found += check_order(usual_requests(start()), accepted=True)
    assert any(message in each for each in found), found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("name", "start"),
    [
        pytest.param("submit", ends(PAID, valid), id="valid"),
        pytest.param("submit", ends(ask(), valid), id="unmarked"),
        pytest.param("poll", ends(ask(), status("unknown")), id="unknown is waited for"),
        pytest.param("poll", ends(ask(), late), id="a poll may be refused"),
        pytest.param("find", ends(ask(), lambda _: None), id="not found"),
        pytest.param(
            "upload", ends(ask(url="https://x.org/", key=False), valid), id="a place of its own"
        ),
    ],
)
def test_valid_flows_have_no_problems(name: str, start: Callable[[], Any]) -> None:
    assert list(check_flow(name, start, frozenset({"api"}))) == []


def test_unknown_bases_are_not_checked() -> None:
    assert list(check_flow("poll", ends(ask(base="files"), valid), None)) == []
