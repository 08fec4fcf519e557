"""Every job of the fixtures, fixed with a yes to everything, and judged by the real check."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from fixed_jobs import TARGETS, fix_file, independent, job_file

from wanprep import check
from wanprep.check.inputs import read_cases
from wanprep.fix.job.fix_job import predict_fixed_job
from wanprep.fix.plan.plan import Options
from wanprep.job.documents import parse_documents
from wanprep.job.model import read_jobs

if TYPE_CHECKING:
    from wanprep.fix.job.changes import FixedJob

pytestmark = pytest.mark.untraced

JOBS: Final = Path(__file__).parents[3] / "fixtures/jobs"
MEDIA_RULES: Final = {
    "asset", "image", "video", "audio", "file", "format", "alpha", "codec", "color",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("jobs")
    (home / "media").symlink_to(JOBS / "media")
    for name in ("good", "bad"):
        shutil.copytree(JOBS / name, home / name)
    return home


@pytest.fixture(scope="module")
def fixed(folder: Path) -> dict[str, FixedJob]:
    """The jobs, by their path; the files stay as they are."""
    paths = sorted(path for path in folder.glob("*/*") if path.suffix in {".json", ".yaml"})
    files = [read_jobs(str(path)) for path in paths if path.parent.name != "media"]
    return {file.file: fix_file(file, target="wan/2.7", yes=True) for file in files}


def test_a_good_job_needs_nothing(fixed: dict[str, FixedJob]) -> None:
    for path in (each for each in fixed if Path(each).parent.name == "good"):
        job = fixed[path]

        assert job.text == read_jobs(path).source.text or job.changes, path
        # Nothing is wrong with 1080P or an older field: they get today's spelling.
        assert {(each.rules, each.safety) for each in job.changes} <= {((), "safe")}, path
        assert (job.questions, job.remaining) == ((), ()), path


def test_what_a_comparison_predicts_is_what_a_fix_writes(fixed: dict[str, FixedJob]) -> None:
    certain = 0
    for path, job in fixed.items():
        file = read_jobs(path)
        cases, _ = read_cases(file, [], TARGETS, [TARGETS["wan/2.7"]])

        predicted = predict_fixed_job(file, cases, options=Options(yes=True))

        assert (predicted.text, predicted.changes) == (job.text, job.changes), path
        assert predicted.parsed in (None, parse_documents(job.text, path)), path
        certain += predicted.parsed is not None
    assert certain > len(fixed) / 2


def test_fixing_twice_changes_nothing_more_and_other_readers_agree(
    fixed: dict[str, FixedJob],
) -> None:
    for path in (each for each in fixed if Path(each).parent.name == "bad"):
        job = fixed[path]
        if not job.changes:
            assert job.text == read_jobs(path).source.text, path
            continue
        again = job_file(job.text, path)

        assert fix_file(again, target="wan/2.7", yes=True).text == job.text, path
        assert len(independent(job.text)) == len(again.jobs), path


def test_fixed_rules_are_clean_and_no_rule_is_worse(fixed: dict[str, FixedJob]) -> None:
    paths = list(fixed)
    before = check(*paths, offline=True)
    for path, job in fixed.items():
        if job.changes:
            Path(path).write_bytes(job.text.encode())
    after = check(*paths, offline=True)

    assert sum(bool(job.changes) for job in fixed.values()) > 35
    for path, job in fixed.items():
        old = Counter(each.rule for each in before.findings if each.file == path)
        new = Counter(each.rule for each in after.findings if each.file == path)
        cleared = {rule for each in job.changes for rule in each.rules}
        for rule in cleared:
            assert new[rule] < old[rule] or rule in job.not_fixed, (path, rule)
        assert not {rule for rule in new - old if rule.partition("-")[0] not in MEDIA_RULES}, path
        assert {rule for rule in new if rule in cleared} <= set(job.not_fixed), path
        assert not job.questions
