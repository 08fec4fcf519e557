from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.inputs import read_cases
from wanprep.job.model import read_jobs
from wanprep.rules.target import all_targets
from wanprep.submit.request.submission import job_identity

TARGETS: Final = all_targets()
JOB: Final = """
target: evolink/wan2.7-reference-video
prompt: Image 1 walks.
references:
  - image: a.jpg
    voice: a.wav
  - image: https://example.com/b.jpg
parameters: {duration: 5, resolution: 720p}
"""
BODY: Final = """
target: evolink/wan2.7-reference-video
body:
  model: wan2.7-reference-video
  prompt: Image 1 walks.
  image_urls: [a.jpg, "https://example.com/b.jpg"]
  duration: 5
"""


def identity_of(folder: Path, text: str, name: str = "job.yaml", settings: Any = None) -> str:
    (folder / name).write_text(text)
    for media, content in {"a.jpg": b"image", "copy.jpg": b"image", "a.wav": b"voice"}.items():
        if not (folder / media).exists():
            (folder / media).write_bytes(content)
    [case], _ = read_cases(read_jobs(str(folder / name)), [], TARGETS, [])
    hashes = {
        asset.pointer: hashlib.sha256(Path(asset.location).read_bytes()).hexdigest()
        for asset in case.intent.assets
        if asset.kind == "file"
    }
    return job_identity(case, case.targets[0], hashes, settings or {})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(JOB, "other name.yaml", id="name of the file"),
        pytest.param("# words\n" + JOB.replace("Image 1 walks.", '"Image 1 walks."'), "job.yaml",
                     id="comments and quotes"),
        pytest.param(JOB.replace("{duration: 5, resolution: 720p}",
                                 "{resolution: 720P, duration: 5.0}"), "job.yaml",
                     id="order and case of parameters"),
        pytest.param(JOB.replace("a.jpg", "copy.jpg"), "job.yaml", id="names of assets"),
        pytest.param(JOB.replace("target: evolink/wan2.7-reference-video",
                     "target: [evolink/wan2.7-reference-video, wan/2.7]"), "job.yaml",
                     id="other targets"),
    ],
)  # fmt: skip
def test_the_same(tmp_path: Path, text: str, name: str) -> None:
    assert identity_of(tmp_path, text, name) == identity_of(tmp_path, JOB)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("walks", "runs", id="prompt"),
        pytest.param("a.jpg", "a.wav", id="asset"),
        pytest.param("    voice: a.wav\n", "", id="voice"),
        pytest.param("example.com/b.jpg", "example.com/c.jpg", id="url"),
        pytest.param("duration: 5", "duration: 6", id="parameter"),
        pytest.param("parameters:", "first_frame: a.jpg\nparameters:", id="first frame"),
        pytest.param("parameters:", "negative_prompt: no\nparameters:", id="negative prompt"),
        pytest.param("evolink/wan2.7-reference-video", "oxen/wan-v2-7-reference-to-video",
                     id="target"),
    ],
)  # fmt: skip
def test_another(tmp_path: Path, old: str, new: str) -> None:
    assert JOB.count(old) >= 1
    assert identity_of(tmp_path, JOB.replace(old, new)) != identity_of(tmp_path, JOB)


def test_settings_that_change_what_is_sent_count(tmp_path: Path) -> None:
    assert identity_of(tmp_path, JOB, settings={"item": {"url": "u"}}) != identity_of(tmp_path, JOB)


def test_a_native_body_is_identified_by_its_content(tmp_path: Path) -> None:
    identity = identity_of(tmp_path, BODY)
    assert identity_of(tmp_path, BODY.replace("a.jpg", "copy.jpg"), "x.yaml") == identity
    assert identity_of(tmp_path, BODY.replace("duration: 5", "duration: 6")) != identity
    assert identity_of(tmp_path, BODY.replace("a.jpg", "a.wav")) != identity


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    identity = identity_of(tmp_path, JOB)
    (tmp_path / "a.jpg").write_bytes(b"another image")
    assert identity_of(tmp_path, JOB) != identity
