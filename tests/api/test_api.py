"""The public functions do what the commands do, in one process, from any thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Command
from emulated import emulate
from PIL import Image
from submitting import WAVESPEED, Desktop

import wanprep as api

ROOT: Final = Path(__file__).parents[2]
JOBS: Final = ROOT / "fixtures/jobs"
EVOLINK: Final = "evolink/wan2.7-reference-video"
OXEN: Final = "oxen/wan-v2-7-reference-to-video"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo job, which passes, and an image that is too small and has alpha."""
    shutil.copytree(ROOT / "fixtures/demo", tmp_path / "demo")
    Image.new("RGBA", (400, 300), (200, 30, 30, 90)).save(tmp_path / "glass.png")
    Image.new("RGB", (60, 40)).save(tmp_path / "tiny.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(command: Command, *arguments: str | Path) -> Any:
    return json.loads(command(*arguments, "--format", "json").out)


def as_read(value: object) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.untraced
def test_check_reports_what_the_command_prints(
    wanprep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(JOBS)
    paths = ["bad/[a-c]*", "good", "media"]
    options = ["--offline", "-t", EVOLINK, "--severity", "warning", "--ignore", "job-invalid"]
    report = api.check(
        *paths, offline=True, targets=[EVOLINK], severity="warning", ignore=["job-invalid"]
    )
    assert as_read(report.as_json()) == printed(wanprep, "check", *paths, *options)
    assert report.findings
    assert {each.verdict for each in report.verdicts} == {"pass", "fail", "unknown"}


def test_the_configuration_is_that_of_the_command_line(wanprep: Command, project: Path) -> None:
    (project / "wanprep.toml").write_text(
        f'targets = ["{EVOLINK}"]\nexclude = ["demo/"]\n'
        '[roles]\n"tiny*" = "first_frame"\n[severity]\nimage-too-small = "warning"\n'
    )
    inner = project / "demo/refs"
    with contextlib.chdir(inner):  # found upward
        report = api.check(project, "../../tiny.png")
        assert as_read(report.as_json()) == printed(wanprep, "check", project, "../../tiny.png")
    assert report.targets == (EVOLINK,)
    assert {each.subject for each in report.verdicts} == {
        f"{project}/glass.png", f"{project}/tiny.png", "../../tiny.png"
    }  # fmt: skip
    small = {each.severity for each in report.findings if each.rule == "image-too-small"}
    assert small == {"warning"}

    for none in (None, False):
        assert api.check("tiny.png", config=none).targets == ("wan/2.7",)
    assert api.check("tiny.png", config={"targets": [OXEN]}).targets == (OXEN,)
    other = project / "other.toml"
    other.write_text(f'targets = ["{OXEN}"]\n')
    assert api.check("tiny.png", config=other).targets == (OXEN,)
    assert api.check("tiny.png", config=inner).targets == report.targets


def test_findings_of_the_baseline_are_left_out(wanprep: Command, project: Path) -> None:
    (project / "wanprep.toml").write_text('baseline = "known.json"\n')
    wanprep("check", "tiny.png", "--write-baseline")
    report = api.check("tiny.png")
    assert (report.findings, report.summary["known"], report.clean) == ((), 1, True)
    assert api.check("tiny.png", baseline=False).findings


@pytest.mark.usefixtures("project")
def test_probe_reads_what_the_command_reads(wanprep: Command) -> None:
    names = ["demo/refs/dance.mp4", "tiny.png"]
    facts = [api.probe(name) for name in names]
    assert [each.as_json() for each in facts] == printed(wanprep, "probe", *names)
    missing = api.probe_many(["tiny.png", "absent.png"])
    assert [each.readable for each in missing] == [True, False]


def test_load_job_knows_places(project: Path) -> None:
    loaded = api.load_job(project / "demo/job.yaml")
    (job,) = loaded.jobs
    assert loaded.problems == ()
    assert job.document.place("/prompt").line == 3


def test_a_plan_is_what_the_fix_then_does(wanprep: Command, project: Path) -> None:
    shown = api.plan("glass.png", "tiny.png", out="ready", targets=[EVOLINK])
    arguments = ["fix", "glass.png", "tiny.png", "--out", "ready", "-t", EVOLINK]
    assert as_read(shown.as_json()) == printed(wanprep, *arguments, "--plan")
    assert not (project / "ready").exists()

    seen: list[api.Progress] = []
    done = api.fix("glass.png", "tiny.png", out="ready", targets=[EVOLINK], progress=seen.append)

    planned, made = ({each.source: each for each in found.assets} for found in (shown, done))
    assert made["glass.png"].outcome == planned["glass.png"].outcome == "mended"
    glass = made["glass.png"]
    assert [step.name for step in glass.steps] == ["flatten", "encode"]
    assert [each and each.alpha for each in (glass.before, glass.after)] == [True, False]
    assert api.probe("ready/glass.png").alpha is False
    assert shown.passes == done.passes
    assert (
        as_read(done.as_json())["assets"]
        == json.loads(Path("ready/wanprep-receipt.json").read_text(encoding="utf-8"))["assets"]
    )
    assert {each.message for each in seen} >= {"done"}
    assert max(each.done for each in seen if each.message == "done") == 2


@pytest.mark.untraced
@pytest.mark.usefixtures("project")
def test_compare_lists_the_best_first(wanprep: Command) -> None:
    rows = api.compare("demo/job.yaml", offline=True)
    (printed_job,) = printed(wanprep, "compare", "demo/job.yaml", "--offline")
    assert as_read([row.as_json() for row in rows]) == printed_job["targets"]
    assert [row.rank for row in rows] == sorted(row.rank for row in rows)
    assert rows[0].verdict == "fits"


def test_targets_and_rules_are_described(wanprep: Command) -> None:
    (target,) = api.targets("evolink")
    shown = printed(wanprep, "targets", "evolink")
    assert target.as_json() == {name: shown[name] for name in target.as_json()}
    limit = next(each for each in target.roles["reference_image"] if each.path == "width")
    assert limit.bounds == {"minimum": 240, "maximum": 8000}
    assert limit.source["doc"].startswith("https://")
    assert {each.id for each in api.targets()} > {EVOLINK, "wan/2.7"}

    rule = api.explain("image-too-small")
    assert any(EVOLINK in each.sources and "240" in each.limit for each in rule.limits)
    assert rule.before != rule.after
    assert rule.as_json()["by_hand"] == rule.by_hand != ""


def test_submit_returns_runs(project: Path) -> None:
    seen: list[api.Progress] = []
    (run,) = api.submit("demo/job.yaml", emulate=True, output="results", progress=seen.append)
    assert run.state == "succeeded"
    assert [api.probe(file).kind for file in run.files] == ["video"]
    assert Path(run.files[0]).parent == project / "results"
    assert (seen[-1].message, seen[-1].done, seen[-1].total) == ("succeeded", 1, 1)
    assert run.as_json()["state"] == "succeeded"


def test_submit_never_asks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "secret-key")
    monkeypatch.setenv("WANPREP_STATE_DIR", str(project / "state"))
    with pytest.raises(api.JobsRefused) as refused:
        api.submit("demo/job.yaml", targets=["runcomfy/wan-2-2-image-to-video"])
    assert "too-many-images" in {each.rule for each in refused.value.report.findings}
    with pytest.raises(api.NeedsConsent, match=r"1\.15 USD"):
        api.submit("demo/job.yaml")
    with pytest.raises(api.TooExpensive) as expensive:
        api.submit("demo/job.yaml", max_cost=0.5)
    assert "--" not in str(expensive.value)
    assert "--max-cost 0.5" in expensive.value.command


@pytest.fixture
def slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=0.4) as emulator:
        yield Desktop(tmp_path, emulator, monkeypatch, capfd)


def test_runs_are_followed(slow: Desktop) -> None:
    assert api.runs() == ()
    (sent,) = api.submit(slow.job(), max_cost=5)
    slow.job("other.yaml", prompt="She runs.")
    (other,) = api.submit("other.yaml", max_cost=5)
    assert [run.id for run in api.runs()] == [other.id, sent.id]
    with pytest.raises(api.SubmitFailed, match="it is not done yet") as early:
        api.runs(sent.id, output="results")
    assert [run.state for run in early.value.runs] == ["accepted"]

    (done,) = api.runs(sent.id[:6], wait=True, output="results")
    assert (done.id, done.state, len(done.files)) == (sent.id, "succeeded", 1)
    assert api.runs(sent.id) == (done,)
    with pytest.raises(api.UsageError, match="zzzz"):
        api.runs("zzzz")
    assert slow.orders() == 2


def test_runs_are_cancelled(slow: Desktop) -> None:
    (kept,) = api.submit(slow.job(target=WAVESPEED), yes=True)
    with pytest.raises(api.UsageError, match="deletes its record at WaveSpeedAI: pass `yes`"):
        api.cancel(kept.id)
    (cancelled,) = api.cancel(kept.id, yes=True)
    assert cancelled.state == "cancelled"
    assert api.cancel() == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: api.check("absent.png"), "absent", id="path"),
        pytest.param(lambda: api.probe("absent.png"), "absent", id="probe"),
        pytest.param(lambda: api.load_job("absent.yaml"), "absent", id="job"),
        pytest.param(lambda: api.compare("absent.yaml"), "absent", id="compare"),
        pytest.param(lambda: api.submit("absent.yaml"), "absent", id="submit"),
        pytest.param(lambda: api.check("tiny.png", targets=["evolnk"]), "evolink", id="target"),
        pytest.param(lambda: api.check("tiny.png", targets="evolink"), "list", id="string"),
        pytest.param(lambda: api.targets("nobody/x"), "nobody", id="describe"),
        pytest.param(lambda: api.check("tiny.png", ignore=["image-small"]), "Did you", id="rule"),
        pytest.param(lambda: api.explain("image-small"), "Did you mean", id="explain"),
        pytest.param(lambda: api.check("tiny.png", roles={"*": "hero"}), "not a role", id="role"),
        pytest.param(lambda: api.check("-"), "standard input", id="standard-input"),
        pytest.param(lambda: api.check("demo/refs", exclude=["*.*"]), "nothing to", id="empty"),
        pytest.param(lambda: api.fix("tiny.png"), "no destination", id="destination"),
        pytest.param(lambda: api.plan("tiny.png", crop="left"), "'left'", id="crop"),  # type: ignore[arg-type] # which is the point
        pytest.param(lambda: api.plan("tiny.png", background="?"), "colour", id="colour"),
        pytest.param(lambda: api.check("tiny.png", config="absent.toml"), "absent", id="config"),
        pytest.param(lambda: api.check("tiny.png", config={"a": 1}), "configuration", id="table"),
    ],
)
@pytest.mark.usefixtures("project")
def test_wrong_use_is_a_usage_error(call: Callable[[], object], message: str) -> None:
    with pytest.raises(api.UsageError, match=message):
        call()


def test_calls_are_safe_in_threads_and_in_a_running_loop(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = [f"{number}.png" for number in range(6)]
    for number, name in enumerate(names):
        Image.new("RGB", (100 + 100 * number, 300)).save(project / name)

    async def check_all() -> list[api.Report]:
        calls = [asyncio.to_thread(api.check, name, targets=[EVOLINK]) for name in names]
        fixed = asyncio.to_thread(api.fix, "glass.png", out="ready", targets=[EVOLINK])
        reports = await asyncio.gather(*calls)
        assert (await fixed).passes
        return [*reports, api.check("tiny.png", targets=[EVOLINK])]  # blocks the loop, and works

    reports = asyncio.run(check_all())

    assert [report.clean for report in reports] == [False, False, True, True, True, True, False]
    assert [report.verdicts[0].subject for report in reports] == [*names, "tiny.png"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("project")
def test_a_program_may_have_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not api.check("tiny.png", targets=[EVOLINK]).clean


def test_importing_it_costs_nothing() -> None:
    code = (
        "import sys; before = {*sys.modules}; import wanprep;"
        "print([name for name in sys.modules if name.startswith('wanprep.')],"
        " {'click', 'httpx', 'PIL', 'rich'} & {*sys.modules})"
    )
    shown = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert shown == "[] set()\n"
