"""What several processes judge is what one finds, whether or not facts are cached."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from wanprep.check import pipeline
from wanprep.check.pipeline import check_in_parts
from wanprep.check.request import CheckRequest
from wanprep.check.result import Report, join
from wanprep.cli import run
from wanprep.config import find_config
from wanprep.fix.fixable import with_fixes
from wanprep.media.facts import Facts
from wanprep.media.workers import prober, report_to
from wanprep.results import on_cores

CONFIG = '[roles]\n"refs/7*" = "voice"\n[severity]\naspect-out-of-range = "note"\n'


class Count:
    def __init__(self) -> None:
        self.files = 0

    def expect(self, count: int) -> None: ...

    def add(self, facts: Facts, *, cached: bool) -> None:  # noqa: ARG002
        self.files += 1


@pytest.fixture
def request_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckRequest:
    """Return a request for 40 files, of which some do not fit, cannot be read, or are of a job."""
    (tmp_path / "refs").mkdir()
    sizes = [(1280, 720), (720, 1280), (64, 64), (300, 3000)]
    for at, size in enumerate(sizes):
        Image.new("RGB", size).save(tmp_path / f"refs/{at:02}.png")
    for at in range(40):
        shutil.copyfile(tmp_path / f"refs/{at % 9 % 4:02}.png", tmp_path / f"copy-{at}")
    for at in range(40):
        (tmp_path / f"copy-{at}").rename(tmp_path / f"refs/{at:02}.png")
        os.utime(tmp_path / f"refs/{at:02}.png", (1e9, 1e9))
    (tmp_path / "refs/05.png").write_bytes(b"")
    (tmp_path / "refs/ünlü\n.jpg").write_bytes(b"GIF89a")
    (tmp_path / "refs/gone.png").symlink_to("nowhere")
    job = "target: evolink/wan2.7-reference-video\nprompt: x\nreferences: [image: refs/02.png]\n"
    (tmp_path / "job.yaml").write_text(job)
    (tmp_path / "wanprep.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "_MANY", 10)
    monkeypatch.setattr(on_cores, "_NAMES", 4)

    targets = ("wan/2.7", "evolink/wan2.7-reference-video")
    return CheckRequest(paths=(".",), targets=targets, config=find_config(tmp_path), workers=2)


@pytest.mark.parametrize(
    ("cached", "judged"),
    [
        pytest.param(slice(0), 0, id="nothing is cached"),
        pytest.param(slice(40), 38, id="all that has facts"),
        pytest.param(slice(0, 40, 5), 0, id="a fifth: it is faster without"),
        pytest.param(slice(0, 25), 23, id="the first half"),
    ],
)
def test_the_report_is_that_of_one_process(
    request_here: CheckRequest, cached: slice, judged: int
) -> None:
    paths = sorted(map(str, Path("refs").glob("??.png")))[cached]
    with prober(deep=False, cache=True, workers=1) as probe:
        list(probe(f"./{path}" for path in paths))
    alone = join(with_fixes(part) for part in check_in_parts(replace(request_here, cache=False)))
    of_workers: list[Report] = []

    def elsewhere(names: Iterator[str | Facts]) -> Iterator[object]:
        for found in on_cores.media_on_cores(names, request_here):
            of_workers.extend([found] if isinstance(found, Report) else [])
            yield found

    count = Count()
    with report_to(count):
        every = join(with_fixes(part) for part in check_in_parts(request_here, elsewhere))  # type: ignore[arg-type]
    assert (every.findings, every.verdicts) == (alone.findings, alone.verdicts)
    assert (every.targets, every.unchecked, every.summary) == (
        alone.targets, alone.unchecked, alone.summary,
    )  # fmt: skip
    assert {each.fix for each in every.findings} >= {"", "wanprep fix", "wanprep fix --crop smart"}
    assert count.files == every.assets
    assert sum(part.assets for part in of_workers) == judged


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param(["--format", "jsonl"], 2, id="findings alone"),
        pytest.param(["--format", "html", "-o", "report.html"], 1, id="facts are shown"),
        pytest.param(["--format", "jsonl", "-v"], 1, id="facts are in the log"),
        pytest.param(["--write-baseline"], 0, id="a baseline"),
        pytest.param(["--format", "jsonl", "--no-cache"], 1, id="nothing is cached"),
        pytest.param(["--format", "jsonl", "-j", "1"], 1, id="one process"),
    ],
)
def test_workers_are_used_where_findings_are_enough(
    request_here: CheckRequest,
    options: list[str],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(on_cores, "_TASK", "wanprep:nowhere")  # so that none can start
    with prober(deep=False, cache=True, workers=1) as probe:
        list(probe(f"./{path}" for path in map(str, Path("refs").iterdir())))
    assert run(["check", *request_here.paths, "-j", "2", *options]) == status
    assert ("worker process could not be started" in capfd.readouterr().err) == (status == 2)
