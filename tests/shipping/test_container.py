"""The image of the Dockerfile, where a docker daemon runs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
IMAGE: Final = "wanprep-test"


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_image_checks_as_a_user_who_is_not_root() -> None:
    try:
        daemon = docker("version", "--format", "{{.Server.Version}}").returncode == 0
    except OSError:
        daemon = False
    if not daemon:
        pytest.skip("no docker daemon")
    built = docker("build", "--tag", IMAGE, str(ROOT))
    assert built.returncode == 0, built.stderr
    run = ("run", "--rm", "--volume", f"{ROOT / 'fixtures/demo'}:/work:ro")
    checked = docker(*run, IMAGE, "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "nothing found" in checked.stdout
    assert docker(*run, "--entrypoint", "id", IMAGE, "-u").stdout.strip() == "1000"
