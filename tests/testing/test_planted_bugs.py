"""Bugs that are planted in good plugins, one at a time, and the check that finds each."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from wanprep.plugins.new_plugin import write_plugin
from wanprep.testing.lint.check_plugin import check_plugin

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
# Bytecode is told apart by the second and the size of its source: each bug gets a time of its own.
TIMES: Final = count(1_000_000_000)
TARGETS: Final = {"fal": "wan2.7-reference-to-video", "dashscope": "wan2.7-r2v"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a new plugin, and copy two real ones with one target each."""
    above = tmp_path_factory.mktemp("plugins")
    write_plugin("acme", above / "acme")
    found = {"acme": above / "acme/src/wanprep_acme"}
    for name, target in TARGETS.items():
        found[name] = above / name / f"wanprep_{name}"
        shutil.copytree(PLUGINS / f"wanprep_{name}", found[name])
        for file in (found[name] / "targets").iterdir():
            if not file.name.startswith(target):
                file.unlink()
        entry = f'[project.entry-points.wanprep]\n{name} = "wanprep_{name}"\n'
        (above / name / "pyproject.toml").write_text(entry)
    return found


@pytest.mark.parametrize("plugin", ["acme", "fal", "dashscope"])
def test_the_plugin_is_good(folders: dict[str, Path], plugin: str) -> None:
    found = check_plugin(str(folders[plugin]))
    assert found.problems == []
    assert "faults" in found.results


def _cases() -> Iterator[object]:
    """Plant each bug in one plugin, and in the others where time matters less."""
    planted: set[str] = set()
    for line in Path(__file__).with_name("planted_bugs.jsonl").read_text("utf-8").splitlines():
        bug = json.loads(line)
        marks = [pytest.mark.slow] if bug["bug"] in planted else []
        planted.add(bug["bug"])
        yield pytest.param(bug, id=f"{bug['bug']}, {bug['plugin']}", marks=marks)


@pytest.mark.parametrize("bug", [*_cases()])
def test_planted_bugs_are_found_with_their_lines(
    folders: dict[str, Path], bug: dict[str, str]
) -> None:
    folder = folders[bug["plugin"]]
    path = folder / bug["file"]
    good = path.read_text("utf-8")
    assert bug["old"] in good
    path.write_text(good.replace(bug["old"], bug["new"]), "utf-8")
    os.utime(path, (0, next(TIMES)))
    try:
        found = check_plugin(str(folder))
    finally:
        path.write_text(good, "utf-8")
    all_of_check = map(str, found.results[bug["check"]])
    messages = [each for each in all_of_check if bug["message"] in each]
    assert messages, found.problems
    assert all(re.match(r"[\w./-]+:[1-9]\d*, ", each) for each in messages)
