from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from PIL import Image
from submitting import EVOLINK, RUNCOMFY, WAVESPEED
from terminals import AtTerminal

from wanprep.cli import run
from wanprep.config import read_config
from wanprep.job.documents import read_documents
from wanprep.rules.target import all_targets
from wanprep.schemas import schema_text

REFS = Path(__file__).parents[2] / "fixtures/demo/refs"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("EVOLINK_API_KEY", "OXEN_API_KEY", "RUNCOMFY_API_TOKEN", "RUNCOMFY_TOKEN",
                 "RUNCOMFY_API_KEY", "WAVESPEED_API_KEY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("target", list(all_targets()))
def test_the_job_passes_for_its_target(
    folder: Path, target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(REFS, "my refs")
    Image.new("RGB", (20, 20)).save("my refs/a-tiny-one.png")  # not taken, though it comes first
    assert run(["init", "--yes", "--target", target]) == 0
    output = capfd.readouterr()
    assert output.out.splitlines() == ["wrote job.yaml", "wrote .wanprep/job.schema.json",
                                     "wrote wanprep.toml"]  # fmt: skip
    assert ("wanprep compare" if target == "wan/2.7" else "wanprep submit") in output.err
    assert run(["check", "job.yaml", "--severity", "warning", "--quiet"]) == 0
    assert capfd.readouterr().out == ""

    assert Path(".wanprep/job.schema.json").read_text() == schema_text("job")
    table = tomllib.loads(Path("wanprep.toml").read_text())
    assert read_config(folder / "wanprep.toml", table).targets == (target,)
    lines = Path("wanprep.toml").read_text().splitlines()
    filled = "\n".join(line.removeprefix("# ") for line in lines if "=" in line or "[" in line)
    read_config(folder / "wanprep.toml", tomllib.loads(filled))  # what is offered is right


def test_a_job_in_a_folder_of_its_own_refers_to_media_elsewhere() -> None:
    shutil.copytree(REFS, "refs")
    assert run(["init", "-t", EVOLINK, "--job", "jobs/a.yaml", "--no-config", "--yes"]) == 0
    assert run(["check", "jobs", "--quiet"]) == 0
    assert Path("jobs/.wanprep/job.schema.json").exists()
    assert not Path("wanprep.toml").exists()


def test_without_media_it_uses_placeholders(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--yes", "-t", EVOLINK]) == 0
    err = capfd.readouterr().err
    assert "Its media are placeholders" in err
    assert "left out" not in err
    assert run(["check", "job.yaml", "--format", "json"]) == 1
    found = json.loads(capfd.readouterr().out)["findings"]
    assert {each["rule"] for each in found} == {"asset-missing"}


def test_media_that_no_job_can_use_are_reported(capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (20, 20)).save("tiny.png")
    assert run(["init", "--yes", "-t", EVOLINK]) == 0
    assert f"It has 1 error for {EVOLINK}" in capfd.readouterr().err


def test_with_a_target_nothing_is_asked(folder: Path) -> None:
    (folder / ".git").mkdir()
    Image.new("RGB", (320, 240)).save("good.png")
    with AtTerminal(["init", "-t", EVOLINK], folder) as terminal:
        assert terminal.ended() == 0
    assert f"target: {EVOLINK}" in Path("job.yaml").read_text()
    assert not Path("wanprep.toml").exists()
    assert not Path(".pre-commit-config.yaml").exists()


def test_all_media_that_fit_together_are_used_by_name(capfd: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate("gacebfd"):
        Image.new("RGB", (320, 240), (number, 0, 0)).save(f"{name}.png")
    shutil.copy("a.png", "copy.png")
    Image.new("RGB", (20, 20)).save("bad.png")
    shutil.copy(REFS / "dance.mp4", "job-k3m9x2pa.mp4")
    Path("job-k3m9x2pa.json").write_text('{"run": "k3m9x2pa", "job": "job.yaml"}')
    for name in ("c.wav", "unused.wav"):
        shutil.copy(REFS / "hero.wav", name)
    assert run(["init", "-t", EVOLINK]) == 0
    lines = Path("job.yaml").read_text().splitlines()
    images = [f"  - image: {name}.png" for name in "abcde"]
    assert lines[lines.index("references:") + 1 : -1] == [
        *images[:3],
        "    voice: c.wav",
        *images[3:],
    ]
    err = capfd.readouterr().err
    assert f"What of these can be fixed: wanprep fix -t {EVOLINK} --plan\n" in err
    left_out = [line.split(": ", 2)[1:] for line in err.splitlines()
                if line.startswith("left out: ")]  # fmt: skip
    reasons = dict(left_out)
    assert reasons.pop("copy.png") == "the same content as a.png"
    assert reasons.pop("job-k3m9x2pa.mp4") == "a result of wanprep submit"
    assert [*reasons] == ["bad.png", "f.png", "g.png", "unused.wav"]
    assert reasons["bad.png"].startswith(
        "20x20 px; EvoLink requires 240-8000 px".replace("-", " to ")
    )
    assert reasons["f.png"] == reasons["g.png"]
    assert "at most 5" in reasons["f.png"]
    assert "same name" in reasons["unused.wav"]
    assert run(["check", "job.yaml", "--severity", "warning", "--quiet"]) == 0


def test_what_cannot_be_listed_is_reported(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "round.png").symlink_to("round.png")
    Image.new("RGB", (320, 240)).save("good.png")
    assert run(["init", "--yes", "-t", EVOLINK]) == 0
    assert "left out: round.png: not read: too many levels" in capfd.readouterr().err
    assert "good.png" in Path("job.yaml").read_text()


def test_no_file_is_overwritten(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / ".git").mkdir()
    for name in ("job.yaml", "wanprep.toml", ".pre-commit-config.yaml"):
        Path(name).write_text("# mine\n")
    assert run(["init", "--yes", "--config", "-t", EVOLINK]) == 0
    output = capfd.readouterr()
    assert output.err.count("already exists: unchanged") == 3
    assert "entry: wanprep check --changed" in output.err
    for name in ("job.yaml", "wanprep.toml", ".pre-commit-config.yaml"):
        assert Path(name).read_text() == "# mine\n"
    assert not Path(".wanprep").exists()


def test_the_hook_is_at_the_root_of_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / ".git").mkdir()
    (folder / "inner").mkdir()
    monkeypatch.chdir(folder / "inner")
    assert run(["init", "--yes", "-t", EVOLINK]) == 0
    assert "pre-commit install" in capfd.readouterr().err
    [hooks] = read_documents("../.pre-commit-config.yaml").documents
    assert hooks.value["repos"][0]["hooks"][0]["entry"] == "wanprep check --changed"  # type: ignore[union-attr]


def test_the_likely_target(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(job: str) -> str:
        assert run(["init", "--yes", "--no-config", "--job", job]) == 0
        return Path(job).read_text().splitlines()[1]

    assert chosen("1.yaml") == "target: wan/2.7"
    monkeypatch.setenv("WAVESPEED_API_KEY", "not-shown")
    assert chosen("2.yaml") == f"target: {WAVESPEED}"
    Path("wanprep.toml").write_text(f'targets = ["{RUNCOMFY}"]')
    assert chosen("3.yaml") == f"target: {RUNCOMFY}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["init"], "--target TARGET"),
        (["init", "-t", "evolnk/x", "--yes"], "there is no target"),
        (["init", "--job", "job.txt", "--yes"], "must end with .yaml"),
        (["init", "--job", "file/job.yaml", "--yes"], "cannot be written"),
    ],
)
def test_usage_errors(
    folder: Path, arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    assert run(arguments) == 2
    assert says in capfd.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_at_a_terminal_it_asks(folder: Path) -> None:
    (folder / ".git").mkdir()
    shutil.copytree(REFS, "refs")
    with AtTerminal(["init"], folder) as terminal:
        number = 1 + sorted(all_targets()).index(EVOLINK)
        assert f"{number}  {EVOLINK}" in terminal.until("by number or name")
        terminal.type(f"{number}\r")
        terminal.until("wanprep.toml")
        terminal.type("y\r")
        terminal.until(".pre-commit-config.yaml")
        terminal.type("n\r")
        assert terminal.ended() == 0
    assert f"target: {EVOLINK}" in Path("job.yaml").read_text()
    assert Path("wanprep.toml").exists()
    assert not Path(".pre-commit-config.yaml").exists()
