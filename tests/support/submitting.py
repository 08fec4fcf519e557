"""Submit as users do: jobs in a folder of their own, an emulator, and real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import pytest
from ledgers import start_process
from PIL import Image

from wanprep.cli import run
from wanprep.emulator import Emulator

EVOLINK: Final = "evolink/wan2.7-reference-video"
OXEN: Final = "oxen/wan-v2-7-reference-to-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"
WAVESPEED: Final = "wavespeed/wan-2.7-reference-to-video"
DANCE: Final = Path(__file__).parents[2] / "fixtures/demo/refs/dance.mp4"
SETTINGS: Final = """
[providers.runcomfy]
data-uris = true
[providers.oxen]
repository = "me/refs"
"""


class Desktop:
    """A folder with jobs, an emulator to send them to, and the output of commands."""

    def __init__(
        self,
        folder: Path,
        emulator: Emulator,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.emulator = emulator
        self.capfd = capfd
        self.out = ""
        self.err = ""
        monkeypatch.chdir(folder)
        environment = emulator.environment | {
            "WANPREP_STATE_DIR": str(folder / "state"),
            "WANPREP_POLL_INTERVAL": "0.05",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        (folder / "wanprep.toml").write_text(SETTINGS)

    def job(self, name: str = "job.yaml", target: str = EVOLINK, prompt: str = "She walks.") -> str:
        """Write a job with one image, which every Wan 2.7 target takes."""
        image = self.folder / "hero.png"
        if not image.exists():
            Image.new("RGB", (320, 320), "teal").save(image)
        reference = "image: hero.png"
        if "wavespeed" in target:  # which needs a video
            reference = "video: dance.mp4"
            shutil.copy(DANCE, self.folder / "dance.mp4")
        (self.folder / name).write_text(
            f"target: {target}\nprompt: {prompt}\nreferences:\n  - {reference}\n"
            "parameters: {duration: 2, resolution: 720p}\n"
        )
        return name

    def wanprep(self, *arguments: str) -> int:
        """Run wanprep in this process, and keep its output."""
        status = run(list(arguments))
        self.out, self.err = self.capfd.readouterr()
        return status

    def json(self, *arguments: str, status: int | None = 0) -> Any:
        """Run wanprep and parse its JSON."""
        ended = self.wanprep(*arguments, "--format", "json")
        assert status is None or ended == status, self.err
        return json.loads(self.out)

    def runs(self) -> list[dict[str, Any]]:
        """List the runs in the ledger."""
        runs: list[dict[str, Any]] = self.json("runs", "list")
        return runs

    def orders(self) -> int:
        """Count the jobs that the emulator has taken: what would have been paid."""
        return len(self.emulator.jobs)

    def start_forked(self, *arguments: str) -> BaseProcess:
        """Start wanprep quickly in another process, which is only good for being killed."""
        return start_process(_run, arguments)[0]

    def start(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start wanprep as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "wanprep", *arguments],
            cwd=self.folder, env=os.environ | dict(environment or {}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


def _run(_: object, arguments: tuple[str, ...]) -> None:
    run(list(arguments))


def until(happened: Callable[[], object], what: str = "it") -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end, f"{what} never happened"
        time.sleep(0.01)
