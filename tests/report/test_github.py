from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from wanprep.cli import run
from wanprep.judge.finding import Finding, Verdict
from wanprep.report.github import render
from wanprep.report.model import Report, Style

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px; 240 are wanted.",
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
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*findings: Finding, verdicts: tuple[Verdict, ...] = ()) -> list[str]:
    report = replace(REPORT, findings=findings, verdicts=verdicts)
    text = "".join(render(report, Style()))
    assert text == "" or text.endswith("\n")
    return text.split("\n")[:-1]


def understood(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as the runner does."""
    found = re.fullmatch(r"::([a-z]+) (.*?)::(.*)", line, re.DOTALL)
    assert found
    properties = dict(each.split("=", 1) for each in found[2].split(","))
    return found[1], {name: meant(value) for name, value in properties.items()}, meant(found[3])


def meant(text: str) -> str:
    for letter in "\r\n:,%":
        text = text.replace(f"%{ord(letter):02X}", letter)
    return text


def test_one_command_for_each_and_the_worst_first() -> None:
    note = replace(BARE, severity="note", message="100% fine")
    place = "file=job.yaml,line=4,col=12,endColumn=20"
    warning = replace(BARE, severity="warning", line=2)
    assert told(note, warning, SMALL) == [
        f"::error {place},title=image-too-small::{SMALL.message}",
        f"::warning file=hero.jpg,line=2,title=image-too-small::{SMALL.message}",
        "::notice file=hero.jpg,title=image-too-small::100%25 fine",
    ]
    assert told() == []


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("a\n::error::owned", None, id="a new line"),
        pytest.param("a\r\n::set-env name=PATH::x", None, id="another end of line"),
        pytest.param("a,line=9::stop-commands::x", None, id="another property"),
        pytest.param("100%0A::error::owned", None, id="escaped already"),
        pytest.param("##[error]x ##vso[task]", None, id="the old way"),
        pytest.param("图 é", None, id="letters"),
        pytest.param("a\x1b]0;x\x07\x85\u2028b", "a\\x1b]0;x\\x07\\x85\\u2028b", id="a terminal's"),
        pytest.param(os.fsdecode(b"a\xe9"), "a\\xe9", id="no UTF-8"),
    ],
)
def test_nothing_hostile_becomes_a_command(hostile: str, shown: str | None) -> None:
    lines = told(replace(SMALL, file=hostile, message=hostile, line=None, column=None))
    assert len(lines) == 1
    assert lines[0].isprintable()
    command, properties, message = understood(lines[0])
    assert command == "error"
    assert list(properties) == ["file", "endColumn", "title"]
    assert properties["file"] == (shown or hostile)
    assert message == (shown or hostile.replace("\r", "\\r").replace("\n", "\\n"))


def test_unknown_is_an_error_that_says_why() -> None:
    [line] = told(verdicts=(Verdict("b.yaml#2", "wan/2.7", "unknown"),))
    command, properties, message = understood(line)
    assert command == "error"
    assert properties == {"file": "b.yaml", "title": "unknown"}
    assert message.startswith("Not everything in b.yaml#2 could be looked at")


def test_the_command_writes_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(JOBS)
    assert run(["check", "bad/bad-pictures.yaml", "--format", "github"]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert {understood(line)[0] for line in lines} >= {"error"}
    file = understood(lines[0])[1]["file"]
    assert file.endswith("bad/bad-pictures.yaml")
    assert not file.startswith(("..", "/"))
