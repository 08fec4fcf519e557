"""Every bad job of the fixtures, fixed with a yes to everything, and judged by the real check."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from fixed_jobs import KNOWN, independent

from wanprep.check import check
from wanprep.check.inputs import read_cases
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.plan.plan import Options
from wanprep.job.read import read_jobs

JOBS: Final = Path(__file__).parents[3] / "fixtures/jobs"
ALL: Final = sorted(path for path in JOBS.glob("*/*") if path.suffix in {".json", ".yaml"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("jobs")
    (home / "media").symlink_to(JOBS / "media")
    for name in ("good", "bad"):
        shutil.copytree(JOBS / name, home / name)
    return home


def test_what_is_cleared_is_gone_and_nothing_is_worse(folder: Path) -> None:
    media = {"asset", "image", "video", "audio", "file", "format", "alpha", "codec", "color"}
    paths = [str(folder / path.parent.name / path.name) for path in ALL]
    before = check(*paths, offline=True)
    files = {path: read_jobs(path) for path in paths}
    fixed = {}
    for path, file in files.items():
        found, _ = read_cases(file, [], KNOWN, [KNOWN["wan/2.7"]])
        fixed[path] = fix_job(file, found, options=Options(yes=True))
        if fixed[path].changes:
            Path(path).write_bytes(fixed[path].text.encode())
    after = check(*paths, offline=True)

    changed = [path for path in paths if fixed[path].changes]
    assert len(changed) > 35
    for path in paths:
        was = Counter(each.rule for each in before.findings if each.file == path)
        now = Counter(each.rule for each in after.findings if each.file == path)
        cleared = {rule for each in fixed[path].changes for rule in each.rules}
        for rule in cleared:
            assert now[rule] < was[rule] or rule in fixed[path].not_fixed, (path, rule)
        assert not {rule for rule in now - was if rule.partition("-")[0] not in media}, path
        told = {rule for rule in now if rule in cleared}
        assert told <= set(fixed[path].not_fixed), path
        assert not fixed[path].questions


def test_a_good_job_needs_nothing() -> None:
    for path in (each for each in ALL if each.parent.name == "good"):
        file = read_jobs(str(path))
        found, _ = read_cases(file, [], KNOWN, [KNOWN["wan/2.7"]])
        made = fix_job(file, found, options=Options(yes=True))

        assert made.text == file.source.text or made.changes, path
        # Nothing is wrong with 1080P or an older field: they get today's spelling.
        assert {(each.rules, each.safety) for each in made.changes} <= {((), "safe")}, path
        assert (made.questions, made.left) == ((), ()), path


@pytest.mark.parametrize(
    "path", [each for each in ALL if each.parent.name == "bad"], ids=lambda path: path.name
)
def test_twice_is_once_and_others_can_read_it(path: Path) -> None:
    file = read_jobs(str(path))
    found, _ = read_cases(file, [], KNOWN, [KNOWN["wan/2.7"]])
    made = fix_job(file, found, options=Options(yes=True))
    if not made.changes:
        assert made.text == file.source.text
        return

    from fixed_jobs import job_file

    again = job_file(made.text, str(path))
    found, _ = read_cases(again, [], KNOWN, [KNOWN["wan/2.7"]])
    assert fix_job(again, found, options=Options(yes=True)).text == made.text
    assert len(independent(made.text)) == len(again.jobs)
