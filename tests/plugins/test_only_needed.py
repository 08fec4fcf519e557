"""Which plugins each command imports, of several that are installed: only the one that it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from wanprep.plugins.new_plugin import write_plugin

DEMO: Final = Path(__file__).parents[2] / "fixtures/demo"
EVOLINK: Final = "evolink/wan2.7-reference-video"
JOB: Final = f"""\
prompt: Image 1 waves.
references: [{{image: {DEMO}/refs/hero.jpg}}]
parameters: {{resolution: 720p, duration: 5}}
"""
COMMANDS: Final[dict[str, list[str]]] = {  # with the providers that each needs
    "--help": [],
    "--version": [],
    "check hero.jpg": [],
    f"check job.yaml -t {EVOLINK}": [],
    "check job.yaml -t acme1/example": [],
    f"fix job.yaml --plan -t {EVOLINK}": [],
    "probe hero.jpg": [],
    "compare job.yaml --offline": [],
    "targets": [],
    "targets --format json": [],
    "targets acme1/example -v": [],
    "explain image-too-small": [],
    "schema job": [],
    "runs list": [],
    "cache info": [],
    "init -t acme1/example": [],
    f"submit job.yaml --dry-run --offline -t {EVOLINK}": ["evolink"],
    "submit url.yaml --dry-run --offline -t acme1/example": ["acme1"],
}
RUN: Final = """
import contextlib, io, json, sys
from wanprep.cli import run
for command in json.loads(sys.argv[1]):
    known = {*sys.modules}
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run(command.split())
    new = {name.split(".")[0] for name in {*sys.modules} - known if name.startswith("wanprep_")}
    print(json.dumps([command, code, sorted(new), out.buffer.getvalue().decode()[-400:]]))
    for name in [name for name in sys.modules if name.startswith("wanprep_")]:
        del sys.modules[name]
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str], str]]:
    """Install two new plugins beside the bundled ones, and run all commands in one process."""
    folder = tmp_path_factory.mktemp("installed")
    site, work = folder / "site", folder / "work"
    work.mkdir()
    (work / "job.yaml").write_text(JOB)
    (work / "url.yaml").write_text(JOB.replace(f"{DEMO}/refs", "https://example.com"))
    (work / "hero.jpg").write_bytes((DEMO / "refs/hero.jpg").read_bytes())
    for name in ("acme1", "acme2"):
        write_plugin(name, folder / name)
        (folder / name / f"src/wanprep_{name}").rename(_below(site) / f"wanprep_{name}")
        info = _below(site / f"wanprep_{name}-0.1.dist-info")
        metadata = f"Metadata-Version: 2.1\nName: wanprep-{name}\nVersion: 0.1\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(f"[wanprep]\n{name} = wanprep_{name}\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps([*COMMANDS])],
        cwd=work, capture_output=True, text=True, check=False,
        env=os.environ | {
            "PYTHONPATH": str(site), "WANPREP_STATE_DIR": str(folder / "state"),
            "WANPREP_CACHE_DIR": str(folder / "cache"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {command: (code, names, output) for command, code, names, output in lines}


def _below(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_only_the_plugin_that_it_needs(
    imported: dict[str, tuple[int, list[str], str]], command: str
) -> None:
    code, names, output = imported[command]
    assert code == 0, output
    assert names == [f"wanprep_{name}" for name in COMMANDS[command]]
