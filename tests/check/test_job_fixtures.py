"""Drop a job into fixtures/jobs/good or fixtures/jobs/bad, and it is a test.

A good one must have no finding at all. Beside a bad one lies its `.expect`: one finding a line,
with its place, severity and rule.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from jsonschema import Draft202012Validator

from wanprep import check
from wanprep.rules.finding import rules
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from wanprep.check.result import Report

pytestmark = pytest.mark.untraced

JOBS: Final = Path(__file__).parents[2] / "fixtures/jobs"
DEMO: Final = JOBS.parent / "demo"
GOOD: Final = sorted((JOBS / "good").iterdir())
BAD: Final = sorted(path for path in (JOBS / "bad").iterdir() if path.suffix != ".expect")

# What no small file can show: the tests named behind have it.
ELSEWHERE: Final = {
    "asset-not-decoded": "test_urls.py",
    "asset-url-unreachable": "needs the network",
    "content-type-mismatch": "test_urls.py",
    "duration-ambiguous": "test_real_edges.py",
    "file-near-limit": "test_real_edges.py",
    "fps-out-of-range": "test_target_data.py",
    "file-too-large": "test_real_edges.py",
    "image-too-large": "test_real_edges.py",
    "video-too-large": "test_boundary_corpus.py",
    # What only a wider target has.
    **dict.fromkeys(
        (
            "duplicate-reference",
            "role-missing",
            "target-ended",
            "roles-exclusive",
            "total-too-large",
            "total-too-long",
            "too-many-audios",
        ),
        "test_wide_target.py",
    ),
}


@pytest.fixture(scope="module")
def report() -> Report:
    """All at once: each media file is probed once."""
    return check(*GOOD, *BAD, offline=True)


def test_a_good_job_has_no_finding(report: Report) -> None:
    good = {*map(str, GOOD)}
    assert [f"{each.file}: {each.message}" for each in report.findings if each.file in good] == []
    assert report.inputs
    cases = report.inputs.cases
    with_urls = {
        case.job.file for case in cases if any(each.kind == "url" for each in case.intent.assets)
    }
    verdicts = {(each.subject.partition("#")[0], each.verdict) for each in report.verdicts}
    assert {each for each in verdicts if each[0] in good} == {
        (path, "unknown" if path in with_urls else "pass") for path in good
    }


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_job_has_exactly_the_findings_beside_it(report: Report, path: Path) -> None:
    expected = path.with_name(f"{path.name}.expect").read_text(encoding="utf-8").splitlines()
    assert expected
    assert [
        f"{each.line}:{each.column}: {each.severity} {each.rule}"
        for each in report.findings
        if each.file == str(path)
    ] == expected


def test_messages_are_sentences(report: Report) -> None:
    for finding in report.findings:
        message = finding.message
        assert message[0].isupper() or message[0] == "`" or finding.asset or finding.pointer
        assert message.endswith((".", "?"))
        assert len(message) < 420
        plain = re.sub(r"`[^`]*`|\"[^\"]*\"", "X", message)
        assert not [word for word in NOT_WORDS if word in plain], message
        words = plain.lower().split()
        assert not [a for a, b in itertools.pairwise(words) if a == b != "x,"], message


# What a slip of ours would let through to people.
NOT_WORDS: Final = ("None", "True", "False", "  ", "..", ".;", "enum", "schema", "maxItems", "()")


def test_real_reports_are_as_the_published_schema_says(report: Report) -> None:
    validator = Draft202012Validator(load_schema("report"))
    media = check(JOBS / "media", targets=["wan/2.7", "runcomfy/wan-2-2-image-to-video"])
    for each in (report, media):
        assert [error.message for error in validator.iter_errors(each.as_json())] == []


def test_every_rule_has_a_bad_job() -> None:
    shown = {
        line.split()[2]
        for path in BAD
        for line in path.with_name(f"{path.name}.expect").read_text(encoding="utf-8").splitlines()
    }
    assert shown == set(rules()) - set(ELSEWHERE)


def test_the_demo_passes() -> None:
    report = check(DEMO)
    assert report.findings == ()
    assert report.summary["jobs"] == 1
    assert report.clean


def test_media_are_small() -> None:
    assert sum(path.stat().st_size for path in (JOBS / "media").iterdir()) < 150_000
