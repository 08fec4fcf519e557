from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import Loopback, answer
from names import Names, names
from own_certificate import server_side

from wanprep.errors import UsageError
from wanprep.net import reach
from wanprep.net.client import open_client
from wanprep.net.reach import Reach, UnsafeAddress, allowed_hosts

__all__ = ["names"]

PUBLIC = "93.184.216.34"
OK = answer(200, b"fine", set_cookie="a=b; Path=/")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({"*": [OK]}) as found:
        yield found


def client(limits: Reach | None = None) -> httpx.Client:
    return open_client(limits or Reach(), timeout=5, connections=2, keep_alive=False)


def allow(text: str) -> Reach:
    return Reach(hosts=allowed_hosts({"WANPREP_ALLOW_HOSTS": text}))


def test_a_name_is_resolved_once_and_its_address_connected(names: Names, server: Loopback) -> None:
    names.answers["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    with client() as http:
        assert http.get(f"http://rebind.example.com:{server.port}/a").content == b"fine"
        assert (names.asked, names.connected) == (["rebind.example.com"], [PUBLIC])
        with pytest.raises(UnsafeAddress):
            http.get(f"http://rebind.example.com:{server.port}/a")
    assert server.heard[0].headers["host"] == f"rebind.example.com:{server.port}"
    assert len(server.heard) == len(names.connected) == 1


def test_the_name_that_is_checked_is_the_one_connected(names: Names) -> None:
    names.answers["xn--fa-hia.example.org"] = [["127.0.0.1"]]
    names.answers["fass.example.org"] = [[PUBLIC]]
    with client() as http, pytest.raises(UnsafeAddress):
        http.get("http://fa\u00df.example.org/a")
    assert (names.asked, names.connected) == (["xn--fa-hia.example.org"], [])


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        pytest.param("127.0.0.1", [], id="loopback"),
        pytest.param("[::ffff:10.0.0.1]", [], id="mapped"),
        pytest.param("[64:ff9b::a00:1]", [], id="NAT64"),
        pytest.param("[fe80::1]", [], id="link-local"),
        pytest.param("2130706433", ["127.0.0.1"], id="one number"),
        pytest.param("0x7f.1", ["127.0.0.1"], id="hexadecimal"),
        pytest.param("localhost.", ["127.0.0.1"], id="localhost"),
        pytest.param("mixed.example.com", [PUBLIC, "10.0.0.1"], id="public and private"),
        pytest.param("six.example.com", ["2002:7f00:1::"], id="6to4"),
        pytest.param("cloud.example.com", ["168.63.129.16"], id="a cloud's services"),
    ],
)
def test_private_addresses_are_not_connected(names: Names, host: str, addresses: list[str]) -> None:
    names.answers[host] = [addresses]
    with client() as http, pytest.raises(UnsafeAddress, match="private network"):
        http.get(f"http://{host}:9/a")
    assert names.connected == []


@pytest.mark.parametrize(
    ("allowed", "is_allowed"),
    [
        ("store.example.com", True),
        ("Store.Example.com.", True),
        ("other.example.com, store.example.com:{port}", True),
        ("127.0.0.0/8", True),
        ("store.example.com:1", False),
        ("10.0.0.0/8", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_hosts_of_ones_own(names: Names, server: Loopback, allowed: str, is_allowed: bool) -> None:
    names.answers["store.example.com"] = [["127.0.0.1"]]
    with client(allow(allowed.format(port=server.port))) as http:
        try:
            http.get(f"http://store.example.com:{server.port}/a")
        except UnsafeAddress:
            assert not is_allowed
    assert len(server.heard) == is_allowed


@pytest.mark.parametrize(
    "text", ["http://a.example", "a:b", "a:99999", "[::1", "a/b", "10.0.0.1/8", "u@a", ":80"]
)
def test_what_is_not_a_host(text: str) -> None:
    with pytest.raises(UsageError, match=r"WANPREP_ALLOW_HOSTS: .* is not a host"):
        allow(text)


def test_allowed_hosts_are_read() -> None:
    hosts = allowed_hosts(
        {"WANPREP_ALLOW_HOSTS": "[::1]:80, fa\u00df.de,"}, ["10.0.0.1", "fd00::/8"]
    )
    names = {("xn--fa-hia.de", None), ("10.0.0.1", None), ("fd00::/8", None)}
    assert hosts == {("::1", 80)} | names


def test_loopback_only(names: Names, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    names.answers |= {"cdn.example.com": [[PUBLIC]], "localhost": [["127.0.0.1"]]}
    with client(Reach(public=False, loopback=True)) as http:
        assert http.get(f"http://localhost:{server.port}/a").status_code == 200
        for url in ("https://cdn.example.com/a", "https://10.0.0.1/a", f"http://{PUBLIC}/a"):
            with pytest.raises(UnsafeAddress, match="leads away from this machine"):
                http.get(url)
    assert names.connected == ["127.0.0.1"]


def test_neither_logins_nor_cookies_are_sent(server: Loopback) -> None:
    with client(Reach(loopback=True)) as http:
        for _ in range(2):
            http.get(f"http://user:password@127.0.0.1:{server.port}/a")
    assert all({"authorization", "cookie"}.isdisjoint(each.headers) for each in server.heard)
    assert b"password" not in server.everything


@pytest.mark.parametrize(
    ("host", "error"),
    [("localhost", None), ("other.example.com", "certificate")],
)
def test_certificates_hold_for_the_name(names: Names, host: str, error: str | None) -> None:
    names.answers[host] = [["127.0.0.1"]]
    with Loopback({"*": [OK]}, tls=server_side()) as server, client(allow(host)) as http:
        if error is None:
            assert http.get(f"https://{host}:{server.port}/a").status_code == 200
            return
        with pytest.raises(httpx.ConnectError, match=error):
            http.get(f"https://{host}:{server.port}/a")


def test_the_next_address_is_tried(names: Names, server: Loopback) -> None:
    with Loopback({"*": [OK]}) as closed:
        port = closed.port
    names.answers["two.example.com"] = [[PUBLIC, "1.1.1.1"]]
    with client() as http:
        assert http.get(f"http://two.example.com:{server.port}/a").status_code == 200
        assert names.connected == [PUBLIC]
        with pytest.raises(httpx.ConnectError):
            http.get(f"http://two.example.com:{port}/a")
    assert names.connected == [PUBLIC, PUBLIC, "1.1.1.1"]


# Behind a proxy, which resolves names itself.


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback({"*": [OK]}) as found:
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{found.port}")
        yield found


@pytest.mark.parametrize("host", ["10.0.0.1", "0x7f.1", "nas", "nas.example.com", "[::1]"])
def test_private_hosts_are_not_requested_from_a_proxy(
    names: Names, proxy: Loopback, host: str
) -> None:
    names.answers["nas.example.com"] = [["10.0.0.1"]]
    with client() as http, pytest.raises(UnsafeAddress, match="private network"):
        http.get(f"http://{host}/a")
    assert proxy.heard == []


def test_other_hosts_are_requested_from_a_proxy(names: Names, proxy: Loopback) -> None:
    names.answers["cdn.example.com"] = [[PUBLIC]]
    with client(allow("nas")) as http:
        for host in ("cdn.example.com", "cdn.example.com", "unknown.example.com", "nas"):
            assert http.get(f"http://{host}/a").status_code == 200
    assert names.asked == ["cdn.example.com", "unknown.example.com"]
    assert [each.target.split("/")[2] for each in proxy.heard][-1] == "nas"


def test_a_slow_name_server_does_not_stop_requests_from_a_proxy(
    proxy: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, resolve = threading.Event(), socket.getaddrinfo

    def wait_for_names(host: Any, *rest: Any, **options: Any) -> Any:
        if host == b"cdn.example.com":
            ended.wait(20)
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", wait_for_names)
    monkeypatch.setattr(reach, "_PATIENCE", 0.01)
    with client() as http:
        assert http.get("http://cdn.example.com/a").status_code == 200
    assert len(proxy.heard) == 1
    ended.set()


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("https_proxy", "socks5://127.0.0.1:9", "HTTPS_PROXY cannot be used: SOCKS needs"),
        ("https_proxy", "gopher://x", "HTTPS_PROXY cannot be used: Unknown scheme"),
        ("all_proxy", "http://a:port", "ALL_PROXY cannot be used: Invalid port"),
        ("SSL_CERT_FILE", "/no/such/file", "SSL_CERT_FILE=/no/such/file cannot be used: No such"),
        ("SSL_CERT_FILE", "not.pem", "SSL_CERT_FILE=not.pem cannot be used: no certificate"),
    ],
)
def test_an_unusable_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, reason: str
) -> None:
    (tmp_path / "not.pem").write_text("not PEM")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=re.escape(reason)):
        client()
