"""A git repository with our hooks, as they stand in .pre-commit-hooks.yaml, and real pre-commit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from ruamel.yaml import YAML

MANIFEST: Final = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
JOB: Final = """\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks through a garden.
references:
  - image: {0}
parameters: {{resolution: 1080p, aspect_ratio: 16:9, duration: 5}}
"""


def manifest() -> list[dict[str, Any]]:
    """Read the offered hooks."""
    hooks: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(MANIFEST)
    return hooks


@dataclass(frozen=True, slots=True)
class HookRepository:
    """A repository in a folder of its own."""

    folder: Path
    home: Path

    @property
    def environ(self) -> dict[str, str]:
        """Keep the configuration of this machine from git and pre-commit."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return ours | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "PRE_COMMIT_HOME": str(self.home / "pre-commit"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PRE_COMMIT_COLOR": "never",
        }

    def git(self, *arguments: str, status: int | None = 0) -> str:
        """Run git; the status None takes any."""
        settings = ("user.name=A", "user.email=a@example.org", "core.quotePath=false")
        options = [word for setting in settings for word in ("-c", setting)]
        done = subprocess.run(
            ["git", *options, *arguments], cwd=self.folder, env=self.environ, check=False,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        output = done.stdout + done.stderr
        assert status is None or done.returncode == status, output
        return output

    def set_up(self, *hooks: str, **more: object) -> None:
        """Write a pre-commit configuration with some hooks, and more keys for each."""
        chosen = [hook for hook in manifest() if hook["id"] in hooks]
        local = [{**hook, "language": "system", **more} for hook in chosen]
        config = {"repos": [{"repo": "local", "hooks": local}]}
        self.write(".pre-commit-config.yaml", json.dumps(config))

    def hook(self, *arguments: str) -> tuple[int, str]:
        """Run pre-commit on what is staged."""
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", *arguments], cwd=self.folder,
            env=self.environ, check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def image(self, name: str, size: tuple[int, int] = (720, 1280), mode: str = "RGB") -> Path:
        """Write an image that passes, unless another size or mode is given."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").resize(size).convert(mode).save(path)
        return path

    def stage(self, *names: str) -> None:
        """Stage some files, or all."""
        self.git("add", "--", *(names or (".",)))

    def commit(self) -> None:
        """Commit what is staged, without running hooks."""
        self.git("commit", "-q", "--no-verify", "-m", "x")


def hook_repository(folder: Path, *hooks: str) -> HookRepository:
    """Make a repository with one commit in it."""
    repository = HookRepository(folder / "repository", folder / "home")
    for path in (repository.folder, repository.home):
        path.mkdir()
    repository.git("init", "-q", "-b", "main")
    repository.set_up(*hooks)
    repository.stage()
    repository.commit()
    return repository
