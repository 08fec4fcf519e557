from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from commands import Command
from PIL import Image
from web import Page, Web, web

from wanprep import check
from wanprep.check.expiry import expiry
from wanprep.check.result import Report
from wanprep.media.remote import prober
from wanprep.rules.finding import Finding

EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"


def url_findings(tmp_path: Path, address: str, target: str = EVOLINK) -> list[Finding]:
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {target}\nprompt: x\nreferences: [{{image: '{address}'}}]\n")
    return list(check(job, offline=True).findings)


def png_uri(side: int) -> str:
    buffer = BytesIO()
    Image.new("RGB", (side, side), (9, 90, 200)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


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


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("https://cdn.example.com/a\nb.png", "it contains the invisible character U+000A"),
        ("https://cdn.example.com/a.png\r", "it contains the invisible character U+000D"),
        ("https://cdn.example.com/\ta.png", "it contains the invisible character U+0009"),
        ("https://cdn.example.com/a\u200b.png", "it contains the invisible character U+200B"),
        ("https://cdn.example.com/" + "a" * 100_000, "it has 100,024 characters"),
        ("https://\uff43dn.example.com/a.png", "it has no valid host name"),
        ("https://cdn..example.com/a.png", "it has no valid host name"),
        ("https://cdn.example.com:99999/a.png", "it is not a valid URL"),
        ("https://[cdn.example.com]/a.png", "it is not a valid URL"),
        ("https://[v1.x]/a.png", "it has no valid host name"),
        ("https://\uff11\uff12\uff17.0.0.1/a.png", "it has no valid host name"),
        ("https://127.0.0.0x1/a.png", "its host is private or missing"),
    ],
)
def test_invalid_urls(tmp_path: Path, url: str, detail: str) -> None:
    (tmp_path / "job.json").write_text(
        json.dumps({"target": EVOLINK, "prompt": "x", "references": [{"image": url}]})
    )
    report = check(tmp_path / "job.json")
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("asset-url-unsafe", "error")
    assert detail in finding.message
    assert len(finding.message) < 300
    assert report.verdicts[0].verdict == "fail"


def test_some_demand_https(tmp_path: Path) -> None:
    (finding,) = url_findings(tmp_path, "http://cdn.example.com/a.png", RUNCOMFY)
    assert (finding.severity, finding.target) == ("error", RUNCOMFY)
    assert finding.source["doc"].startswith("https://www.runcomfy.com/")


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("address", ["https://cdn.invalid/a.png", "data:image/png;base64,AAAA"])
def test_unprobed_urls_are_unknown_and_offline_excuses_them(
    tmp_path: Path, address: str, offline: bool
) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(f"prompt: x\nreferences: [{{image: '{address}'}}]\n")
    report = check(job, offline=offline)
    assert [each.verdict for each in report.verdicts] == ["unknown"]
    assert report.clean is (offline and address.startswith("https"))


@pytest.mark.parametrize(
    ("uri", "verdict", "rules", "message"),
    [
        pytest.param(png_uri(400), "pass", [], "", id="good"),
        pytest.param(png_uri(100), "fail", ["image-too-small"], "100x100 px", id="small"),
        pytest.param(
            png_uri(400)[:-9], "fail", ["asset-unreadable"], "cannot be decoded", id="cut off"
        ),
        pytest.param("data:,hello", "fail", ["asset-unreadable"], "text, not media", id="text"),
        pytest.param(
            png_uri(400).replace("image/png", "text/html"), "pass", ["content-type-mismatch"],
            "its URI says text/html", id="declared as text",
        ),
    ],
)  # fmt: skip
def test_files_inside_of_a_request_are_probed(
    tmp_path: Path, uri: str, verdict: str, rules: list[str], message: str
) -> None:
    media = [{"type": "reference_image", "url": uri}]
    body = {"model": "wan2.7-r2v", "input": {"prompt": "She waves.", "media": media}}
    file = tmp_path / "job.json"
    for job in ({"prompt": "She waves.", "references": [{"image": uri}]}, {"body": body}):
        file.write_text(json.dumps({"target": "dashscope/wan2.7-r2v", **job}))
        report = check(file, offline=True)
        assert [each.verdict for each in report.verdicts] == [verdict]
        assert [each.rule for each in report.findings] == rules
        texts = [f"{each.message} {each.asset} {each.found}" for each in report.findings]
        assert all(message in text and len(text) < 400 for text in texts)


SIGNED: Final = "https://b.example.com/a.png?"


@pytest.mark.parametrize(
    ("left", "found"),
    [
        pytest.param(86400, None, id="a day"),
        pytest.param(1200, ("warning", "expires in 20 minutes"), id="some minutes"),
        pytest.param(-5, ("error", "has expired"), id="too late, which needs no request"),
    ],
)
def test_signed_addresses(tmp_path: Path, left: int, found: tuple[str, str] | None) -> None:
    signed = f"{SIGNED}Expires={int(time.time()) + left}&Signature=secret"
    findings = url_findings(tmp_path, signed)
    assert [(each.rule, each.severity) for each in findings] == (
        [("url-expires-soon", found[0])] if found else []
    )
    assert all(f"https://b.example.com/a.png: {(found or '')[1]}" in f.message for f in findings)


def base64url(data: object, altered: str = "-_") -> str:
    text = base64.b64encode(json.dumps(data).encode()).decode()
    return text.translate(str.maketrans("+/=", "-~_") if altered == "-~_" else {}).rstrip("=")


POLICY: Final = {"Statement": [{"Condition": {"DateLessThan": {"AWS:EpochTime": 1767225600}}}]}


@pytest.mark.parametrize(
    ("query", "end"),
    [
        pytest.param("X-Amz-Date=20260101T000000Z&X-Amz-Expires=60", 1767225660, id="S3"),
        pytest.param("x-goog-date=20260101T000000Z&x-goog-expires=60", 1767225660, id="Google"),
        pytest.param("x-oss-date=20260101T000000Z&x-oss-expires=60", 1767225660, id="Alibaba"),
        pytest.param("x-tos-date=20260101T000000Z&x-tos-expires=60", 1767225660, id="Volcano"),
        pytest.param("se=2026-01-01T00:00:00Z&sig=x", 1767225600, id="Azure"),
        pytest.param("Expires=1767225600", 1767225600, id="Expires"),
        pytest.param("expires=1767225600123", 1767225600.123, id="milliseconds"),
        pytest.param("x-expires=1767225600&x-signature=x", 1767225600, id="ByteDance"),
        pytest.param(f"Policy={base64url(POLICY, '-~_')}&Signature=x", 1767225600, id="CloudFront"),
        pytest.param("hdnts=st=1~exp=1767225600~acl=/*~hmac=00", 1767225600, id="Akamai"),
        pytest.param("token=exp=1767225600~hmac=00", 1767225600, id="Akamai, another name"),
        pytest.param("q-sign-time=1767000000%3B1767225600", 1767225600, id="Tencent"),
        pytest.param("q-sign-time=1767000000;1767225600&x=1", 1767225600, id="Tencent, as it is"),
        pytest.param("ex=6955b900&is=6955b8ff&hm=00&", 1767225600, id="Discord"),
        pytest.param(
            f"token=eyJh.{base64url({'url': 'a/b.png', 'exp': 1767225600})}.sig",
            1767225600,
            id="Supabase",
        ),
        pytest.param("Expires=1767225600&exp=1767225000", 1767225000, id="the earlier of two"),
        pytest.param("X-Amz-Date=yesterday&X-Amz-Expires=60", None, id="no date"),
        pytest.param("se=soon&sig=x", None, id="no ISO date"),
        pytest.param(f"Expires={'9' * 400}", None, id="too large"),
        pytest.param("Expires=never", None, id="no number"),
        pytest.param("Expires=3600", None, id="a length of time"),
        pytest.param("token=eyJh.e30.x&Policy=bm90aGluZw__&ex=zz&hm=0", None, id="other data"),
        pytest.param(f"token=eyJh.{base64url([1])}.x&Policy=W10_", None, id="other JSON"),
        pytest.param("width=1200", None, id="not signed"),
    ],
)
def test_when_a_signed_address_dies(query: str, end: float | None) -> None:
    assert expiry(f"{SIGNED}{query}") == end


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


def noise() -> bytes:
    """Make an image of which neither the beginning nor the end shows damage in the middle."""
    with BytesIO() as file:
        Image.effect_noise((600, 600), 90).save(file, "PNG")
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
    assert (rules, verdict, pages.sent) == ({"asset-url-unsafe": "warning"}, "unknown", 0)
    assert any("URLs" in note for note in report.unchecked)


@pytest.mark.parametrize(
    ("page", "severity", "verdict", "words"),
    [
        pytest.param(Page(b"", 404), "error", "fail", "its server answered 404", id="gone"),
        pytest.param(
            Page(b"", 503, headers={"Retry-After": "0"}),
            "warning",
            "unknown",
            "not checked: its server",
            id="busy",
        ),
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
    assert ("Check the connection" in finding.message) == (verdict == "unknown")
    assert "key=1" not in finding.message


@pytest.mark.parametrize(
    ("content_type", "rules"),
    [
        ("image/png", []),
        ("application/octet-stream", []),
        ("", []),
        ("text/html; charset=utf-8", ["content-type-mismatch"]),
        ("Application/JSON", ["content-type-mismatch"]),
    ],
)
def test_the_content_type(tmp_path: Path, pages: Web, content_type: str, rules: list[str]) -> None:
    pages.pages[f"{CDN}/a.png?key=1"] = Page(png(300, 300), headers={"Content-Type": content_type})
    found, verdict, report = looked_at(tmp_path)
    assert sorted(found) == sorted(["asset-url-unsafe", *rules])
    assert (set(found.values()), verdict) == ({"warning"}, "pass")
    assert not rules or any(
        "a.png: the content is PNG, its server sends it as" in each.message
        for each in report.findings
    )


def test_a_web_page_is_no_media(tmp_path: Path, pages: Web) -> None:
    page = Page(b"<!doctype html><p>Sign in", headers={"Content-Type": "text/html"})
    pages.pages[f"{CDN}/a.png?key=1"] = page
    found, verdict, _ = looked_at(tmp_path)
    assert (set(found) - {"asset-url-unsafe"}, verdict) == (
        {"asset-unreadable"},
        "fail",
    )


DAMAGED: Final = "asset-unreadable"
SKIPPED: Final = "asset-not-decoded"


@pytest.mark.parametrize(
    ("most", "damaged", "deep", "rules", "verdict"),
    [
        pytest.param(10**9, False, True, [], "pass", id="sound"),
        pytest.param(10**9, True, True, [DAMAGED], "fail", id="damaged"),
        pytest.param(10**9, True, False, [], "pass", id="damaged, but not decoded"),
        pytest.param(10, True, True, [SKIPPED], "unknown", id="too large"),
    ],
)
@pytest.mark.parametrize("in_job", [True, False])
def test_deep(
    tmp_path: Path, pages: Web, monkeypatch: pytest.MonkeyPatch, most: int, damaged: bool,
    deep: bool, rules: list[str], verdict: str, in_job: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(prober, "DEEP_BYTES", most)
    body = bytearray(noise())
    if damaged:
        body[len(body) // 2] ^= 0xFF
    pages.pages[f"{CDN}/a.png"] = Page(bytes(body))
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {EVOLINK}\nprompt: x\nreferences: [{{image: '{CDN}/a.png'}}]\n")
    report = check(job if in_job else f"{CDN}/a.png", deep=deep)
    found = {each.rule for each in report.findings}
    assert found - {"asset-url-unsafe"} == set(rules)
    assert report.verdicts[0].verdict == verdict
    assert report.clean == (verdict == "pass")
    if SKIPPED in rules:
        assert any("--deep downloads at most 10 B of a URL" in e.message for e in report.findings)


def test_a_redirect_into_a_private_network_is_an_error(tmp_path: Path, pages: Web) -> None:
    inside = {"Location": "http://192.168.0.1/a.png"}
    pages.pages[f"{CDN}/a.png?key=1"] = Page(b"", 302, headers=inside)
    rules, verdict, report = looked_at(tmp_path)
    assert (list(rules), verdict) == (["asset-url-unsafe"], "fail")
    assert any("leads to a private network" in each.message for each in report.findings)


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_store_of_ones_own_is_probed(tmp_path: Path, wanprep: Command, is_allowed: bool) -> None:
    with web() as store:
        store.pages["/a.png"] = Page(png(300, 100))
        host = store.proxy.removeprefix("http://")
        allowed = [host] if is_allowed else []
        (tmp_path / "wanprep.toml").write_text(f"[network]\nallow-hosts = {allowed}\n")
        (tmp_path / "job.yaml").write_text(
            f"target: {EVOLINK}\nprompt: x\nreferences: [{{image: 'http://{host}/a.png'}}]\n"
        )
        report = json.loads(wanprep("check", "job.yaml", "--format", "json", cwd=tmp_path).out)
    found = {each["rule"] for each in report["findings"]}
    # The provider could not reach it all the same.
    assert found == {"asset-url-unsafe"} | ({"image-too-small"} if is_allowed else set())
    assert bool(store.received) is is_allowed


def test_a_bare_address_is_judged_too(pages: Web) -> None:
    pages.pages[f"{CDN}/a.png"] = Page(png(100, 300))
    report = check(f"{CDN}/a.png")
    assert {each.rule for each in report.findings} == {"image-too-small", "asset-url-unsafe"}
    assert report.verdicts[0].subject == f"{CDN}/a.png"
    assert all(each.asset == each.file == f"{CDN}/a.png" for each in report.findings)
    assert not any(each.fixable or "wanprep fix" in each.message for each in report.findings)

    assert check(f"{CDN}/a.png", offline=True).clean
    assert check(f"{CDN}/gone.png").verdicts[0].verdict == "fail"
    assert check("https://127.0.0.1/a.png").verdicts[0].verdict == "fail"
    assert check("https://cdn.example.com/a.png").verdicts[0].verdict == "unknown"


@pytest.mark.parametrize("offline", [[], ["--offline"]])
def test_a_url_is_not_fixed(
    tmp_path: Path, pages: Web, wanprep: Command, offline: list[str]
) -> None:
    pages.pages[f"{CDN}/a.png"] = Page(png(100, 300))
    done = wanprep("fix", f"{CDN}/a.png", "--out", "out", *offline, cwd=tmp_path)
    assert done.status == (0 if offline else 1)
    assert "0 files fixed, 0 unchanged, 1 not fixed" in done.out


def test_in_a_native_body(tmp_path: Path, pages: Web) -> None:
    pages.pages[f"{CDN}/a.png"] = Page(png(300, 100))
    job = tmp_path / "job.yaml"
    job.write_text(
        f"target: {EVOLINK}\nbody: {{model: wan2.7-reference-video, prompt: x,"
        f" image_urls: ['{CDN}/a.png']}}\n"
    )
    small = [each for each in check(job).findings if each.rule == "image-too-small"]
    assert [each.pointer for each in small] == ["/body/image_urls/0"]
