"""A target with roles of its own and a nested request body: jobs in our words, and native ones."""

from __future__ import annotations

import json
import wave
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from sample_videos import make
from valid_jobs import VIDEO

from wanprep.check.inputs import Case, read_cases, read_inputs
from wanprep.check.pipeline import run_check
from wanprep.check.request import CheckRequest
from wanprep.config import Config
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.plan.plan import Options, Plan, TargetRole
from wanprep.fix.plan_file import plan_asset
from wanprep.job.model import parse_jobs
from wanprep.pointers import pointer_to
from wanprep.rules.bounds import violations
from wanprep.rules.check_target import target_errors
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_problem
from wanprep.rules.target import all_targets
from wanprep.submit.request.body import build_request
from wanprep.testing.lint.fields import check_fields
from wanprep.testing.lint.jobs import check_bodies

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


VECTORS: Final = [
    json.loads(line)
    for line in (FOLDER / "wide-video.vectors.jsonl").read_text("utf-8").splitlines()
]


def case_of(folder: Path, job: dict[str, Any], **request: Any) -> Case:
    (folder / "job.json").write_text(json.dumps(job))
    found = read_inputs(
        CheckRequest(
            paths=(str(folder / "job.json"),), target_folders=(FOLDER,), offline=True, **request
        )
    )
    assert [*found.files[0].problems, *found.jobs[0].problems] == []
    return found.cases[0]


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


@pytest.mark.parametrize("vector", [pytest.param(each, id=each["says"]) for each in VECTORS])
def test_vectors(vector: dict[str, Any]) -> None:
    part, _, role = vector["part"].partition("/")
    schema = WIDE.roles[role] if role else {"job": WIDE.job, "body": WIDE.body}[part]
    found = violations(vector["value"], schema)
    assert [[each.rule, each.severity, pointer_to(each.path)] for each in found] == (
        vector["findings"]
    )


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
    del body["input"]["content"][2:]
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


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for name, seconds in (("4s.mp4", 4), ("12s.mp4", 12)):
        make(folder / name, f"color=red:s=960x640:d={seconds}:r=1")
    Image.new("RGB", (640, 640), "red").save(folder / "a.png")
    with wave.open(str(folder / "a.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000 * 3))
    return folder


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        pytest.param(
            {"references": [{"video": "4s.mp4"}, {"video": "12s.mp4"}]},
            [
                (
                    "total-too-long",
                    "/references/0/video",
                    "videos are too long together (16.00 s);",
                )
            ],
            id="a sum",
        ),
        pytest.param(
            {"references": [{"video": "12s.mp4"}], "parameters": {"duration": 20}},
            [("total-too-long", "/references/0/video", "(32.00 s); Acme: videos and result")],
            id="a sum with the result",
        ),
        pytest.param(
            {"references": [{"image": "a.png"}, {"image": "./a.png"}]},
            [("duplicate-reference", "/references/1/image", "./a.png is in the job twice")],
            id="a file twice",
        ),
        pytest.param(
            {"references": [{"audio": "a.wav"}]},
            [("role-missing", "", "Acme: audio is never alone")],
            id="alone",
        ),
        pytest.param(
            {"last_frame": "a.png"},
            [("role-missing", "", "The first frames need another file beside them; Acme: a last")],
            id="half a pair",
        ),
        pytest.param(
            {"first_frame": "a.png", "references": [{"image": "a.png"}]},
            [("roles-exclusive", "/references/0/image", "The images cannot be combined")],
            id="two modes",
        ),
    ],
)
def test_sums_and_combinations(
    media: Path, job: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    path = media / "job.json"
    path.write_text(json.dumps({"target": WIDE.id, "prompt": "She waves.", **job}))
    request = CheckRequest(paths=(str(path),), target_folders=(FOLDER,))
    found = [each for each in run_check(request).findings if each.severity != "note"]
    assert [(each.rule, each.pointer) for each in found] == [each[:2] for each in expected]
    for finding, (_, _, words) in zip(found, expected, strict=True):
        assert words in finding.message


def test_a_video_with_too_many_pixels_is_scaled_to_fit() -> None:
    facts = replace(VIDEO, width=1920, height=1080, stored_width=1920, stored_height=1080)
    plan = plan_asset(facts, [TargetRole(WIDE, "reference_video")], Options())
    assert isinstance(plan, Plan)
    pixels = (plan.predicted.width or 0) * (plan.predicted.height or 0)
    assert 0.99 * 927408 < pixels <= 927408


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(date(2026, 8, 15), [], id="61 days before"),
        pytest.param(date(2026, 8, 16), [("warning", "acme/wide-video ends on 2026-10-15: ")],
                     id="60 days before"),
        pytest.param(date(2026, 10, 15), [("warning", "acme/wide-video ends on")],
                     id="its last day"),
        pytest.param(date(2026, 10, 16),
                     [("error", "acme/wide-video ended on 2026-10-15: it retires. Use acme/next")],
                     id="after it"),
    ],
)  # fmt: skip
def test_a_target_that_ends(tmp_path: Path, today: date, expected: list[tuple[str, str]]) -> None:
    source = {**WIDE.data["unknown_key"]["x-source"], "says": "it retires"}
    ending = {"until": "2026-10-15", "until_source": source, "replaced-by": "acme/next"}
    for file in (WIDE.file, *FOLDER.glob("*.schema.json")):
        (tmp_path / file.name).write_text(file.read_text("utf-8"))
    (tmp_path / WIDE.file.name).write_text(json.dumps({**WIDE.data, **ending}))
    (tmp_path / "job.yaml").write_text(f"prompt: x\ntarget: {WIDE.id}\n")
    report = run_check(
        CheckRequest(paths=(str(tmp_path / "job.yaml"),), target_folders=(tmp_path,), today=today)
    )
    found = [each for each in report.findings if each.rule == "target-ended"]
    assert [each.severity for each in found] == [severity for severity, _ in expected]
    for finding, (_, words) in zip(found, expected, strict=True):
        assert words in finding.message
        assert finding.pointer == "/target"


def test_names_in_the_prompt_are_counted_after_the_frames() -> None:
    text = (
        f"target: {WIDE.id}\nprompt: Image 1 and Element 1 hear Audio 1.\n"
        f"references: [image: {HOST}/a.png, element: {HOST}/e.png, audio: {HOST}/a.mp3]\n"
        f"first_frame: {HOST}/f.png\n"
    )
    cases, _ = read_cases(parse_jobs(text, "job.yaml", TARGETS.roles), [], TARGETS, [])
    fixed = fix_job(parse_jobs(text, "job.yaml", TARGETS.roles), cases, options=Options())
    assert fixed.text.splitlines()[1] == 'prompt: "@Image2 and @Element1 hear @Audio1."'


def test_a_limit_of_uploads_is_none_of_urls() -> None:
    facts = replace(VIDEO, bytes=10_000_001, width=960, height=640)
    behind_url = replace(facts, path=f"{HOST}/a.mp4")
    inside = replace(facts, path="data:video/mp4;base64,AAAA", bytes=3_750_001)
    found = [
        [(each.rule, each.found) for each in judge_asset(each, WIDE, "reference_video")]
        for each in (facts, behind_url, inside)
    ]
    assert found == [[("file-too-large", 10_000_001)], [], [("file-too-large", 5_000_004)]]
    [violation] = judge_asset(inside, WIDE, "reference_video")
    message = asset_problem(violation, "data:video/mp4;base64,AAAA", inside, WIDE)
    assert message.endswith(": 5.0 MB as base64; Acme accepts at most 5 MB.")


def test_shots_are_written_and_read_entry_by_entry(tmp_path: Path) -> None:
    shots = [{"prompt": "She waves.", "duration": 2}, {"prompt": "She leaves.", "duration": 4}]
    job = JOB | {"parameters": {"duration": 5, "shots": shots}}
    body = build_request(case_of(tmp_path, job), WIDE, {}).order.body
    assert body["settings"]["shots"] == [
        {"n": 1, "text": "She waves.", "seconds": "2"},
        {"n": 2, "text": "She leaves.", "seconds": "4"},
    ]
    native = {"target": WIDE.id, "body": body}
    assert case_of(tmp_path, native).intent.parameters["shots"] == shots
    for written, pointer in ((job, "/parameters/shots"), (native, "/body/settings/shots")):
        assert ("parameter-invalid", pointer) in findings(tmp_path, written)
