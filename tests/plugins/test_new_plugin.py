"""`wanprep plugin new`: the plugin is valid, and no file is overwritten."""

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
from wanprep.files.atomic import CannotWrite
from wanprep.plugins.new_plugin import check_name, write_plugin
from wanprep.testing.lint.check_plugin import check_plugin


@pytest.mark.parametrize(
    ("name", "package", "variable"),
    [
        pytest.param("acme", "wanprep_acme", "ACME_API_KEY", id="one word"),
        pytest.param("acme-video2", "wanprep_acme_video2", "ACME_VIDEO2_API_KEY", id="a hyphen"),
        pytest.param("acme_video", "wanprep_acme_video", "ACME_VIDEO_API_KEY", id="an underscore"),
    ],
)
def test_a_new_plugin_has_no_problems(
    tmp_path: Path, name: str, package: str, variable: str
) -> None:
    files = write_plugin(name, tmp_path / "new", docs="https://docs.acme.com")

    assert all("@" not in file.read_text().replace("@hookimpl", "").replace("@pytest", "")
               for file in files)  # fmt: skip
    assert "https://docs.acme.com" in (tmp_path / "new/src" / package / "provider.json").read_text()
    checked = check_plugin(str(tmp_path / "new"))
    assert [str(problem) for problem in checked.problems] == []
    assert checked.targets == [f"{name}/example"]
    folder = tmp_path / "new/src" / package
    assert json.loads((folder / "provider.json").read_text())["keys"]["environment"] == [variable]
    project = tomllib.loads((tmp_path / "new/pyproject.toml").read_text())["project"]
    assert project["entry-points"]["wanprep"] == {name: package}


def test_its_own_tests_pass(tmp_path: Path) -> None:
    write_plugin("acme", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_its_target_is_found_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plugin("acme", tmp_path)
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
    ("name", "message"),
    [
        pytest.param("Acme", "lower-case letters", id="capitals"),
        pytest.param("2acme", "lower-case letters", id="a digit first"),
        pytest.param("acme-", "lower-case letters", id="a hyphen last"),
        pytest.param("../acme", "lower-case letters", id="a path"),
        pytest.param("wanprep_acme", "name alone, 'acme'", id="the package's name"),
        pytest.param("evolink", "already", id="taken"),
    ],
)
def test_invalid_names(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_name(name)


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    mine = tmp_path / "tests/test_plugin.py"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="already exists, and nothing was written"):
        write_plugin("acme", tmp_path)
    assert mine.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["test_plugin.py", "tests"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="another folder") as caught:
        write_plugin("acme", tmp_path / "file/inside")
    assert isinstance(caught.value, WanprepError)


def test_the_documented_plugin_has_no_problems(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/how-to/write-a-plugin.md"
    hook, flows = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[:2]
    write_plugin("acme", tmp_path)
    (tmp_path / "src/wanprep_acme/__init__.py").write_text(hook)
    (tmp_path / "src/wanprep_acme/flows.py").write_text(flows)
    assert [str(problem) for problem in check_plugin(str(tmp_path)).problems] == []


def test_the_documented_uploads_and_cancelling_have_no_problems(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/write-a-plugin.md").read_text("utf-8")
    _, flows, more = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[:3]
    about = next(
        each for each in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if "uploads" in each
    )
    write_plugin("acme", tmp_path)
    folder = tmp_path / "src/wanprep_acme"
    registered = "poll=poll, cancel=cancel, upload=upload)"
    flows = f"{more}\n\n{flows}".replace("poll=poll)", registered)
    (folder / "flows.py").write_text(flows)
    provider = json.loads((folder / "provider.json").read_text()) | json.loads(about)
    (folder / "provider.json").write_text(json.dumps(provider))
    recorded = json.loads((folder / "recorded.json").read_text())
    place = {"upload_url": "https://store.example/1", "uri": "acme://1"}
    recorded["scenes"] += [
        {"flow": "cancel", "outcome": "not done", "message": "whether the job has stopped",
         "answers": [{"request": "DELETE /v1/videos/job-1", "status": 204, "text": ""}]},
        {"flow": "upload", "outcome": "hosted", "url": "acme://1",
         "answers": [{"request": "POST /v1/uploads", "body": place},
                     {"request": "PUT https://store.example/1", "text": ""}]},
    ]  # fmt: skip
    (folder / "recorded.json").write_text(json.dumps(recorded))
    assert [str(problem) for problem in check_plugin(str(tmp_path)).problems] == []
