"""The command beside its server: the skill, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import Command
from ruamel.yaml import YAML

from wanprep.mcp.skill import FILE


def test_the_skill_is_written_where_clients_look(wanprep: Command, tmp_path: Path) -> None:
    written = wanprep("mcp", "--skill", tmp_path / "skills")
    path = tmp_path / "skills/wanprep/SKILL.md"
    assert (written.status, written.out) == (0, f"{path}\n")
    assert path.read_bytes() == FILE.read_bytes()
    assert wanprep("mcp", "--skill", tmp_path / "skills").status == 0  # a new version replaces it

    path.write_text("---\nname: other\n---\n")
    refused = wanprep("mcp", "--skill", tmp_path / "skills")
    assert refused.status == 2
    assert "another file" in refused.err


def test_the_skill_has_the_form_of_skills() -> None:
    _, front, text = FILE.read_text(encoding="utf-8").split("---\n", 2)
    meta = YAML(typ="safe").load(front)
    assert meta["name"] == "wanprep"
    assert {*meta} <= {"name", "description", "license", "compatibility"}
    assert 100 < len(meta["description"]) <= 1024
    assert len(text.splitlines()) < 500
    # docs/generate.py fills the tables; that they are current is tested with the other pages.
    assert all(f"| `{name}` |" in text for name in ("wanprep check", "plan_fix", "submit"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--write", "note.txt"], "note.txt is a file: name a folder"),
        (["--allow-spend", "0"], "--allow-spend"),
        (["--allow-spend", "nan"], "--allow-spend"),
    ],
)
def test_wrong_options(
    wanprep: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "note.txt").touch()
    result = wanprep("mcp", *arguments, cwd=tmp_path)
    assert result.status == 2
    assert message in result.err


def test_without_the_extra_it_says_what_to_install(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    result = wanprep("mcp")
    assert result.status == 2
    assert "pip install 'wanprep[mcp]'" in result.err
