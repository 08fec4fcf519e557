"""A program that uses wanprep passes mypy --strict."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAM = """\
import asyncio
from pathlib import Path

import wanprep


def show(progress: wanprep.Progress) -> None:
    print(progress.name, progress.done, progress.total)


async def check(names: list[Path]) -> list[wanprep.Report]:
    return await asyncio.gather(*(asyncio.to_thread(wanprep.check, name) for name in names))


def prepare(job: Path) -> tuple[str, ...]:
    report = wanprep.check(job, targets=["evolink"], config=None, progress=show)
    widths: list[int | None] = [each.width for each in wanprep.probe_many([job])]
    rules: set[str] = {finding.rule for finding in report.findings}
    planned = wanprep.plan(job, crop="smart")
    fixed = wanprep.fix(job, out="ready", yes=True)
    steps: list[str] = [step.words for asset in fixed.assets for step in asset.steps]
    best: wanprep.Comparison = wanprep.compare(job)[0]
    limits: list[str] = [limit.allowed for limit in wanprep.targets("evolink")[0].job]
    lines: list[str] = [limit.severity for limit in wanprep.explain("image-too-small").limits]
    count: int = len(wanprep.load_job(job).jobs)
    print(widths, rules, planned.passes, steps, best.verdict, limits, lines, count)
    try:
        runs = wanprep.submit(job, max_cost=2.5, wait=True)
    except wanprep.JobsRefused as refused:
        print(refused.report.summary)
        return ()
    except wanprep.WanprepError as error:
        print(error)
        return ()
    latest: tuple[wanprep.Run, ...] = wanprep.runs(runs[0].id, wait=True, output="results")
    return latest[0].files
"""


@pytest.mark.slow
def test_an_outside_program_is_typed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    wrong = 'wanprep.chek("a")\nwanprep.check("a", taget=["b"])\n'
    program.write_text(f"{PROGRAM}\n\n{wrong}", encoding="utf-8")
    cache = ["--cache-dir", str(tmp_path / "cache")]

    from mypy import api  # which takes half a second

    shown, problems, _ = api.run(["--strict", *cache, str(program)])

    assert problems == ""
    found = [line.rpartition("[")[2] for line in shown.splitlines() if ": error:" in line]
    assert found == ["attr-defined]", "call-arg]"], shown
