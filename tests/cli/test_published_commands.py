"""`targets import`, `targets diff` and `plugin new --from`, as users call them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from published_forms import OPENAPI

if TYPE_CHECKING:
    from commands import Command


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.json").write_text(json.dumps(OPENAPI))
    return tmp_path / "openapi.json"


def test_an_imported_target_can_be_used_and_compared(wanprep: Command, file: Path) -> None:
    printed = wanprep("targets", "import", file, "--id", "acme/clips")
    assert json.loads(printed.out)["id"] == "acme/clips"
    assert "  - sound_url: `audio_url` is already the field of driving_audio" in printed.err
    result = wanprep("targets", "import", file, "--id", "acme/clips", "-o", "own")
    assert (result.status, result.out) == (0, "")
    again = wanprep("targets", "import", file, "--id", "acme/clips", "-o", "own")
    assert (again.status, "already exists, and nothing was written" in again.err) == (2, True)

    Path("wanprep.toml").write_text('target-folders = ["own"]\n')
    assert "at most 1500 characters" in wanprep("targets", "acme/clips").out
    same = wanprep("targets", "diff", "acme/clips", file)
    assert (same.status, same.out, same.err) == (0, "", "acme/clips: no differences\n")
    changed: Any = json.loads(file.read_text())
    changed["components"]["schemas"]["Clips"]["properties"]["duration"]["maximum"] = 20
    file.write_text(json.dumps(changed))
    result = wanprep("targets", "diff", "acme/clips", file, "--format", "json")
    assert result.status == 1
    assert json.loads(result.out)["differences"] == [
        {"change": "wider", "place": "duration, maximum", "here": 12, "published": 20, "says": ""}
    ]


def test_a_plugin_of_a_published_schema(wanprep: Command, file: Path) -> None:
    result = wanprep("plugin", "new", "acme", "--from", file)
    assert "to read: flows.py: what does the state `fail` mean?" in result.err
    package = Path("wanprep_acme/src/wanprep_acme")
    flows = (package / "flows.py").read_text()
    assert 'url="/v1/clips"' in flows
    assert 'url=f"/v1/clips/{name}"' in flows
    assert '"data.task_id"' in flows
    assert '    "generating": "running",' in flows
    assert 'answers.as_urls(answers.value_at(job, "video.url"))' in flows
    provider = json.loads((package / "provider.json").read_text())
    assert provider["bases"] == {"api": "https://api.acme.com"}
    checked = wanprep("plugin", "check", "wanprep_acme")
    assert checked.status == 0, checked.out
    assert "is proposed from prose" in checked.out


@pytest.mark.parametrize("kind", ["--target-only", "--host"])
def test_plugins_of_other_kinds_pass_their_own_tests(wanprep: Command, kind: str) -> None:
    assert wanprep("plugin", "new", "acme", kind).status == 0
    checked = wanprep("plugin", "check", "wanprep_acme")
    assert (checked.status, "not checked" in checked.out) == (0, False)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd="wanprep_acme", env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_host_is_no_model(wanprep: Command, file: Path) -> None:
    result = wanprep("plugin", "new", "acme", "--host", "--from", file)
    assert (result.status, "leave it out with --host" in result.err) == (2, True)
