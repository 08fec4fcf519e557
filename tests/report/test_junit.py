"""JUnit's XML, compared with the structure of Jenkins' schema (junit-10.xsd)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from wanprep.check.result import Report
from wanprep.cli import run
from wanprep.report import Style
from wanprep.report.junit import render
from wanprep.rules.finding import Finding, Verdict

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
WAN: Final = "wan/2.7"
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px.",
    target=WAN,
    file="job.yaml",
    line=4,
    column=12,
)
RISKY: Final = replace(
    SMALL, rule="color-risky", severity="warning", message="Colours.", column=None
)
REPORT: Final = Report(targets=(WAN,), findings=(), verdicts=(), unchecked=(), assets=1, jobs=1)

COUNTS: Final = {"tests", "failures", "errors"}
SHAPE: Final = {  # element: attributes it must have, children it may have
    "testsuites": ({"name", *COUNTS}, {"testsuite"}),
    "testsuite": ({"name", *COUNTS, "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname"}, {"failure", "error", "skipped", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


def parsed(text: str) -> ET.Element:
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites')
    assert text.isascii()
    root = ET.fromstring(text)  # noqa: S314 - our own
    for element in root.iter():
        attributes, children = SHAPE[element.tag]
        assert set(element.attrib) == attributes
        assert {child.tag for child in element} <= children
    for parent in (root, *root):
        counted = {
            "tests": parent.findall(".//testcase"),
            "failures": parent.findall(".//failure"),
            "errors": parent.findall(".//error"),
        }
        assert {name: int(parent.attrib[name]) for name in COUNTS} == {
            name: len(found) for name, found in counted.items()
        }
    return root


def rendered(*findings: Finding, verdicts: tuple[Verdict, ...]) -> ET.Element:
    report = replace(REPORT, findings=findings, verdicts=verdicts)
    return parsed("".join(render([report], Style())))


def only(root: ET.Element, tag: str) -> tuple[str, str, str]:
    [element] = root.findall(f".//{tag}")
    return element.attrib["type"], element.attrib["message"], element.text or ""


def test_nothing_is_valid() -> None:
    assert list(rendered(verdicts=())) == []


def test_warnings_of_what_passes() -> None:
    verdicts = (Verdict("job.yaml", WAN, "pass"), Verdict("hero.jpg", WAN, "pass"))
    [suite] = rendered(RISKY, verdicts=verdicts)
    assert suite.attrib["name"] == WAN
    first, second = suite
    assert first.attrib == {"name": "job.yaml", "classname": WAN}
    assert [each.text for each in first] == ["4:1: warning[color-risky] Colours."]
    assert list(second) == []


def test_a_failure_lists_all_findings() -> None:
    bare = replace(SMALL, line=None, column=None)
    root = rendered(SMALL, bare, RISKY, verdicts=(Verdict("job.yaml", WAN, "fail"),))
    kind, message, text = only(root, "failure")
    assert (kind, message) == ("fail", "hero.jpg is 64x64 px. And 1 more.")
    assert text.splitlines() == [
        "4:12: error[image-too-small] hero.jpg is 64x64 px.",
        "error[image-too-small] hero.jpg is 64x64 px.",
        "4:1: warning[color-risky] Colours.",
    ]
    assert [each.text for each in root.iter("system-out")] == ["4:1: warning[color-risky] Colours."]


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        pytest.param((SMALL,), "hero.jpg is 64x64 px.", id="one"),
        pytest.param((), "The check failed.", id="none that is shown"),
    ],
)
def test_the_message_of_a_failure(findings: tuple[Finding, ...], message: str) -> None:
    root = rendered(*findings, verdicts=(Verdict("job.yaml", WAN, "fail"),))
    assert only(root, "failure")[1] == message


def test_unknown_is_not_green() -> None:
    root = rendered(verdicts=(Verdict("job.yaml", WAN, "unknown"),))
    kind, message, _ = only(root, "error")
    assert kind == "unknown"
    assert message.startswith("job.yaml: not everything could be checked")


def test_a_suite_for_each_target_and_for_invalid_jobs() -> None:
    invalid = replace(SMALL, rule="job-invalid", target="", file="no.yaml", message="No job.")
    verdicts = (
        Verdict("job.yaml", WAN, "fail"),
        Verdict("no.yaml", "", "fail"),
        Verdict("job.yaml", "evolink/x", "pass"),
        Verdict("hero.jpg", WAN, "pass"),
    )
    root = rendered(SMALL, invalid, verdicts=verdicts)
    assert [(suite.attrib["name"], len(suite)) for suite in root] == [
        ("wanprep", 1),
        ("evolink/x", 1),
        (WAN, 2),
    ]
    assert [each.attrib["message"] for each in root.iter("failure")] == [
        "No job.",
        "hero.jpg is 64x64 px.",
    ]


def test_the_documents_of_a_file_share_their_findings() -> None:
    verdicts = (Verdict("job.yaml", WAN, "pass"), Verdict("job.yaml#2", WAN, "fail"))
    root = rendered(SMALL, verdicts=verdicts)
    assert only(root, "failure")[2] == "4:12: error[image-too-small] hero.jpg is 64x64 px."


HOSTILE: Final = "]]></failure>&amp;<!--\x00\x0b\x1b\ufffe\ud800\U0010ffff\n\"'" + os.fsdecode(
    b"\xe9"
)


def test_hostile_strings_are_escaped() -> None:
    nasty = replace(SMALL, file=HOSTILE, message=HOSTILE)
    root = rendered(nasty, verdicts=(Verdict(HOSTILE, WAN, "fail"),))
    shown = "]]></failure>&amp;<!--\\x00\\x0b\\x1b\\ufffe\\ud800\\U0010ffff\\n\"'\\xe9"
    assert root[0][0].attrib["name"] == shown
    assert only(root, "failure")[1:] == (shown, f"4:12: error[image-too-small] {shown}")


def test_check_writes_junit(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(JOBS)
    assert run(["check", "bad/[d-f]*", "--offline", "-t", WAN, "--format", "junit"]) == 1
    root = parsed(capfd.readouterr().out)
    assert int(root.attrib["failures"]) > 10
    assert int(root.attrib["errors"]) > 0
