"""The hooks offered to pre-commit."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hook_files import files_pattern
from hook_repository import MANIFEST, manifest

from wanprep.cli.commands import COMMANDS


def test_pre_commit_accepts_it() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("hook", manifest(), ids=lambda hook: hook["id"])
def test_each_is_for_all_jobs_and_media_at_once(hook: dict[str, object]) -> None:
    assert hook["files"] == files_pattern(), f"write {files_pattern()!r} after files:"
    assert hook["types"] == [], "the default leaves out linked files"
    assert hook["types_or"] == ["file", "symlink"]
    assert hook["language"] == "python"
    assert hook["require_serial"] is True
    assert str(hook["entry"]).split()[:1] == ["wanprep"]
    assert str(hook["entry"]).split()[1] in COMMANDS
    assert "args" not in hook, "these are the user's"


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("a/job.yaml", True),
        ("JOB.YML", True),
        ("b.json", True),
        ("hero.HEIC", True),
        ("x.avif", True),
        ("v.m4a", True),
        ("d.mp4", True),
        ("notes.md", False),
        ("png", False),
        ("job.yaml.orig", False),
    ],
)
def test_names(name: str, matches: bool) -> None:
    assert bool(re.search(files_pattern(), name)) is matches
