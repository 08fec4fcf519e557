from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wanprep.job.model import Reference, read_jobs
from wanprep.job.roles import common_roles

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.job.model import Asset

JOB = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks through the garden of Image 2 while Video 1 dances beside her.
negative_prompt: blurry
references:
  - image: refs/hero.jpg
    voice: refs/hero.wav
  - image: refs/garden.png
  - video: refs/dance.mp4
first_frame: refs/start.png
parameters: {resolution: 1080p, aspect_ratio: 16:9, duration: 5, seed: 42}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "job.yaml"


def test_a_job(file: Path) -> None:
    file.write_text(JOB, encoding="utf-8")
    found = read_jobs(str(file))
    (job,) = found.jobs
    assert found.problems == ()
    assert found.file == job.file == str(file)
    assert job.number == 1
    assert job.targets == {"evolink/wan2.7-reference-video": "/target"}
    assert job.prompt is not None
    assert job.prompt.startswith("Image 1 walks")
    assert job.negative_prompt == "blurry"
    roles = common_roles()
    assert job.references == (
        Reference(roles["reference_image"], "refs/hero.jpg", "refs/hero.wav", "/references/0"),
        Reference(roles["reference_image"], "refs/garden.png", None, "/references/1"),
        Reference(roles["reference_video"], "refs/dance.mp4", None, "/references/2"),
    )
    assert [asset.pointer for asset in job.assets()][-1] == "/first_frame"
    assert job.parameters == {
        "resolution": "1080p", "aspect_ratio": "16:9", "duration": 5, "seed": 42,
    }  # fmt: skip
    assert job.body is None
    assert job.raw["target"] == "evolink/wan2.7-reference-video"
    assert job.document.place("/references/1/image").line == 7
    assert found.source.line_text(7) == "  - image: refs/garden.png"


def test_a_job_of_nothing(file: Path) -> None:
    file.write_text("target: []\nreferences:\nfirst_frame:\nparameters:\n", encoding="utf-8")
    (job,) = read_jobs(str(file)).jobs
    assert (job.targets, job.references, job.parameters) == ({}, (), {})
    assert (job.prompt, job.negative_prompt, job.body) == (None,) * 3


def test_an_empty_prompt_is_left_to_the_judge(file: Path) -> None:
    file.write_text("prompt: ''\nnegative_prompt: ''\n", encoding="utf-8")
    found = read_jobs(str(file))
    assert found.problems == ()
    assert found.jobs[0].prompt == ""


def test_a_native_body(file: Path) -> None:
    file.write_text("target: a/b\nbody: {prompt: hi, videos: [x]}\n", encoding="utf-8")
    (job,) = read_jobs(str(file)).jobs
    assert job.body == {"prompt": "hi", "videos": ["x"]}
    assert job.document.place("/body/videos/0").column == 29


def test_targets_are_named_once(file: Path) -> None:
    file.write_text("target: [a/b, '', c/d, a/b]\n", encoding="utf-8")
    (job,) = read_jobs(str(file)).jobs
    assert job.targets == {"a/b": "/target/0", "c/d": "/target/2"}


def test_a_broken_document_hides_no_other(file: Path) -> None:
    file.write_text(
        "prompt: a\nx: 1\n---\nprompt: b: c\n---\n5\n---\nprompt: d\n", encoding="utf-8"
    )
    found = read_jobs(str(file))
    assert [(job.number, job.prompt) for job in found.jobs] == [(1, "a"), (4, "d")]
    assert [problem.place.line for problem in found.problems] == [2, 4, 6]


def test_one_slip_is_one_problem(file: Path) -> None:
    file.write_text("refs:\n  image: a.png\n  voice: ''\n", encoding="utf-8")
    found = read_jobs(str(file))
    (job,) = found.jobs
    assert job.references == (
        Reference(common_roles()["reference_image"], "a.png", None, "/references/0"),
    )
    assert job.document.place("/references/0/image").line == 2
    assert [problem.pointer for problem in found.problems] == ["/refs", "/refs", "/refs/0/voice"]
    assert [asset.written for asset in job.assets()] == ["a.png"]


def test_an_entry_without_its_file_keeps_its_place(file: Path) -> None:
    file.write_text("references: [{image: ''}, {image: b.png}]", encoding="utf-8")
    (job,) = read_jobs(str(file)).jobs
    assert [reference.asset for reference in job.references] == ["", "b.png"]
    assert [asset.written for asset in job.assets()] == ["b.png"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    found = read_jobs(os.path.join(tmp_path, "missing.yaml"))
    assert found.jobs == ()
    (problem,) = found.problems
    assert problem.message == "this file cannot be read: No such file or directory"
    assert found.source.line_text(1) == ""


SNIPPETS = st.lists(
    st.sampled_from(
        [*JOB.splitlines(keepends=True), "---\n", "  ", "\t", "- ", "refs: ", "body:\n", "? ", ": ",
         "{", "}", "[", "]", "'", '"', "&a ", "*a ", "!x ", "|\n", ">\n", "image: ", "5\n", "\\",
         "video: [1]\n", "target: {a: b}\n", "voice: ~\n", "\ufeff", "图", "\x85", "<<: "]
    ),
    max_size=12,
).map(lambda parts: "".join(parts).encode())  # fmt: skip


@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SNIPPETS | st.binary(max_size=60), st.sampled_from([".yaml", ".json"]))
def test_any_bytes_are_a_file_of_jobs_or_of_problems(
    tmp_path: Path, data: bytes, suffix: str
) -> None:
    path = tmp_path / f"job{suffix}"
    path.write_bytes(data)
    found = read_jobs(str(path))
    assert found.jobs or found.problems
    for job in found.jobs:
        for asset in job.assets():
            job.document.place(asset.pointer)
            job.document.place_within("/prompt", 0, 3)


def test_reading_json_loads_no_yaml_and_no_validator(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text('{"prompt": "a"}', encoding="utf-8")
    code = (
        "import sys; from wanprep.job.model import read_jobs; "
        f"assert read_jobs({str(path)!r}).jobs; "
        "print({'ruamel.yaml', 'jsonschema', 'difflib'} & {*sys.modules})"
    )
    shown = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert shown == "set()\n"


def assets(tmp_path: Path, text: str) -> list[Asset]:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    (job,) = read_jobs(str(path)).jobs
    return list(job.assets())


def test_assets_come_in_the_order_of_the_job(tmp_path: Path) -> None:
    found = assets(
        tmp_path,
        """\
first_frame: start.png
references:
  - voice: hero.wav
    image: hero.jpg
  - video: dance.mp4
""",
    )
    assert [(asset.role, asset.written, asset.pointer) for asset in found] == [
        ("reference_image", "hero.jpg", "/references/0/image"),
        ("voice", "hero.wav", "/references/0/voice"),
        ("reference_video", "dance.mp4", "/references/1/video"),
        ("first_frame", "start.png", "/first_frame"),
    ]


@pytest.mark.parametrize(
    ("written", "kind", "location"),
    [
        pytest.param("refs/a.png", "file", "{folder}/refs/a.png", id="below the job"),
        pytest.param("../a.png", "file", "{folder}/../a.png", id="beside its folder"),
        pytest.param("/media/a.png", "file", "/media/a.png", id="from the root"),
        pytest.param("图 1.png", "file", "{folder}/图 1.png", id="any name"),
        pytest.param("a:b.png", "file", "{folder}/a:b.png", id="a colon in a name"),
        pytest.param("C://a.png", "file", "{folder}/C://a.png", id="a drive is no scheme"),
        pytest.param("https://x.org/a.png?b#c", "url", "https://x.org/a.png?b#c", id="https"),
        pytest.param("HTTP://x.org/a.png", "url", "HTTP://x.org/a.png", id="in capitals"),
        pytest.param("s3://bucket/a.png", "object", "s3://bucket/a.png", id="in a store"),
        pytest.param("sftp://host/a.png", "url", "sftp://host/a.png", id="another scheme"),
        pytest.param(
            "data:image/png;base64,AA==", "data", "data:image/png;base64,AA==…e2c4bf98", id="data"
        ),
    ],
)
def test_where_an_asset_is(tmp_path: Path, written: str, kind: str, location: str) -> None:
    (found,) = assets(tmp_path, f'first_frame: "{written}"')
    assert (found.kind, found.location) == (kind, location.format(folder=tmp_path))


def test_a_path_beside_the_job_stays_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job.yaml").write_text("first_frame: a.png", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (job,) = read_jobs("job.yaml").jobs
    assert [asset.location for asset in job.assets()] == ["a.png"]
