from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Answer, Loopback, answer, redirect, reset, silent
from names import Names, names
from own_certificate import server_side, write_certificate
from small_service import HASTE, KEY, STEADY, driver, provider, service

from wanprep.errors import UsageError
from wanprep.plugins import FileContent, Order, Request
from wanprep.submit.errors import Broken, NotSent
from wanprep.submit.http.client import HttpClient
from wanprep.submit.http.driver import Driver
from wanprep.submit.services.keys import Key

__all__ = ["names"]

GET = Request(method="GET", url="/a")
OK = answer(200, b"fine")


def client(server: Loopback) -> HttpClient:
    return HttpClient({"api": server.url}, Key(KEY), STEADY)


@pytest.fixture
def other() -> Iterator[Loopback]:
    with Loopback({"*": [OK]}) as server:
        yield server


def test_the_key_is_sent_to_the_provider_alone(other: Loopback) -> None:
    with Loopback({"*": [OK]}) as server, client(server) as http:
        for request in (
            GET,
            Request(method="GET", url=f"{server.url}/b"),
            Request(method="GET", url="/c", key=False),
            Request(method="GET", url=f"{other.url}/d"),
            Request(method="GET", url=f"http://localhost:{server.port}/e"),
            Request(method="GET", url=f"http://user@127.0.0.1:{server.port}/f", key=False),
        ):
            assert http.send(request).body == b"fine"
    keyed = [each.target for each in server.heard if KEY in str(each.headers)]
    assert keyed == ["/a", "/b"]
    assert KEY.encode() not in other.everything


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_redirect_to_another_host_drops_the_key(
    other: Loopback, status: int, method: str
) -> None:
    secret = {"X-Api-Key": "own", "Range": "bytes=0-0"}
    message = Request(method=method, url="/a", headers=secret)
    with Loopback({"*": [redirect(f"{other.url}/b", status)]}) as server, client(server) as http:
        assert http.send(message).status == 200
    assert KEY.encode() in server.everything
    (heard,) = other.heard
    assert heard.method == method
    assert KEY.encode() not in heard.raw
    assert "x-api-key" not in heard.headers
    assert heard.headers["range"] == "bytes=0-0"


def test_the_key_on_redirects_within_the_provider_and_back_to_it(other: Loopback) -> None:
    script: dict[str, list[Answer]] = {"/a": [redirect("/b")], "/b": [OK]}
    with Loopback(script) as server, client(server) as http:
        assert http.send(GET).body == b"fine"
        assert [KEY in str(each.headers) for each in server.heard] == [True, True]
        other.script = {"*": [redirect(f"{server.url}/b")]}
        script["/a"] = [redirect(other.url)]
        assert http.send(GET).body == b"fine"
        assert [KEY in str(each.headers) for each in server.heard[2:]] == [True, False]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("http://cdn.example.com/x", "is not https", id="plain"),
        pytest.param("ftp://127.0.0.1/x", "is not https", id="another scheme"),
        pytest.param("file:///etc/passwd", "is not https", id="a file"),
        pytest.param("/a", "more than 5 redirects", id="more than 5 redirects"),
    ],
)
def test_redirects_that_are_not_followed(location: str, message: str) -> None:
    with (
        Loopback({"*": [redirect(location)]}) as server,
        client(server) as http,
        pytest.raises(Broken, match=message) as caught,
    ):
        http.send(GET)
    assert caught.value.hopeless
    assert len(server.heard) <= 6


def test_only_get_and_head_follow_redirects(other: Loopback) -> None:
    with Loopback({"*": [redirect(other.url, 307)]}) as server, client(server) as http:
        for method in ("POST", "PUT", "DELETE"):
            assert http.send(Request(method=method, url="/a", json={})).status == 307
        assert http.send(GET).status == 200
        script = {"*": [answer(302, b"nowhere")]}
        server.script = script
        assert http.send(GET).status == 302
    assert [each.method for each in other.heard] == ["GET"]


def test_plain_http_only_with_a_loopback_base(other: Loopback) -> None:
    with (
        HttpClient({"api": "https://api.small.example"}, Key(KEY), STEADY) as http,
        pytest.raises(Broken, match="is not https") as caught,
    ):
        http.send(Request(method="GET", url=f"{other.url}/a"))
    assert not caught.value.begun
    assert other.heard == []


@pytest.mark.parametrize(
    "link",
    ["https://10.0.0.1/a", "https://[64:ff9b::a00:1]/a", "https://inside.example.com/a"],
)
def test_links_into_a_private_network_are_not_followed(names: Names, link: str) -> None:
    names.answers["inside.example.com"] = [["169.254.169.254"]]
    script = {"*": [redirect(link)]}
    with Loopback(script) as server, client(server) as http:
        for request in (GET, Request(method="GET", url=link)):
            with pytest.raises(
                Broken, match=r"leads to a private network \(WANPREP_ALLOW_HOSTS"
            ) as caught:
                http.send(request)
            assert caught.value.hopeless
        assert not caught.value.begun
    assert set(names.connected) == {"127.0.0.1"}


def test_base_urls_may_be_inside_a_network(names: Names) -> None:
    names.answers["api.inside.example"] = [["127.0.0.1"]]
    with Loopback({"*": [OK]}, tls=server_side()) as server:
        bases = {"api": f"https://api.inside.example:{server.port}"}
        with (
            HttpClient(bases, Key(KEY), STEADY) as http,
            pytest.raises(Broken, match="certificate verify failed"),  # so it was connected
        ):
            http.send(GET)
    assert names.connected == ["127.0.0.1"]


def test_queries_are_escaped() -> None:
    message = Request(method="GET", url="/a?b=1", query={"webhook": "https://x.org/?a=b&c=日 d"})
    with Loopback({"*": [OK]}) as server, client(server) as http:
        response = http.send(message)
    (heard,) = server.heard
    escaped = "https%3A%2F%2Fx.org%2F%3Fa%3Db%26c%3D%E6%97%A5%20d"
    assert heard.target == f"/a?b=1&webhook={escaped}"
    assert response.url == server.url + heard.target


def test_cookies_are_not_kept() -> None:
    with (
        Loopback({"*": [answer(200, b"", set_cookie="a=b; Path=/")]}) as server,
        client(server) as http,
    ):
        http.send(GET)
        http.send(GET)
    assert all("cookie" not in each.headers for each in server.heard)


def test_a_file_as_the_whole_body(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"png" * 1000)
    content = FileContent(path=str(path), name="a.png", content_type="image/png")
    put = Request(method="PUT", url="/a", file=content, key=False)
    with Loopback({"*": [OK]}) as server, client(server) as http:
        http.send(put)
        path.unlink()
        with pytest.raises(Broken, match=r"a\.png can no longer be read") as caught:
            http.send(put)
    (heard,) = server.heard
    assert heard.body == b"png" * 1000
    assert heard.headers["content-type"] == "image/png"
    assert heard.headers["content-length"] == "3000"
    assert (caught.value.begun, caught.value.hopeless) == (False, True)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request(method="POST", url="/a", json=float("nan")), id="no number"),
        pytest.param(Request(method="GET", url="/a", headers={"X": "日"}), id="odd header"),
        pytest.param(Request(method="GET", url="/a" * 70_000), id="endless address"),
        pytest.param(Request(method="GET", url="https://[x"), id="no address"),
        pytest.param(Request(method="GET", url="nowhere"), id="no host"),
    ],
)
def test_invalid_requests_are_not_sent(request_: Request) -> None:
    with (
        Loopback({"*": [OK]}) as server,
        client(server) as http,
        pytest.raises(Broken) as caught,
    ):
        http.send(request_)
    assert (caught.value.begun, caught.value.hopeless) == (False, True)
    assert server.heard == []


def test_an_invalid_header_is_not_quoted() -> None:
    odd = Request(method="GET", url="/a", headers={"X": f"a\r\n{KEY}"})
    with Loopback({"*": [OK]}) as server, client(server) as http, pytest.raises(Broken) as caught:
        http.send(odd)
    assert KEY not in str(caught.value)
    assert server.heard == []


# Between here and there: proxies and certificates.


@pytest.mark.parametrize("bad", [answer(403, b"no"), reset, silent])
def test_a_failing_proxy_means_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, bad: Answer
) -> None:
    with Loopback({"*": [bad]}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.delenv("NO_PROXY", raising=False)
        with (
            Driver(
                provider(),
                service(),
                environ={"SMALL_KEY": KEY},
                policy=replace(HASTE, connect=1),
                pause=lambda _: None,
            ) as http,
            pytest.raises(NotSent, match="Nothing was sent"),
        ):
            http.submit(Order(target="small/model", body={}))
    assert set(proxy.targets()) == {"CONNECT api.small.example:443"}
    assert KEY.encode() not in proxy.everything


def test_unknown_certificates_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = Order(target="small/model", body={})
    monkeypatch.delenv("SSL_CERT_FILE")
    waits: list[float] = []
    with Loopback({"*": [answer(200, {"id": "j1"})]}, tls=server_side()) as server:
        with (
            driver(server, pause=waits.append) as http,
            pytest.raises(NotSent, match="certificate verify failed"),
        ):
            http.submit(order)
        assert (waits, server.heard) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(write_certificate(tmp_path)))
        with driver(server) as http:
            assert http.submit(order).provider_id == "j1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("https_proxy", "gopher://x"), ("SSL_CERT_FILE", "/no/such/file")],
)
def test_an_invalid_proxy_or_certificate_file(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match="cannot be used"):
        HttpClient({"api": "https://api.small.example"}, Key(KEY), STEADY)
