"""The GitHub Action: as GitHub wants it, and safe from what users write into its inputs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
ACTION: Final[dict[str, Any]] = YAML(typ="safe", pure=True).load(ROOT / "action.yml")
STEPS: Final[list[dict[str, Any]]] = ACTION["runs"]["steps"]
RUN: Final = [step for step in STEPS if "run" in step]


def test_it_has_what_github_requires() -> None:
    assert {"name", "description", "inputs", "outputs", "runs"} <= set(ACTION)
    assert ACTION["runs"]["using"] == "composite"
    for entry in (*ACTION["inputs"].values(), *ACTION["outputs"].values()):
        assert entry["description"]
    assert all(isinstance(each["default"], str) for each in ACTION["inputs"].values())
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert set(step) <= {"name", "id", "if", "uses", "with", "run", "shell", "env"}
    assert all(step["shell"] == "bash" for step in RUN)
    assert all(re.fullmatch(r"[\w./-]+@v\d+", step["uses"]) for step in STEPS if "uses" in step)


def test_every_input_is_used_and_every_use_is_an_input() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    ids = {step["id"] for step in STEPS if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)\.", json.dumps(ACTION))) <= ids


@pytest.mark.parametrize("step", RUN, ids=lambda step: step["name"])
def test_no_expression_is_interpolated_into_a_script(step: dict[str, Any]) -> None:
    assert "${{" not in step["run"]


def test_the_report_is_uploaded_whatever_was_found() -> None:
    (upload,) = (step for step in STEPS if "upload-sarif" in step.get("uses", ""))
    assert upload["if"].startswith("always()")
    assert STEPS.index(upload) < STEPS.index(RUN[-1]), "before the step that fails"


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folders, with our program where the first step puts it."""
    programs = tmp_path / "temp/wanprep/bin"
    programs.mkdir(parents=True)
    program = programs / "wanprep"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wanprep "$@"\n')
    program.chmod(0o755)
    (tmp_path / "work").mkdir()
    return tmp_path


def step(runner: Path, name: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (found,) = (each for each in RUN if each["name"] == name)
    defaults = {"PATHS": ".", "TARGETS": "", "ARGS": "", "UPLOAD": "true"}
    ours = {"RUNNER_TEMP": str(runner / "temp"), "GITHUB_OUTPUT": str(runner / "output")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
        cwd=runner / "work", env={**os.environ, **ours, **defaults, **environ}, text=True,
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip


def outputs(runner: Path) -> dict[str, str]:
    lines = (runner / "output").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_it_checks_and_outputs_the_path_of_the_report(runner: Path) -> None:
    Image.new("RGB", (100, 100)).save(runner / "work/my hero.png")
    done = step(runner, "Check", PATHS="my hero.png\n", TARGETS="wan/2.7\n", ARGS="--offline\n")
    assert done.returncode == 0, done.stderr
    assert "error[image-too-small]" in done.stdout
    assert outputs(runner)["status"] == "1"
    report = json.loads(Path(outputs(runner)["sarif"]).read_text())
    assert [each["ruleId"] for each in report["runs"][0]["results"]] == ["image-too-small"]

    done = step(runner, "Check", UPLOAD="false")
    assert done.stdout.startswith("::error file=my hero.png")
    assert step(runner, "Result").returncode == 1


def test_a_usage_error_fails_and_leaves_no_report(runner: Path) -> None:
    done = step(runner, "Check", PATHS="nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert outputs(runner) == {"status": "2"}


@pytest.mark.parametrize("name", ["PATHS", "TARGETS", "ARGS"])
def test_inputs_are_not_run(runner: Path, name: str) -> None:
    Image.new("RGB", (300, 300)).save(runner / "work/hero.png")
    wicked = '$(touch pwned) `touch pwned`; touch pwned\n"; touch pwned; "\n--output=pwned'
    step(
        runner,
        "Check",
        **{name: wicked.replace("--output=pwned", "") if name == "ARGS" else wicked},
    )
    assert sorted(path.name for path in (runner / "work").iterdir()) == ["hero.png"]


@pytest.mark.parametrize(
    ("version", "requirement"),
    [("", "/the/action"), ("1.2", "wanprep==1.2"), ("git+https://a.org/b", "git+https://a.org/b")],
)
def test_the_installed_requirement(runner: Path, version: str, requirement: str) -> None:
    python = runner / "python"  # prints its arguments
    python.write_text(f'#!/bin/sh\necho "$@"\ncp {python} {runner}/temp/wanprep/bin/python\n')
    python.chmod(0o755)
    done = step(runner, "Install wanprep", PYTHON=str(python), VERSION=version,
                GITHUB_ACTION_PATH="/the/action")  # fmt: skip
    assert done.stdout.splitlines()[-1].endswith(f" -- {requirement}"), done.stderr
