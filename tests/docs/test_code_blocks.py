from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import click
import pytest
from _pytest.mark import ParameterSet
from command_lines import commands, parse
from documents import PAGES, Block, blocks, name
from PIL import Image

from wanprep.cli import run
from wanprep.config import read_config
from wanprep.job.model import read_jobs

_PAGES = {name(page): page for page in PAGES}


def of(language: str) -> list[ParameterSet]:
    return [
        pytest.param(block, id=f"{title}-{number}")
        for title, page in _PAGES.items()
        for number, block in enumerate(blocks(page))
        if block.language == language
    ]


@pytest.mark.parametrize("block", [*of("sh"), *of("bash"), *of("console")])
def test_commands_are_valid(block: Block) -> None:
    for arguments in commands(block.text):
        parse(arguments)


@pytest.mark.parametrize(
    "line", ["wanprep chek", "wanprep check --formt json", "true | wanprep runs", "wanprep submit"]
)
def test_an_invalid_command_is_found(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(next(commands(line)))


@pytest.mark.parametrize("block", of("toml"))
def test_configurations_are_valid(block: Block) -> None:
    table = tomllib.loads(block.text)
    if not {"project", "language"} & table.keys():  # pyproject.toml, and the file of an editor
        read_config(Path("wanprep.toml"), table)


@pytest.mark.parametrize("block", of("python"))
def test_python_is_valid(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", of("json"))
def test_json_is_valid(block: Block) -> None:
    json.loads(block.text)


def test_the_job_is_valid(tmp_path: Path) -> None:
    [text] = [
        block.text for block in blocks(_PAGES["how-to/write-a-job.md"]) if block.language == "yaml"
    ]
    (tmp_path / "job.yaml").write_text(text, encoding="utf-8")
    assert read_jobs(str(tmp_path / "job.yaml")).problems == ()


def test_the_target_works_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = {block.language: block.text for block in blocks(_PAGES["how-to/add-a-target.md"])}
    monkeypatch.chdir(tmp_path)
    Path("targets").mkdir()
    Path("targets/acme.json").write_text(shown["json"], encoding="utf-8")
    Path("wanprep.toml").write_text(shown["toml"], encoding="utf-8")
    Path("assets").mkdir()
    Image.new("RGB", (320, 240)).save("assets/hero.png")
    Image.new("RGB", (32, 24)).save("assets/tiny.png")

    assert run(["targets", "acme/short-videos"]) == 0
    assert re.search("^duration .*at most 8 s", capfd.readouterr().out, re.MULTILINE)
    assert run(["check", "assets/hero.png"]) == 0
    assert "checked for acme/short-videos: nothing found" in capfd.readouterr().out
    assert run(["check", "assets", "-t", "acme/short-videos"]) == 1
    assert "image-too-small" in capfd.readouterr().out
