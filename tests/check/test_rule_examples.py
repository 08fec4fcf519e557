"""Before and After of every rule: what is shown has the finding, and then has none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from valid_jobs import KINDS

from wanprep.check.inputs import Inputs, JobsOfFile, read_cases
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest
from wanprep.job.model import parse_jobs
from wanprep.media.facts import Facts, extension_format, usual_kind
from wanprep.rules.examples import Example, FileExample, example_of
from wanprep.rules.finding import rules
from wanprep.rules.target import all_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.check.result import Report
    from wanprep.rules.target import Target

pytestmark = pytest.mark.untraced

ROOT: Final = Path(__file__).parents[2]
KNOWN: Final = all_targets([ROOT / "fixtures/targets"])
ENDED: Final = {"until": "2020-01-01", "until_source": {"says": "it ends"}}
TARGETS: Final[dict[str, Target]] = {**KNOWN} | {
    "acme/ended": replace(
        KNOWN["wan/2.7"], id="acme/ended", data={**KNOWN["wan/2.7"].data, **ENDED}
    )
}  # fmt: skip


def facts_of(path: str, changes: Mapping[str, Any]) -> Facts:
    """Return ordinary facts of a file, but for some."""
    claimed = extension_format(path) or ""
    if changes.get("readable") is False:
        return Facts(path=path, extension_format=claimed or None, **changes)
    usual = KINDS[usual_kind(claimed)]
    same = {"format": claimed, "extension_format": claimed}
    if size := {*changes} & {"width", "height"}:
        assert len(size) == 2, "a size has a width and a height"
        same["aspect"] = changes["width"] / changes["height"]
    if usual.kind != "image" and "duration" in changes:
        same |= {f"{kind}_duration": changes["duration"] for kind in ("video", "audio")
                 if getattr(usual, f"{kind}_duration")}  # fmt: skip
    return replace(usual, path=path, **{**same, **changes})


def judge(example: Example, shown: str | FileExample) -> Report:
    """Judge what an example shows; a prompt is as long as it says."""
    target = TARGETS[example.target]
    request = CheckRequest(paths=(), targets=(target.id,))
    if isinstance(shown, FileExample):
        facts = facts_of(shown.file, shown.facts)
        request = replace(request, roles={shown.file: shown.role} if shown.role else {})
        return judge_inputs(Inputs(request=request, media=(shown.file,), media_targets=(target,),
                                   facts={shown.file: facts}))  # fmt: skip
    text = re.sub(r"… \((\d+) characters\)", lambda found: "x" * (int(found[1]) + 20), shown)
    written = parse_jobs(text, "job.yaml")
    requested = [] if "target:" in text else [target]
    jobs = JobsOfFile(written, *read_cases(written, requested, TARGETS, []))
    names = re.findall(r"[\w.:/]+\.(?:jpg|png|mp4|wav)\b", text)
    facts_by_name = {name: facts_of(name, example.files.get(name, {})) for name in names}
    return judge_inputs(Inputs(request=request, jobs=(jobs,), facts=facts_by_name))


@pytest.mark.parametrize("name", sorted(rules()))
def test_before_has_the_finding_and_after_has_none(name: str) -> None:
    example = example_of(name)
    assert example is not None
    before, after = judge(example, example.before), judge(example, example.after)
    assert name in {each.rule for each in before.findings}
    assert [f"{each.rule}: {each.message}" for each in after.findings] == []
