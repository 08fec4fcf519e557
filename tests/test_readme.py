"""The README agrees with the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from command_lines import commands, parse

import wanprep
from wanprep.cli import run
from wanprep.cli.commands import COMMANDS
from wanprep.config import read_config
from wanprep.job.model import read_jobs
from wanprep.schemas import schema_names

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    return str(re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number])


def test_it_lists_every_command() -> None:
    listed = re.findall(r"^\| `wanprep ([a-z]+)", README, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_ci_runs_the_marked_commands() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    marks = re.findall(r"^<!-- (\w+) -->$", README, re.MULTILINE)
    assert marks == ["demo", "limits", "tests"]
    for mark in ("demo", "tests"):
        assert f"$(readme_line {mark})" in script
        assert re.search(rf"<!-- {mark} -->\n```sh\n.+\n```\n", README)


def test_the_demos_print_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(["check", "fixtures/demo"]) == 0
    assert "nothing found" in capfd.readouterr().out
    assert run(["check", "fixtures/jobs/bad/broken-demo.yaml"]) == 1
    assert block("text").rstrip() in capfd.readouterr().out


def test_commands_are_valid() -> None:
    lines = [
        arguments for text in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
        for arguments in commands(text)
    ]  # fmt: skip
    assert len(lines) > 2
    for arguments in lines:
        parse(arguments)


def test_the_job_is_valid(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(block("yaml"))
    read = read_jobs(str(tmp_path / "job.yaml"))
    assert read.problems == ()
    assert [asset.written for asset in read.jobs[0].assets()] == [
        "refs/hero.jpg", "refs/hero.wav", "refs/garden.png", "refs/dance.mp4", "refs/start.png",
    ]  # fmt: skip


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    config = read_config(tmp_path / "wanprep.toml", tomllib.loads(block("toml")))
    assert config.roles["voices/*"] == "voice"


def test_python_uses_the_public_api() -> None:
    used = re.findall(r"wanprep\.([a-z_]+)\(", block("python"))
    assert set(used) == {"probe", "check", "fix"}
    assert set(used) <= set(wanprep.__all__)


def test_the_named_schemas_exist() -> None:
    assert {"job", "facts", "report", "target"} <= set(schema_names())
