from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest
from documents import DOCS, ROOT

from wanprep.cli.commands import COMMANDS
from wanprep.rules.finding import rules
from wanprep.rules.target import all_targets


def generate(script: Path, *arguments: str) -> int:
    """Run the script in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(script), *arguments])
        status: int = runpy.run_path(str(script))["main"]()
    return status


def test_pages_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    status = generate(DOCS / "generate.py", "--check")
    assert (status, *capsys.readouterr()) == (0, "", ""), "run docs/generate.py"


@pytest.mark.slow
def test_the_screenshot_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    status = generate(DOCS / "screenshot.py", "--check")
    assert (status, capsys.readouterr().err) == (0, ""), "run docs/screenshot.py"


@pytest.mark.untraced
def test_outdated_pages_are_listed_and_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = ("README.md", "docs/reference/exit-status.md", "src/wanprep/mcp/skill/SKILL.md")
    for name in ("docs/generate.py", *kept):  # which have text of their own
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    script, reference = tmp_path / "docs/generate.py", tmp_path / "docs/reference"
    assert generate(script) == 0
    rules_page, surplus, readme = (
        reference / "rules.md", reference / "targets/gone.md", tmp_path / "README.md",
    )  # fmt: skip
    good, good_readme = rules_page.read_text(encoding="utf-8"), readme.read_text(encoding="utf-8")
    rules_page.write_text("old", encoding="utf-8")
    surplus.write_text(good, encoding="utf-8")
    readme.write_text(good_readme.replace("240 to 8000 px", "1 to 2 px"), encoding="utf-8")

    capsys.readouterr()
    assert generate(script, "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{name} is out of date"
        for name in ("README.md", "docs/reference/rules.md", "docs/reference/targets/gone.md")
    ]
    assert generate(script) == 0
    assert rules_page.read_text(encoding="utf-8") == good
    assert readme.read_text(encoding="utf-8") == good_readme
    assert not surplus.exists()
    assert good == (DOCS / "reference/rules.md").read_text(encoding="utf-8")


def test_readme_has_the_limits_of_each_role() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [table] = re.findall(r"<!-- limits -->\n(.*)<!-- /limits -->", text, re.DOTALL)
    titles, _, *rows = (line.strip("| ").split(" | ") for line in table.splitlines())
    assert titles == ["reference image", "reference video", "first frame", "voice"]
    assert rows[0] == [
        "format", "JPEG, PNG, BMP or WEBP", "MP4 or MOV", "JPEG, PNG, BMP or WEBP", "WAV or MP3",
    ]  # fmt: skip
    assert [row[0] for row in rows] == [
        "format", "width and height", "aspect ratio", "file size", "duration", "alpha channel",
        "count",
    ]  # fmt: skip


def test_every_rule_command_and_target_has_a_section() -> None:
    rules_page = (DOCS / "reference/rules.md").read_text(encoding="utf-8")
    commands_page = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {rule}\n" in rules_page for rule in rules())
    assert all(f"\n## wanprep {command}\n" in commands_page for command in COMMANDS)
    assert "\n### wanprep runs fetch\n" in commands_page
    for target in all_targets():
        page = DOCS / f"reference/targets/{target.replace('/', '-')}.md"
        assert f"# {target}\n" in page.read_text(encoding="utf-8")


def test_every_environment_variable_is_documented() -> None:
    page = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in sources)
    names = set(re.findall(r"[\"'(](WANPREP_[A-Z_]*[A-Z])[\"'),]", text))
    assert names >= {"WANPREP_CACHE_DIR", "WANPREP_STATE_DIR"}
    assert {name for name in names if f"`{name}`" not in page} == set()
