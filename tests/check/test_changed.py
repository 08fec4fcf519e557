"""What is checked when some files changed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hook_repository import JOB, HookRepository, hook_repository
from processes import wanprep_without_privileges

from wanprep.check import git
from wanprep.check.git import changed_subjects, deleted_files, files_that_mention, unaffected_jobs
from wanprep.check.pipeline import run_check
from wanprep.check.request import CheckRequest
from wanprep.cli import run

NOTHING = io.BytesIO()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HookRepository:
    repository = hook_repository(tmp_path)
    repository.image("refs/hero.png")
    repository.write("job.yaml", JOB.format("refs/hero.png"))
    repository.write(
        "deep/job.JSON", '{"prompt": "x", "references": [{"image": "../refs/hero.png"}]}'
    )
    repository.write("notes.json", '{"about": "hero.png"}')
    repository.write("app.ts", "export {}\n")
    repository.stage()
    repository.commit()
    for name, value in repository.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repository.folder)
    return repository


def test_the_jobs_of_what_changed(repository: HookRepository) -> None:
    found = changed_subjects(["refs/hero.png", "app.ts", "notes.json"], {"evolink"}, NOTHING)
    assert repository.folder.is_dir()
    assert list(found.media) == ["refs/hero.png"]
    assert found.jobs == ("deep/job.JSON", "job.yaml"), "and not what merely speaks of it"
    assert not [*found.standalone([os.path.abspath("refs/hero.png")])], "no one named it"


def test_what_cannot_be_opened_is_not_taken_for_deleted(repository: HookRepository) -> None:
    (repository.folder / "loop.yaml").symlink_to("loop.yaml")
    long = "x" * 300 + ".png"
    found = changed_subjects(["loop.yaml", long, "gone.png"], set(), NOTHING)
    assert [facts.path for facts in found.unread] == ["loop.yaml", long]
    assert found.changed == ("gone.png",)


def test_a_part_of_a_name_is_another_name(repository: HookRepository) -> None:
    repository.write("other.yaml", JOB.format("refs/superhero.png"))
    repository.write("next.yaml", JOB.format("refs/a-hero.png"))
    repository.stage()
    assert files_that_mention(["hero.png"]) == [
        "deep/job.JSON",
        "job.yaml",
        "next.yaml",
        "notes.json",
    ]


def test_the_names_from_standard_input(repository: HookRepository) -> None:
    assert repository.folder.is_dir()
    stdin = io.BytesIO(b"refs/hero.png\0gone.png\0")
    found = changed_subjects(["-"], {"evolink"}, stdin, nul=True)
    assert found.changed == ("refs/hero.png", "gone.png")


def test_from_a_folder_further_down(
    repository: HookRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.folder / "refs")
    found = changed_subjects(["hero.png"], {"evolink"}, NOTHING)
    assert found.jobs == ("../deep/job.JSON", "../job.yaml")
    repository.git("rm", "-q", "refs/hero.png", "--cached")
    assert deleted_files({}) == ["hero.png"]


def test_what_was_deleted_between_two_commits(repository: HookRepository) -> None:
    repository.git("rm", "-q", "refs/hero.png")
    repository.commit()
    assert deleted_files({}) == []
    ends = {"PRE_COMMIT_FROM_REF": "HEAD~1", "PRE_COMMIT_TO_REF": "HEAD"}
    assert deleted_files(ends) == ["refs/hero.png"]


def test_a_name_that_is_gone_breaks_its_job(
    repository: HookRepository, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository.folder / "refs/hero.png").unlink()
    assert run(["check", "--changed", "refs/hero.png", "--format", "concise"]) == 1
    output = capfd.readouterr().out
    assert "job.yaml:4:12: error[asset-missing]" in output
    assert run(["check", "--changed", "refs/other.png"]) == 0


def test_jobs_that_git_cannot_read_may_use_it(repository: HookRepository) -> None:
    (repository.folder / "job.yaml").chmod(0)
    done = wanprep_without_privileges("check", "--changed", "refs/hero.png", cwd=repository.folder)
    assert done.returncode == 1
    assert (
        "job.yaml\n  error[asset-unreadable] Cannot be read: it may be a job (perm" in done.stdout
    )


def test_no_names_are_nothing_to_check(
    repository: HookRepository, capfd: pytest.CaptureFixture[str]
) -> None:
    repository.image("small.png", (10, 10))
    assert run(["check", "--changed"]) == 0
    assert run(["fix", "--changed", "--in-place"]) == 0
    assert "nothing found" in capfd.readouterr().out


def test_a_job_that_only_seems_to_use_it(repository: HookRepository) -> None:
    repository.image("other/hero.png")
    found = changed_subjects(["other/hero.png"], {"evolink"}, NOTHING)
    assert found.jobs == ("deep/job.JSON", "job.yaml")
    both = ["refs/hero.png", "deep/../other/hero.png"]
    used = {"deep/job.JSON": ["refs/hero.png"], "job.yaml": both, "changed.yaml": []}
    assert unaffected_jobs(found, used) == {"deep/job.JSON"}
    report = run_check(CheckRequest(paths=("other/hero.png",), changed=True))
    assert [each.subject for each in report.verdicts] == ["other/hero.png"]


def test_too_many_jobs_are_reported(
    repository: HookRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "MOST_JOBS", 1)
    assert repository.folder.is_dir()
    report = run_check(CheckRequest(paths=("refs/hero.png",), changed=True))
    assert report.jobs == 1
    assert report.unchecked[0].startswith("1 more jobs that may use what changed")


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert files_that_mention(["hero.png"]) == []
    assert deleted_files(os.environ) == []
    monkeypatch.setenv("PATH", "")
    assert files_that_mention(["hero.png"]) == []
    assert files_that_mention([]) == []


def test_fix_reports_that_it_changed_something(
    repository: HookRepository, capfd: pytest.CaptureFixture[str]
) -> None:
    repository.image("clear.png", mode="RGBA")
    command = ["fix", "clear.png", "--in-place", "-t", "evolink/wan2.7-reference-video"]
    assert run([*command, "--exit-non-zero-on-fix"]) == 1
    assert run([*command, "--exit-non-zero-on-fix"]) == 0
    repository.image("clear.png", mode="RGBA")
    assert run(command) == 0
    repository.write("job.yaml", JOB.format("refs/hero.png").replace("Image 1", "character1"))
    assert run(["fix", "job.yaml", "--plan"]) == 0
    assert run(["fix", "job.yaml", "--plan", "--exit-non-zero-on-fix"]) == 1
    assert run(["fix", "job.yaml", "--in-place", "--exit-non-zero-on-fix"]) == 1
    assert run(["fix", "job.yaml", "--in-place", "--exit-non-zero-on-fix"]) == 0
    assert run(["fix", "job.yaml", "--plan", "--exit-non-zero-on-fix"]) == 0
    capfd.readouterr()
