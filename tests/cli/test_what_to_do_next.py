"""Whatever stops a command says what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanprep.cli import run


@pytest.mark.parametrize(
    ("arguments", "files", "next_step"),
    [
        (["check", "gone.png"], {}, "Look for a slip"),
        (["check"], {}, "`wanprep init`"),
        (["check"], {"wanprep.toml": "[[["}, "`wanprep schema config`"),
        (["check"], {"wanprep.toml": "x = 1"}, "there are: "),
        (["check", "-t", "evolnk"], {"a.png": ""}, "`wanprep targets` lists them"),
        (["targets"], {"wanprep.toml": 'target-folders = ["."]', "a.json": "{"}, "Fix it"),
        (["check", "--select", "zzz"], {}, "`wanprep explain` lists them"),
        (["check", "-o", "no/report"], {"a.png": ""}, "with -o"),
        (["schema", "zzz"], {}, "There are: "),
        (["fix"], {"a.png": ""}, "--out DIR"),
        (["submit", "a.png"], {"a.png": ""}, "`wanprep schema job`"),
        (["submit", "a.yaml"], {"a.yaml": "prompt: x\nreferences: []\n"}, "Name one with -t"),
        (["compare", "a.png"], {"a.png": ""}, "`wanprep init`"),
        (["runs", "show", "zzz"], {}, "`wanprep runs list`"),
        (["completion", "tcsh"], {}, "'bash'"),
    ],
)  # fmt: skip
def test_wrong_use(
    arguments: list[str],
    files: dict[str, str],
    next_step: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("WANPREP_STATE_DIR", str(tmp_path / "state"))
    for name, text in files.items():
        Path(name).write_text(text)
    assert run(arguments) == 2
    told = capfd.readouterr()
    assert next_step in told.err
    assert told.out == ""
