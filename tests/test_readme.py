"""What the README promises, held against the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

import wanprep
from wanprep.cli import run
from wanprep.cli.commands import COMMANDS
from wanprep.config import read_config
from wanprep.job.read import read_jobs
from wanprep.schemas import schema_names

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    return str(re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number])


def test_it_lists_every_command() -> None:
    listed = re.findall(r"^\| `wanprep ([a-z]+)", README, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_the_lines_to_copy_are_those_that_are_tested() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for mark in re.findall(r"^<!-- (\w+) -->$", README, re.MULTILINE):
        assert f"$(readme_line {mark})" in script
        assert re.search(rf"<!-- {mark} -->\n```sh\n.+\n```\n", README)


def test_the_demo_passes_and_breaks_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import shutil

    shutil.copytree(ROOT / "fixtures/demo", tmp_path / "fixtures/demo")
    monkeypatch.chdir(tmp_path)
    assert run(["check", "fixtures/demo"]) == 0
    assert "nothing found" in capfd.readouterr().out

    job = tmp_path / "fixtures/demo/job.yaml"
    job.write_text(job.read_text().replace("Image 2", "Image 5"))
    assert run(["check", "fixtures/demo"]) == 1
    assert block("text").rstrip() in capfd.readouterr().out


def test_its_job_is_one(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(block("yaml"))
    read = read_jobs(str(tmp_path / "job.yaml"))
    assert read.problems == ()
    assert [asset.written for asset in read.jobs[0].assets()] == [
        "refs/hero.jpg", "refs/hero.wav", "refs/garden.png", "refs/dance.mp4", "refs/start.png",
    ]  # fmt: skip


def test_its_configuration_is_one(tmp_path: Path) -> None:
    config = read_config(tmp_path / "wanprep.toml", tomllib.loads(block("toml")))
    assert config.roles["voices/*"] == "voice"


def test_its_python_uses_what_there_is() -> None:
    used = re.findall(r"wanprep\.([a-z_]+)\(", block("python"))
    assert set(used) == {"probe", "check", "load_job"}
    assert set(used) <= set(wanprep.__all__)


def test_it_names_the_schemas() -> None:
    assert {"job", "facts", "report", "target"} <= set(schema_names())
