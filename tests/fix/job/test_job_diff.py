"""Diffs of job files, as other tools apply them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fixed_jobs import EVOLINK, fix, job_file

from wanprep.fix.job.changes import FixedJob
from wanprep.fix.outcome_text import diff

LINES = (f"target: {EVOLINK}", "prompt: image1", "refs: [{image: a.jpg}]", "duration: '5'")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_git_applies_it(tmp_path: Path, line_end: str, last: bool) -> None:
    text = line_end.join(LINES) + line_end * last
    (tmp_path / "job.yaml").write_bytes(text.encode())
    fixed_job = fix(text)

    patch = diff(job_file(text), fixed_job)

    assert patch.startswith("--- a/job.yaml\n+++ b/job.yaml\n@@ ")
    assert ("\\ No newline at end of file" in patch) is not last
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "job.yaml").read_bytes() == fixed_job.text.encode()


def test_nothing_changes() -> None:
    file = job_file("prompt: a\x85b\u2028c")

    assert diff(file, FixedJob(text="prompt: a\x85b\u2028c")) == ""


def test_names_do_no_harm() -> None:
    file = job_file("a", "/srv/strange\n\x1b[2Jname.yaml")

    assert diff(file, FixedJob(text="b")).splitlines()[:2] == [
        r"--- a/srv/strange/n/x1b[2Jname.yaml",
        r"+++ b/srv/strange/n/x1b[2Jname.yaml",
    ]
