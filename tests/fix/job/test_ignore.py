"""A comment that ignores a finding goes where it covers it, and changes no value."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from wanprep.check.inputs import read_inputs
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest
from wanprep.fix.job.editor_actions import ignore_finding
from wanprep.fix.job.text import apply_edits


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        pytest.param(
            "references:\n- image: tiny.png\n", "image-too-small",
            "references:\n- image: tiny.png  # wanprep: ignore[image-too-small]\n", id="a line",
        ),
        pytest.param(
            "references:\r\n- {image: tiny.png, voice: a.wav} # wanprep: ignore[asset-missing]\r\n",
            "image-too-small",
            "references:\r\n- {image: tiny.png, voice: a.wav}"
            " # wanprep: ignore[asset-missing, image-too-small]\r\n",
            id="a comment that is there",
        ),
        pytest.param(
            "prompt: |\n  Rain, Image 9\n", "prompt-ref-unbound",
            "# wanprep: ignore[prompt-ref-unbound]\nprompt: |\n  Rain, Image 9\n",
            id="a text of its own lines",
        ),
    ],
)  # fmt: skip
def test_where_an_ignore_is_written(tmp_path: Path, text: str, rule: str, expected: str) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "tiny.png")
    job = tmp_path / "job.yaml"
    job.write_text(f"target: wan/2.7\n{text}", newline="")
    inputs = read_inputs(CheckRequest(paths=(str(job),)))

    [finding] = [each for each in judge_inputs(inputs).findings if each.rule == rule]

    edits = ignore_finding(inputs.files[0].jobs[0], finding)
    assert edits
    after = apply_edits(job.read_bytes().decode(), edits)
    assert after == f"target: wan/2.7\n{expected}"
    job.write_text(after, newline="")
    again = judge_inputs(read_inputs(CheckRequest(paths=(str(job),)))).findings
    assert rule not in {each.rule for each in again}
