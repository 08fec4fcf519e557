"""Comments in jobs that accept what is found."""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from wanprep.check.ignores import inline_ignores
from wanprep.cli import run
from wanprep.job.model import parse_jobs

HEAD = "target: evolink/wan2.7-reference-video\n"
PROMPT = "prompt: Image 1 meets Image 2.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("small.png", "tiny.png"):
        Image.new("RGB", (100, 100)).save(tmp_path / name)
    Image.new("RGB", (300, 300)).save(tmp_path / "fine.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(
    capfd: pytest.CaptureFixture[str], folder: Path, text: str, name: str = "job.yaml"
) -> dict[str, Any]:
    (folder / name).write_text(text, encoding="utf-8")
    status = run(["check", name, "--format", "json"])
    report: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert status == (1 if report["summary"]["errors"] else 0)
    return report


def found(report: dict[str, Any]) -> list[str]:
    return [f"{each['line']} {each['rule']}" for each in report["findings"]]


SMALL = "image-too-small"
REFERENCES = "references:\n  - image: small.png\n  - image: tiny.png\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param(HEAD + PROMPT + REFERENCES, ["4 " + SMALL, "5 " + SMALL], id="none"),
        pytest.param(
            f"{HEAD}{PROMPT}references:\n  - image: small.png  # wanprep: ignore[{SMALL}]\n"
            "  - image: tiny.png\n", ["5 " + SMALL], id="the end of a line"),
        pytest.param(
            f"{HEAD}{PROMPT}references:\n  # wanprep: ignore[{SMALL}]\n  # as it is old\n\n"
            "  - image: small.png\n  - image: tiny.png\n", ["8 " + SMALL], id="the entry below"),
        pytest.param(
            f"{HEAD}{PROMPT}# wanprep:ignore[{SMALL}, codec-risky ,]\n{REFERENCES}", [],
            id="a key with all below it"),
        pytest.param(
            f"# old\n#wanprep: ignore[{SMALL}] for now\n{HEAD}{PROMPT}{REFERENCES}", [],
            id="the whole document"),
        pytest.param(
            f"# old\n# wanprep: ignore[{SMALL}]\n---\n{HEAD}{PROMPT}{REFERENCES}", [],
            id="above the first document"),
        pytest.param(
            f"--- # wanprep: ignore[{SMALL}]\n{HEAD}{PROMPT}{REFERENCES}", [], id="at its dashes"),
        pytest.param(
            f"{HEAD}{PROMPT}{REFERENCES}# wanprep: ignore[{SMALL}]\n",
            ["4 " + SMALL, "5 " + SMALL], id="below everything"),
        pytest.param(
            f"{HEAD}{PROMPT}# wanprep: ignore[codec-risky]\n{REFERENCES}",
            ["5 " + SMALL, "6 " + SMALL], id="another rule"),
        pytest.param(
            f"{HEAD}prompt: |  # wanprep: ignore[prompt-ref-unbound]\n  Image 1 meets\n  Image 7.\n"
            "references:\n  - image: fine.png\n", [], id="a text of several lines"),
        pytest.param(
            f"{HEAD}prompt: |\n  Image 1 and # wanprep: ignore[prompt-ref-unbound]\n  Image 7.\n"
            "references:\n  - image: fine.png\n", ["4 prompt-ref-unbound"], id="within a text"),
        pytest.param(
            f'{HEAD}prompt: "Image 1, # wanprep: ignore[prompt-ref-unbound] Image 7"\n'
            "references:\n  - image: fine.png\n", ["2 prompt-ref-unbound"], id="between quotes"),
        pytest.param(
            f"{HEAD}{PROMPT}references: [ {{image: small.png}}, # wanprep: ignore[{SMALL}]\n"
            "  {image: tiny.png}]\n", ["4 " + SMALL], id="between brackets"),
        pytest.param(
            f"{HEAD}prompt: # wanprep: ignore[prompt-ref-unbound]\n  Image 1 meets Image 7.\n"
            "references:\n  - image: fine.png\n", [], id="a value that begins below"),
    ],
)  # fmt: skip
def test_what_is_left(
    folder: Path, text: str, left: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    report = check(capfd, folder, text)
    assert [each for each in found(report) if "unused" not in each] == left
    assert [each["verdict"] for each in report["verdicts"]] == ["fail" if left else "pass"]


def test_each_document_has_its_own(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = HEAD + PROMPT + REFERENCES
    report = check(capfd, folder, f"{one}---\n# wanprep: ignore[{SMALL}]\n{one}---\n{one}")
    assert [line for line in found(report) if int(line.split()[0]) < 7] == [
        "4 " + SMALL,
        "5 " + SMALL,
    ]
    assert [each["verdict"] for each in report["verdicts"]] == ["fail", "pass", "fail"]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[image-to-small]", "there is no rule 'image-to-small'. Did you mean 'image-too-"),
        ("ignore[job-invalid]", "`job-invalid` cannot be ignored"),
        ("ignore[target-unknown]", "`target-unknown` cannot be ignored"),
        ("ignore", "This comment names no rule"),
        ("ignore[ ]", "This comment names no rule"),
    ],
)
def test_a_comment_without_effect_is_reported(
    folder: Path, comment: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    text = f"{HEAD}prompt: Image 1.\nreferences:\n  - image: fine.png # wanprep: {comment}\n"
    (finding,) = check(capfd, folder, text)["findings"]
    assert (finding["rule"], finding["severity"]) == ("ignore-invalid", "warning")
    assert (finding["line"], finding["column"]) == (4, 21)
    assert message in finding["message"]


def test_it_is_reported_in_every_format(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "job.yaml").write_text(
        f"# wanprep: ignore[{SMALL}]\n# wanprep: ignore[codec-rsky]\n{HEAD}{PROMPT}{REFERENCES}"
    )
    for style in ("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"):
        assert run(["check", "job.yaml", "--format", style]) == 0
        report = capfd.readouterr().out
        assert SMALL not in report
        assert "codec-rsky" in report


def test_what_cannot_be_judged_cannot_be_ignored(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (
        "# wanprep: ignore[target-unknown, job-invalid]\ntarget: evolink/wan\nprompt: x\nzap: 1\n"
    )
    rules = {each["rule"] for each in check(capfd, folder, text)["findings"]}
    assert {"target-unknown", "job-invalid"} <= rules


def test_json_has_no_comments(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    job = {
        "target": "evolink/wan2.7-reference-video",
        "prompt": f"# wanprep: ignore[{SMALL}]",
        "references": [{"image": "small.png"}],
    }
    assert found(check(capfd, folder, json.dumps(job), "job.json")) == ["1 " + SMALL]


def test_fix_leaves_alone_what_is_accepted(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGBA", (300, 300)).save(folder / "clear.png")
    before = (folder / "clear.png").read_bytes()
    accepted = (
        f"{HEAD}prompt: Image 1.\nreferences:\n  - image: clear.png # wanprep: ignore[{{}}]\n"
    )
    (folder / "job.yaml").write_text(accepted.format("alpha-unsupported"))
    assert run(["fix", "job.yaml", "--in-place"]) == 0
    assert (folder / "clear.png").read_bytes() == before

    (folder / "other.yaml").write_text(accepted.format("codec-risky"))
    assert run(["fix", "job.yaml", "other.yaml", "--in-place"]) == 0
    assert (folder / "clear.png").read_bytes() != before, "the other job minds"
    capfd.readouterr()


def test_fix_leaves_the_words_alone_that_are_accepted(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job = f"{HEAD}prompt: character1 waves. {{}}\nreferences:\n  - image: fine.png\n"
    (folder / "job.yaml").write_text(job.format("# wanprep: ignore[prompt-ref-style]"))
    (folder / "other.yaml").write_text(job.format(""))
    assert run(["fix", "job.yaml", "other.yaml", "--in-place"]) == 0
    assert "character1" in (folder / "job.yaml").read_text()
    assert "character1" not in (folder / "other.yaml").read_text()
    capfd.readouterr()


@pytest.mark.untraced
def test_thousands_of_comments_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        keys = "".join(f"  key{at}: 1  # wanprep: ignore[{SMALL}]\n" for at in range(count))
        block = f"# wanprep: ignore[{SMALL}]\n" * count
        (job,) = parse_jobs(f"{HEAD}prompt: a\nparameters:\n{keys}{block}", "job.yaml").jobs
        gc.collect()  # not meanwhile
        begin = time.process_time()
        ignores = inline_ignores(job)
        assert all(ignores.cover(SMALL, f"/parameters/key{at}", None) for at in range(count))
        return time.process_time() - begin

    seconds(100)
    few = min(seconds(400) for _ in range(2))
    assert seconds(1600) < 10 * few  # four times as many; it was sixteen times as long
