"""Our hooks in a real repository, under real pre-commit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hook_repository import JOB, HookRepository, hook_repository

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 123456\n"


pytestmark = pytest.mark.slow


@pytest.fixture
def checked(tmp_path: Path) -> HookRepository:
    return hook_repository(tmp_path, "wanprep-check")


@pytest.fixture
def fixed(tmp_path: Path) -> HookRepository:
    return hook_repository(tmp_path, "wanprep-fix")


def test_good_files_pass_and_other_files_are_left_alone(checked: HookRepository) -> None:
    checked.image("refs/hero.png")
    checked.write("job.yaml", JOB.format("refs/hero.png"))
    checked.write("docker-compose.yml", "services: {web: {image: nginx}}\n")
    checked.write("package.json", '{"name": "x", "version": "1.0.0"}\n')
    checked.write("src/app.ts", "export const answer = 42\n")
    checked.stage()
    status, output = checked.hook()
    assert status == 0, output
    assert "Passed" in output


def test_bad_media_and_jobs_fail(checked: HookRepository) -> None:
    checked.image("refs/small one.png", (100, 100))
    checked.image("refs/größe-花.png", (100, 300))
    checked.write("job.yaml", JOB.format("refs/gone.png"))
    checked.stage()
    status, output = checked.hook()
    assert status == 1
    assert "small one.png" in output
    assert "größe-花.png" in output
    assert output.count("error[image-too-small]") == 2
    assert "error[asset-missing]" in output


NAMES = {
    "hero.png": "hero.png",
    "my hero.png": "my hero.png",
    "花.png": "花.png",
    "山.png": '"../refs/\\u5c71.png"',
    "it's.png": "'../refs/it''s.png'",
}


def test_jobs_are_checked_when_only_their_images_changed(checked: HookRepository) -> None:
    for number, (name, written) in enumerate(NAMES.items()):
        checked.image(f"refs/{name}")
        path = written if written[0] in "\"'" else f"../refs/{written}"
        checked.write(f"jobs/{number}.yaml", JOB.format(path))
    # This one names an image of that name as well, but of another one.
    checked.image("other/hero.png", (100, 100))
    checked.write("other/job.yaml", JOB.format("hero.png"))
    checked.stage()
    checked.commit()
    assert checked.hook()[0] == 0, "nothing changed"

    for name in NAMES:
        checked.image(f"refs/{name}", (100, 100))
    checked.stage("refs")
    status, output = checked.hook()
    assert status == 1
    assert [line for line in output.splitlines() if line.endswith(".yaml")] == [
        f"jobs/{number}.yaml" for number in range(len(NAMES))
    ]
    assert "5 errors in 5 of 10 files" in output


def test_a_job_is_checked_when_its_image_is_deleted_or_renamed(checked: HookRepository) -> None:
    checked.image("refs/hero.png")
    checked.image("refs/other.png")
    checked.write("job.yaml", JOB.format("refs/hero.png"))
    checked.stage()
    checked.commit()

    checked.git("rm", "-q", "refs/other.png")
    assert checked.hook()[0] == 0
    checked.git("mv", "refs/hero.png", "refs/heroine.png")
    status, output = checked.hook()
    assert status == 1
    assert "error[asset-missing] No such file" in output


def test_a_deleted_job_is_not_checked(checked: HookRepository) -> None:
    checked.image("hero.png", (100, 100))
    checked.write("job.yaml", JOB.format("hero.png"))
    checked.stage()
    checked.commit()
    checked.git("rm", "-q", "job.yaml", "hero.png")
    assert checked.hook()[0] == 0


def test_what_is_staged_is_what_is_checked(checked: HookRepository) -> None:
    checked.image("hero.png")
    checked.write("job.yaml", JOB.format("hero.png"))
    checked.stage()
    checked.commit()

    checked.write("job.yaml", JOB.format("hero.png").replace("garden", "wood"))
    checked.stage()
    unstaged = JOB.format("gone.png")
    checked.write("job.yaml", unstaged)
    checked.image("hero.png", (100, 100))
    assert checked.hook()[0] == 0, "the faults are not in the commit"
    assert (checked.folder / "job.yaml").read_text() == unstaged, "and still there"

    checked.stage("job.yaml")
    checked.write("job.yaml", JOB.format("hero.png"))
    assert checked.hook()[0] == 1, "now they are, though no longer in the folder"


def test_an_lfs_pointer(checked: HookRepository) -> None:
    checked.write("hero.png", POINTER.format("0" * 64))
    checked.write("job.yaml", JOB.format("hero.png"))
    checked.stage()
    status, output = checked.hook()
    assert status == 1
    assert "error[asset-lfs-pointer]" in output
    assert "git lfs pull" in output


def test_links_and_submodules(checked: HookRepository) -> None:
    inner = hook_repository(checked.home, "wanprep-check")
    inner.image("hero.png")
    inner.stage()
    inner.commit()
    checked.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "m"
    )
    checked.write("job.yaml", JOB.format("m/hero.png"))
    (checked.folder / "linked.png").symlink_to("m/hero.png")
    checked.stage()
    status, output = checked.hook()
    assert status == 0, output

    (checked.folder / "astray.png").symlink_to("nowhere.png")
    checked.stage()
    status, output = checked.hook()
    assert status == 1
    assert "astray.png\n  error[asset-missing] No such file" in output


def test_an_image_behind_a_link_changed(checked: HookRepository) -> None:
    checked.image("store/hero.png")
    (checked.folder / "refs").symlink_to("store")
    checked.write("job.yaml", JOB.format("refs/hero.png"))
    checked.stage()
    checked.commit()
    checked.image("store/hero.png", (100, 100))
    checked.stage()
    status, output = checked.hook()
    assert status == 1
    assert "job.yaml\n" in output


def test_git_commit_is_stopped(checked: HookRepository) -> None:
    checked.image("hero.png", (100, 100))
    checked.stage()
    hook = checked.folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    call = "python -m pre_commit hook-impl --hook-type=pre-commit --hook-dir .git/hooks"
    hook.write_text(f'#!/bin/sh\nexec {call} --config=.pre-commit-config.yaml -- "$@"\n')
    hook.chmod(0o755)
    assert "image-too-small" in checked.git("commit", "-m", "bad", status=1)
    checked.image("hero.png")
    checked.git("commit", "-a", "-q", "-m", "good")


def test_fix_fixes_and_fails_once(fixed: HookRepository) -> None:
    fixed.write("compose.yaml", "services: {}\n")
    fixed.stage()
    status, output = fixed.hook()
    assert status == 0, output

    fixed.image("refs/hero.png", mode="RGBA")
    fixed.write("job.yaml", JOB.format("refs/hero.png"))
    fixed.stage()
    status, output = fixed.hook()
    assert status == 1
    assert "files were modified by this hook" in output
    assert "1 file fixed" in output
    fixed.stage()
    status, output = fixed.hook()
    assert status == 0, output


def test_fix_fixes_a_job_whose_image_changes_its_name(fixed: HookRepository) -> None:
    image = fixed.image("refs/hero.png")
    fixed.write("job.yaml", JOB.format("refs/hero.png"))
    fixed.stage()
    fixed.commit()
    shutil.copy(fixed.image("x.jpg"), image)  # a JPEG under the name of a PNG
    os.unlink(fixed.folder / "x.jpg")
    fixed.stage()
    status, output = fixed.hook()
    assert status == 1, output
    assert "refs/hero.jpg" in (fixed.folder / "job.yaml").read_text()
    fixed.stage()
    status, output = fixed.hook()
    assert status == 0, output
