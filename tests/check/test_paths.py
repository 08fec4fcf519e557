"""From PATHS to jobs and media."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from wanprep import check
from wanprep.check.inputs import Inputs
from wanprep.check.paths import check_paths, find_subjects
from wanprep.check.pipeline import placeholder_facts
from wanprep.check.request import CheckRequest
from wanprep.errors import UsageError
from wanprep.job.model import Asset
from wanprep.job.roles import common_roles
from wanprep.media.facts import Facts
from wanprep.rules.target import all_targets

NOTHING = io.BytesIO()
JOB = "target: evolink/wan2.7-reference-video\nprompt: x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "docker-compose.yml").write_text("services: {web: {image: nginx}}\n")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (tmp_path / "hero.png").write_bytes(b"")
    (tmp_path / "notes.md").write_text("# notes")
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs/dance.MP4").write_bytes(b"")
    (tmp_path / "refs/.hidden.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_missing_path_is_wrong_use(folder: Path) -> None:
    check_paths(["hero.png", "*.png", "-", str(folder)])
    with pytest.raises(UsageError, match=r"no file, folder or match for: ghost\.jpg, \*\.\\x1btif"):
        check_paths(["hero.png", "ghost.jpg", "*.\x1btif"])


@pytest.mark.usefixtures("folder")
def test_a_similar_name_is_suggested() -> None:
    for path, near in (("hera.png", "hero.png"), ("refs/dnce.MP4", "refs/dance.MP4")):
        with pytest.raises(UsageError, match=f"Did you mean {near}\\?"):
            check_paths([path])
    Path("typo.yaml").write_text(f"{JOB}references: [{{video: refs/dance.MP5}}]\n")
    [missing] = [each for each in check("typo.yaml").findings if each.rule == "asset-missing"]
    assert "no such file. Did you mean refs/dance.MP4? Correct the path" in missing.message
    Path("refs/link.png").symlink_to("gone.png")
    [broken] = check("refs/link.png").findings
    assert "link.png: no such file: a link to gone.png. Correct the path" in broken.message


@pytest.mark.parametrize(
    ("paths", "jobs", "media"),
    [
        pytest.param(["."], ["job.yaml"], ["hero.png", "refs/dance.MP4"], id="a folder"),
        pytest.param(["refs"], [], ["refs/dance.MP4"], id="another"),
        pytest.param(["package.json"], ["package.json"], [], id="what is named is a job"),
        pytest.param(["notes.md"], [], ["notes.md"], id="or media"),
        pytest.param(["job.yaml", "job.yaml"], ["job.yaml"], [], id="once"),
        pytest.param(["*.png", "**/*.MP4"], [], ["hero.png", "refs/dance.MP4"], id="globs"),
    ],
)
def test_what_there_is(folder: Path, paths: list[str], jobs: list[str], media: list[str]) -> None:
    assert folder.is_dir()
    found = find_subjects(paths, {"evolink"}, NOTHING)
    assert list(found.jobs) == jobs
    assert list(found.media) == media


def test_named_files_from_standard_input(folder: Path) -> None:
    names = b"job.yaml\0hero.png\0package.json\0notes.md\0"
    found = find_subjects(["-"], {"evolink"}, io.BytesIO(names), nul=True)
    assert folder.is_dir()
    assert found.jobs == ("job.yaml",)
    assert list(found.media) == ["hero.png"]


def test_what_is_not_there(folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(UsageError, match=r"ghost\.png"):
        find_subjects(["ghost.png"], {"evolink"}, NOTHING)


def test_what_a_job_uses_is_not_judged_alone_unless_named(folder: Path) -> None:
    used = [str(folder / "hero.png")]
    found = find_subjects(["."], {"evolink"}, NOTHING)
    assert list(found.standalone(used)) == [os.path.join("refs", "dance.MP4")]
    named = find_subjects([".", "hero.png"], {"evolink"}, NOTHING)
    assert list(named.standalone(used)) == ["hero.png", os.path.join("refs", "dance.MP4")]
    assert list(named.named_of(used)) == ["hero.png"]


@pytest.mark.parametrize(
    ("facts", "roles", "role"),
    [
        (Facts(path="a.png", kind="image"), {}, "reference_image"),
        (Facts(path="a.mp4", kind="video"), {}, "reference_video"),
        (Facts(path="a.wav", kind="audio"), {}, "voice"),
        (Facts(path="a.mp4", extension_format="mp4"), {}, "reference_video"),
        (Facts(path="a"), {}, "reference_image"),
        (Facts(path="start/a.png", kind="image"), {"start/*": "first_frame"}, "first_frame"),
        (Facts(path="start/a.png", kind="image"), {"a.*": "first_frame"}, "first_frame"),
        (Facts(path="start/a.png", kind="image"), {"b.*": "first_frame"}, "reference_image"),
    ],
)
def test_roles(facts: Facts, roles: dict[str, str], role: str) -> None:
    request = CheckRequest(paths=(), roles=roles)
    inputs = Inputs(request=request, facts={facts.path: facts})
    assert inputs.role(facts.path, all_targets()["wan/2.7"]) == role


def test_an_address_is_presumed_to_be_what_the_job_says() -> None:
    asset = Asset("voice", "https://a.org/v", "/references/0/voice", "url", "https://a.org/v")
    assert placeholder_facts(asset, common_roles()).kind == "audio"


def test_typescript_is_no_video(folder: Path) -> None:
    (folder / "app.ts").write_text("export const answer = 42\n")
    (folder / "app.MTS").write_text("")
    (folder / "real.ts").write_bytes(b"G\x40\0\x10" + b"\xff" * 184)
    (folder / "lost.ts").symlink_to("nowhere")
    (folder / "folder.ts").mkdir()
    found = find_subjects(["."], set(), NOTHING)
    assert [path for path in found.media if path.endswith("s")] == ["lost.ts", "real.ts"]
    named = find_subjects(["app.ts"], set(), NOTHING).media
    assert list(named) == ["app.ts"], "what is named is media"
