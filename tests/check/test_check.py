from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import pytest
from PIL import Image

import wanprep
from wanprep.check.findings import verdict_of
from wanprep.check.inputs import read_cases
from wanprep.errors import UsageError
from wanprep.job.model import read_jobs
from wanprep.media.cache import Cache
from wanprep.media.facts import NOT_READ, Facts
from wanprep.rules.finding import Finding
from wanprep.rules.target import all_targets

MEDIA: Final = Path(__file__).parents[2] / "fixtures/jobs/media"
EVOLINK: Final = "evolink/wan2.7-reference-video"
RUNCOMFY: Final = "runcomfy/wan-2-2-image-to-video"
TARGETS: Final = all_targets()


def rules_found(report: wanprep.Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.target) for finding in report.findings]


def test_several_targets_judge_the_same_file() -> None:
    path = MEDIA / "hero.jpg"
    report = wanprep.check(path, targets=[EVOLINK, RUNCOMFY])
    assert rules_found(report) == [("image-too-small", RUNCOMFY)]
    assert report.targets == (EVOLINK, RUNCOMFY)
    assert [(each.subject, each.target, each.verdict) for each in report.verdicts] == [
        (str(path), EVOLINK, "pass"),
        (str(path), RUNCOMFY, "fail"),
    ]
    assert report.summary["assets"] == 1


def test_an_image_that_is_too_large_to_decode_never_passes(tmp_path: Path) -> None:
    Image.new("1", (9000, 9000)).save(tmp_path / "large.png")
    target = "wavespeed/wan-2.7-reference-to-video"

    report = wanprep.check(tmp_path / "large.png", targets=[target], deep=True)

    assert set(rules_found(report)) == {("asset-not-decoded", target), ("image-too-large", target)}
    assert [each.verdict for each in report.verdicts] == ["unknown"]


def test_a_file_that_several_jobs_name_is_probed_once(tmp_path: Path) -> None:
    """The cache counts: a second probe of an unchanged file would not come from there."""
    job = (
        f"target: [{EVOLINK}, wan/2.7]\nprompt: Image 1 and Image 2 wave.\n"
        f"references: [{{image: hero.jpg}}, {{image: ./hero.jpg}}]\n"
    )
    (tmp_path / "hero.jpg").write_bytes((MEDIA / "hero.jpg").read_bytes())
    (tmp_path / "one.yaml").write_text(job)
    (tmp_path / "two.yaml").write_text(f"{job}---\n{job}")

    report = wanprep.check(tmp_path)

    assert report.findings == ()
    assert report.summary["jobs"] == 3
    with Cache() as memory:
        assert memory.info().files <= 2  # hero.jpg, and as it is written with a dot


def test_a_job_is_judged_for_its_own_targets_unless_others_are_named(tmp_path: Path) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(f"target: {EVOLINK}\nprompt: x\nreferences: [{{image: {MEDIA}/hero.jpg}}]\n")
    assert wanprep.check(job).targets == (EVOLINK,)
    assert wanprep.check(job, targets=[RUNCOMFY]).targets == (RUNCOMFY,)


def test_without_a_target_the_shared_limits_hold(tmp_path: Path) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(f"prompt: x\nreferences: [{{image: {MEDIA}/hero.jpg}}]\n")
    assert wanprep.check(job).targets == ("wan/2.7",)


@pytest.mark.parametrize(
    ("name", "roles", "rules"),
    [
        pytest.param("hero.jpg", {}, [], id="an image is a reference"),
        pytest.param("dance.mp4", {}, [], id="a clip too"),
        pytest.param("voice.wav", {}, [], id="audio is a voice"),
        pytest.param(
            "dance.mp4",
            {"*.mp4": "first_frame"},
            ["reference-kind-unsupported"],
            id="by a glob",
        ),
        pytest.param("hero.jpg", {"*.png": "voice"}, [], id="by another glob"),
        pytest.param(
            "hero.jpg", {"*": "first_frame", "hero.*": "voice"}, [], id="the first that fits"
        ),
        pytest.param("really-a-jpeg.png", {}, ["format-mismatch"], id="by content"),
        pytest.param("cut.png", {}, ["asset-unreadable"], id="by name where there is no content"),
        pytest.param("pointer.png", {}, ["asset-lfs-pointer"], id="an LFS pointer"),
    ],
)
def test_roles_of_bare_media(name: str, roles: dict[str, str], rules: list[str]) -> None:
    assert [rule for rule, _ in rules_found(wanprep.check(MEDIA / name, roles=roles))] == rules


@pytest.mark.parametrize(
    ("name", "role", "rule"),
    [
        pytest.param("voice.wav", "voice", "voice-unsupported", id="voice"),
        pytest.param("dance.mp4", "reference_video", "reference-kind-unsupported", id="clip"),
    ],
)
def test_a_role_that_a_target_lacks(name: str, role: str, rule: str) -> None:
    report = wanprep.check(MEDIA / name, targets=[RUNCOMFY], roles={"*": role})
    assert rules_found(report) == [(rule, RUNCOMFY)]


def test_names_that_do_not_exist_are_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file, folder or match for: .*missing"):
        wanprep.check(tmp_path / "missing.jpg")
    with pytest.raises(UsageError, match="there is no target 'evolink/wan'"):
        wanprep.check(MEDIA / "hero.jpg", targets=["evolink/wan"])
    with pytest.raises(UsageError, match="nothing to check"):
        wanprep.check(tmp_path)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param("https://cdn.example.com/hero.jpg", True, id="address"),
        pytest.param("hero.jpg", False, id="file"),
    ],
)
def test_what_lies_behind_an_address_is_unchecked(
    tmp_path: Path, image: str, expected: bool
) -> None:
    (tmp_path / "hero.jpg").write_bytes((MEDIA / "hero.jpg").read_bytes())
    job = file(tmp_path, f"prompt: She waves.\nreferences: [{{image: {image}}}]\n")
    report = wanprep.check(job, offline=True)
    assert [each.verdict for each in report.verdicts] == ["unknown" if expected else "pass"]
    assert report.clean
    assert any("URLs" in note for note in report.unchecked) is expected


@pytest.mark.untraced
def test_the_same_report_at_every_run() -> None:
    folder = MEDIA.parent / "bad"
    reports = [
        wanprep.check(folder, offline=True, workers=count, cache=cache).as_json()
        for count, cache in ((1, True), (2, False))
    ]
    assert reports[0] == reports[1]
    rank = {"error": 0, "warning": 1, "note": 2}
    keys = [
        (each["file"], each["line"], each["column"], rank[each["severity"]], each["rule"])
        for each in reports[0]["findings"]
    ]
    assert keys == sorted(keys)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "asked", "targets", "wrong"),
    [
        pytest.param("prompt: x", [], ["wan/2.7"], [], id="no target"),
        pytest.param(f"target: {EVOLINK}\nprompt: x", [], [EVOLINK], [], id="the job says"),
        pytest.param(
            f"target: {EVOLINK}\nprompt: x", [RUNCOMFY], [RUNCOMFY], [], id="the user says"
        ),
        pytest.param(
            f"target: [{EVOLINK}, a/b]\nprompt: x",
            [],
            [EVOLINK],
            ["target-unknown"],
            id="one of two",
        ),
        pytest.param("target: a/b\nprompt: x", [], [], ["target-unknown"], id="one that is not"),
        pytest.param(
            "target: a/b\nbody: {prompt: x}", [], None, ["target-unknown"], id="and whose body?"
        ),
        pytest.param("body: {prompt: x}", [], None, ["job-invalid"], id="whose body?"),
        pytest.param("body: {prompt: x}", [EVOLINK], [EVOLINK], [], id="the user says whose"),
        pytest.param("body: {prompt: x}", ["wan/2.7"], None, ["job-invalid"], id="not a provider"),
    ],
)
def test_whom_a_job_is_for(
    tmp_path: Path, text: str, asked: list[str], targets: list[str] | None, wrong: list[str]
) -> None:
    found, findings = read_cases(
        read_jobs(str(file(tmp_path, text))),
        [TARGETS[name] for name in asked],
        TARGETS,
        [TARGETS["wan/2.7"]],
    )
    assert [[target.id for target in case.targets] for case in found] == (
        [] if targets is None else [targets]
    )
    assert [finding.rule for finding in findings] == wrong


ERROR: Final = Finding(rule="r", severity="error", message="m", target="t", file="f")
UNREADABLE: Final = replace(ERROR, rule="asset-unreadable")
LOCKED: Final = Facts(path="a", problem=f"{NOT_READ}: permission denied")


@pytest.mark.parametrize(
    ("findings", "facts", "unseen", "verdict"),
    [
        pytest.param([], [], False, "pass", id="nothing"),
        pytest.param([replace(ERROR, severity="warning")], [], False, "pass", id="a warning"),
        pytest.param([ERROR], [], False, "fail", id="an error"),
        pytest.param([ERROR], [LOCKED], True, "fail", id="an error is enough"),
        pytest.param([UNREADABLE], [Facts(path="a")], False, "fail", id="a broken file"),
        pytest.param([UNREADABLE], [LOCKED], False, "unknown", id="a file that was not read"),
        pytest.param([], [], True, "unknown", id="a URL that was not probed"),
    ],
)
def test_verdicts(
    findings: list[Finding],
    facts: list[Facts],
    unseen: bool,
    verdict: Literal["pass", "fail", "unknown"],
) -> None:
    assert verdict_of(findings, facts, unseen=unseen) == verdict
