"""Flows as people write them in a hurry, and what is said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wanprep.plugins.flow import Accepted, Cancelled, HostedUrl, Refused, Request, Status, Unclear
from wanprep.testing.lint.code import flow_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.plugins.flow import Flow, Response


def ask(**more: Any) -> Request:
    return Request(**({"method": "POST", "url": "/v1/jobs"} | more))


def ends(request: object, read: Callable[[Response], object]) -> Callable[[], Flow[Any]]:
    def flow() -> Flow[Any]:
        response = yield request  # type: ignore[misc]
        return read(response)

    return flow


def sound(response: Response) -> object:
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
    return sound((yield ask(paid=True)))


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


PAID = ask(paid=True)


@pytest.mark.parametrize(
    ("name", "start", "says"),
    [
        pytest.param("submit", lambda: None, "no generator", id="a plain function"),
        pytest.param("submit", lambda: 1 / 0, "calling it raises ZeroDivisionError", id="a crash"),
        pytest.param("submit", silent, "without asking", id="nothing asked"),
        pytest.param("poll", endless, "asked 60 times", id="no end"),
        pytest.param("poll", ends("/v1", sound), "yields a str", id="no request"),
        pytest.param("submit", ends(PAID, careless), "raises KeyError ('id')", id="careless"),
        pytest.param("submit", ends(PAID, late), "Raise Unclear", id="refused for nonsense"),
        pytest.param("submit", ends(PAID, late), "given HTTP 503, it raises Refused", id="outage"),
        pytest.param("submit", ends(PAID, vague), "so raise Refused", id="unclear for a no"),
        pytest.param("submit", ends(PAID, hopeful), "it returns Accepted", id="always accepted"),
        pytest.param("submit", ends(ask(), hopeful), "not marked `paid=True`", id="not paid"),
        pytest.param("submit", twice, "more is marked", id="paid twice"),
        pytest.param("poll", ends(PAID, sound), "more is marked", id="a paid question"),
        pytest.param("poll", ends(ask(), lambda _: 7), "returns a int, and not Status", id="type"),
        pytest.param("poll", ends(ask(), lambda _: None), "returns nothing", id="nothing"),
        pytest.param("poll", ends(ask(), status("succeeded")), "job has succeeded", id="done"),
        pytest.param("find", ends(ask(), hopeful), "it returns Accepted", id="found"),
        pytest.param(
            "cancel",
            ends(ask(), lambda _: Cancelled(done=True, says="x")),
            "job is cancelled",
            id="cancelled",
        ),
        pytest.param(
            "upload", ends(ask(), lambda _: HostedUrl("https://x")), "file were there", id="hosted"
        ),
        pytest.param("poll", ends(ask(url="v1"), sound), "begins with /", id="half an address"),
        pytest.param(
            "poll", ends(ask(url="https://x.org/"), sound), "key=False", id="the key goes astray"
        ),
        pytest.param("poll", ends(ask(url="/v1/../x"), sound), "leads astray", id="dots"),
        pytest.param("poll", ends(ask(base="files"), sound), "no base `files`", id="no base"),
        pytest.param("poll", ends(ask(json={1, 2}), sound), "written as JSON", id="no JSON"),
    ],
)
def test_a_fault_is_told(name: str, start: Callable[[], Any], says: str) -> None:
    found = list(flow_faults(name, start, frozenset({"api"})))
    assert any(says in each for each in found), found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("name", "start"),
    [
        pytest.param("submit", ends(PAID, sound), id="sound"),
        pytest.param("poll", ends(ask(), status("unknown")), id="unknown is waited for"),
        pytest.param("poll", ends(ask(), late), id="a question may be refused"),
        pytest.param("find", ends(ask(), lambda _: None), id="not found"),
        pytest.param(
            "upload", ends(ask(url="https://x.org/", key=False), sound), id="a place of its own"
        ),
    ],
)
def test_nothing_is_said_of_what_is_sound(name: str, start: Callable[[], Any]) -> None:
    assert list(flow_faults(name, start, frozenset({"api"}))) == []


def test_bases_that_are_not_known_are_not_missed() -> None:
    assert list(flow_faults("poll", ends(ask(base="files"), sound), None)) == []
