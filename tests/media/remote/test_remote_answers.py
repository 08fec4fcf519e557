"""Servers that change files, ignore ranges, are busy, compress, or redirect."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
from PIL import Image
from web import Page, Web, web

from wanprep.media.cache import Cache, cache_file
from wanprep.media.facts import Facts
from wanprep.media.probe_file import facts_of_parts, probe_file
from wanprep.media.remote import download, requests
from wanprep.media.remote.parts import Parts
from wanprep.media.remote.prober import UrlProber
from wanprep.media.remote.version import Probed

Headers = dict[str, str]


def read_parts(path: str, url: str, parts: Parts) -> Facts | tuple[int, int]:
    found = facts_of_parts(path, url, parts.size, parts.ranges)
    return Facts.from_json(found["facts"]) if "facts" in found else found["missing"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as found:
        monkeypatch.setenv("WANPREP_ALLOW_HOSTS", found.proxy.removeprefix("http://"))
        yield found


@pytest.fixture
def prober() -> Iterator[UrlProber]:
    with UrlProber(read_parts) as found:
        yield found


def png(width: int = 300, noise: int = 3) -> bytes:
    """Make an image whose beginning and end lie in different parts."""
    with BytesIO() as file:
        image = Image.effect_noise((width, 300), 80)
        image.save(file, "PNG", compress_level=0)
        return file.getvalue() + bytes(noise)[noise:]


BIG = png(900)
OTHER = png(901)
PLAIN = Page(BIG, headers={"ETag": '"1"'})


def alternating(*pages: Page) -> Callable[[Headers], Page]:
    """Answer with one after the other, and then with the last one."""
    left = list(pages)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def always_new(name: str = "ETag", value: str = '"{}"') -> Callable[[Headers], Page]:
    numbers = count()
    return lambda _: Page(BIG, headers={name: value.format(next(numbers))})


def without_offset(*, honest: bool) -> Callable[[Headers], Page | None]:
    """Send the beginning for any range."""

    def answer(headers: Headers) -> Page | None:
        first, _, last = headers.get("range", "").removeprefix("bytes=").partition("-")
        if not first:
            return None
        length = min(int(last) + 1, len(BIG)) - int(first)
        start = 0 if honest else int(first)
        sent = f"bytes {start}-{start + length - 1}/{len(BIG)}"
        return Page(BIG[:length], 206, headers={"Content-Range": sent})

    return answer


CHANGING = "it changed while it was read"


@pytest.mark.parametrize(
    ("page", "width", "problem"),
    [
        pytest.param(PLAIN, 900, None, id="as it should be"),
        pytest.param(
            Page(other=alternating(PLAIN, Page(OTHER, headers={"ETag": '"2"'}))),
            901,
            None,
            id="another file after the first part",
        ),
        pytest.param(Page(other=always_new()), 900, None, id="another ETag each time"),
        pytest.param(
            Page(other=alternating(Page(BIG), Page(BIG + b"\0"))), 900, None, id="another size"
        ),
        pytest.param(
            Page(BIG, other=without_offset(honest=True)), 900, None, id="the offset is ignored"
        ),
        pytest.param(Page(BIG, other=without_offset(honest=False)), 900, None, id="secretly"),
        pytest.param(
            Page(other=alternating(PLAIN, replace(PLAIN, ranges=False))),
            900,
            None,
            id="ranges only once",
        ),
        pytest.param(
            Page(other=alternating(PLAIN, Page(b"", 416), PLAIN)), 900, None, id="out of range"
        ),
    ],
)
def test_parts_of_different_versions_are_not_mixed(
    server: Web, prober: UrlProber, page: Page, width: int, problem: str | None
) -> None:
    server.pages["/a.png"] = page
    facts = prober.probe(f"{server.proxy}/a.png").facts
    assert (facts.width, facts.problem) == (width, problem)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(Page(other=always_new()), CHANGING, id="another ETag each time"),
        pytest.param(
            Page(other=always_new("Last-Modified", "Thu, 01 Jan 2026 00:00:0{} GMT")),
            CHANGING,
            id="another date each time",
        ),
        pytest.param(
            Page(BIG, other=without_offset(honest=True)),
            "its server sent bytes 0-",
            id="the offset is ignored",
        ),
        pytest.param(
            replace(PLAIN, ranges=False),
            "its server does not support range requests (270.5 kB, limit 100.0 kB)",
            id="no ranges",
        ),
    ],
)
def test_a_file_that_is_too_large_to_be_read_whole(
    server: Web, prober: UrlProber, monkeypatch: pytest.MonkeyPatch, page: Page, problem: str
) -> None:
    monkeypatch.setattr(download, "WHOLE", 100_000)
    monkeypatch.setattr(download, "_BEGINNING", 1000)
    server.pages["/a.png"] = page
    facts = prober.probe(f"{server.proxy}/a.png").facts
    assert not facts.readable
    assert (facts.problem or "").startswith(f"not reached: {problem}")


CLOSED = {"Content-Length": "", "Connection": "close"}


def packed(body: bytes, name: str = "gzip", **headers: str) -> Page:
    named = {"Content-Encoding": name} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Page(body, ranges=False, headers=named)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(Page(BIG, ranges=False), None, id="no ranges"),
        pytest.param(Page(BIG, ranges=False, headers=CLOSED), None, id="no length"),
        pytest.param(
            Page(BIG, ranges=False, headers={"Transfer-Encoding": "chunked"}), None, id="chunked"
        ),
        pytest.param(packed(gzip.compress(BIG)), None, id="gzip"),
        pytest.param(
            packed(gzip.compress(BIG), Transfer_Encoding="chunked"), None, id="gzip in chunks"
        ),
        pytest.param(
            replace(packed(gzip.compress(BIG)), ranges=True), None, id="parts of a gzip file"
        ),
        pytest.param(packed(zlib.compress(BIG), "deflate"), None, id="deflate"),
        pytest.param(packed(BIG, "br"), "its server compresses it (br) unasked", id="brotli"),
        pytest.param(packed(BIG), "its server sent invalid gzip data", id="not gzip"),
        pytest.param(
            packed(gzip.compress(BIG)[:-100]), "its server sent fewer bytes", id="half of gzip"
        ),
        pytest.param(
            packed(gzip.compress(bytes(download.WHOLE + 1))),
            "its server does not support range requests and does not state the size",
            id="much more than it seems",
        ),
        pytest.param(
            Page(bytes(download.WHOLE + 1), ranges=False, headers=CLOSED),
            "its server does not support range requests and does not state the size",
            id="endless",
        ),
    ],
)
def test_a_small_file_is_read_whole_where_ranges_fail(
    server: Web, prober: UrlProber, page: Page, problem: str | None
) -> None:
    server.pages["/a.png"] = page
    facts = prober.probe(f"{server.proxy}/a.png").facts
    if problem is None:
        assert (facts.width, facts.bytes, facts.problem) == (900, len(BIG), None)
    else:
        assert (facts.problem or "").startswith(f"not reached: {problem}")


def test_not_all_of_a_huge_file_is_requested(
    server: Web, prober: UrlProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 50_000)
    server.pages["/a.png"] = PLAIN
    problem = prober.probe(f"{server.proxy}/a.png").facts.problem
    assert problem == "not reached: reading it would take more than 50.0 kB"
    assert server.sent == 1


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        pytest.param(PLAIN, None, id="sound"),
        pytest.param(Page(BIG[:-9]), "cut off: its 270,447 bytes", id="cut off meanwhile"),
        pytest.param(Page(b"", 404), "not decoded: its server answered 404 Not Found", id="gone"),
    ],
)
def test_what_is_decoded_is_downloaded_whole(server: Web, last: Page, problem: str | None) -> None:
    server.pages["/a.png"] = Page(other=alternating(PLAIN, PLAIN, last))
    with UrlProber(read_parts, lambda path: probe_file(path, deep=True)) as prober:
        facts = prober.probe(f"{server.proxy}/a.png").facts
    assert (facts.path, facts.extension_format) == (f"{server.proxy}/a.png", "png")
    assert (facts.problem or "").startswith(problem or "")
    assert (facts.problem is None) == (problem is None)


def test_a_run_may_end_early(server: Web, prober: UrlProber) -> None:
    server.pages = {f"/{number}.png": replace(PLAIN, seconds=0.05) for number in range(40)}
    urls = [(f"{server.proxy}/{number}.png", None) for number in range(40)]
    results = prober.probe_all(urls)
    assert next(results).facts.readable
    results.close()  # type: ignore[attr-defined] # a generator
    assert server.sent < 40


CUT = Page(b"x", headers={"Content-Length": "9", "Connection": "close"})
BUSY = Page(b"", 503, headers={"Retry-After": "0"})


@pytest.mark.parametrize(
    ("page", "requests", "problem"),
    [
        pytest.param(Page(other=alternating(BUSY, BUSY, PLAIN)), 4, None, id="busy twice"),
        pytest.param(BUSY, 4, "its server answered 503 Service Unavailable", id="always busy"),
        pytest.param(
            Page(b"", 429, headers={"Retry-After": "3600"}),
            1,
            "its server answered 429 Too Many Requests, which asks to wait 3600 s",
            id="for too long",
        ),
        pytest.param(
            Page(b"", 503, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}),
            1,
            "its server answered 503 Service Unavailable, which asks to wait ",
            id="until a date",
        ),
        pytest.param(
            Page(other=alternating(CUT, PLAIN)),
            3,
            None,
            id="a broken answer",
        ),
    ],
)
def test_temporary_errors(
    server: Web, prober: UrlProber, page: Page, requests: int, problem: str | None
) -> None:
    server.pages["/a.png"] = page
    facts = prober.probe(f"{server.proxy}/a.png").facts
    assert facts.readable == (problem is None)
    assert problem is None or (facts.problem or "").startswith(f"not reached: {problem}")
    assert server.sent == requests


def test_a_host_that_allows_few_requests_at_once(server: Web, prober: UrlProber) -> None:
    page = Page(png(50), seconds=0.01, at_once=3)
    urls = [f"{server.proxy}/{number}.png" for number in range(50)]
    server.pages = dict.fromkeys((f"/{number}.png" for number in range(50)), page)
    probed = list(prober.probe_all((url, None) for url in urls))
    assert [each.facts.path for each in probed] == urls
    assert all(each.facts.readable for each in probed)
    assert server.connections <= 4


@pytest.mark.parametrize("page", [Page(b"", 503), Page(seconds=1.0)], ids=["always busy", "silent"])
def test_a_host_that_does_not_answer_is_given_up(
    server: Web, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    monkeypatch.setattr(requests, "_PATIENCE", 0.3)
    monkeypatch.setattr(requests, "_SECONDS", 0.2)
    server.pages = dict.fromkeys((f"/{number}" for number in range(200)), page)
    urls = [(f"{server.proxy}/{number}", None) for number in range(200)]
    with UrlProber(read_parts) as prober:
        assert not any(each.facts.readable for each in prober.probe_all(urls))
    assert server.sent < 200


def test_one_connection_serves_all_requests_for_a_file(server: Web, prober: UrlProber) -> None:
    server.pages["/a.png"] = PLAIN
    server.pages["/old.png"] = Page(b"moved", 302, headers={"Location": "/a.png"})
    server.pages["/gone.png"] = Page(b"no such file", 404)
    for path in ("a", "old", "gone"):
        prober.probe(f"{server.proxy}/{path}.png")
    assert server.connections == 1
    # Where a redirect leads is not asked again for the second part.
    assert [path for path, _ in server.received] == [
        *("/a.png", "/a.png"),
        *("/old.png", "/a.png", "/a.png"),
        "/gone.png",
    ]


def test_a_redirect_that_has_expired_is_followed_again(server: Web, prober: UrlProber) -> None:
    targets = (f"/signed{number}.png" for number in count())
    server.pages["/a.png"] = Page(
        other=lambda _: Page(b"", 302, headers={"Location": next(targets)})
    )
    server.pages["/signed0.png"] = Page(other=alternating(PLAIN, Page(b"", 403)))
    server.pages["/signed1.png"] = PLAIN
    assert prober.probe(f"{server.proxy}/a.png").facts.readable


def probe_twice(server: Web, url: str) -> tuple[Probed, Probed]:
    """Probe with a new client and a new cache each time, as two runs do."""
    results = []
    for _ in range(2):
        server.received.clear()
        with UrlProber(read_parts) as prober, Cache() as cache:
            results.append(prober.probe(url, cache.look_up_url(url)))
            if not results[-1].is_cached:
                cache.remember_url(results[-1])
    return results[0], results[1]


@pytest.mark.parametrize(
    ("headers", "cached"),
    [
        pytest.param({"ETag": '"1"'}, True, id="ETag"),
        pytest.param({"ETag": 'W/"1"'}, True, id="weak ETag"),
        pytest.param({"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, False, id="not supported"),
        pytest.param({"Last-Modified": "Fri, 31 Dec 2100 00:00:00 GMT"}, False, id="too new"),
        pytest.param({"Last-Modified": "yesterday"}, False, id="no date"),
        pytest.param({"ETag": '"\u00e9"'}, False, id="what cannot be sent back"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_facts_are_kept_while_the_file_is_the_same(
    server: Web, headers: Headers, cached: bool
) -> None:
    server.pages["/a.png?token=secret"] = Page(BIG, headers=headers)
    first, second = probe_twice(server, f"{server.proxy}/a.png?token=secret")
    assert (first.is_cached, second.is_cached) == (False, cached)
    assert first.facts == second.facts
    assert server.sent == (1 if cached else 2)
    files = list(Path(cache_file()).parent.glob("*"))
    assert files
    assert not any(b"secret" in file.read_bytes() for file in files if file.is_file())

    server.pages["/a.png?token=secret"] = Page(OTHER, headers={"ETag": '"2"'})
    assert probe_twice(server, f"{server.proxy}/a.png?token=secret")[0].facts.width == 901


def test_confirmed_files_share_a_connection(server: Web) -> None:
    server.pages = dict.fromkeys((f"/{number}.png" for number in range(5)), PLAIN)
    with UrlProber(read_parts) as prober:
        known = prober.probe(f"{server.proxy}/0.png")
        assert all(prober.probe(f"{server.proxy}/{n}.png", known).is_cached for n in range(5))
    assert server.connections == 1


def test_a_date_is_a_version_too(server: Web) -> None:
    date = {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    page = Page(BIG, headers=date)
    server.pages["/a.png"] = Page(
        other=lambda sent: Page(b"", 304) if "if-modified-since" in sent else page
    )
    _, second = probe_twice(server, f"{server.proxy}/a.png")
    assert second.is_cached
    assert server.received[0][1]["if-modified-since"] == date["Last-Modified"]


def test_an_answer_that_was_not_asked_for(server: Web, prober: UrlProber) -> None:
    server.pages["/a.png"] = Page(b"", 304)
    problem = prober.probe(f"{server.proxy}/a.png").facts.problem
    assert problem == "not reached: its server answered 304"
