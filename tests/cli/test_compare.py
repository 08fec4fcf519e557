from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from submitting import EVOLINK, OXEN, RUNCOMFY, WAVESPEED

from wanprep.cli import run
from wanprep.rules.load_target import load_target
from wanprep.rules.target import Target, all_targets

pytestmark = pytest.mark.untraced

FIXTURES = Path(__file__).parents[2] / "fixtures"
SMALL = "runcomfy/wan-2-2-image-to-video"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FIXTURES / "demo", tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(capfd: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> dict[str, Any]:
    assert run(["compare", *arguments, "--format", "json"]) == status
    [job] = json.loads(capfd.readouterr().out)
    return {row["target"]: row for row in job["targets"]}


def job(text: str) -> str:
    Path("job.yaml").write_text(text)
    return "job.yaml"


def test_the_demo(capfd: pytest.CaptureFixture[str]) -> None:
    rows = compared(capfd, "demo/job.yaml")
    assert set(rows) == {*all_targets()} - {"wan/2.7"}
    assert rows[EVOLINK]["verdict"] == "fits"
    assert rows[EVOLINK]["price"]["low"] > 1
    assert rows[OXEN]["price"] is None
    assert "oxen.ai" in rows[OXEN]["price_note"]
    assert rows[RUNCOMFY]["verdict"] == "fixable"  # the voice would be ignored there
    assert [cost["words"].partition(":")[0] for cost in rows[RUNCOMFY]["costs"]] == [
        "leave out the voice refs/hero.wav"
    ]
    assert rows[RUNCOMFY]["safety"] == "asks"
    assert rows[SMALL]["verdict"] == "impossible"
    assert any("Too many images" in words for words in rows[SMALL]["why"])
    assert rows[SMALL]["price"] is None
    assert rows[SMALL]["price_note"] is None


def test_the_table(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "demo/job.yaml"]) == 0
    output = capfd.readouterr().out
    assert "\x1b" not in output
    lines = output.splitlines()
    assert lines[0] == "demo/job.yaml"
    assert lines[1].split() == ["target", "runs", "must", "change", "costs"]
    assert lines[2].split()[:3] == [EVOLINK, "fits", "about"]  # the best first, with its price
    assert "Price: Oxen lists its prices" in output
    assert run(["compare", "demo/job.yaml", "--quiet"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 1 + len(all_targets())


def test_what_a_fix_costs(capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGBA", (320, 320), (0, 90, 90, 128)).save("alpha.png")
    path = job(
        f"target: {WAVESPEED}\nprompt: '@Image1 walks.'\nreferences:\n  - image: alpha.png\n"
        "parameters: {resolution: 720p, duration: 5}\n"
    )
    rows = compared(capfd, path, "-t", EVOLINK, status=1)
    assert rows[EVOLINK]["verdict"] == "fixable"
    assert rows[EVOLINK]["safety"] == "lossy"
    whats = {cost["what"] for cost in rows[EVOLINK]["costs"]}
    assert whats == {"alpha.png", "line 2"}
    assert rows[EVOLINK]["price"]["low"] > 0

    assert run(["compare", path, "-t", EVOLINK]) == 1
    output = " ".join(capfd.readouterr().out.split())
    assert f"`wanprep fix -t {EVOLINK}` can fix it with a small loss of quality:" in output
    assert "- alpha.png: replace its transparency with #ffffff (lossy)" in output


def test_a_fix_that_asks(capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copy(FIXTURES / "jobs/media/endless.mp4", "endless.mp4")
    path = job(f"target: {EVOLINK}\nprompt: She dances.\nreferences:\n  - video: endless.mp4\n"
               "parameters: {duration: 5}\n")  # fmt: skip
    before = {file: file.stat().st_mtime_ns for file in Path().rglob("*")}
    row = compared(capfd, path, "-t", EVOLINK, status=1)[EVOLINK]
    assert (row["verdict"], row["safety"]) == ("fixable", "asks")
    assert {file: file.stat().st_mtime_ns for file in Path().rglob("*")} == before


def test_fixable_jobs_pass_once_they_are_fixed(capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGBA", (320, 320), (0, 90, 90, 128)).save("alpha.png")
    path = job(f"target: {EVOLINK}\nprompt: '@Image1 walks.'\nreferences:\n  - image: alpha.png\n"
               "parameters: {resolution: 720p, duration: 5}\n")  # fmt: skip
    assert compared(capfd, path, "-t", EVOLINK, status=1)[EVOLINK]["verdict"] == "fixable"
    assert run(["fix", path, "-t", EVOLINK, "--out", "ready", "--yes"]) == 0
    capfd.readouterr()
    assert compared(capfd, "ready/job.yaml", "-t", EVOLINK)[EVOLINK]["verdict"] == "fits"


@pytest.mark.parametrize(
    ("asset", "verdict"),
    [
        ("gone.png", "impossible"),
        ("data:image/png;base64,AAAA", "unknown"),
    ],
)
def test_other_verdicts(asset: str, verdict: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = job(f"target: {EVOLINK}\nprompt: She walks.\nreferences:\n  - image: {asset}\n"
               "parameters: {duration: 5}\n")  # fmt: skip
    row = compared(capfd, path, "-t", EVOLINK, status=1)[EVOLINK]
    assert row["verdict"] == verdict
    assert row["why"]


def test_fixable_but_for_what_was_not_checked(capfd: pytest.CaptureFixture[str]) -> None:
    path = job(f"target: {EVOLINK}\nprompt: '@Image1 walks.'\nreferences:\n"
               "  - image: data:image/png;base64,AAAA\nparameters: {duration: 5}\n")  # fmt: skip
    row = compared(capfd, path, "-t", EVOLINK, status=1)[EVOLINK]
    assert row["verdict"] == "unknown"
    assert "What can be fixed can be" in row["why"][0]


def test_jobs_that_cannot_be_read_are_impossible(capfd: pytest.CaptureFixture[str]) -> None:
    row = compared(capfd, job("prompt: [\n"), "-t", EVOLINK, status=1)[EVOLINK]
    assert row["verdict"] == "impossible"
    assert row["why"]


def test_each_job_of_a_file_has_a_table(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("demo/two.yaml").write_text(
        (folder / "demo/job.yaml").read_text() + "---\nprompt: Nothing\nreferences: []\n"
    )
    assert run(["compare", "demo/two.yaml", "-t", EVOLINK, "--format", "json"]) == 1
    output = json.loads(capfd.readouterr().out)
    assert [each["job"] for each in output] == ["demo/two.yaml", "demo/two.yaml#2"]
    assert [each["targets"][0]["verdict"] for each in output] == ["fits", "impossible"]


def test_media_cannot_be_compared(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "demo/refs/hero.jpg"]) == 2
    assert "only jobs can be compared" in capfd.readouterr().err


def test_a_page() -> None:
    file = Path("<b>'job.yaml")
    file.write_text(Path("demo/job.yaml").read_text().replace("refs/", "demo/refs/"))
    assert run(["compare", str(file), "--format", "html", "-o", "page.html"]) == 0
    page = Path("page.html").read_text("ascii")
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page
    assert "<b>" not in page
    assert page.count('<th scope="row">') == len(all_targets()) - 1
    rows = page.split("<tbody>")[1].split("</tr>")
    assert EVOLINK in rows[0]
    assert "about" in rows[0]
    [fixable] = [row for row in rows if RUNCOMFY in row]
    assert "1 change (with your decision)" in fixable
    assert "leave out the voice demo/refs/hero.wav" in fixable

    assert run(["compare", str(file), "--format", "html", "-o", "page.html"]) == 0  # our own page
    Path("other.html").write_text("mine")
    for arguments in (["--format", "html", "-o", "other.html"], ["-o", "table.txt"]):
        assert run(["compare", str(file), *arguments]) == 2
    assert Path("other.html").read_text() == "mine"
    assert not Path("table.txt").exists()


def test_each_target_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []

    def counted(file: Path) -> Target:
        loaded.append(file)
        return load_target(file)

    monkeypatch.setattr("wanprep.rules.load_target.load_target", counted)
    assert run(["compare", "demo/job.yaml", "--quiet"]) == 0
    assert len(loaded) == len({*loaded})
