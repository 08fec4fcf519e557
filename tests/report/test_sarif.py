"""SARIF, validated against the schema of OASIS beside this file.

It is published at
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator

import wanprep
from wanprep.check.result import Report
from wanprep.cli import run
from wanprep.report import Style
from wanprep.report.sarif import render
from wanprep.rules.finding import Finding, Verdict, rules

SCHEMA: Final = Path(__file__).with_name("sarif-schema-2.1.0.json")
VALIDATOR: Final = Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
EVOLINK: Final = "evolink/wan2.7-reference-video"
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px. Use a larger one.",
    target=EVOLINK,
    file="job.yaml",
    line=4,
    column=12,
    end_column=20,
    pointer="/references/0/image",
    asset="hero.jpg",
    found=64,
    allowed={"minimum": 240, "maximum": 8000},
    fix="wanprep fix",
    source={
        "doc": "https://a.example/docs",
        "says": "240 to 8000 px [each] side",
        "checked": "2026-11-20",
        "confidence": "documented",
    },
)
BARE: Final = replace(
    SMALL, file="hero.jpg", line=None, column=None, end_column=None, pointer="", severity="warning"
)
INVALID: Final = Finding(
    rule="job-invalid", severity="error", message="This is no job.", target="", file="job.yaml"
)
REPORT: Final = Report(
    targets=(EVOLINK,), findings=(SMALL,), verdicts=(), unchecked=(), assets=1, jobs=1
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rendered(*findings: Finding, **changes: Any) -> dict[str, Any]:
    report = replace(REPORT, findings=findings, **changes)
    text = "".join(render([report], Style()))
    assert text.isascii()
    log = json.loads(text)
    VALIDATOR.validate(log)
    [one] = log["runs"]
    return dict(one)


def fingerprints(*findings: Finding) -> list[str]:
    return [each["partialFingerprints"]["wanprep/v1"] for each in rendered(*findings)["results"]]


def test_a_report_without_findings() -> None:
    one = rendered()
    assert one["results"] == []
    assert one["columnKind"] == "unicodeCodePoints"
    assert list(one["originalUriBaseIds"]) == ["%SRCROOT%"]
    assert one["tool"]["driver"] == {
        "name": "wanprep",
        "version": wanprep.__version__,
        "semanticVersion": wanprep.__version__,
        "informationUri": "https://wanprep.dev/",
        "rules": [],
    }


def test_a_result() -> None:
    [result] = rendered(SMALL)["results"]
    del result["partialFingerprints"]
    assert result == {
        "ruleId": "image-too-small",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "hero.jpg is 64x64 px. Use a larger one."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "job.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 4, "startColumn": 12, "endLine": 4, "endColumn": 20},
                }
            }
        ],
        "properties": {
            "target": EVOLINK,
            "found": 64,
            "allowed": {"minimum": 240, "maximum": 8000},
            "fixable": True,
            "fix": "wanprep fix",
            "pointer": "/references/0/image",
            "asset": "hero.jpg",
            "source": dict(SMALL.source),
        },
    }


def test_a_rule_has_its_fix_and_its_sources() -> None:
    small, invalid = rules()["image-too-small"], rules()["job-invalid"]
    first, second = rendered(BARE, SMALL, INVALID)["tool"]["driver"]["rules"]
    assert first["id"] == "image-too-small"
    assert first["name"] == "ImageTooSmall"
    assert first["shortDescription"]["text"] == f"{small.title}."
    assert first["fullDescription"]["text"] == small.why
    assert small.by_hand in first["help"]["text"]
    assert "240 to 8000 px [each] side (https://a.example/docs, " in first["help"]["text"]
    assert f"**What to do:** {small.by_hand}" in first["help"]["markdown"]
    assert first["help"]["markdown"].count("\n- ") == 1
    assert (
        "\n- evolink/wan2.7-reference-video: 240 to 8000 px \\[each\\] side "
        "([read on 2026-11-20](<https://a.example/docs>))"
    ) in first["help"]["markdown"]
    assert first["defaultConfiguration"] == {"level": "error"}  # the worst that was found
    assert first["properties"]["tags"] == ["media", "fixable"]
    assert second["properties"]["tags"] == ["job"]
    assert second["help"]["text"] == f"{invalid.why}\n\n{invalid.by_hand}"


@pytest.mark.untraced
@pytest.mark.parametrize("name", rules())
def test_every_rule_is_within_the_limits_of_github(name: str) -> None:
    [rule] = rendered(replace(SMALL, rule=name))["tool"]["driver"]["rules"]
    assert len(rule["name"]) <= 255
    for text in (rule["shortDescription"]["text"], rule["fullDescription"]["text"]):
        assert 0 < len(text) <= 1024
    assert rule["help"]["text"]
    assert len(rule["properties"]["tags"]) <= 10


def test_the_worst_comes_first_with_the_index_of_its_rule() -> None:
    note = replace(SMALL, severity="note", rule="color-risky")
    one = rendered(note, BARE, INVALID, SMALL)
    names = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert names == sorted(names)
    assert [each["level"] for each in one["results"]] == ["error", "error", "warning", "note"]
    assert [each["ruleId"] for each in one["results"]] == [
        names[each["ruleIndex"]] for each in one["results"]
    ]


@pytest.mark.parametrize(
    ("change", "region"),
    [
        pytest.param({"end_column": None}, {"startLine": 4, "startColumn": 12}, id="no end"),
        pytest.param({"column": None, "end_column": None}, {"startLine": 4}, id="a line"),
        pytest.param({"line": None}, {"startLine": 1}, id="no line: GitHub requires one"),
    ],
)
def test_regions(change: dict[str, Any], region: dict[str, int]) -> None:
    [result] = rendered(replace(SMALL, **change))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == region


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        pytest.param("./refs/../a.png", "a.png", id="a detour"),
        pytest.param("a b#1?%.png", "a%20b%231%3F%25.png", id="special characters"),
        pytest.param("a:b.png", "a%3Ab.png", id="no scheme"),
        pytest.param("图/é.png", "%E5%9B%BE/%C3%A9.png", id="not ASCII"),
        pytest.param(os.fsdecode(b"\xe9.png"), "%E9.png", id="not UTF-8"),
        pytest.param("a\nb\x1b.png", "a%0Ab%1B.png", id="control characters"),
        pytest.param("..a.png", "..a.png", id="dots"),
    ],
)
def test_uris_in_the_repository(file: str, uri: str) -> None:
    [result] = rendered(replace(BARE, file=file))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert unquote_to_bytes(uri) == os.fsencode(os.path.normpath(file))


@pytest.mark.parametrize("file", ["/elsewhere/a b.png", "../a b.png"])
def test_uris_outside_the_repository(file: str, tmp_path: Path) -> None:
    [result] = rendered(replace(BARE, file=file))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    folder = "/elsewhere" if file.startswith("/") else str(tmp_path.parent)
    assert artifact == {"uri": f"file://{folder}/a%20b.png"}


def test_files_are_named_from_the_root_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop/.git").mkdir(parents=True)
    (tmp_path / "shop/media/new").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "shop/media/new")
    results = rendered(BARE, replace(BARE, file="../old.jpg"))["results"]
    assert [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results
    ] == ["media/new/hero.jpg", "media/old.jpg"]


def test_fingerprints_stay_when_lines_move_and_files_change() -> None:
    moved = replace(SMALL, line=40, column=1, end_column=9)
    changed = replace(SMALL, message="hero.jpg is 65x65 px.", found=65, severity="warning")
    assert fingerprints(SMALL) == fingerprints(moved) == fingerprints(changed)


def test_fingerprints_differ_where_findings_do() -> None:
    others = [
        replace(SMALL, rule="image-too-large"),
        replace(SMALL, target="wan/2.7"),
        replace(SMALL, file="other.yaml"),
        replace(SMALL, pointer="/references/1/image"),
        replace(SMALL, asset="\ud800"),
        replace(SMALL, line=40),  # a second time in the same value
    ]
    assert len(set(fingerprints(SMALL, *others))) == 7


def test_several_targets_are_named() -> None:
    both = rendered(SMALL, INVALID, targets=(EVOLINK, "wan/2.7"))["results"]
    assert [each["message"]["text"] for each in both] == [
        f"{EVOLINK}: hero.jpg is 64x64 px. Use a larger one.",
        "This is no job.",
    ]


def test_hostile_strings_are_escaped() -> None:
    nasty = "\x1b[31m\u202e\x00\udce9"
    [result] = rendered(replace(SMALL, message=nasty, found={nasty: [nasty]}, asset=nasty))[
        "results"
    ]
    shown = "\\x1b[31m\\u202e\\x00\\xe9"
    assert result["message"]["text"] == shown
    assert result["properties"]["found"] == {shown: [shown]}
    [result] = rendered(replace(SMALL, message="[win](https://evil.example) is small."))["results"]
    assert result["message"]["text"] == "\\[win\\](https://evil.example) is small."


def test_unknown_is_a_notification() -> None:
    verdicts = (
        Verdict("job.yaml", EVOLINK, "pass"),
        Verdict("job.yaml#2", EVOLINK, "unknown"),
        Verdict("a#2", EVOLINK, "unknown"),
    )
    one = rendered(replace(BARE, file="a#2"), verdicts=verdicts)
    [invocation] = one["invocations"]
    second, odd = invocation["toolExecutionNotifications"]
    assert second["level"] == "error"
    assert second["message"]["text"].startswith("job.yaml#2: not everything could be checked")
    assert [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in (second, odd)
    ] == ["job.yaml", "a%232"]


def test_results_beyond_the_limit_of_github_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanprep.report.sarif._MOST", 2)
    one = rendered(BARE, SMALL, INVALID)
    assert [each["level"] for each in one["results"]] == ["error", "error"]
    [notice] = one["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("1 more findings are left out")


@pytest.mark.untraced
def test_check_writes_sarif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(JOBS)
    report = tmp_path / "report.sarif"
    arguments = ["check", "bad/b*", "--offline", "-t", EVOLINK, "-t", "wan/2.7"]
    assert run([*arguments, "--format", "sarif", "-o", str(report)]) == 1
    log = json.loads(report.read_text(encoding="utf-8"))
    VALIDATOR.validate(log)
    results = log["runs"][0]["results"]
    assert len(results) > 50
    marks = [each["partialFingerprints"]["wanprep/v1"] for each in results]
    assert len(set(marks)) == len(marks)
