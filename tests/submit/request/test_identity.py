from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.inputs import CheckRequest, read_inputs
from wanprep.submit.request.identity import identity

EVOLINK: Final = "evolink/wan2.7-reference-video"
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


def of(folder: Path, text: str, name: str = "job.yaml", settings: Any = None) -> str:
    (folder / name).write_text(text)
    for media, content in {"a.jpg": b"picture", "copy.jpg": b"picture", "a.wav": b"voice"}.items():
        if not (folder / media).exists():
            (folder / media).write_bytes(content)
    seen = read_inputs(CheckRequest(paths=(str(folder / name),)))
    [[case]] = seen.cases
    hashes = {
        asset.pointer: hashlib.sha256(Path(asset.location).read_bytes()).hexdigest()
        for asset in case.intent.assets
        if asset.kind == "file"
    }
    return identity(case, case.targets[0], hashes, settings or {})


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
    assert of(tmp_path, text, name) == of(tmp_path, JOB)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("walks", "runs", id="prompt"),
        pytest.param("a.jpg", "a.wav", id="asset"),
        pytest.param("    voice: a.wav\n", "", id="voice"),
        pytest.param("example.com/b.jpg", "example.com/c.jpg", id="address"),
        pytest.param("duration: 5", "duration: 6", id="parameter"),
        pytest.param("parameters:", "first_frame: a.jpg\nparameters:", id="first frame"),
        pytest.param("parameters:", "negative_prompt: no\nparameters:", id="negative prompt"),
        pytest.param("evolink/wan2.7-reference-video", "oxen/wan-v2-7-reference-to-video",
                     id="target"),
    ],
)  # fmt: skip
def test_another(tmp_path: Path, old: str, new: str) -> None:
    assert JOB.count(old) >= 1
    assert of(tmp_path, JOB.replace(old, new)) != of(tmp_path, JOB)


def test_settings_that_change_what_is_sent_count(tmp_path: Path) -> None:
    assert of(tmp_path, JOB, settings={"item": {"url": "u"}}) != of(tmp_path, JOB)


def test_a_native_body_is_known_by_its_own_words(tmp_path: Path) -> None:
    known = of(tmp_path, BODY)
    assert of(tmp_path, BODY.replace("a.jpg", "copy.jpg"), "x.yaml") == known
    assert of(tmp_path, BODY.replace("duration: 5", "duration: 6")) != known
    assert of(tmp_path, BODY.replace("a.jpg", "a.wav")) != known


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    known = of(tmp_path, JOB)
    (tmp_path / "a.jpg").write_bytes(b"another image")
    assert of(tmp_path, JOB) != known
