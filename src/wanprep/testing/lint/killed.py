"""Kill a real `wanprep submit` while the answer to its order is missing, and run it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator import Emulator
from wanprep.emulator.recorded_site import recorded_site
from wanprep.files.state_folder import VARIABLE
from wanprep.submit.ledger.ledger import Ledger
from wanprep.testing.lint.jobs import accepted_jobs
from wanprep.testing.lint.problem import Problem
from wanprep.testing.lint.watch import CANARY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.rules.target import Target
    from wanprep.submit.ledger.run import Run
    from wanprep.testing.lint.plugin import PluginPackage
    from wanprep.testing.lint.scenes import Stage

_LONGEST: Final = 120.0  # seconds of one process
_PAUSE: Final = 0.005
_ENTRY: Final = "[wanprep]\n{name} = {package}\n"


def check_killed(
    stage: Stage, service: Mapping[str, Any], found: PluginPackage, targets: Sequence[Target]
) -> Iterator[Problem]:
    """Submit a job that the targets accept, in two processes of which the first is killed."""
    job = next((job for target in targets for job in accepted_jobs(target)), None)
    if job is None:
        return
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        site = recorded_site(service, stage.recording)
        emulator = held.enter_context(
            Emulator([site], faults=["no-reply", "never-finishes"], speed=40)
        )
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (folder / "wanprep.toml").write_text(_settings(stage), encoding="utf-8")
        environ = _environment(emulator, service, found, folder)
        place = f"{stage.provider.name}.submit"
        for message in _kill_and_repeat(emulator, folder, environ):
            yield Problem("flows", place, f"killed before the answer to its order, {message}")


def _settings(stage: Stage) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in stage.order.settings.items()]
    return "\n".join([f"[providers.{stage.provider.name}]", *lines])


def _environment(
    emulator: Emulator, service: Mapping[str, Any], found: PluginPackage, folder: Path
) -> dict[str, str]:
    """Let a process find the plugin, as if it was installed, and the emulator."""
    from importlib.metadata import entry_points

    installed = {each.module.partition(".")[0] for each in entry_points(group="wanprep")}
    if found.package not in installed:
        info = folder / f"{found.package}-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {found.package}\nVersion: 0\n", encoding="utf-8")
        entry = _ENTRY.format(name=service["name"], package=found.modules[0])
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
    key = f"{CANARY}:{CANARY}" if "jwt" in service["keys"].get("scheme", {}) else CANARY
    paths = [str(folder), str(found.folder.parent), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        **emulator.environment,
        **dict.fromkeys(service["keys"]["environment"], key),
        VARIABLE: str(folder / "state"),
        "WANPREP_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def _kill_and_repeat(emulator: Emulator, folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "wanprep", "submit", "job.json", "--offline", "--yes"]
    with subprocess.Popen(
        command, cwd=folder, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        end = time.monotonic() + _LONGEST
        while not emulator.jobs and process.poll() is None and time.monotonic() < end:
            time.sleep(_PAUSE)
        process.kill()
        output, _ = process.communicate()
    if not emulator.jobs:
        yield f"or earlier: it orders nothing, and ends with: {output.strip()[-300:]}"
        return
    try:
        again = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, check=False,
            timeout=_LONGEST,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield f"the same command does not end within {_LONGEST:g} s: look for a flow that waits."
        return
    with Ledger(str(folder / "state")) as ledger:
        [run] = ledger.runs()
    yield from _problems(emulator, run, again.returncode)
    if CANARY in output + again.stdout + again.stderr:
        yield "it prints the key."


def _problems(emulator: Emulator, run: Run, status: int) -> Iterator[str]:
    if len(emulator.jobs) > 1:
        yield "the same command orders the job once more: it would be paid for twice."
    # `find` compares times, and those in a recording are not of today: it may find nothing.
    if (run.state, status) not in {("accepted", 0), ("uncertain", 4)}:
        why = f" {run.error}" if run.error else ""
        yield f"the same command leaves the run {run.state}, with exit status {status}.{why}"
    if run.provider_id and run.provider_id != emulator.jobs[-1].id:
        yield f"`find` returns the job {run.provider_id} instead of {emulator.jobs[-1].id}."
