from __future__ import annotations

import json
from pathlib import Path

import pytest

from wanprep.cli import run
from wanprep.testing.lint.check_plugin import CHECKS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_plugin_passes(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", "new", "acme"]) == 0
    output = capfd.readouterr()
    assert "wrote wanprep_acme/src/wanprep_acme/flows.py" in output.out.splitlines()
    assert "wanprep plugin check wanprep_acme" in output.err
    assert run(["plugin", "check", "wanprep_acme"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("provider.json:4, docs.0: `https://example.com/docs` is from the ex")
    assert [line.split()[:2] for line in lines[5:-2]] == [["ok", *check.split()[:1]]
                                                          for check in CHECKS]  # fmt: skip
    assert lines[-2].split()[:3] == ["to", "do", "scaffold"]
    assert lines[-1] == "wanprep_acme: 1 target, no problems"


def test_it_is_written_to_a_folder_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", "new", "acme", "--folder", "a/b"]) == 0
    assert Path("a/b/pyproject.toml").exists()
    assert run(["plugin", "new", "acme", "--folder", "a/b"]) == 2
    assert "nothing was written" in capfd.readouterr().err


def test_faults_are_reported(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", "new", "acme"]) == 0
    target = folder / "wanprep_acme/src/wanprep_acme/targets/example.json"
    target.write_text(target.read_text().replace('"prompt": "prompt"', '"prompt": "promt"'))
    capfd.readouterr()

    assert run(["plugin", "check", "wanprep_acme"]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == (
        "targets/example.json:217, fields.prompt: the request schema has no field `promt`."
    )
    assert "1 problem" in next(line for line in lines if " targets " in line)
    assert lines[-1] == "wanprep_acme: 1 target, 1 problem"
    assert run(["plugin", "check", "wanprep_acme", "--format", "json"]) == 1
    output = json.loads(capfd.readouterr().out)
    assert output["plugin"] == "wanprep_acme"
    assert output["targets"] == ["acme/example"]
    assert output["folder"] == str(target.parents[1])
    assert output["checks"]["targets"] == 1
    assert output["notes"][0]["file"] == "provider.json"
    assert output["problems"] == [
        {
            "file": "targets/example.json",
            "line": 217,
            "place": "fields.prompt",
            "message": "the request schema has no field `promt`.",
        }
    ]


def test_what_a_plugin_prints_is_a_problem_and_no_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", "new", "acme"]) == 0
    init = Path("wanprep_acme/src/wanprep_acme/__init__.py")
    init.write_text(f"{init.read_text()}\nprint('hello')\n")
    capfd.readouterr()

    assert run(["plugin", "check", "wanprep_acme", "--format", "json"]) == 1
    [problem] = json.loads(capfd.readouterr().out)["problems"]
    assert problem["message"].startswith("prints 'hello'")


def test_usage_errors(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", "check"]) == 2
    assert "there is no plugin in '.'" in capfd.readouterr().err
    assert run(["plugin", "new", "Acme"]) == 2
    assert "lower-case letters" in capfd.readouterr().err
