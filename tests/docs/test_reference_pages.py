from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from documents import DOCS, ROOT

from wanprep.cli.commands import COMMANDS
from wanprep.judge.rules import rules
from wanprep.judge.target import all_targets


def generate(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False
    )


def test_they_are_current() -> None:
    done = generate(DOCS / "generate.py", "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "run docs/generate.py"


def test_old_ones_are_told_and_written_anew(tmp_path: Path) -> None:
    script = tmp_path / "generate.py"
    script.write_text((DOCS / "generate.py").read_text(encoding="utf-8"), encoding="utf-8")
    assert generate(script).returncode == 0
    rules_page, surplus = tmp_path / "reference/rules.md", tmp_path / "reference/targets/gone.md"
    good = rules_page.read_text(encoding="utf-8")
    rules_page.write_text("old", encoding="utf-8")
    surplus.write_text(good, encoding="utf-8")

    done = generate(script, "--check")
    assert done.returncode == 1
    assert done.stdout == "rules.md is out of date\ntargets/gone.md is out of date\n"
    assert generate(script).returncode == 0
    assert rules_page.read_text(encoding="utf-8") == good
    assert not surplus.exists()
    assert good == (DOCS / "reference/rules.md").read_text(encoding="utf-8")


def test_everything_has_its_place() -> None:
    rules_page = (DOCS / "reference/rules.md").read_text(encoding="utf-8")
    commands_page = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    assert all(f"\n## {rule}\n" in rules_page for rule in rules())
    assert all(f"\n## wanprep {command}\n" in commands_page for command in COMMANDS)
    assert "\n### wanprep runs fetch\n" in commands_page
    for target in all_targets():
        page = DOCS / f"reference/targets/{target.replace('/', '-')}.md"
        assert f"# {target}\n" in page.read_text(encoding="utf-8")


def test_every_variable_that_is_read_is_described() -> None:
    page = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in sources)
    names = set(re.findall(r"[\"'(](WANPREP_[A-Z_]*[A-Z])[\"'),]", text))
    assert names >= {"WANPREP_CACHE_DIR", "WANPREP_STATE_DIR"}
    assert {name for name in names if f"`{name}`" not in page} == set()
