from __future__ import annotations

import os
from pathlib import Path

import pytest

from wanprep.errors import UsageError
from wanprep.files.outputs import is_own_file, refuse_foreign, refuse_inputs, written_kind

OWN = {
    "baseline": '{\n  "version": 1,\n  "findings": [\n    {"file": "a.png", "rule": "x"}\n  ]\n}\n',
    "receipt": '{\n "version": 1,\n "wanprep": "0.1.0",\n "created": "2026-01-01"}',
    "run record": '{\n  "run": "v687by8w",\n  "job": "/a/job.yaml",\n  "target": "evolink/x"}',
    "report": '{"version":1,"targets":["evolink/x"],"summary":{"assets":0}}',
}


@pytest.mark.parametrize("kind", OWN)
def test_what_wanprep_wrote_is_recognised(kind: str) -> None:
    assert written_kind(OWN[kind]) == kind


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("target: evolink/wan2.7-reference-video\nprompt: a\n", id="a job"),
        pytest.param('{"version": 1, "findings": [{"id": 3}]}', id="another tool's findings"),
        pytest.param('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ruff"}}}]}',
                     id="another tool's SARIF"),
        pytest.param('<testsuites name="pytest"></testsuites>', id="another tool's JUnit"),
        pytest.param("a.py:1:1: error: no return  [return]\n", id="mypy"),
        pytest.param("::error file=a.py,title=mypy::no return\n", id="another tool's annotations"),
        pytest.param("# Notes\n\n    error[image-too-small] hero.png\n", id="a text about it"),
        pytest.param("\x89PNG\r\n\x1a\n", id="an image"),
    ],
)  # fmt: skip
def test_what_others_wrote_is_not(text: str) -> None:
    assert written_kind(text) is None


def test_only_an_earlier_output_of_its_kind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "output"
    refuse_foreign(str(path), "report", "-o")  # there is none
    for text in ("", "[]\n", OWN["report"]):
        path.write_text(text)
        refuse_foreign(str(path), "report", "-o")
    refuse_foreign(os.devnull, "report", "-o")
    for text in ("precious", OWN["receipt"], OWN["baseline"]):
        path.write_text(text)
        with pytest.raises(UsageError, match="is not a report that wanprep wrote"):
            refuse_foreign(str(path), "report", "-o")
    with pytest.raises(UsageError, match=r"cannot be read \(Is a directory\)"):
        refuse_foreign(str(tmp_path), "report", "-o")


def test_an_input_is_refused_under_all_its_names(tmp_path: Path) -> None:
    job, missing = tmp_path / "job.yaml", tmp_path / "refs/none.png"
    job.touch()
    (tmp_path / "link").symlink_to(job)
    os.link(job, tmp_path / "hard")
    inputs = ["", str(missing), str(job)]
    for name in ("job.yaml", "link", "hard", "refs/../job.yaml", "refs/none.png"):
        with pytest.raises(UsageError, match="which this run reads"):
            refuse_inputs(str(tmp_path / name), inputs, "-o")
    refuse_inputs(str(tmp_path / "other"), inputs, "-o")


def test_what_cannot_be_read_is_not_ours(tmp_path: Path) -> None:
    assert not is_own_file(str(tmp_path / "missing"))
    assert not is_own_file("a\0b")
