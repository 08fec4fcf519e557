"""What plugin authors get for their own tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wanprep.testing
from wanprep.plugins.flow import Accepted, Refused, Request, Response, Unclear
from wanprep.testing import NONSENSE, REFUSALS, answer, faults, local_file, order, replay, sent

if TYPE_CHECKING:
    from wanprep.plugins.flow import Flow


def asking(times: int) -> Flow[Accepted]:
    told = []
    for number in range(times):
        response = yield Request(method="GET", url=f"/{number}")
        if response.status == 400:
            raise Refused("no")
        told.append(response.json())
    return Accepted(provider_id=str(told))


def test_a_flow_is_given_one_answer_after_the_other() -> None:
    requests, outcome = replay(asking(2), [answer(200, 1), answer(200, 2)])
    assert [request.url for request in requests] == ["/0", "/1"]
    assert outcome == Accepted(provider_id="[1, 2]")
    assert replay(asking(0), []) == ([], Accepted(provider_id="[]"))


def test_why_there_is_no_value_is_an_outcome() -> None:
    assert isinstance(replay(asking(2), [answer(400)]).outcome, Refused)
    assert isinstance(replay(asking(1), [answer(200, b"<html>")]).outcome, Unclear)


def test_as_many_answers_as_questions() -> None:
    with pytest.raises(AssertionError, match="no answer is left: GET /0, then GET /1"):
        replay(asking(2), [answer(200)])
    with pytest.raises(AssertionError, match="with 1 answers left: GET /0"):
        replay(asking(1), [answer(200), answer(200)])
    with pytest.raises(AssertionError, match="nothing was asked"):
        replay(asking(0), [answer(200)])


def test_a_fault_of_the_flow_is_raised() -> None:
    def broken() -> Flow[Any]:
        response = yield Request(method="GET", url="/")
        return response.json()["id"]

    with pytest.raises(TypeError):
        replay(broken(), [answer(200, [])])


def test_answers_are_written_as_they_come() -> None:
    told = answer(201, {"id": 1}, {"Retry-After": "5"})
    assert (told.status, told.json(), told.headers) == (201, {"id": 1}, {"retry-after": "5"})
    assert answer(200, b"{").body == b"{"
    assert all(each.ok for each in NONSENSE.values())
    assert all(400 <= each.status < 500 for each in REFUSALS.values())
    assert {type(each) for each in NONSENSE.values()} == {Response}


def test_orders_and_files(tmp_path: Path) -> None:
    bought = order("acme/clips", idempotency_key="k")
    assert json.loads(json.dumps(bought.body)) == {"prompt": "She waves."}
    assert order("acme/clips", {}).body == {}
    assert sent(bought).provider_id == "job-1"
    assert sent(bought, "").order is bought
    (tmp_path / "hero.png").write_bytes(b"png")
    (tmp_path / "hero").write_bytes(b"")
    file = local_file(tmp_path / "hero.png")
    assert (file.name, file.content_type, file.bytes) == ("hero.png", "image/png", 3)
    assert local_file(tmp_path / "hero").content_type == "application/octet-stream"


def test_a_plugin_can_be_looked_over() -> None:
    assert faults("evolink") == []


def test_the_public_face_is_sorted_and_real() -> None:
    assert wanprep.testing.__all__ == sorted(wanprep.testing.__all__)
    assert all(hasattr(wanprep.testing, name) for name in wanprep.testing.__all__)
