"""The recipes of the how-to pages work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hook_repository import manifest
from ruamel.yaml import YAML

from wanprep.cli import run
from wanprep.rules.finding import rules

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = [
    ROOT / "docs/how-to" / f"{name}.md" for name in ("continuous-integration", "pre-commit")
]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


YAMLS: Final = [(page.stem, text) for page in PAGES for text in blocks(page, "yaml")]


def load(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


@pytest.mark.parametrize(("page", "text"), YAMLS)
def test_every_block_can_be_read(page: str, text: str) -> None:
    assert isinstance(load(text), dict), page


HOOKS: Final = [text for _, text in YAMLS if text.startswith("repos:")]


def test_pre_commit_accepts_the_configurations(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.yaml" for number, _ in enumerate(HOOKS)]
    for file, text in zip(files, HOOKS, strict=True):
        file.write_text(text)
    command = [sys.executable, "-m", "pre_commit", "validate-config", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", HOOKS)
def test_the_hooks_of_the_configurations_exist(text: str) -> None:
    named = [hook for repo in load(text)["repos"] for hook in repo["hooks"]]
    offered = {hook["id"]: hook["entry"].split()[1:] for hook in manifest()}
    for hook in named:
        assert hook["id"] in offered
        # The options are real: with --help behind them nothing is done.
        assert run([*offered[hook["id"]], *hook.get("args", []), "--help"]) == 0


def test_the_action_is_given_inputs_that_it_has() -> None:
    inputs = load((ROOT / "action.yml").read_text())["inputs"]
    page = PAGES[0].read_text()
    used = 0
    for block in blocks(PAGES[0], "yaml"):
        for job in load(block).get("jobs", {}).values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("wanprep/"):
                    assert set(step["with"]) <= set(inputs)
                    used += 1
    assert used == 2
    assert re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE) == list(inputs)


def test_the_ignored_rule_is_one() -> None:
    named = re.findall(r"wanprep: ignore\[([\w-]+)\]", "".join(map(Path.read_text, PAGES)))
    assert named
    assert set(named) <= rules().keys()


def test_gitlab_writes_what_it_uploads() -> None:
    (job,) = (load(text)["wanprep"] for _, text in YAMLS if text.startswith("wanprep:"))
    assert job["artifacts"]["reports"]["codequality"] in job["script"][-1]
    assert json.dumps(job["script"]).count("wanprep check --format gitlab") == 1
