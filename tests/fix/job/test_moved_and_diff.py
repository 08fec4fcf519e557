"""Paths of moved media, and diffs of job files as other tools apply them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from fixed_jobs import EVOLINK, OXEN, fix, independent, job_file

from wanprep.fix.job.changes import FixedJob
from wanprep.fix.receipt import diff

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"target: {EVOLINK}\nprompt: Image 1\n"

MOVES = [
    pytest.param(
        "refs:\n- image: a.tiff # hers\n  voice: 'a b.wav'\nfirst_frame: \"c.gif\"\n",
        {"/references/0/image": "a.png", "/references/0/voice": "a'b.wav", "/first_frame": "c.png"},
        "references:\n- image: a.png # hers\n  voice: 'a''b.wav'\nfirst_frame: \"c.png\"\n",
        id="in its quotes",
    ),
    pytest.param(
        "references: [{image: a.tiff}]\n",
        {"/references/0/image": "b, c.png"},
        'references: [{image: "b, c.png"}]\n',
        id="quotes where they are needed",
    ),
    pytest.param(
        "references:\n- a.tiff\n- image: a.tiff\n",
        {"/references/0/image": "1.png", "/references/1/image": "2.png"},
        "references:\n- {image: 1.png}\n- image: 2.png\n",
        id="a name alone",
    ),
    pytest.param(
        "references:\n- image: &a a.tiff\n- image: *a\n",
        {"/references/0/image": "a.png", "/references/1/image": "a.png"},
        'references:\n- image: &a a.png\n- image: a.png\n',
        id="repeated, both to the same",
    ),
    pytest.param(
        "references:\n- image: &a a.tiff\n- image: *a\n",
        {"/references/1/image": "a.png"},
        "references:\n- image: &a a.tiff\n- image: a.png\n",
        id="only the repetition",
    ),
    pytest.param(
        "references: [{image: a.png}]\n",
        {"/references/0/image": "a.png", "/references/7/image": "b.png"},
        "references: [{image: a.png}]\n",
        id="nothing moves",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "moved", "fixed"), MOVES)
def test_moved_paths(written: str, moved: dict[str, str], fixed: str) -> None:
    fixed_job = fix(HEAD + written, moved={(1, pointer): path for pointer, path in moved.items()})

    assert fixed_job.text == HEAD + fixed
    assert independent(fixed_job.text)
    assert {change.safety for change in fixed_job.changes} <= {"safe"}
    assert "asset-missing" not in fixed_job.not_fixed


def test_a_path_with_an_anchor_in_use() -> None:
    text = f"{HEAD}references:\n- image: &a a.tiff\n- image: *a\n"

    fixed_job = fix(text, moved={(1, "/references/0/image"): "a.png"})

    assert fixed_job.text == text
    assert [(each.rule, each.line) for each in fixed_job.remaining][:1] == [("asset-missing", 4)]
    assert fixed_job.remaining[0].message.startswith(
        "A.png could not be written for a.tiff. It was not"
    )


def test_a_native_body_and_a_second_document() -> None:
    first = f"{HEAD}references: [{{image: a.tiff}}]\n"
    second = (
        f"target: {OXEN}\nbody: {{prompt: A, reference_images: [a.tiff], input_image: b.gif}}\n"
    )

    fixed_job = fix(
        f"{first}---\n{second}",
        moved={(2, "/body/reference_images/0"): "a.png", (2, "/body/input_image"): "b.png"},
    )

    assert fixed_job.text.startswith(first)
    assert "reference_images: [{url: a.png}], input_image: b.png" in fixed_job.text
    assert (
        fixed_job.changes[0].words == "write a.png instead of a.tiff, write b.png instead of b.gif"
    )


LINES = (f"target: {EVOLINK}", "prompt: image1", "refs: [{image: a.jpg}]", "duration: '5'")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_git_applies_a_diff(tmp_path: Path, line_end: str, last: bool) -> None:
    text = line_end.join(LINES) + line_end * last
    (tmp_path / "job.yaml").write_bytes(text.encode())
    fixed_job = fix(text)

    patch = diff(job_file(text), fixed_job)

    assert patch.startswith("--- a/job.yaml\n+++ b/job.yaml\n@@ ")
    assert ("\\ No newline at end of file" in patch) is not last
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "job.yaml").read_bytes() == fixed_job.text.encode()


def test_an_empty_diff() -> None:
    file = job_file("prompt: a\x85b\u2028c")

    assert diff(file, FixedJob(text="prompt: a\x85b\u2028c")) == ""


def test_names_in_a_diff_are_escaped() -> None:
    file = job_file("a", "/srv/strange\n\x1b[2Jname.yaml")

    assert diff(file, FixedJob(text="b")).splitlines()[:2] == [
        r"--- a/srv/strange/n/x1b[2Jname.yaml",
        r"+++ b/srv/strange/n/x1b[2Jname.yaml",
    ]
