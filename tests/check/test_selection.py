from __future__ import annotations

import pytest

from wanprep.check.result import Report, select_findings
from wanprep.errors import UsageError
from wanprep.rules.finding import Finding, Severity, Verdict, find_rule


def finding(rule: str, severity: Severity, file: str = "a.png", target: str = "wan/2.7") -> Finding:
    return Finding(rule=rule, severity=severity, message="m", target=target, file=file)


REPORT = Report(
    targets=("wan/2.7",),
    findings=(
        finding("image-too-small", "error"),
        finding("alpha-unsupported", "error", "b.png"),
        finding("location-metadata", "warning", "b.png"),
        finding("prompt-ref-unused", "note", "job.yaml"),
        finding("job-invalid", "error", "job.yaml", ""),
    ),
    verdicts=(
        Verdict("a.png", "wan/2.7", "fail"),
        Verdict("b.png", "wan/2.7", "fail"),
        Verdict("c.png", "wan/2.7", "unknown"),
        Verdict("job.yaml", "wan/2.7", "fail"),
        Verdict("job.yaml#2", "wan/2.7", "fail"),
    ),
    unchecked=(),
    assets=3,
    jobs=2,
)


@pytest.mark.parametrize(
    ("select", "ignore", "severity", "left"),
    [
        pytest.param([], [], "note", [0, 1, 2, 3, 4], id="all"),
        pytest.param(["image-too-small"], [], "note", [0], id="one"),
        pytest.param(["image-too-small, alpha-unsupported,"], [], "note", [0, 1], id="commas"),
        pytest.param([], ["job-invalid"], "note", [0, 1, 2, 3], id="all but one"),
        pytest.param([], [], "warning", [0, 1, 2, 4], id="warnings and worse"),
        pytest.param([], [], "error", [0, 1, 4], id="errors"),
        pytest.param(["job-invalid"], ["job-invalid"], "note", [], id="ignoring wins"),
    ],
)
def test_what_is_left(select: list[str], ignore: list[str], severity: str, left: list[int]) -> None:
    report = select_findings(REPORT, select, ignore, severity)
    assert report.findings == tuple(REPORT.findings[at] for at in left)
    assert report.assets == REPORT.assets


def test_verdicts_follow() -> None:
    verdicts = select_findings(REPORT, [], ["image-too-small"], "note").verdicts
    assert [each.verdict for each in verdicts] == ["pass", "fail", "unknown", "fail", "fail"]
    verdicts = select_findings(REPORT, [], ["job-invalid"], "note").verdicts
    assert [each.verdict for each in verdicts] == ["fail", "fail", "unknown", "pass", "pass"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("image-to-small", "there is no rule 'image-to-small'. Did you mean 'image-too-small'?"),
        ("zzz", "there is no rule 'zzz'. `wanprep explain` lists them."),
        ("alpha", "there is no rule 'alpha'. Did you mean 'alpha-unsupported'?"),
    ],
)
def test_a_misspelt_rule_is_wrong_use(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_rule(name)
    assert str(caught.value) == message
    with pytest.raises(UsageError):
        select_findings(REPORT, [name], [], "note")
