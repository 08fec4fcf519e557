from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft202012Validator

from wanprep.check.result import Report
from wanprep.files.outputs import refuse_foreign
from wanprep.report import FORMATS, Style, renderer
from wanprep.rules.finding import Finding, Verdict
from wanprep.schemas import load_schema

SOURCE: Final = {
    "doc": "https://a.example/docs",
    "says": "240 to 8000 px on each side",
    "checked": "2026-11-20",
    "confidence": "documented",
}
SMALL: Final = Finding(
    rule="image-too-small",
    severity="error",
    message="hero.jpg is 64x64 px; EvoLink takes 240 to 8000 px on each side. Use a larger one.",
    target="evolink/wan2.7-reference-video",
    file="job.yaml",
    line=4,
    column=12,
    end_column=20,
    pointer="/references/0/image",
    asset="hero.jpg",
    found=64,
    allowed={"minimum": 240, "maximum": 8000},
    fix="wanprep fix",
    source=SOURCE,
)
BARE: Final = replace(
    SMALL, file="hero.jpg", line=None, column=None, end_column=None, pointer="", severity="warning"
)
REPORT: Final = Report(
    targets=("evolink/wan2.7-reference-video",),
    findings=(BARE, SMALL),
    verdicts=(
        Verdict("hero.jpg", "evolink/wan2.7-reference-video", "pass"),
        Verdict("job.yaml", "evolink/wan2.7-reference-video", "fail"),
    ),
    unchecked=("Moderation: not known.",),
    assets=2,
    jobs=1,
    job_files=1,
    lines={("job.yaml", 4): "  - image: hero.jpg"},
)
CLEAN: Final = replace(REPORT, findings=(), verdicts=(), jobs=0, job_files=0)


def rendered(report: Report, name: str, *, color: bool = False, width: int = 80) -> str:
    return "".join(renderer(name)([report], Style(color=color, width=width)))


def test_every_format_has_a_renderer() -> None:
    assert list(FORMATS) == sorted(FORMATS)
    for name in FORMATS:
        assert rendered(REPORT, name).endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_is_recognised_and_may_be_replaced(name: str, tmp_path: Path) -> None:
    for report in (REPORT, replace(REPORT, findings=(SMALL,)), CLEAN):
        (tmp_path / "report").write_text(rendered(report, name))
        refuse_foreign(str(tmp_path / "report"), "report", "-o")


def test_only_the_html_report_imports_jinja2() -> None:
    code = (
        "import sys; from wanprep.cli import run\n"
        "run(['check', '--format', 'text', sys.argv[1]]); import wanprep.report\n"
        "assert not {'jinja2', 'markupsafe'} & {*sys.modules}"
    )
    job = Path(__file__).parents[2] / "fixtures/demo/job.yaml"
    subprocess.run([sys.executable, "-c", code, job], check=True, capture_output=True)


def test_text_shows_the_line_and_the_message() -> None:
    assert rendered(REPORT, "text").splitlines() == [
        "hero.jpg",
        "  warning[image-too-small] hero.jpg is 64x64 px; EvoLink takes 240 to 8000 px on",
        "    each side. Use a larger one.",
        "",
        "job.yaml",
        "     4 |   - image: hero.jpg",
        "       |            ^^^^^^^^",
        "  error[image-too-small] hero.jpg is 64x64 px; EvoLink takes 240 to 8000 px on",
        "    each side. Use a larger one.",
        "",
        "1 job and 2 files checked for evolink/wan2.7-reference-video:",
        "1 error, 1 warning in 2 of 3 files; 2 can be fixed with wanprep fix",
    ]


def test_what_is_not_checked_is_listed_when_verbose() -> None:
    checked = "2 files checked for evolink/wan2.7-reference-video: nothing found\n"
    assert rendered(CLEAN, "text") == checked
    verbose = "".join(renderer("text")([CLEAN], Style(verbose=True)))
    assert verbose == f"Not checked:\n- Moderation: not known.\n{checked}"


def test_text_names_the_target_where_there_are_several() -> None:
    report = replace(REPORT, targets=("evolink/wan2.7-reference-video", "wan/2.7"))
    assert "one. (evolink/wan2.7-reference-video)" in rendered(report, "text")
    assert "(wan/2.7)" not in rendered(report, "text")


def test_an_error_of_the_document_names_no_target() -> None:
    invalid = replace(SMALL, rule="job-invalid", message="This is no job.", target="")
    report = replace(REPORT, targets=("a/b", "c/d"), findings=(invalid,))
    assert "This is no job.\n" in rendered(report, "text")


def test_text_without_targets() -> None:
    report = replace(REPORT, targets=(), assets=0, findings=(replace(SMALL, target=""),))
    assert rendered(report, "text").splitlines()[-2] == "1 job checked:"


def test_unknown_is_counted() -> None:
    report = replace(CLEAN, verdicts=(Verdict("a", "wan/2.7", "unknown"),) * 2)
    result = rendered(report, "text").splitlines()
    assert result[-1] == "2 unknown in 1 of 2 files"
    assert "--offline" in " ".join(result[:-1])
    assert not report.clean


def test_color_changes_no_text() -> None:
    import click

    painted = rendered(REPORT, "text", color=True)
    assert "\x1b[" in painted
    assert click.unstyle(painted) == rendered(REPORT, "text")
    assert "\x1b[" not in "".join(
        rendered(REPORT, name, color=True) for name in ("concise", "json", "jsonl")
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_text_keeps_to_its_width(width: int) -> None:
    targets = tuple(f"provider/model-{at}" for at in range(6))
    report = replace(REPORT, targets=targets)
    lines = rendered(report, "text", width=width).splitlines()
    assert max(map(len, lines[:-1])) <= width
    assert lines[-1].startswith("1 error, 1 warning in 2 of 3 files; 2 can")  # whole, for grep


def test_concise_is_one_line_per_finding() -> None:
    assert rendered(REPORT, "concise").splitlines() == [
        f"hero.jpg: warning[image-too-small] {SMALL.message}",
        f"job.yaml:4:12: error[image-too-small] {SMALL.message}",
    ]
    assert rendered(CLEAN, "concise") == ""


def test_json() -> None:
    result = json.loads(rendered(REPORT, "json"))
    Draft202012Validator(load_schema("report")).validate(result)
    assert result["summary"] == {
        "assets": 2,
        "jobs": 1,
        "errors": 1,
        "warnings": 1,
        "notes": 0,
        "unknown": 0,
    }
    assert result["findings"][1] == {
        "rule": "image-too-small",
        "severity": "error",
        "message": SMALL.message,
        "target": "evolink/wan2.7-reference-video",
        "file": "job.yaml",
        "line": 4,
        "column": 12,
        "pointer": "/references/0/image",
        "asset": "hero.jpg",
        "found": 64,
        "allowed": {"minimum": 240, "maximum": 8000},
        "fixable": True,
        "fix": "wanprep fix",
        "source": SOURCE,
    }


def test_jsonl_has_the_same_findings() -> None:
    result = [json.loads(line) for line in rendered(REPORT, "jsonl").splitlines()]
    assert result == json.loads(rendered(REPORT, "json"))["findings"]
    assert rendered(CLEAN, "jsonl") == ""


HOSTILE: Final = "\x1b[31m\x07\u202egpj\n\r\udce9"


@pytest.mark.parametrize("name", FORMATS)
def test_untrusted_strings_are_escaped(name: str) -> None:
    nasty = replace(SMALL, file=HOSTILE, asset=HOSTILE, message=HOSTILE, found=HOSTILE)
    report = replace(REPORT, findings=(nasty,), lines={(HOSTILE, 4): "  - image: " + HOSTILE})
    result = rendered(report, name)
    assert all(line.isprintable() for line in result.splitlines())
    assert result.encode()


REPORTS: Final = load_schema("report")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(("findings", 0, "severity"), "fatal", id="another severity"),
        pytest.param(("findings", 0, "rule"), "Image Too Small", id="not a rule name"),
        pytest.param(("findings", 0, "target"), "evolink", id="no target"),
        pytest.param(("findings", 0, "line"), 0, id="lines begin with 1"),
        pytest.param(("findings", 0, "pointer"), "references", id="no pointer"),
        pytest.param(("findings", 0, "extra"), 1, id="an unknown key"),
        pytest.param(("findings", 0, "allowed"), {"min": 1}, id="not a limit"),
        pytest.param(("findings", 0, "source", "doc"), "the docs", id="not a URL"),
        pytest.param(("summary", "errors"), -1, id="negative"),
        pytest.param(("verdicts", 0, "verdict"), "ok", id="no verdict"),
        pytest.param(("version",), 2, id="another version"),
    ],
)
def test_the_schema_is_strict(place: tuple[str | int, ...], value: object) -> None:
    result = json.loads(rendered(REPORT, "json"))
    inner = result
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert not Draft202012Validator(REPORTS).is_valid(result)


@pytest.mark.parametrize("key", REPORTS["required"])
def test_the_schema_requires_every_key(key: str) -> None:
    result = json.loads(rendered(REPORT, "json"))
    del result[key]
    assert not Draft202012Validator(REPORTS).is_valid(result)
