from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.result import Report
from wanprep.cli import run
from wanprep.report import Style, renderer
from wanprep.report.annotations import render_github, render_gitlab
from wanprep.rules.finding import Finding, Verdict

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px; 240 are required.",
    target="wan/2.7",
    file="job.yaml",
    line=4,
    column=12,
    end_column=20,
)
BARE: Final = replace(SMALL, file="hero.jpg", line=None, column=None, end_column=None)
REPORT: Final = Report(
    targets=("wan/2.7",), findings=(SMALL,), verdicts=(), unchecked=(), assets=1, jobs=1
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def commands(*findings: Finding, **changes: Any) -> list[str]:
    report = replace(REPORT, findings=findings, **changes)
    text = "".join(render_github([report], Style()))
    assert text == "" or text.endswith("\n")
    return text.split("\n")[:-1]


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as the runner does."""
    found = re.fullmatch(r"::([a-z]+) (.*?)::(.*)", line, re.DOTALL)
    assert found
    properties = dict(each.split("=", 1) for each in found[2].split(","))
    return (
        found[1],
        {name: unescaped(value) for name, value in properties.items()},
        unescaped(found[3]),
    )


def unescaped(text: str) -> str:
    for letter in "\r\n:,%":
        text = text.replace(f"%{ord(letter):02X}", letter)
    return text


def test_github_gets_one_command_per_finding_the_worst_first() -> None:
    note = replace(BARE, severity="note", message="100% fine")
    place = "file=job.yaml,line=4,col=12,endColumn=20"
    warning = replace(BARE, severity="warning", line=2)
    assert commands(note, warning, SMALL) == [
        f"::error {place},title=image-too-small::{SMALL.message}",
        f"::warning file=hero.jpg,line=2,title=image-too-small::{SMALL.message}",
        "::notice file=hero.jpg,title=image-too-small::100%25 fine",
    ]
    assert commands() == []


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("a\n::error::owned", None, id="a new line"),
        pytest.param("a\r\n::set-env name=PATH::x", None, id="another end of line"),
        pytest.param("a,line=9::stop-commands::x", None, id="another property"),
        pytest.param("100%0A::error::owned", None, id="escaped already"),
        pytest.param("##[error]x ##vso[task]", None, id="deprecated commands"),
        pytest.param("图 é", None, id="not ASCII"),
        pytest.param("a\x1b]0;x\x07\x85\u2028b", "a\\x1b]0;x\\x07\\x85\\u2028b", id="terminal"),
        pytest.param(os.fsdecode(b"a\xe9"), "a\\xe9", id="not UTF-8"),
    ],
)
def test_hostile_strings_do_not_become_commands(hostile: str, shown: str | None) -> None:
    lines = commands(replace(SMALL, file=hostile, message=hostile, line=None, column=None))
    assert len(lines) == 1
    assert lines[0].isprintable()
    command, properties, message = parsed(lines[0])
    assert command == "error"
    assert list(properties) == ["file", "endColumn", "title"]
    assert properties["file"] == (shown or hostile)
    assert message == (shown or hostile.replace("\r", "\\r").replace("\n", "\\n"))


def test_github_gets_unknown_as_an_error() -> None:
    [line] = commands(verdicts=(Verdict("b.yaml#2", "wan/2.7", "unknown"),))
    command, properties, message = parsed(line)
    assert command == "error"
    assert properties == {"file": "b.yaml", "title": "unknown"}
    assert message.startswith("b.yaml#2: not everything could be checked")


def test_check_writes_github_commands(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(JOBS)
    assert run(["check", "bad/bad-images.yaml", "--format", "github"]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert {parsed(line)[0] for line in lines} >= {"error"}
    file = parsed(lines[0])[1]["file"]
    assert file.endswith("bad/bad-images.yaml")
    assert not file.startswith(("..", "/"))


def issues_of(*findings: Finding, **changes: Any) -> list[dict[str, Any]]:
    text = "".join(render_gitlab([replace(REPORT, findings=findings, **changes)], Style()))
    assert text.isascii()
    assert text.startswith("[")  # GitLab takes no byte order mark
    issues: list[dict[str, Any]] = json.loads(text)
    return issues


IN_JOB: Final = replace(
    SMALL, file="./refs/../job.yaml", pointer="/references/0/image", asset="hero.jpg"
)


def test_a_gitlab_issue() -> None:
    [issue] = issues_of(IN_JOB)
    assert len(issue.pop("fingerprint")) == 32
    assert issue == {
        "description": "image-too-small: hero.jpg is 64x64 px; 240 are required.",
        "check_name": "image-too-small",
        "severity": "critical",
        "location": {"path": "job.yaml", "lines": {"begin": 4}},
    }
    assert issues_of() == []


def test_gitlab_gets_the_worst_first_and_a_line_for_images() -> None:
    note, warning = replace(BARE, severity="note"), replace(BARE, severity="warning")
    issues = issues_of(note, warning, IN_JOB)
    assert [each["severity"] for each in issues] == ["critical", "major", "info"]
    assert [each["location"]["lines"]["begin"] for each in issues] == [4, 1, 1]


def test_fingerprints_are_stable_and_unique() -> None:
    moved = replace(IN_JOB, line=9, message="hero.jpg is 65x65 px.", file="job.yaml")
    assert issues_of(IN_JOB)[0]["fingerprint"] == issues_of(moved)[0]["fingerprint"]
    issues = issues_of(IN_JOB, IN_JOB, BARE, replace(IN_JOB, target="wan/2.2"))
    assert len({each["fingerprint"] for each in issues}) == 4


def test_several_targets_are_named() -> None:
    [issue] = issues_of(IN_JOB, targets=("a/b", "wan/2.7"))
    assert (
        issue["description"] == "image-too-small: wan/2.7: hero.jpg is 64x64 px; 240 are required."
    )


@pytest.mark.parametrize(
    ("file", "path"),
    [
        pytest.param("图 é\n.png", "图 é\n.png", id="not ASCII"),
        pytest.param(os.fsdecode(b"\xe9.png"), "\\xe9.png", id="not UTF-8"),
    ],
)
def test_gitlab_gets_hostile_names_as_they_are(file: str, path: str) -> None:
    [issue] = issues_of(replace(BARE, file=file, message=f"{file}\x00\x1b"))
    assert issue["location"]["path"] == path
    assert issue["description"].isprintable()


def test_gitlab_gets_unknown_as_issues() -> None:
    verdicts = (Verdict("a.yaml", "wan/2.7", "unknown"), Verdict("a.yaml#2", "wan/2.7", "unknown"))
    issues = issues_of(verdicts=verdicts)
    assert [each["check_name"] for each in issues] == ["unknown", "unknown"]
    assert [each["location"]["path"] for each in issues] == ["a.yaml", "a.yaml"]
    assert len({each["fingerprint"] for each in issues}) == 2


def test_check_writes_gitlab_issues(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(JOBS)
    assert run(["check", "bad/[bc]*", "--offline", "--format", "gitlab"]) == 1
    issues = json.loads(capfd.readouterr().out)
    assert len(issues) > 50
    assert len({each["fingerprint"] for each in issues}) == len(issues)
    assert not [each for each in issues if each["location"]["path"].startswith((".", "/"))]


@pytest.mark.untraced
def test_thousands_of_files_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        names = [f"{at}.png" for at in range(count)]
        findings = tuple(replace(SMALL, file=name) for name in names)
        verdicts = tuple(Verdict(name, SMALL.target, "unknown") for name in names)
        report = replace(REPORT, findings=findings, verdicts=verdicts)
        begin = time.process_time()
        for style in ("github", "junit"):
            "".join(renderer(style)([report], Style()))
        return time.process_time() - begin

    seconds(50)
    few = min(seconds(300) for _ in range(2))
    assert seconds(1200) < 10 * few
