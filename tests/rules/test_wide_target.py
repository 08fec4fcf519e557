"""A target with roles of its own and a nested request body: jobs in our words, and native ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep.check.inputs import Case, CheckRequest, read_cases, read_inputs
from wanprep.check.pipeline import run_check
from wanprep.config import Config
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.plan.plan import Options
from wanprep.job.model import parse_jobs
from wanprep.rules.check_target import target_errors
from wanprep.rules.target import all_targets
from wanprep.submit.request.body import build_request
from wanprep.testing.lint.fields import check_bodies, check_fields

FOLDER: Final = Path(__file__).parents[2] / "fixtures/targets"
TARGETS: Final = all_targets([FOLDER])
WIDE: Final = TARGETS["acme/wide-video"]
HOST: Final = "https://cdn.example.com"
JOB: Final[dict[str, Any]] = {
    "target": WIDE.id,
    "prompt": "She waves.",
    "references": [
        {"video": f"{HOST}/a.mp4"},
        {"image": f"{HOST}/a.png"},
        {"audio": f"{HOST}/a.mp3"},
        {"element": f"{HOST}/e.png"},
    ],
    "last_frame": f"{HOST}/z.png",
    "keyframes": [f"{HOST}/1.png", f"{HOST}/2.png"],
    "parameters": {"resolution": "1080p", "duration": 5, "watermark": True},
}
BODY: Final[dict[str, Any]] = {
    "model": "wide-1",
    "input": {
        "content": [
            {"type": "text", "text": "She waves."},
            {"type": "video_url", "video_url": {"url": f"{HOST}/a.mp4"}},
            {"type": "image_url", "image_url": {"url": f"{HOST}/a.png"}, "role": "reference_image"},
            {"type": "audio_url", "audio_url": {"url": f"{HOST}/a.mp3"}},
            {"type": "image_url", "image_url": {"url": f"{HOST}/z.png"}, "role": "last_frame"},
        ],
        "keyframes": [f"{HOST}/1.png", f"{HOST}/2.png"],
    },
    "elements": [{"frontal_image_url": f"{HOST}/e.png"}],
    "settings": {"tier": "default", "resolution": "1080P", "duration": "5", "watermark": "on"},
}


def case_of(folder: Path, job: dict[str, Any], **request: Any) -> Case:
    (folder / "job.json").write_text(json.dumps(job))
    found = read_inputs(
        CheckRequest(
            paths=(str(folder / "job.json"),), target_folders=(FOLDER,), offline=True, **request
        )
    )
    assert [*found.files[0].problems, *found.problems[0]] == []
    return found.cases[0][0]


def findings(folder: Path, job: dict[str, Any], **request: Any) -> list[tuple[str, str]]:
    (folder / "job.json").write_text(json.dumps(job))
    report = run_check(
        CheckRequest(
            paths=(str(folder / "job.json"),), target_folders=(FOLDER,), offline=True, **request
        )
    )
    return [(each.rule, each.pointer) for each in report.findings]


def test_the_files_are_valid_and_all_their_fields_can_be_built() -> None:
    assert [*target_errors(WIDE.file)] == []
    assert [*check_fields(WIDE), *check_bodies(WIDE)] == []


def test_a_job_becomes_a_nested_body(tmp_path: Path) -> None:
    assert build_request(case_of(tmp_path, JOB), WIDE, {}).order.body == BODY


def test_a_native_body_is_read_as_the_same_job(tmp_path: Path) -> None:
    ours = case_of(tmp_path, JOB).intent
    native = case_of(tmp_path, {"target": WIDE.id, "body": BODY}).intent
    assert native.prompt
    assert native.prompt.pointer == "/body/input/content/0/text"
    assert [each.role for each in native.references] == [each.role for each in ours.references]
    assert {(each.role, each.written) for each in native.assets} == {
        (each.role, each.written) for each in ours.assets
    }
    assert native.parameters == ours.parameters
    assert native.places["duration"] == "/body/settings/duration"


@pytest.mark.parametrize(
    ("value", "native"),
    [
        pytest.param({"duration": "auto"}, {"duration": -1}, id="a word"),
        pytest.param({"duration": 12.0}, {"duration": "12"}, id="a whole number as a string"),
        pytest.param({"watermark": False}, {"watermark": "off"}, id="a boolean as a word"),
    ],
)
def test_values_are_converted_both_ways(
    tmp_path: Path, value: dict[str, Any], native: dict[str, Any]
) -> None:
    job = {**JOB, "parameters": value}
    body = build_request(case_of(tmp_path, job), WIDE, {}).order.body
    assert body["settings"] == {"tier": "default"} | native
    assert case_of(tmp_path, {"target": WIDE.id, "body": body}).intent.parameters == value


def test_what_is_wrong_inside_of_a_body_has_its_place(tmp_path: Path) -> None:
    body = json.loads(json.dumps(BODY))
    body["settings"]["ratios"] = "16:9"
    body["settings"]["resolution"] = "1080p"
    body["elements"][0] = f"{HOST}/e.png"
    assert findings(tmp_path, {"target": WIDE.id, "body": body}) == [
        ("parameter-invalid", "/body/elements/0"),
        ("parameter-invalid", "/body/settings/resolution"),
        ("parameter-unknown", "/body/settings/ratios"),
    ]


def test_a_role_that_another_target_lacks(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    job = {"prompt": "x", "references": [{"element": "a.png"}], "keyframes": ["a.png"]}
    found = findings(tmp_path, job, targets=("wan/2.7",))
    assert ("role-unsupported", "/references/0/element") in found
    assert ("role-unsupported", "/keyframes/0") in found


def test_a_fix_leaves_out_the_roles_that_a_target_lacks() -> None:
    text = "target: wan/2.7\nprompt: x\nreferences: [image: a.png]\nkeyframes: [b.png, c.png]\n"
    file = parse_jobs(text, "job.yaml", TARGETS.roles)
    cases, _ = read_cases(file, [], TARGETS, [])
    fixed = fix_job(file, cases, options=Options(yes=True))
    assert fixed.text == text.replace("keyframes: [b.png, c.png]\n", "")


def test_bare_audio_has_the_role_that_the_target_has(tmp_path: Path) -> None:
    config = Config(target_folders=(FOLDER,))
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    found = read_inputs(
        CheckRequest(paths=(str(tmp_path / "a.wav"),), targets=(WIDE.id,), config=config)
    )
    assert found.role(found.media[0], WIDE) == "reference_audio"
    assert found.role(found.media[0], TARGETS["wan/2.7"]) == "voice"
