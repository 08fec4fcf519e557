from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.cli import run
from wanprep.judge.finding import Finding, Verdict
from wanprep.report.gitlab import render
from wanprep.report.model import Report, Style

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px.",
    target="wan/2.7",
    file="./refs/../job.yaml",
    line=4,
    column=12,
    pointer="/references/0/image",
    asset="hero.jpg",
)
BARE: Final = replace(SMALL, file="hero.jpg", line=None, column=None, pointer="")
REPORT: Final = Report(
    targets=("wan/2.7",), findings=(SMALL,), verdicts=(), unchecked=(), assets=1, jobs=1
)


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*findings: Finding, **changes: Any) -> list[dict[str, Any]]:
    text = "".join(render(replace(REPORT, findings=findings, **changes), Style()))
    assert text.isascii()
    assert text.startswith("[")  # GitLab takes no byte order mark
    issues: list[dict[str, Any]] = json.loads(text)
    return issues


def test_an_issue() -> None:
    [issue] = told(SMALL)
    assert len(issue.pop("fingerprint")) == 32
    assert issue == {
        "description": "image-too-small: hero.jpg is 64x64 px.",
        "check_name": "image-too-small",
        "severity": "critical",
        "location": {"path": "job.yaml", "lines": {"begin": 4}},
    }
    assert told() == []


def test_the_worst_comes_first_and_pictures_have_a_line() -> None:
    note, warning = replace(BARE, severity="note"), replace(BARE, severity="warning")
    issues = told(note, warning, SMALL)
    assert [each["severity"] for each in issues] == ["critical", "major", "info"]
    assert [each["location"]["lines"]["begin"] for each in issues] == [4, 1, 1]


def test_fingerprints_stay_and_are_unique() -> None:
    moved = replace(SMALL, line=9, message="hero.jpg is 65x65 px.", file="job.yaml")
    assert told(SMALL)[0]["fingerprint"] == told(moved)[0]["fingerprint"]
    issues = told(SMALL, SMALL, BARE, replace(SMALL, target="wan/2.2"))
    assert len({each["fingerprint"] for each in issues}) == 4


def test_several_targets_are_told_apart() -> None:
    [issue] = told(SMALL, targets=("a/b", "wan/2.7"))
    assert issue["description"] == "image-too-small: wan/2.7: hero.jpg is 64x64 px."


@pytest.mark.parametrize(
    ("file", "path"),
    [
        pytest.param("图 é\n.png", "图 é\n.png", id="letters"),
        pytest.param(os.fsdecode(b"\xe9.png"), "\\xe9.png", id="no UTF-8"),
    ],
)
def test_hostile_names(file: str, path: str) -> None:
    [issue] = told(replace(BARE, file=file, message=f"{file}\x00\x1b"))
    assert issue["location"]["path"] == path
    assert issue["description"].isprintable()


def test_unknown_is_not_silent() -> None:
    verdicts = (Verdict("a.yaml", "wan/2.7", "unknown"), Verdict("a.yaml#2", "wan/2.7", "unknown"))
    issues = told(verdicts=verdicts)
    assert [each["check_name"] for each in issues] == ["unknown", "unknown"]
    assert [each["location"]["path"] for each in issues] == ["a.yaml", "a.yaml"]
    assert len({each["fingerprint"] for each in issues}) == 2


def test_the_command_writes_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(JOBS)
    assert run(["check", "bad", "--format", "gitlab"]) == 1
    issues = json.loads(capfd.readouterr().out)
    assert len(issues) > 50
    assert len({each["fingerprint"] for each in issues}) == len(issues)
    assert not [each for each in issues if each["location"]["path"].startswith((".", "/"))]
