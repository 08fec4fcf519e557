from __future__ import annotations

import socket
import traceback
from pathlib import Path
from typing import Any, Final

import pytest
from loopback import (
    Answer,
    Loopback,
    answer,
    chunked,
    dripping,
    half,
    head,
    raw,
    redirect,
    reset,
    silent,
)
from small_service import HASTE, KEY, ORDER, SENT, STEADY, driver, provider, service

from wanprep.errors import UsageError
from wanprep.plugins import Accepted, Flow, Order, Refused, Request, Response, Sent, Status, Unclear
from wanprep.plugins.provider import CannotHost
from wanprep.submit.errors import NoAnswer, NotSent, Uncertain
from wanprep.submit.http.driver import Driver
from wanprep.submit.http.paid import describe
from wanprep.submit.http.retries import RetryPolicy
from wanprep.submit.uploads.files import local_file

GOOD = answer(200, {"id": "j1", "credits": 5})


def submit(*answers: Answer, policy: RetryPolicy = STEADY) -> tuple[Any, Loopback, list[float]]:
    """Submit to a server with these answers; return the outcome, the server and the pauses."""
    waits: list[float] = []
    with (
        Loopback({"/jobs": answers}) as server,
        driver(server, policy=policy, pause=waits.append) as small,
    ):
        try:
            outcome: Any = small.submit(ORDER)
        except (Refused, Uncertain) as error:
            outcome = error
            text = "".join(traceback.format_exception(error))
        else:
            text = str(outcome)
    assert KEY not in text
    return outcome, server, waits


def test_the_request_of_an_order() -> None:
    accepted, server, _ = submit(GOOD)
    assert accepted == Accepted(provider_id="j1", details={"id": "j1", "credits": 5})
    (heard,) = server.heard
    assert (heard.method, heard.target) == ("POST", "/jobs")
    assert heard.json == ORDER.body
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.headers["idempotency-key"] == "run-1"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"].startswith("wanprep/")


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        pytest.param(reset, None, id="the reply is lost"),
        pytest.param(raw(b""), None, id="closed without an answer"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-"), None, id="half a header"),
        pytest.param(raw(b"nonsense\r\n\r\n"), None, id="no HTTP"),
        pytest.param(half(b'{"id": "j1", "credits": 5}'), None, id="half an answer"),
        pytest.param(chunked(b'{"id": "j1"}', whole=False), None, id="chunks without an end"),
        pytest.param(answer(200, b"<html>"), 200, id="a page"),
        pytest.param(answer(200, {"code": 0}), 200, id="an answer without an id"),
        pytest.param(answer(500, {"error": "oops"}, x_request_id="r-77"), 500, id="500"),
        pytest.param(answer(503, b"", retry_after="1"), 503, id="503 with Retry-After"),
        pytest.param(answer(504, b"<html>"), 504, id="a gateway's time-out"),
        pytest.param(answer(200, b" " * 10_000_001), None, id="far too much"),
        pytest.param(
            answer(200, b"nothing packed", content_encoding="gzip"),
            None,
            id="packed, but not with anything",
        ),
    ],
)
def test_an_unknown_outcome_is_uncertain_and_never_sent_again(
    bad: Answer, status: int | None
) -> None:
    outcome, server, _ = submit(bad, GOOD)
    assert isinstance(outcome, Uncertain), outcome
    assert outcome.status == status
    assert "may exist" in str(outcome)
    assert len(server.heard) == 1


def test_uncertain_keeps_the_message_and_request_id() -> None:
    outcome, _, _ = submit(answer(500, {"error": {"message": "oops"}}, x_request_id="r-77"))
    assert "HTTP 500: oops" in str(outcome)
    assert outcome.headers == {"x-request-id": "r-77"}


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(silent, id="silent"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n", b"", 9), id="stuck in its headers"),
        pytest.param(dripping(head(200, {"content-length": "99"}), b" "), id="dripping"),
    ],
)
def test_timeouts_are_uncertain(slow: Answer) -> None:
    haste = RetryPolicy(connect=20, read=0.3, answer=0.3, pause=0.01)
    outcome, server, _ = submit(slow, GOOD, policy=haste)
    assert isinstance(outcome, Uncertain), outcome
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(301, Refused, id="moved"),
        pytest.param(302, Uncertain, id="found"),
        pytest.param(303, Uncertain, id="see other"),
        pytest.param(307, Refused, id="for now"),
        pytest.param(308, Refused, id="for good"),
    ],
)
def test_a_paid_request_follows_no_redirect(status: int, kind: type[Exception]) -> None:
    with Loopback({"*": [GOOD]}) as other:
        outcome, server, _ = submit(redirect(f"{other.url}/jobs?key={KEY}", status), GOOD)
        assert isinstance(outcome, kind), outcome
        assert f"redirects to {other.url}/jobs?key=***" in str(outcome)
    assert other.heard == []
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(answer(400, {"error": "bad", "code": 7}), id="in its words"),
        pytest.param(answer(402, {"error": "bad", "code": 7}), id="no money"),
    ],
)
def test_refusals_come_from_the_provider(refusal: Answer) -> None:
    outcome, _, _ = submit(refusal)
    assert isinstance(outcome, Refused)
    assert (str(outcome), outcome.code, outcome.advice) == ("bad", "7", "Fix the job.")


def test_an_html_refusal_is_read_by_its_status() -> None:
    outcome, _, _ = submit(answer(403, b"<html>" + KEY.encode()))
    assert isinstance(outcome, Refused)
    assert str(outcome) == "Small refuses: HTTP 403: a web page"


def test_answers_with_the_key_are_redacted() -> None:
    outcome, _, _ = submit(answer(401, {"error": f"the key {KEY} is unknown", "code": KEY}))
    assert isinstance(outcome, Refused)
    assert (str(outcome), outcome.code) == ("the key *** is unknown", "***")
    outcome, _, _ = submit(answer(500, {"error": f"Bearer {KEY}"}, x_request_id=KEY))
    assert isinstance(outcome, Uncertain)
    assert KEY not in f"{outcome} {outcome.headers}"
    accepted, _, _ = submit(answer(200, {"id": "j1", "you": [KEY]}))
    assert accepted.details == {"id": "j1", "you": ["***"]}


@pytest.mark.parametrize(
    ("first", "wait"),
    [
        pytest.param(answer(429, {"error": "slow"}, retry_after="7"), 7, id="header"),
        pytest.param(answer(429, {"retry_after": 3}), 3, id="body"),
        pytest.param(answer(429, {"error": {"retry_after": "4"}}), 4, id="deep in the body"),
    ],
)
def test_retry_after_is_obeyed(first: Answer, wait: float) -> None:
    accepted, server, waits = submit(first, GOOD)
    assert accepted.provider_id == "j1"
    assert waits == [wait]
    assert len(server.heard) == 2


def test_a_long_retry_after_is_a_refusal() -> None:
    outcome, server, waits = submit(answer(429, {"error": "slow down"}, retry_after="86400"))
    assert isinstance(outcome, Refused)
    assert (str(outcome), waits, len(server.heard)) == ("slow down", [], 1)
    outcome, server, waits = submit(answer(429, {"error": "slow down"}))
    assert isinstance(outcome, Refused)
    assert (len(waits), len(server.heard)) == (4, 5)


def closed_port() -> str:
    """Return a URL at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(None, id="no listener"),
        pytest.param("https://api.small.example", id="behind a proxy that is not there"),
    ],
)
def test_a_failed_connection_is_retried_and_never_uncertain(url: str | None) -> None:
    waits: list[float] = []
    environ = {"SMALL_KEY": KEY, "WANPREP_SMALL_BASE_URL": url or closed_port()}
    with (
        Driver(provider(), service(), environ=environ, policy=STEADY, pause=waits.append) as small,
        pytest.raises(NotSent, match="Nothing was sent") as caught,
    ):
        small.submit(ORDER)
    assert len(waits) == 4
    assert "connection" in caught.value.advice


def test_a_failed_handshake_means_nothing_was_sent() -> None:
    with Loopback({"*": [GOOD]}) as server:
        url = server.url.replace("http:", "https:")  # where no server speaks TLS
        environ = {"SMALL_KEY": KEY, "WANPREP_SMALL_BASE_URL": url}
        with (
            Driver(
                provider(), service(), environ=environ, policy=HASTE, pause=lambda _: None
            ) as small,
            pytest.raises(NotSent),
        ):
            small.submit(ORDER)
    assert KEY.encode() not in server.everything


def pays_twice(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url="/jobs", paid=True)
    yield Request(method="POST", url="/jobs", paid=True)
    return Accepted(provider_id="2")


def unmarked(method: str) -> Any:
    """Make a flow whose author marks nothing."""

    def flow(_: Order) -> Flow[Accepted]:
        answer = yield Request(method=method, url="/jobs", json={})
        return Accepted(provider_id=answer.json()["id"])

    return flow


def unmarked_twice(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url="/jobs")
    yield Request(method="POST", url="/jobs")
    return Accepted(provider_id="2")


def announces_first(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url="/schema", paid=False)
    answer = yield Request(method="POST", url="/jobs")
    return Accepted(provider_id=answer.json()["id"])


def looks_first(_: Order) -> Flow[Accepted]:
    yield Request(method="GET", url="/schema")
    answer = yield Request(method="POST", url="/jobs", paid=True)
    return Accepted(provider_id=answer.json()["id"])


def looks_after(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url="/jobs", paid=True)
    yield Request(method="GET", url="/schema")
    raise Refused(f"not so, {KEY}")


def stumbles(_: Order) -> Flow[Accepted]:
    yield Request(method="POST", url="/jobs", paid=True)
    raise RuntimeError


def odd_early(_: Order) -> Flow[Accepted]:
    yield Request(method="GET", url="/schema")
    raise Unclear(f"odd, {KEY}")


def mute_early(_: Order) -> Flow[Accepted]:
    yield Request(method="GET", url="/mute")
    raise AssertionError


def stumbles_early(_: Order) -> Flow[Accepted]:
    yield Request(method="GET", url="/schema")
    raise RuntimeError


@pytest.mark.parametrize(
    ("flow", "outcome", "paid"),
    [
        pytest.param(pays_twice, Uncertain, 1, id="pays twice"),
        pytest.param(unmarked_twice, Uncertain, 1, id="pays twice, and marks nothing"),
        pytest.param(looks_first, None, 1, id="asks something before"),
        pytest.param(announces_first, None, 1, id="posts something before"),
        pytest.param(looks_after, Uncertain, 1, id="refuses after it has asked on"),
        pytest.param(stumbles, Uncertain, 1, id="a fault of the plugin"),
        pytest.param(odd_early, NotSent, 0, id="an odd answer before anything is paid"),
        pytest.param(mute_early, NotSent, 0, id="no answer before anything is paid"),
        pytest.param(stumbles_early, RuntimeError, 0, id="a fault before anything is paid"),
    ],
)
def test_one_order_is_sent_whatever_the_plugin_does(
    flow: Any, outcome: type[Exception] | None, paid: int
) -> None:
    with (
        Loopback({"/jobs": [GOOD], "/schema": [answer(200, {})], "/mute": [reset]}) as server,
        driver(server, submit=flow) as small,
    ):
        if outcome is None:
            assert small.submit(ORDER).provider_id == "j1"
        else:
            with pytest.raises(outcome) as caught:
                small.submit(ORDER)
            assert KEY not in str(caught.value)
    assert server.targets().count("POST /jobs") == paid


@pytest.mark.parametrize("method", ["POST", "post", "PUT", "PATCH", "DELETE"])
def test_whatever_may_change_something_is_sent_once(method: str) -> None:
    flow = unmarked(method)
    with (
        Loopback({"/jobs": [reset, reset, GOOD]}) as server,
        driver(server, submit=flow) as small,
        pytest.raises(Uncertain),
    ):
        small.submit(ORDER)
    assert len(server.heard) == 1


def test_only_an_order_may_be_paid() -> None:
    def poll(_: Any) -> Flow[Any]:
        yield Request(method="POST", url="/jobs", paid=True)

    with (
        Loopback({"/jobs": [GOOD]}) as server,
        driver(server, poll=poll) as small,
        pytest.raises(NoAnswer, match="paid request outside of `submit`, which was not sent"),
    ):
        small.poll(SENT)
    assert server.heard == []


# Requests that cost nothing.


RUNNING: Final = {"state": "running", "error": f"see {KEY}"}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(reset, id="cut"),
        pytest.param(half(b'{"state": "running"}'), id="half an answer"),
        pytest.param(answer(429, {}, retry_after="1"), id="429"),
        pytest.param(answer(500, {}), id="500"),
        pytest.param(answer(502, b""), id="502"),
        pytest.param(answer(503, b""), id="503"),
        pytest.param(answer(504, b""), id="504"),
    ],
)
def test_polls_are_repeated(bad: Answer) -> None:
    with Loopback({"/jobs/1": [bad, bad, answer(200, RUNNING)]}) as server, driver(server) as small:
        status = small.poll(SENT)
    assert (status.state, status.error, status.details["error"]) == (
        "running",
        "see ***",
        "see ***",
    )
    assert len(server.heard) == 3


def test_a_flow_may_read_a_lasting_server_error() -> None:
    def poll(_: object) -> Flow[Status]:
        response = yield Request(method="GET", url="/jobs/1", server_errors=True)
        return Status(state="failed", word=str(response.status))

    fails = answer(500, {"detail": "the model failed"})
    with Loopback({"/jobs/1": [fails] * 5}) as server, driver(server, poll=poll) as small:
        status = small.poll(SENT)
    assert (status.state, status.word, len(server.heard)) == ("failed", "500", 5)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param(reset, "Small gives no answer", id="cut"),
        pytest.param(silent, "no answer came in time", id="silent"),
        pytest.param(answer(500, {"error": f"o {KEY}"}), r"HTTP 500: o \*\*\*", id="500"),
        pytest.param(answer(200, b"<html>"), "cannot be read", id="a page"),
    ],
)  # fmt: skip
def test_polls_without_an_answer(bad: Answer, message: str) -> None:
    with (
        Loopback({"/jobs/1": [bad]}) as server,
        driver(server, policy=HASTE) as small,
        pytest.raises(NoAnswer, match=message),
    ):
        small.poll(SENT)


def test_a_state_that_does_not_exist_is_unknown() -> None:
    with (
        Loopback({"/jobs/1": [answer(200, {"state": "error"})]}) as server,
        driver(server) as small,
    ):
        status = small.poll(SENT)
    assert (status.state, status.word) == ("unknown", "error")


def test_a_poll_may_be_refused() -> None:
    with (
        Loopback({"/jobs/1": [answer(404, {"error": f"no {KEY}"})]}) as server,
        driver(server) as small,
        pytest.raises(Refused, match="no \\*\\*\\*"),
    ):
        small.poll(SENT)


def test_cancel_and_find() -> None:
    script = {"/jobs/1": [answer(200, {"says": "gone"})], "/jobs": [answer(200, ["j1"])]}
    with Loopback(script) as server, driver(server) as small:
        assert small.cancel(SENT).done
        assert small.find(SENT) == Accepted(provider_id="j1")
    assert server.targets() == ["DELETE /jobs/1", "GET /jobs"]


def test_flows_that_a_provider_lacks(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with (
        Loopback({}) as server,
        driver(server, cancel=None, find=None, upload=None) as small,
    ):
        cancelled = small.cancel(SENT)
        assert not cancelled.done
        assert cancelled.message == "Small has no way to cancel a job"
        assert small.find(SENT) is None
        with pytest.raises(CannotHost, match="has no uploads"):
            small.upload(local_file(str(tmp_path / "a.txt")), ORDER)
    assert server.heard == []


def test_flows_get_the_settings_of_today() -> None:
    def flow(given: Sent | Order) -> Flow[Any]:
        order = given.order if isinstance(given, Sent) else given
        seen.append(order.settings["region"])
        raise Refused("enough")
        yield

    seen: list[str] = []
    with Loopback({}) as server, driver(server, poll=flow, submit=flow) as small:
        small.settings = {"region": "eu"}
        for ask in (lambda: small.submit(ORDER), lambda: small.poll(SENT)):
            with pytest.raises(Refused):
                ask()
    assert seen == ["eu", "eu"]


def test_an_upload_is_repeated_whole(tmp_path: Path) -> None:
    path = tmp_path / "a b.bin"
    path.write_bytes(b"0123456789" * 10_000)
    good = answer(200, {"url": "https://cdn.example/x"})
    with Loopback({"/upload": [reset, good]}) as server, driver(server) as small:
        assert small.upload(local_file(str(path)), ORDER).url == "https://cdn.example/x"
    assert len(server.heard) == 2
    for heard in server.heard:
        assert heard.headers["content-type"].startswith("multipart/form-data")
        assert b'name="file"; filename="a-b.bin"' in heard.body
        assert b"0123456789" * 10_000 in heard.body


def test_a_key_is_needed() -> None:
    with pytest.raises(UsageError, match="SMALL_KEY or SMALL_TOKEN"):
        Driver(provider(), service(), environ={})


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"", "HTTP 400"),
        (b'{"message": "no"}', "HTTP 400: no"),
        (b'{"error": {"message": "no"}}', "HTTP 400: no"),
        (b'{"error_code": 4, "error": "no"}', "HTTP 400: no"),
        (b'{"data": {"error": ""}, "detail": [{"msg": "no"}]}', "HTTP 400: no"),
        (b'{"other": 1}', "HTTP 400"),
        (b"[]", "HTTP 400"),
        (b"busy\n  \x1b[31mnow", "HTTP 400: busy \\x1b[31mnow"),
        (b" <html>no", "HTTP 400: a web page"),
        (b"\xff" + b"x" * 999, "HTTP 400: \ufffd" + "x" * 299),
        (b"[" * 100_000, "HTTP 400: " + "[" * 300),
    ],
)
def test_answers_are_described(body: bytes, description: str) -> None:
    assert describe(Response(400, {}, body)) == description
