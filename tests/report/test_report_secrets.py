"""Signed links and logins are in no output, whatever the format."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from commands import Command

from wanprep.report import FORMATS

pytestmark = pytest.mark.untraced

LOGIN: Final = "https://joe:canary01@cdn.example.com/a.png"
SIGNED: Final = f"{LOGIN}?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=canary02"
PLAIN: Final = "http://cdn.example.com/b.png?w=1&auth_key=canary03"
BARE: Final = "ftp://joe:canary04@cdn.example.com/c.png?wsSecret=canary05"
JOB: Final = f"""\
target: evolink/wan2.7-reference-video
prompt: Image 1 walks
references: [{{image: "{SIGNED}"}}, {{image: "{PLAIN}"}}, {{image: "{BARE}"}}]
parameters: {{api_key: sk-canary06canary07, durration: "https://x.example/?token=canary08"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job.yaml").write_text(JOB)
    return tmp_path


@pytest.mark.parametrize("style", FORMATS)
def test_reports(wanprep: Command, folder: Path, style: str) -> None:
    shown = wanprep("check", "job.yaml", SIGNED, "--offline", "--format", style, cwd=folder)
    assert shown.status == 1
    assert "cdn.example.com" in shown.out
    assert "canary" not in shown.out + shown.err


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["compare", "job.yaml", "--offline"], id="compare"),
        pytest.param(["compare", "job.yaml", "--offline", "--format", "json"], id="compare json"),
        pytest.param(["fix", "job.yaml", "--plan"], id="fix"),
        pytest.param(["submit", "job.yaml", "--dry-run", "--drop"], id="submit"),
        pytest.param(["probe", LOGIN, "--verbose"], id="probe"),
        pytest.param(["probe", LOGIN, "--format", "json"], id="probe json"),
        pytest.param(["check", BARE], id="an error"),
        pytest.param(["check", "job.yaml", "--format", BARE], id="an unknown choice"),
    ],
)
def test_commands(wanprep: Command, folder: Path, command: list[str]) -> None:
    shown = wanprep(*command, cwd=folder)
    assert "canary" not in shown.out + shown.err


def test_a_baseline(wanprep: Command, folder: Path) -> None:
    wanprep("check", "job.yaml", SIGNED, "--offline", "--write-baseline", cwd=folder)
    baseline = (folder / "wanprep-baseline.json").read_text()
    assert "https://***@cdn.example.com/a.png?" in baseline
    assert "canary" not in baseline
    (folder / "wanprep.toml").write_text('baseline = "wanprep-baseline.json"')
    assert wanprep("check", "job.yaml", SIGNED, "--offline", cwd=folder).status == 0
