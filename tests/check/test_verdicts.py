"""Verdicts: one for every subject and target, never pass for what was not checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from wanprep import check

if TYPE_CHECKING:
    from commands import Command

MEDIA = Path(__file__).parents[2] / "fixtures/jobs/media"
EVOLINK = "evolink/wan2.7-reference-video"
GOOD = f"target: {EVOLINK}\nprompt: She waits.\nreferences: [image: https://example.com/a.png]\n"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return tmp_path / "job.yaml"


def test_a_url_that_nobody_looked_at_is_unknown_and_excused(wanprep: Command, job: Path) -> None:
    job.write_text(GOOD)
    for subject in (job, "https://example.com/a.png"):
        result = wanprep("check", subject, "--offline", "--format", "json")
        report = json.loads(result.out)
        assert {each["verdict"] for each in report["verdicts"]} == {"unknown"}
        assert (result.status, report["summary"]["unknown"]) == (0, 1)
    text = wanprep("check", job, "--offline")
    assert "1 unknown" in text.out
    assert "URLs were not checked (--offline)" in text.out
    junit = ET.fromstring(wanprep("check", job, "--offline", "--format", "junit").out)  # noqa: S314 - our own
    assert [(each.get("errors"), each.get("skipped")) for each in junit] == [("0", "1")]
    assert "::notice" in wanprep("check", job, "--offline", "--format", "github").out


def test_offline_excuses_only_urls(job: Path) -> None:
    job.write_text(GOOD.replace("https://example.com/a.png", "'data:image/png;base64,AAAA'"))
    report = check(job, offline=True)
    assert [each.verdict for each in report.verdicts] == ["unknown"]
    assert not report.clean


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        pytest.param(GOOD.replace("evolink/", "evolnk/"), [("", "", "fail")], id="unknown target"),
        pytest.param(
            f"{GOOD}---\n{GOOD.replace('evolink/', 'evolnk/')}---\n[1]\n",
            [("", EVOLINK, "fail"), ("#2", "", "fail"), ("#3", "", "fail")],
            id="one of three",
        ),
        pytest.param("prompt: [", [("", "", "fail")], id="broken"),
        pytest.param("", [("", "", "fail")], id="empty"),
        pytest.param("body: {}\n", [("", "", "fail")], id="a body of nobody"),
    ],
)
def test_every_document_has_a_verdict(
    wanprep: Command, job: Path, text: str, verdicts: list[tuple[str, str, str]]
) -> None:
    job.write_text(text)
    report = json.loads(wanprep("check", job, "--offline", "--format", "json").out)
    assert sorted(
        (each["subject"].removeprefix(str(job)), each["target"], each["verdict"])
        for each in report["verdicts"]
    ) == sorted(verdicts)
    assert report["summary"]["jobs"] == len(verdicts)
    junit = ET.fromstring(wanprep("check", job, "--offline", "--format", "junit").out)  # noqa: S314 - our own
    assert (junit.get("tests"), junit.get("failures")) == (str(len(verdicts)),) * 2
    assert wanprep("check", job, "--offline").status == 1


def test_a_clip_where_no_clip_is_taken_is_refused() -> None:
    report = check(MEDIA / "dance.mp4", targets=["runcomfy/wan-2-2-image-to-video"])
    assert [(each.rule, each.severity) for each in report.findings] == [
        ("reference-kind-unsupported", "error")
    ]
    assert not report.clean


def test_a_seed_that_is_no_number_is_refused(job: Path) -> None:
    job.write_text(
        "target: runcomfy/wan-2-2-image-to-video\nprompt: She waits.\n"
        "references: [image: https://example.com/a.png]\nparameters: {seed: abc}\n"
    )
    found = check(job, offline=True).findings
    assert [(each.rule, each.severity) for each in found] == [("parameter-invalid", "error")]
