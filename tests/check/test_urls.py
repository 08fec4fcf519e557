from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import pytest
from PIL import Image
from web import Page, Web, web

from wanprep.check import check
from wanprep.check.result import Report
from wanprep.check.urls import expiry
from wanprep.rules.finding import Finding

EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"


def url_findings(tmp_path: Path, address: str, target: str = EVOLINK) -> list[Finding]:
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {target}\nprompt: x\nreferences: [{{image: '{address}'}}]\n")
    return list(check(job, offline=True).findings)


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        pytest.param("https://cdn.example.com/a.png", None, id="public"),
        pytest.param("https://8.8.8.8/a.png", None, id="a public number"),
        pytest.param("http://cdn.example.com/a.png", "warning", id="plain http"),
        pytest.param("ftp://cdn.example.com/a.png", "error", id="another scheme"),
        pytest.param("https://localhost/a.png", "error", id="localhost"),
        pytest.param("http://127.0.0.1:8000/a.png", "error", id="loopback"),
        pytest.param("https://192.168.1.1/a.png", "error", id="private"),
        pytest.param("https://nas.local/a.png", "error", id="a name at home"),
        pytest.param("https:///a.png", "error", id="no host"),
        pytest.param("https://[::1", "error", id="no address at all"),
        pytest.param("file:///tmp/a.png", "error", id="a file of this machine"),
        pytest.param("data:image/png;base64,AAAA", "warning", id="the file itself"),
    ],
)
def test_addresses(tmp_path: Path, address: str, severity: str | None) -> None:
    found = url_findings(tmp_path, address)
    expected = [("asset-url-unsafe", severity)] if severity else []
    assert [(each.rule, each.severity) for each in found] == expected
    assert all(each.pointer == "/references/0/image" for each in found)
    assert all(each.asset and address.startswith(each.asset) for each in found)


def test_some_demand_https(tmp_path: Path) -> None:
    (finding,) = url_findings(tmp_path, "http://cdn.example.com/a.png", RUNCOMFY)
    assert (finding.severity, finding.target) == ("error", RUNCOMFY)
    assert finding.source["doc"].startswith("https://www.runcomfy.com/")


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("address", ["https://cdn.invalid/a.png", "data:image/png;base64,AAAA"])
def test_unprobed_urls_are_unknown_unless_offline(
    tmp_path: Path, address: str, offline: bool
) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(f"prompt: x\nreferences: [{{image: '{address}'}}]\n")
    (verdict,) = check(job, offline=offline).verdicts
    excused = offline and address.startswith("https")
    assert verdict.verdict == ("pass" if excused else "unknown")


SIGNED: Final = "https://b.example.com/a.png?"


@pytest.mark.parametrize(
    ("left", "says"),
    [
        pytest.param(86400, None, id="a day"),
        pytest.param(1200, "expires in 20 minutes", id="some minutes"),
        pytest.param(-5, "has expired", id="too late"),
    ],
)
def test_signed_addresses(tmp_path: Path, left: int, says: str | None) -> None:
    found = url_findings(tmp_path, f"{SIGNED}Expires={int(time.time()) + left}&Signature=secret")
    assert [each.rule for each in found] == (["url-expires-soon"] if says else [])
    assert all(f"https://b.example.com/a.png: {says}" in each.message for each in found)


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("X-Amz-Date=20260101T000000Z&X-Amz-Expires=60", 1767225660),
        ("x-goog-date=20260101T000000Z&x-goog-expires=60", 1767225660),
        ("x-oss-date=20260101T000000Z&x-oss-expires=60", 1767225660),
        ("se=2026-01-01T00:00:00Z&sig=x", 1767225600),
        ("Expires=1767225600", 1767225600),
        ("X-Amz-Date=yesterday&X-Amz-Expires=60", None),
        ("se=soon&sig=x", None),
        ("Expires=never", None),
        ("width=1200", None),
    ],
)
def test_when_a_signed_address_dies(query: str, end: float | None) -> None:
    assert expiry(parse_qs(query)) == end


CDN: Final = "http://cdn.example.com"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as found:
        monkeypatch.setenv("http_proxy", found.proxy)
        yield found


def png(width: int, height: int) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (width, height)).save(file, "PNG")
        return file.getvalue()


def looked_at(tmp_path: Path, *, offline: bool = False) -> tuple[Mapping[str, str], str, Report]:
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {EVOLINK}\nprompt: x\nreferences: [{{image: '{CDN}/a.png?key=1'}}]\n")
    report = check(job, offline=offline)
    rules: dict[str, str] = {each.rule: each.severity for each in report.findings}
    return rules, report.verdicts[0].verdict, report


def test_what_lies_behind_an_address_is_judged_like_a_file(tmp_path: Path, pages: Web) -> None:
    pages.pages[f"{CDN}/a.png?key=1"] = Page(png(300, 300))
    rules, verdict, report = looked_at(tmp_path)
    assert (rules, verdict) == ({"asset-url-unsafe": "warning"}, "pass")
    assert report.clean
    assert not any("URLs" in note for note in report.unchecked)
    assert report.assets == 1

    pages.pages[f"{CDN}/a.png?key=1"] = Page(png(300, 100))
    rules, verdict, report = looked_at(tmp_path)
    assert (rules["image-too-small"], verdict) == ("error", "fail")
    (small,) = [each for each in report.findings if each.rule == "image-too-small"]
    assert (small.pointer, small.line) == ("/references/0/image", 3)
    assert small.message.startswith("a.png: 300x100 px")

    pages.received.clear()
    rules, verdict, report = looked_at(tmp_path, offline=True)
    assert (rules, verdict, pages.sent) == ({"asset-url-unsafe": "warning"}, "pass", 0)
    assert any("URLs" in note for note in report.unchecked)


@pytest.mark.parametrize(
    ("page", "severity", "verdict", "words"),
    [
        pytest.param(Page(b"", 404), "error", "fail", "its server answered 404", id="gone"),
        pytest.param(Page(b"", 503), "warning", "unknown", "not checked: its server", id="busy"),
    ],
)
def test_what_does_not_answer(
    tmp_path: Path, pages: Web, page: Page, severity: str, verdict: str, words: str
) -> None:
    pages.pages[f"{CDN}/a.png?key=1"] = page
    rules, told_verdict, report = looked_at(tmp_path)
    assert rules["asset-url-unreachable"] == severity
    assert told_verdict == verdict
    assert not report.clean
    (finding,) = [each for each in report.findings if each.rule == "asset-url-unreachable"]
    assert words in finding.message
    assert "key=1" not in finding.message


def test_a_redirect_into_a_private_network_is_an_error(tmp_path: Path, pages: Web) -> None:
    inside = {"Location": "http://192.168.0.1/a.png"}
    pages.pages[f"{CDN}/a.png?key=1"] = Page(b"", 302, headers=inside)
    rules, verdict, report = looked_at(tmp_path)
    assert (list(rules), verdict) == (["asset-url-unsafe"], "fail")
    assert any("leads to a private network" in each.message for each in report.findings)


def test_a_bare_address_is_judged_too(pages: Web) -> None:
    pages.pages[f"{CDN}/a.png"] = Page(png(100, 300))
    report = check(f"{CDN}/a.png")
    assert {each.rule for each in report.findings} == {"image-too-small", "asset-url-unsafe"}
    assert report.verdicts[0].subject == f"{CDN}/a.png"
    assert all(each.asset == each.file == f"{CDN}/a.png" for each in report.findings)

    assert check(f"{CDN}/a.png", offline=True).clean
    assert check(f"{CDN}/gone.png").verdicts[0].verdict == "fail"
    assert check("https://127.0.0.1/a.png").verdicts[0].verdict == "fail"
    assert check("https://cdn.example.com/a.png").verdicts[0].verdict == "unknown"


def test_in_a_native_body(tmp_path: Path, pages: Web) -> None:
    pages.pages[f"{CDN}/a.png"] = Page(png(300, 100))
    job = tmp_path / "job.yaml"
    job.write_text(
        f"target: {EVOLINK}\nbody: {{model: wan2.7-reference-video, prompt: x,"
        f" image_urls: ['{CDN}/a.png']}}\n"
    )
    small = [each for each in check(job).findings if each.rule == "image-too-small"]
    assert [each.pointer for each in small] == ["/body/image_urls/0"]
