"""`wanprep.testing`, for the tests of plugin authors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wanprep.testing
from wanprep.plugins import Accepted, Refused, Request, Response, Unclear
from wanprep.testing import NONSENSE, REFUSALS, answer, local_file, order, problems, replay, sent

if TYPE_CHECKING:
    from wanprep.plugins import Flow


def flow_of(times: int) -> Flow[Accepted]:
    bodies = []
    for number in range(times):
        response = yield Request(method="GET", url=f"/{number}")
        if response.status == 400:
            raise Refused("no")
        bodies.append(response.json())
    return Accepted(provider_id=str(bodies))


def test_responses_are_sent_in_order() -> None:
    requests, outcome = replay(flow_of(2), [answer(200, 1), answer(200, 2)])
    assert [request.url for request in requests] == ["/0", "/1"]
    assert outcome == Accepted(provider_id="[1, 2]")
    assert replay(flow_of(0), []) == ([], Accepted(provider_id="[]"))


def test_refused_and_unclear_are_outcomes() -> None:
    assert isinstance(replay(flow_of(2), [answer(400)]).outcome, Refused)
    assert isinstance(replay(flow_of(1), [answer(200, b"<html>")]).outcome, Unclear)


def test_as_many_responses_as_requests() -> None:
    with pytest.raises(
        AssertionError, match="no response is left for the last request: GET /0, then GET /1"
    ):
        replay(flow_of(2), [answer(200)])
    with pytest.raises(AssertionError, match="ended with 1 responses left: GET /0"):
        replay(flow_of(1), [answer(200), answer(200)])
    with pytest.raises(AssertionError, match="no requests"):
        replay(flow_of(0), [answer(200)])


def test_other_exceptions_are_raised() -> None:
    def broken() -> Flow[Any]:
        response = yield Request(method="GET", url="/")
        return response.json()["id"]

    with pytest.raises(TypeError):
        replay(broken(), [answer(200, [])])


def test_answer_makes_responses() -> None:
    response = answer(201, {"id": 1}, {"Retry-After": "5"})
    assert (response.status, response.json(), response.headers) == (
        201,
        {"id": 1},
        {"retry-after": "5"},
    )
    assert answer(200, b"{").body == b"{"
    assert all(each.ok for each in NONSENSE.values())
    assert all(400 <= each.status < 500 for each in REFUSALS.values())
    assert {type(each) for each in NONSENSE.values()} == {Response}


def test_orders_and_files(tmp_path: Path) -> None:
    example = order("acme/clips", idempotency_key="k")
    assert json.loads(json.dumps(example.body)) == {"prompt": "She waves."}
    assert order("acme/clips", {}).body == {}
    assert sent(example).provider_id == "job-1"
    assert sent(example, "").order is example
    (tmp_path / "hero.png").write_bytes(b"png")
    (tmp_path / "hero").write_bytes(b"")
    file = local_file(tmp_path / "hero.png")
    assert (file.name, file.content_type, file.bytes) == ("hero.png", "image/png", 3)
    assert local_file(tmp_path / "hero").content_type == "application/octet-stream"


def test_problems_of_a_plugin() -> None:
    assert problems("evolink") == []


def test_the_public_names_exist() -> None:
    assert all(hasattr(wanprep.testing, name) for name in wanprep.testing.__all__)
