from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from names import Names, names
from PIL import Image
from web import Page, Web, web

from wanprep.media import probe, probe_many
from wanprep.media.facts import Facts, extension_format
from wanprep.media.probe_file import facts_of_parts
from wanprep.media.remote.parts import Parts
from wanprep.media.remote.prober import UrlProber
from wanprep.media.remote.probing import probe_urls

__all__ = ["names"]

HOST = "http://cdn.example.com"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as found:
        monkeypatch.setenv("http_proxy", found.proxy)
        yield found


def png(width: int = 300, height: int = 200) -> bytes:
    with BytesIO() as file:
        Image.frombytes("RGB", (width, height), os.urandom(3 * width * height)).save(file, "PNG")
        return file.getvalue()


def read_parts(path: str, url: str, parts: Parts) -> Facts | tuple[int, int]:
    """Read in this process, which is quicker than in a worker."""
    found = facts_of_parts(path, url, parts.size, parts.ranges)
    return Facts.from_json(found["facts"]) if "facts" in found else found["missing"]


def probe_one(url: str) -> Facts:
    with UrlProber(read_parts) as prober:
        return prober.probe(url).facts


def look(path: str) -> Facts:
    return probe_one(HOST + path)


def test_an_image_is_read_from_its_beginning(pages: Web) -> None:
    pages.pages[f"{HOST}/hero.png?sig=1"] = Page(png(900, 700))
    (facts,) = probe_urls([f"{HOST}/hero.png?sig=1"])
    assert (facts.width, facts.height, facts.format) == (900, 700, "png")
    assert facts.bytes == len(pages.pages[f"{HOST}/hero.png?sig=1"].body)
    assert facts.extension_format == "png"
    assert facts.path == f"{HOST}/hero.png?sig=1"
    assert all(headers["range"].startswith("bytes=") for _, headers in pages.received)
    assert not any({"authorization", "cookie"} & set(headers) for _, headers in pages.received)


def test_a_clip_with_its_index_at_the_end(pages: Web, clip: Path) -> None:
    # As long as a real one, so that most of it need not be fetched.
    data = clip.read_bytes()
    free = (40 * 2**20).to_bytes(4, "big") + b"free" + bytes(40 * 2**20 - 8)
    pages.pages[f"{HOST}/clip.mp4"] = Page(free[:0] + data)
    here, there = probe(clip, cache=False), look("/clip.mp4")
    assert {**there.as_json(), "path": ""} == {**here.as_json(), "path": ""}

    head = int.from_bytes(data[:4], "big")
    pages.pages[f"{HOST}/clip.mp4"] = Page(data[:head] + free + data[head:])
    pages.received.clear()
    far = look("/clip.mp4")
    assert far.readable
    assert far.bytes == len(data) + len(free)
    assert pages.sent < 12


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(Page(b"", 404), "refused: its server answered 404", id="gone"),
        pytest.param(Page(b"", 403), "refused: its server answered 403", id="forbidden"),
        pytest.param(
            Page(b"", 503, headers={"Retry-After": "0"}),
            "not reached: its server answered 503",
            id="a bad minute",
        ),
        pytest.param(Page(b"", 200), "empty: 0 bytes", id="empty"),
        pytest.param(Page(b"", 416), "empty: 0 bytes", id="no first byte"),
        pytest.param(
            Page(b"", 302, headers={"Location": "/loop"}),
            "refused: more than 5 redirects",
            id="loop",
        ),
        pytest.param(
            Page(b"", 302, headers={"Location": "http://10.0.0.1/"}),
            "not requested: it leads to a private network",
            id="to a private network",
        ),
        pytest.param(
            Page(b"", 302), "refused: its server redirects without a location", id="nowhere"
        ),
        pytest.param(
            Page(b"", 302, headers={"Location": "http://[x"}),
            "refused: it redirects to an invalid URL",
            id="to no URL",
        ),
        pytest.param(
            Page(b"", 302, headers={"Location": "file:///etc/passwd"}),
            "not requested: it redirects to a URL that is not https",
            id="to a file",
        ),
        pytest.param(Page(b"\x00\x01\xff<html>", 200), "not a media format", id="not media"),
    ],
)
def test_what_cannot_be_read_says_why(pages: Web, page: Page, problem: str) -> None:
    pages.pages[f"{HOST}/loop"] = page
    facts = look("/loop")
    assert not facts.readable
    assert problem in (facts.problem or "")


def test_a_share_link_is_a_web_page(pages: Web) -> None:
    pages.pages[f"{HOST}/share.mp4"] = Page(b"<!DOCTYPE html><html><body>Sign in</body></html>")
    assert "an HTML page" in (look("/share.mp4").problem or "")


def test_a_redirect_is_followed(pages: Web) -> None:
    pages.pages[f"{HOST}/a"] = Page(
        b"", 302, headers={"Location": "http://other.example.com/b.png"}
    )
    pages.pages["http://other.example.com/b.png"] = Page(png())
    assert look("/a").width == 300


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a.png", "http://localhost/a.png", "http://nas/a.png", "http://10.1.2.3/"],
)
def test_private_networks_are_not_requested(url: str) -> None:
    facts = probe_one(url)
    assert facts.problem == "not requested: it leads to a private network"


@pytest.mark.parametrize("variable", ["", "cdn.example.com:{port}"])
def test_what_is_checked_is_what_is_connected(
    names: Names, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A name that changes its address in between, and one that IDNA 2003 reads as another."""
    names.answers |= {
        "cdn.example.com": [["127.0.0.1"]],
        "rebind.example.com": [["93.184.216.34"], ["127.0.0.1"]],
        "fass.example.com": [["93.184.216.34"]],
        "xn--fa-hia.example.com": [["127.0.0.1"]],
    }
    with web() as pages:
        port = pages.proxy.rpartition(":")[2]
        pages.pages["/a.png"] = Page(png(40, 30))
        monkeypatch.setenv("WANPREP_ALLOW_HOSTS", variable.format(port=port))
        read = {
            name: probe_one(f"http://{name}:{port}/a.png").readable
            for name in ("cdn.example.com", "fa\u00df.example.com", "rebind.example.com")
        }
    assert read == dict(zip(read, (bool(variable), False, True), strict=True))
    assert set(names.connected) == ({"127.0.0.1"} if variable else set()) | {"93.184.216.34"}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://cdn.example.com/a\nb.png", "not reached: invalid URL"),
        ("http://cdn.example.com/" + "a" * 100_000, "not reached: invalid URL"),
        ("http://\uff43dn.example.com/a.png", "not reached: invalid URL"),
        ("http://[cdn.example.com]/a.png", "not reached: invalid URL"),
        ("http://cdn.example.com:99999/a.png", "not reached: invalid URL"),
    ],
)
def test_invalid_urls(url: str, problem: str) -> None:
    assert (probe_one(url).problem or "").startswith(problem)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("https_proxy", "socks5://127.0.0.1:9"),
        ("SSL_CERT_FILE", "/no/such/file"),
        ("WANPREP_ALLOW_HOSTS", "http://nas"),
    ],
)
def test_an_unusable_environment_is_not_the_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    problem = look("/a.png").problem or ""
    assert problem.startswith("not reached: ")
    assert variable.upper() in problem


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not reached: " in (look("/a.png").problem or "")  # by a proxy that is not there

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name)
    (facts,) = probe_urls(["https://no-such-host.invalid/a.png"])
    assert facts.problem == "not reached: its host name cannot be resolved"


def test_probe_takes_urls_too(pages: Web) -> None:
    pages.pages[f"{HOST}/hero.png"] = Page(png())
    (facts,) = probe_many([f"{HOST}/hero.png"])
    assert facts.width == 300


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("https://a.b/c.jpg?x=y.png", "jpeg"),
        ("https://a.b/c", None),
        ("HTTPS://a.b/c.MP4#1", "mp4"),
    ],
)
def test_what_follows_the_path_is_no_ending(path: str, claimed: str | None) -> None:
    assert extension_format(path) == claimed
