"""Findings in the baseline are not reported again; new ones are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from wanprep.cli import run
from wanprep.schemas import load_schema

JOB = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 meets Image 2.
references:
  - image: refs/small.png
parameters: {duration: 99}
"""
Check = Callable[..., dict[str, Any]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "refs").mkdir()
    Image.new("RGB", (100, 100)).save(tmp_path / "refs/small.png")
    Image.new("RGB", (100, 101)).save(tmp_path / "bare.png")
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "wanprep.toml").write_text('baseline = "known.json"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(capfd: pytest.CaptureFixture[str]) -> Check:
    def check(*arguments: str) -> dict[str, Any]:
        status = run(["check", *arguments, "--format", "json"])
        out, err = capfd.readouterr()
        assert status == (1 if json.loads(out)["summary"]["errors"] else 0), err
        report: dict[str, Any] = json.loads(out)
        return report

    return check


@pytest.fixture
def with_baseline(project: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    assert run(["check", "--write-baseline"]) == 0
    assert "4 findings (4 new, 0 removed)" in capfd.readouterr().err
    return project


def rules(report: dict[str, Any]) -> list[str]:
    return sorted(each["rule"] for each in report["findings"])


@pytest.mark.parametrize("change", ["edited", "moved", "moved from a short form"])
def test_an_accepted_job_stays_accepted_when_its_media_change(
    project: Path, check: Check, change: str
) -> None:
    job = project / "job.yaml"
    job.write_text(JOB.replace("refs/small.png", "bare.png"))
    if "short" in change:
        job.write_text(JOB.replace("image: refs/small.png", "bare.png"))
    accepted = {"parameter-invalid", "prompt-ref-unbound"}
    assert accepted < set(rules(check("--no-baseline")))
    assert run(["check", "--write-baseline"]) == 0
    if change == "edited":
        Image.new("RGB", (90, 90)).save(project / "bare.png")
    else:
        (project / "bare.png").rename(project / "refs/else.png")
        job.write_text(job.read_text().replace("bare.png", "refs/else.png"))
    assert not accepted & set(rules(check()))


def test_equal_findings_are_counted_alike_when_written_and_reported(
    project: Path, check: Check, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "copy.png").write_bytes((project / "bare.png").read_bytes())
    (project / "job.yaml").write_text(JOB.replace("meets Image 2.", "meets Image 2 and Image 2."))
    assert run(["check", "--write-baseline"]) == 0
    assert "6 findings (6 new, 0 removed)" in capfd.readouterr().err
    Draft202012Validator(load_schema("baseline")).validate(
        json.loads((project / "known.json").read_text())
    )
    assert check()["summary"]["known"] == 6
    (project / "copy.png").unlink()
    assert run(["check", "--write-baseline"]) == 0
    assert "5 findings (0 new, 1 removed)" in capfd.readouterr().err


ALL = ["image-too-small", "image-too-small", "parameter-invalid", "prompt-ref-unbound"]


def test_findings_in_the_baseline_are_not_reported(
    with_baseline: Path, check: Check, capfd: pytest.CaptureFixture[str]
) -> None:
    report = check()
    assert with_baseline.is_dir()
    assert report["findings"] == []
    assert report["summary"]["known"] == 4
    assert {each["verdict"] for each in report["verdicts"]} == {"pass"}
    Draft202012Validator(load_schema("report")).validate(report)
    assert run(["check"]) == 0
    assert "4 findings in the baseline" in capfd.readouterr().out

    report = check("--no-baseline")
    assert rules(report) == ALL
    assert "known" not in report["summary"]


def _moved(project: Path) -> None:
    (project / "deep/refs").mkdir(parents=True)
    (project / "refs/small.png").rename(project / "deep/refs/other.png")
    (project / "bare.png").rename(project / "naked.png")
    job = JOB.replace("small", "other")
    (project / "deep/work.yaml").write_text(job)
    (project / "job.yaml").unlink()


def _shifted(project: Path) -> None:
    job = JOB.replace("prompt:", "# hello\n\nprompt:   ").replace("{duration", "{ duration")
    (project / "job.yaml").write_text(job)


def _as_json(project: Path) -> None:
    job = {
        "references": [{"image": "refs/small.png"}],
        "parameters": {"duration": 99},
        "prompt": "Image 1 meets Image 2.",
        "target": "evolink/wan2.7-reference-video",
    }
    (project / "job.json").write_text(json.dumps(job))
    (project / "job.yaml").unlink()


@pytest.mark.parametrize("change", [_moved, _shifted, _as_json])
def test_moved_findings_stay_in_the_baseline(
    with_baseline: Path, check: Check, change: Callable[[Path], None]
) -> None:
    change(with_baseline)
    report = check()
    assert report["findings"] == []
    assert report["summary"]["known"] == 4


def test_a_new_fault_fails_beside_the_old_ones(with_baseline: Path, check: Check) -> None:
    Image.new("RGB", (90, 90)).save(with_baseline / "refs/new.png")
    report = check()
    assert [each["file"] for each in report["findings"]] == ["refs/new.png"]
    assert report["summary"]["known"] == 4
    assert {each["subject"]: each["verdict"] for each in report["verdicts"]} == {
        "bare.png": "pass", "job.yaml": "pass", "refs/new.png": "fail",
    }  # fmt: skip


def test_what_changes_is_new(with_baseline: Path, check: Check) -> None:
    Image.new("RGB", (99, 99)).save(with_baseline / "bare.png")
    (with_baseline / "job.yaml").write_text(JOB.replace("meets", "greets"))
    report = check()
    assert rules(report) == ["image-too-small", "parameter-invalid", "prompt-ref-unbound"]
    assert report["summary"]["known"] == 1, "the image of the job is as it was"


def test_another_job_with_the_same_value_is_new(with_baseline: Path, check: Check) -> None:
    (with_baseline / "next.yaml").write_text(JOB.replace("meets", "greets"))
    report = check()
    assert {each["file"] for each in report["findings"]} == {"next.yaml"}
    assert rules(report) == ["parameter-invalid", "prompt-ref-unbound"]


def test_another_target_is_new(with_baseline: Path, check: Check) -> None:
    report = check("bare.png", "-t", "wan/2.7", "-t", "evolink/wan2.7-reference-video")
    assert with_baseline.is_dir()
    assert [each["target"] for each in report["findings"]] == ["evolink/wan2.7-reference-video"]


def test_the_file_is_sorted_small_and_as_published(with_baseline: Path) -> None:
    text = (with_baseline / "known.json").read_text()
    baseline = json.loads(text)
    Draft202012Validator(load_schema("baseline")).validate(baseline)
    files = [each["file"] for each in baseline["findings"]]
    assert files == sorted(files) == ["bare.png", "job.yaml", "job.yaml", "refs/small.png"]
    assert len(text.splitlines()) == 4 + 5
    run(["check", "--write-baseline"])
    assert (with_baseline / "known.json").read_text() == text, "the same again"


def test_fixed_findings_are_dropped_and_unchecked_ones_stay(
    with_baseline: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (300, 300)).save(with_baseline / "bare.png")
    assert run(["check", "bare.png", "--write-baseline"]) == 0
    assert "3 findings (0 new, 1 removed)" in capfd.readouterr().err
    (with_baseline / "job.yaml").unlink()
    assert run(["check", "bare.png", "--write-baseline"]) == 0
    assert "1 finding (0 new, 2 removed)" in capfd.readouterr().err
    (with_baseline / "refs/small.png").unlink()
    assert run(["check", "--write-baseline"]) == 0
    assert json.loads((with_baseline / "known.json").read_text()) == {"version": 1, "findings": []}


def test_missing_files_and_urls_are_matched_by_name(
    project: Path, check: Check, capfd: pytest.CaptureFixture[str]
) -> None:
    job = JOB.replace("refs/small.png", "http://10.0.0.1/a.png").replace("meets", "and")
    (project / "address.yaml").write_text(job)
    (project / "job.yaml").write_text(JOB.replace("refs/small.png", "refs/gone.png"))
    (project / "broken.yaml").write_text("target: evolink/wan2.7-reference-video\nzap: [\n")
    assert run(["check", "--write-baseline", "--offline"]) == 0
    capfd.readouterr()
    assert check("--offline")["findings"] == []
    (project / "job.yaml").write_text(JOB.replace("refs/small.png", "refs/lost.png"))
    (project / "broken.yaml").write_text("target: evolink/wan2.7-reference-video\nzip: [\n")
    assert {"asset-missing", "job-invalid"} <= set(rules(check("--offline")))


def test_each_document_of_a_file_is_matched_separately(
    project: Path, check: Check, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "job.yaml").write_text(f"{JOB}---\n{JOB.replace('meets', 'greets')}")
    assert run(["check", "--write-baseline"]) == 0
    capfd.readouterr()
    (project / "job.yaml").write_text(f"{JOB.replace('meets', 'leaves')}---\n{JOB}")
    report = check("job.yaml")
    assert [each["line"] for each in report["findings"]] == [2, 5]


def test_unreadable_files_are_never_in_the_baseline(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "job.yaml").write_text(JOB.replace("refs/small.png", "refs"))
    assert run(["check", "job.yaml", "--write-baseline"]) == 0
    assert "1 finding in files that cannot be read" in capfd.readouterr().err
    assert run(["check", "job.yaml", "--format", "concise"]) == 1
    assert capfd.readouterr().out.startswith("job.yaml:4:12: error[asset-unreadable]")


def test_selection_says_what_is_written(with_baseline: Path, check: Check) -> None:
    run(["check", "--write-baseline", "--ignore", "parameter-invalid"])
    assert with_baseline.is_dir()
    assert rules(check()) == ["parameter-invalid"]


def test_without_a_configuration(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "wanprep.toml").unlink()
    assert run(["check", "--write-baseline"]) == 0
    messages = capfd.readouterr().err
    assert "wanprep-baseline.json: 4 findings" in messages
    assert 'add to wanprep.toml: baseline = "wanprep-baseline.json"' in messages
    assert run(["check"]) == 1, "no configuration names it"
    assert run(["check", "--baseline", "wanprep-baseline.json"]) == 0

    (project / "pyproject.toml").write_text("[tool.wanprep]\n")
    assert run(["check", "--write-baseline=other.json"]) == 0
    assert "[tool.wanprep] of pyproject.toml: baseline = " in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        pytest.param(["--write-baseline", "job.yaml"], None,
                     "the name of a baseline ends with .json, not job.yaml", id="over a job"),
        pytest.param(["--write-baseline", "b.json"], "{}", "b.json is not a baseline",
                     id="over JSON"),
        pytest.param(["--write-baseline=no/b.json"], None, "cannot be written", id="nowhere"),
        pytest.param(["--baseline", "b.json"], None, "there is no baseline b.json", id="absent"),
        pytest.param(["--baseline", "b.json"], "{", "cannot be read", id="no JSON"),
        pytest.param(["--baseline", "b.json"], "[]", "is not a baseline", id="a list"),
        pytest.param(["--baseline", "b.json"], '{"version": 2, "findings": []}',
                     "of another version", id="a later one"),
        pytest.param(["--baseline", "b.json"], '{"version": 1, "findings": [{"rule": 1}]}',
                     "has an invalid entry", id="an entry"),
        pytest.param(["--baseline", "b.json", "--no-baseline"], "", "cannot be combined",
                     id="both"),
        pytest.param([], None, "there is no baseline", id="configured and absent"),
    ],
)  # fmt: skip
def test_wrong_use(
    project: Path, arguments: list[str], content: str | None, message: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if content is not None:
        (project / "b.json").write_text(content)
    before = (project / "job.yaml").read_text()
    assert run(["check", "bare.png", *arguments]) == 2
    assert message in capfd.readouterr().err
    assert (project / "job.yaml").read_text() == before


def test_fix_fails_only_for_what_is_new(
    with_baseline: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGBA", (300, 300)).save(with_baseline / "clear.png")
    (with_baseline / "lost.yaml").write_text(
        "target: evolink/wan2.7-reference-video\nprompt: Image 1.\n"
        "references:\n  - image: clear.png\n    voice: gone.wav\n"
    )
    assert run(["fix", "lost.yaml", "--in-place"]) == 1
    run(["check", "lost.yaml", "--write-baseline"])
    assert run(["fix", "lost.yaml", "--in-place"]) == 0
    capfd.readouterr()
