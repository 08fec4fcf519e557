from __future__ import annotations

import time
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import pytest

from wanprep.check import check
from wanprep.check.urls import expiry
from wanprep.judge.finding import Finding

EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"


def told(tmp_path: Path, address: str, target: str = EVOLINK) -> list[Finding]:
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
    found = told(tmp_path, address)
    expected = [("asset-url-unsafe", severity)] if severity else []
    assert [(each.rule, each.severity) for each in found] == expected
    assert all(each.pointer == "/references/0/image" for each in found)
    assert all(each.asset and address.startswith(each.asset) for each in found)


def test_some_demand_https(tmp_path: Path) -> None:
    (finding,) = told(tmp_path, "http://cdn.example.com/a.png", RUNCOMFY)
    assert (finding.severity, finding.target) == ("error", RUNCOMFY)
    assert finding.source["doc"].startswith("https://www.runcomfy.com/")


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("address", ["https://cdn.invalid/a.png", "data:image/png;base64,AAAA"])
def test_what_was_not_looked_at_is_unknown_unless_excused(
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
    found = told(tmp_path, f"{SIGNED}Expires={int(time.time()) + left}&Signature=secret")
    assert [each.rule for each in found] == (["url-expires-soon"] if says else [])
    assert all(f"https://b.example.com/a.png {says}" in each.message for each in found)


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
