"""Whatever a service answers, a flow ends in a value, refuses, or finds it unclear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replay import UNIX, answer, image, order, sent

from wanprep.plugins.flow import (
    Accepted,
    Cancelled,
    HostedUrl,
    Refused,
    Request,
    Response,
    Status,
    Unclear,
)
from wanprep.plugins.loading import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wanprep.plugins.flow import Flow
    from wanprep.plugins.provider import LocalFile, Provider

pytestmark = pytest.mark.untraced

PROVIDERS: Final = dict(installed().load_all().providers)
ORDER: Final = order(
    "a/b", "some/model", {"prompt": "x", "duration": 5}, settings={"repository": "a/b"}
)
SENT: Final = sent(ORDER, "id-1")
# The words of all four services: answers made of them reach further than any others.
NAMES: Final = (
    "id data status error code message outputs output video videos result_url results result_data "
    "video_url url generations generation_id error_code request_id upload headers download_url "
    "file_url expires_at success msg prompt model model_name input created created_at enqueued_at "
    "progress usage queue_position detail loc items tasks task_info video_duration type outcome "
    "has_nsfw_contents file status_message cost timings"
).split()
WORDS: Final = (
    "completed succeeded failed cancelled deleted processing error id-1 x ok success true "
    "https://r.example/v.mp4 ftp://x 2026-11-20T12:00:00 2026-11-20T12:00:00Z 200 1400 5000"
).split()
ATOMS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, 1, 5, 200, 401, 1200, 5000, 400001, 500001, 1795176000, -1, 10**400, 1e308]
    ),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
JSON: Final = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)
# Answers as the services write them, with anything in any place.
LIKELY: Final = st.one_of(
    st.fixed_dictionaries({"code": st.just(200) | ATOMS, "data": JSON}),
    st.fixed_dictionaries({"id": st.just("a"), "status": ATOMS, "error": JSON, "results": JSON}),
    st.fixed_dictionaries({"generations": st.lists(JSON, max_size=2)}),
    st.fixed_dictionaries({"status": st.sampled_from(WORDS), "output": JSON, "error": JSON}),
    st.fixed_dictionaries({"error": JSON, "detail": JSON, "code": ATOMS}),
)
BODIES: Final = st.one_of(
    (LIKELY | JSON).map(lambda value: json.dumps(value).encode()),
    (LIKELY | JSON).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=20) | st.just(b"[" * 100_000),
)
HEADERS: Final = st.dictionaries(
    st.sampled_from(["idempotency-replayed", "content-type"]), st.text(max_size=5), max_size=2
)
ANSWERS: Final = st.builds(
    Response,
    st.just(200)
    | st.sampled_from([201, 204, 301, 400, 401, 402, 403, 404, 405, 415, 422, 429, 500]),
    HEADERS,
    BODIES,
    st.just("https://r.example/asked"),
)
FLOWS: Final[dict[str, Callable[[Provider, LocalFile], Flow[Any] | None]]] = {
    "submit": lambda provider, _: provider.submit(ORDER),
    "poll": lambda provider, _: provider.poll(SENT),
    "cancel": lambda provider, _: provider.cancel(SENT) if provider.cancel else None,
    "find": lambda provider, _: provider.find(SENT) if provider.find else None,
    "upload": lambda provider, file: provider.upload(file, ORDER) if provider.upload else None,
}


VIDEO: Final = "https://r.example/v.mp4"
# What each flow gets on a good day, answer by answer.
GOOD: Final[dict[tuple[str, str], list[Any]]] = {
    ("evolink", "submit"): [{"id": "t", "usage": {}, "task_info": {}}],
    ("evolink", "poll"): [
        {
            "status": "completed",
            "progress": 5,
            "results": [VIDEO],
            "result_data": [{"video_url": VIDEO}],
            "error": {"code": "c", "message": "m", "suggestion": "s"},
            "usage": {"cost": {}},
        }
    ],
    ("evolink", "find"): [
        {
            "data": {
                "tasks": [
                    {"id": "t", "created": UNIX, "task_info": {"video_duration": 5}, "prompt": "x"}
                ]
            }
        }
    ],
    ("evolink", "upload"): [
        {
            "success": True,
            "code": 200,
            "msg": "m",
            "data": {"file_url": VIDEO, "expires_at": "2026-11-20"},
        }
    ],
    ("oxen", "submit"): [{"generations": [{"generation_id": "g", "status": "queued"}]}],
    ("oxen", "poll"): [
        {
            "generation_id": "g",
            "status": "succeeded",
            "result_url": VIDEO,
            "error_message": "",
            "enqueued_at": 1,
        }
    ],
    ("oxen", "cancel"): [{"status": "success"}, {"status": "cancelled"}],
    ("oxen", "find"): [
        {
            "generations": [
                {"generation_id": "g", "prompt": "x", "enqueued_at": UNIX, "duration": 5}
            ]
        },
        *[{"generations": []}] * 3,
    ],
    ("oxen", "upload"): [{"file": {"path": "p"}, "error": {"type": "t", "detail": "d"}}],
    ("runcomfy", "submit"): [
        {"request_id": "r", "error_code": 0, "detail": [{"loc": ["a"], "msg": "m"}]}
    ],
    ("runcomfy", "poll"): [
        {"status": "completed", "queue_position": 1, "error": None},
        {
            "status": "completed",
            "output": {"video": VIDEO, "videos": [VIDEO]},
            "cost": 1,
            "error": {"message": "m"},
        },
    ],
    ("runcomfy", "cancel"): [{"status": "cancelled", "outcome": "cancelled"}],
    ("wavespeed", "submit"): [{"code": 200, "message": "m", "data": {"id": "p"}}],
    ("wavespeed", "poll"): [
        {
            "code": 200,
            "data": {
                "status": "completed",
                "outputs": [VIDEO, {"url": VIDEO}],
                "error": "",
                "has_nsfw_contents": [False],
                "timings": {"inference": 1},
            },
        }
    ],
    ("wavespeed", "cancel"): [{"code": 200, "data": {"id": "p", "status": "deleted"}}],
    ("wavespeed", "find"): [
        {
            "code": 200,
            "data": {
                "items": [
                    {"id": "p", "created_at": "2026-11-20T12:00:00Z", "input": {"prompt": "x"}}
                ]
            },
        }
    ],
    ("wavespeed", "upload"): [{"code": 200, "message": "m", "data": {"download_url": VIDEO}}],
}
ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    7,
    -1.5,
    10**400,
    "",
    "x",
    "../x",
    "failed",
    [],
    [[]],
    [None],
    {},
    {"x": 1},
    {"url": [1]},
)


def spoilt(value: Any) -> Iterator[Any]:
    """Put something odd in each place of an answer, one by one, and take each away."""
    yield from ODD
    if isinstance(value, dict):
        for name in value:
            yield {other: value[other] for other in value if other != name}
            yield from ({**value, name: odd} for odd in spoilt(value[name]))
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from ([*value[:place], odd, *value[place + 1 :]] for odd in spoilt(each))


@pytest.mark.parametrize(("name", "what"), GOOD)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_no_spoilt_answer_breaks_a_flow(name: str, what: str, status: int, file: LocalFile) -> None:
    good = [answer(200, body, url=VIDEO) for body in GOOD[name, what]]
    ends = []
    for place, body in enumerate(GOOD[name, what]):
        for odd in spoilt(body):
            flow = FLOWS[what](PROVIDERS[name], file)
            assert flow is not None
            given = [*good[:place], answer(status, odd, url=VIDEO), *good[place + 1 :]]
            ends.append(performed(flow, given * 2)[1])
    assert len(ends) > 30


def performed(flow: Flow[Any], answers: list[Response]) -> tuple[list[Request], object]:
    sent_requests: list[Request] = []
    try:
        request = next(flow)
        for each in answers:
            sent_requests.append(request)
            request = flow.send(each)
    except StopIteration as end:
        return sent_requests, end.value
    except (Refused, Unclear) as error:
        return sent_requests, error
    return sent_requests, None


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> LocalFile:
    folder: Path = tmp_path_factory.mktemp("any")
    return image(folder)


@pytest.mark.slow
@pytest.mark.parametrize("what", FLOWS)
@pytest.mark.parametrize("name", PROVIDERS)
def test_no_answer_breaks_a_flow(name: str, what: str, file: LocalFile) -> None:
    if FLOWS[what](PROVIDERS[name], file) is None:
        return  # it has no such thing

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(answers=st.lists(ANSWERS, min_size=1, max_size=6))
    def try_it(answers: list[Response]) -> None:
        flow = FLOWS[what](PROVIDERS[name], file)
        assert flow is not None
        sent_requests, end = performed(flow, [*answers] * 3)
        orders = [
            each for each in sent_requests if each.paid or (what == "submit" and each.may_order)
        ]
        assert len(orders) == (what == "submit")
        for request in sent_requests:
            assert request.url.startswith("/") or not request.key
            assert ".." not in request.url
        assert str(end).isprintable()
        if not isinstance(end, Refused | Unclear):
            assert end is None or isinstance(end, Accepted | Status | Cancelled | HostedUrl)

    try_it()


@pytest.mark.parametrize("name", [name for name in PROVIDERS if PROVIDERS[name].events])
@settings(max_examples=50)
@given(event=st.sampled_from(["media_generation_completed", "x"]), data=BODIES)
def test_no_event_breaks_its_reader(name: str, event: str, data: bytes) -> None:
    events = PROVIDERS[name].events
    assert events is not None
    read = events.read(event, data.decode("latin-1"))
    assert read is None or isinstance(read[1], Status)
