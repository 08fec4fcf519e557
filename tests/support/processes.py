"""Whether a process runs, and what it may read and write."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self").exists()


def ends(pid: int, *, within: float = 30.0) -> bool:
    deadline = time.monotonic() + within
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def wanprep_without_privileges(
    *arguments: str | Path, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command without the superuser's right to open everything."""
    command = [sys.executable, "-m", "wanprep", *map(str, arguments)]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("without setpriv, the superuser may open everything")
        command[:0] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def with_installed_bytecode(package: str) -> dict[str, str]:
    """Return the environment for a process of a large package, which takes seconds to compile."""
    found = find_spec(package)
    installed = found and found.cached and os.path.exists(found.cached)
    left_out = {"PYTHONPYCACHEPREFIX"} if installed else set[str]()
    return {name: value for name, value in os.environ.items() if name not in left_out}


@contextmanager
def limited_file_size(most: int) -> Iterator[None]:
    """Let writing more to a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
