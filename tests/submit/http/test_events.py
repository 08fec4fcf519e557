from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Answer, Loopback, answer, chunked, dripping, head, raw, reset, silent
from own_certificate import server_side
from small_service import HASTE, KEY, driver

from wanprep.plugins import Status
from wanprep.submit.http.events import listen, parse

HEAD = head(200, {"content-type": "text/event-stream; charset=utf-8", "connection": "close"})
DONE = b'event: done\ndata: {"id": "j1"}\n\n'


@pytest.mark.parametrize(
    ("text", "events"),
    [
        pytest.param("data: a\n\n", [("message", "a")], id="no name"),
        pytest.param("event: x\ndata: a\n\n", [("x", "a")], id="named"),
        pytest.param("event:x\ndata:a\n\n", [("x", "a")], id="no blanks"),
        pytest.param("data:  a\n\n", [("message", " a")], id="one blank goes"),
        pytest.param("data: a\ndata\ndata: b\n\n", [("message", "a\n\nb")], id="several lines"),
        pytest.param("\ufeffdata: a\r\n\r\n", [("message", "a")], id="CRLF and a mark"),
        pytest.param("data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")], id="CR"),
        pytest.param(": keep-alive\n\n:\n\ndata: a\n\n", [("message", "a")], id="comments"),
        pytest.param("id: 1\nretry: 5\nodd: x\ndata: a\n\n", [("message", "a")], id="other fields"),
        pytest.param("event: x\n\ndata: a\n\n", [("message", "a")], id="a name without data"),
        pytest.param("data: a\n", [], id="unfinished"),
        pytest.param("data: a\u2028b\x85c\n\n", [("message", "a\u2028b\x85c")], id="odd line ends"),
        pytest.param("data: " + "x" * 1_000_001 + "\n\ndata: a\n\n", [], id="far too much"),
        pytest.param("data: x\n" * 200_000 + "\ndata: a\n\n", [], id="far too many"),
    ],
)
def test_events_are_read(text: str, events: list[tuple[str, str]]) -> None:
    assert list(parse([text.encode()])) == events


def test_an_endless_line_is_dropped() -> None:
    assert list(parse([b"data: " + b"x" * 600_000] * 2)) == []


@given(st.lists(st.integers(0, 60)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_pieces_may_be_cut_anywhere(cuts: list[int], end: str) -> None:
    text = ": x\nevent: a\ndata: é1\ndata: 2\n\ndata: 3\n\n".replace("\n", end).encode()
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert list(parse(pieces)) == [("a", "é1\n2"), ("message", "3")]


class Received:
    """Collects the events that it is called with."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Status]] = []
        self.received = threading.Event()

    def __call__(self, provider_id: str, status: Status) -> None:
        self.events.append((provider_id, status))
        self.received.set()


@pytest.mark.parametrize("tls", [False, True])
def test_events_are_received(tls: bool) -> None:
    stream = dripping(
        HEAD + b"event: other\ndata: {}\n\nevent: done\ndata: odd\n\n" + DONE, b":\n\n"
    )
    received = Received()
    with Loopback({"/events": [stream]}, tls=server_side() if tls else None) as server:
        with driver(server) as small, listen(small, received) as listener:
            assert listener.connected
            assert received.received.wait(20)
            begun = time.monotonic()
        assert time.monotonic() - begun < 10
    assert received.events == [("j1", Status(state="succeeded", word="done"))]
    assert server.heard[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("tls", [False, True])
def test_closing_stops_a_silent_stream_at_once(tls: bool) -> None:
    stream = dripping(HEAD, b"", every=20)
    with (
        Loopback({"/events": [stream]}, tls=server_side() if tls else None) as server,
        driver(server) as small,  # whose timeout is longer than this test
    ):
        listener = listen(small, Received())
        assert listener.connected
        begun = time.monotonic()
        listener.close()
        assert time.monotonic() - begun < 5
        assert not listener.connected
        listener.close()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(answer(404, {}), id="there is no such thing"),
        pytest.param(answer(200, {"id": "j1"}), id="something else"),
        pytest.param(reset, id="cut"),
        pytest.param(silent, id="silent"),
        pytest.param(raw(HEAD + DONE[:9]), id="it ends early"),
        pytest.param(raw(HEAD), id="it ends at once"),
        pytest.param(chunked(b"x", whole=False), id="broken"),
    ],
)
def test_failures_are_ignored(bad: Answer) -> None:
    received = Received()
    with (
        Loopback({"/events": [bad]}) as server,
        driver(server, policy=HASTE) as small,
        listen(small, received),
    ):
        pass
    assert received.events == []


def test_a_provider_without_events() -> None:
    with (
        Loopback({}) as server,
        driver(server, events=None) as small,
        listen(small, Received()) as listener,
    ):
        assert not listener.connected
    assert server.heard == []


def test_an_exception_does_not_end_the_stream() -> None:
    twice = threading.Semaphore(0)

    def stumble(provider_id: str, _: Status) -> None:
        twice.release()
        raise RuntimeError(provider_id)

    with (
        Loopback({"/events": [dripping(HEAD + DONE + DONE, b":\n\n")]}) as server,
        driver(server) as small,
        listen(small, stumble),
    ):
        assert twice.acquire(timeout=20)
        assert twice.acquire(timeout=20)
