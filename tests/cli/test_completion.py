from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import emulate
from submitting import EVOLINK

from wanprep.cli import run

BASH = shutil.which("bash")


@pytest.fixture
def offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], list[str]]:
    """Ask as bash does when the tab key is pressed at the end of a line."""

    def ask(line: str) -> list[str]:
        place = len(line.split()) - (not line.endswith(" "))
        monkeypatch.setenv("_WANPREP_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(place))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([])
        assert ended.value.code == 0
        return capfd.readouterr().out.split()

    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return ask


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wanprep com", ["plain,compare", "plain,completion"]),
        ("wanprep check -t evolink/wan", [f"plain,{EVOLINK}"]),
        ("wanprep compare -t evolink/wan", [f"plain,{EVOLINK}"]),
        ("wanprep submit -t evolink/wan", [f"plain,{EVOLINK}"]),
        ("wanprep fix --target evolink/wan", [f"plain,{EVOLINK}"]),
        ("wanprep init -t evolink/wan", [f"plain,{EVOLINK}"]),
        ("wanprep targets studio", ["plain,studio/own"]),
        ("wanprep explain asset-e", ["plain,asset-empty"]),
        ("wanprep check --select asset-empty,alph", ["plain,asset-empty,alpha-unsupported"]),
        ("wanprep check --ignore voice", ["plain,voice-unsupported"]),
        ("wanprep fix --ignore voice", ["plain,voice-unsupported"]),
        ("wanprep schema fac", ["plain,facts"]),
        ("wanprep check as", ["file,as"]),
        ("wanprep probe as", ["file,as"]),
        ("wanprep fix as", ["file,as"]),
        ("wanprep submit jo", ["file,jo"]),
        ("wanprep compare jo", ["file,jo"]),
        ("wanprep check -o re", ["file,re"]),
        ("wanprep fix --out re", ["dir,re"]),
        ("wanprep submit -o re", ["dir,re"]),
        ("wanprep runs fetch x", []),
        ("wanprep completion f", ["plain,fish"]),
        ("wanprep check --wat", ["plain,--watch"]),
    ],
)
def test_completions(
    line: str, expected: list[str], offered: Callable[[str], list[str]], tmp_path: Path
) -> None:
    (tmp_path / "wanprep.toml").write_text('target-folders = ["targets"]')
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets/own.json").write_text(
        '{"id": "studio/own", "title": "Own", "summary": "", "docs": [""], "roles": {}}'
    )
    assert offered(line) == expected
    assert not (tmp_path / "state").exists()


def test_completion_works_with_a_broken_configuration(
    offered: Callable[[str], list[str]], tmp_path: Path
) -> None:
    (tmp_path / "wanprep.toml").write_text("targts = 1")
    assert offered("wanprep check -t evolink/wan") == [f"plain,{EVOLINK}"]


def test_runs_are_completed(
    offered: Callable[[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(__file__).parents[2] / "fixtures/demo", tmp_path / "demo")
    with emulate(speed=8) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        assert run(["submit", "demo/job.yaml", "--yes"]) == 0
    [row] = offered("wanprep runs wait ")
    run_id = row.removeprefix("plain,")
    assert len(run_id) == 8
    assert offered(f"wanprep runs show {run_id[:3]}") == [row]


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_each_shell_gets_its_script(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_WANPREP_COMPLETE={shell}_complete" in capfd.readouterr().out


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_a_real_bash_completes(tmp_path: Path) -> None:
    assert BASH is not None
    (tmp_path / "wanprep").write_text(f'#!/bin/sh\nexec {sys.executable} -m wanprep "$@"\n')
    (tmp_path / "wanprep").chmod(0o755)
    script = """
        eval "$(wanprep completion bash)"
        complete -p wanprep
        COMP_WORDS=(wanprep check -t evolink/wan) COMP_CWORD=3
        _wanprep_completion wanprep
        echo "offered: ${COMPREPLY[*]}"
    """
    done = subprocess.run(
        [BASH, "--norc", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert "complete" in done.stdout
    assert f"offered: {EVOLINK}\n" in done.stdout


def test_completion_imports_little(tmp_path: Path) -> None:
    code = """
import sys
from wanprep.cli import run
try:
    run([])
finally:
    heavy = {"PIL", "httpx", "jsonschema", "rich", "pluggy", "ruamel"}
    print(sorted(heavy & {*sys.modules}), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"_WANPREP_COMPLETE": "bash_complete", "COMP_WORDS": "wanprep check -t ",
                          "COMP_CWORD": "3"},
    )  # fmt: skip
    assert done.stderr.strip() == "[]"
    assert f"plain,{EVOLINK}" in done.stdout
