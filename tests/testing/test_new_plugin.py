"""A new plugin is whole, and nothing is ever written over."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wanprep.errors import UsageError, WanprepError
from wanprep.plugins.new_plugin import CannotWrite, named, write_plugin
from wanprep.testing.lint.check_plugin import check_plugin


@pytest.mark.parametrize(
    ("name", "package", "variable"),
    [
        pytest.param("acme", "wanprep_acme", "ACME_API_KEY", id="one word"),
        pytest.param("acme-video2", "wanprep_acme_video2", "ACME_VIDEO2_API_KEY", id="a hyphen"),
        pytest.param("acme_video", "wanprep_acme_video", "ACME_VIDEO_API_KEY", id="a low line"),
    ],
)
def test_it_is_sound_at_once(tmp_path: Path, name: str, package: str, variable: str) -> None:
    files = write_plugin(named(name), tmp_path / "new")

    assert all("@" not in file.read_text().replace("@hookimpl", "").replace("@pytest", "")
               for file in files)  # fmt: skip
    checked = check_plugin(str(tmp_path / "new"))
    assert [str(fault) for fault in checked.faults] == []
    assert checked.targets == (f"{name}/example",)
    folder = tmp_path / "new/src" / package
    assert json.loads((folder / "provider.json").read_text())["keys"]["environment"] == [variable]
    project = tomllib.loads((tmp_path / "new/pyproject.toml").read_text())["project"]
    assert project["entry-points"]["wanprep"] == {name: package}


def test_its_own_tests_pass(tmp_path: Path) -> None:
    write_plugin(named("acme"), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_its_target_judges_once_it_can_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(named("acme"), tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "src"))
    (tmp_path / "job.yaml").write_text(
        "target: acme/example\nprompt: She waves.\n"
        "references: [{image: 'https://example.com/hero.jpg'}]\n"
        "parameters: {duration: 20, resolution: 720P}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "wanprep", "check", "--offline", "job.yaml", "--format", "json"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    [error] = [each for each in json.loads(done.stdout)["findings"] if each["severity"] == "error"]
    assert (error["rule"], error["pointer"]) == ("parameter-invalid", "/parameters/duration")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("Acme", "small letters", id="capitals"),
        pytest.param("2acme", "small letters", id="a digit first"),
        pytest.param("acme-", "small letters", id="a hyphen last"),
        pytest.param("../acme", "small letters", id="a path"),
        pytest.param("wanprep_acme", "say 'acme'", id="the package's name"),
        pytest.param("evolink", "already", id="taken"),
    ],
)
def test_names_that_cannot_be(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        named(name)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    mine = tmp_path / "tests/test_flows.py"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="nothing is written over"):
        write_plugin(named("acme"), tmp_path)
    assert mine.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["test_flows.py", "tests"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="--folder") as caught:
        write_plugin(named("acme"), tmp_path / "file/inside")
    assert isinstance(caught.value, WanprepError)


def test_the_documented_plugin_is_sound(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/how-to/write-a-plugin.md"
    hook, flows = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[:2]
    write_plugin(named("studio"), tmp_path)
    (tmp_path / "src/wanprep_studio/__init__.py").write_text(hook)
    (tmp_path / "src/wanprep_studio/flows.py").write_text(flows)
    assert [str(fault) for fault in check_plugin(str(tmp_path)).faults] == []
